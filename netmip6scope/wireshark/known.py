"""Where Wireshark is known to be wrong or to show less, and why.

Seen in Wireshark 4.0.17. An entry explains only the very answer that it describes: another wrong
answer for the same field, or a right one of a later version, is not explained by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netmip6scope.wireshark.compare import Pair, number, time_of

NTP_EPOCH_S = 2_208_988_800


@dataclass(frozen=True, slots=True)
class Known:
    """One known answer for a field. `explains` gets a pair and whether Wireshark stopped early."""

    field: str
    """Empty: any field."""
    reason: str
    explains: Callable[[Pair, bool], bool]


def reason_for(pair: Pair, *, stopped: bool) -> str | None:
    """Why Wireshark differs, where it is known; also for a right value with a wrong label."""
    for known in KNOWN:
        if known.field in ("", pair.name) and known.explains(pair, stopped):
            return known.reason
    return None


def _labelled(labels: dict[int, str]) -> Callable[[Pair, bool], bool]:
    """Wireshark shows these numbers with these wrong labels."""

    def explains(pair: Pair, _: bool) -> bool:
        if pair.ours is None or pair.theirs is None:
            return False
        shown = number(pair.theirs)
        return shown in labels and labels[shown] in pair.theirs.label

    return explains


def _two_octets_short(pair: Pair, _: bool) -> bool:
    if pair.ours is None or pair.theirs is None or not isinstance(pair.ours.value, bytes):
        return False
    return pair.theirs.octets == pair.ours.value[:-2].hex()


def _seventy_years_late(pair: Pair, _: bool) -> bool:
    ours = time_of(pair.ours.text) if pair.ours else None
    theirs = time_of(pair.theirs.text) if pair.theirs else None
    return bool(ours and theirs and theirs[0] - ours[0] == NTP_EPOCH_S)


def _not_shown(pair: Pair, _: bool) -> bool:
    return pair.theirs is None


def _behind_the_stop(pair: Pair, stopped: bool) -> bool:
    return stopped and pair.theirs is None


KNOWN = (
    Known(
        "mip6.auth.auth_data",
        "Wireshark leaves out the last two octets: it takes the option's Length to count Type and "
        "Length (RFC 4285 5.1)",
        _two_octets_short,
    ),
    Known(
        "mip6.mseg_id.timestamp",
        "Wireshark takes NTP's seconds since 1900 for seconds since 1970, and the fraction for "
        "nanoseconds (RFC 4285 6)",
        _seventy_years_late,
    ),
    Known(
        "mip6.ba.status",
        "Wireshark's label is another one than IANA's (RFC 3963, RFC 4285 8, RFC 4866)",
        _labelled(
            {
                143: "Mobile Network Prefix information unavailable",
                144: "Unknown",
                145: "Proxy Registration not supported by the LMA",
                146: "Proxy Registrations from this MAG not allowed",
                147: "No home address for this NAI",
                148: "Invalid Time Stamp Option",
            }
        ),
    ),
    Known(
        "mip6.auth.subtype",
        "Wireshark's label comes from the table of SPIs: 1 is MN-HA, 2 is MN-AAA (RFC 4285 5)",
        _labelled({1: "Unknown", 2: "Unknown"}),
    ),
    Known(
        "mip6.ipv4aa.sts",
        "Wireshark's label comes from the table of access technologies (RFC 5555 3.2.1)",
        _labelled(
            {
                128: "Virtual",
                129: "PPP",
                130: "IEEE 802.3",
                131: "IEEE 802.11",
                132: "IEEE 802.16e",
            }
        ),
    ),
    Known(
        "mip6.mnid.subtype",
        "Wireshark labels no subtype but the NAI's (RFC 8371 3)",
        _labelled(dict.fromkeys(range(2, 9), "Unknown")),
    ),
    Known(
        "esp.encrypted_data", "Wireshark shows these octets when it decrypts them only", _not_shown
    ),
    Known("pppoed.tag", "Wireshark shows a tag's value only", _not_shown),
    Known("pppoed.tag_length", "Wireshark shows a tag's value only", _not_shown),
    Known("ipcp.opt.type", "Wireshark takes no option apart that it does not know", _not_shown),
    Known("ipcp.opt.length", "Wireshark takes no option apart that it does not know", _not_shown),
    Known("radius.EAP_Message", "Wireshark shows the EAP packet inside instead", _not_shown),
    Known(
        "radius.Framed_IP_Address",
        "Wireshark shows the two addresses with a meaning of their own as words (RFC 2865 5.8)",
        _not_shown,
    ),
    Known(
        "",
        "Wireshark stopped at octets that are missing or make no sense, and shows none behind them",
        _behind_the_stop,
    ),
)
"""In this order: the first that explains is the reason."""
