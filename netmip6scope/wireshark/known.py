"""Where Wireshark is known to be wrong or to show less, and why.

Seen in Wireshark 4.0.17. An entry explains only the very answer that it describes: another wrong
answer for the same field, or a right one of a later version, is not explained by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dissectors.node import Node
from netmip6scope.wireshark.compare import Pair, number, time_of

NTP_EPOCH_S = 2_208_988_800
_DHCP_END = 255
_MH_HEAD = 6
"""Octets of a Mobility Header before the message (RFC 6275 6.1.1)."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The frame of a pair: our tree, and whether Wireshark stopped early in it."""

    tree: Node
    stopped: bool

    def has_wrong_version(self) -> bool:
        """Whether there is an IP header of another version than what stands before it says."""
        return any(reason.startswith("version is") for reason in _reasons(self.tree))


Explains = Callable[[Pair, Situation], bool]


@dataclass(frozen=True, slots=True)
class Known:
    """One known answer, for the fields named, or for any."""

    fields: tuple[str, ...]
    reason: str
    explains: Explains


def reason_for(pair: Pair, situation: Situation) -> str | None:
    """Why Wireshark differs, where it is known; also for a right value with a wrong label."""
    for known in KNOWN:
        if (not known.fields or pair.name in known.fields) and known.explains(pair, situation):
            return known.reason
    return None


def _reasons(node: Node) -> Iterator[str]:
    yield from (anomaly.reason for anomaly in node.anomalies)
    for child in node.children:
        yield from _reasons(child)


def _labelled(labels: dict[int, str]) -> Explains:
    """Wireshark shows these numbers with these wrong labels."""

    def explains(pair: Pair, _: Situation) -> bool:
        if pair.ours is None or pair.theirs is None:
            return False
        shown = number(pair.theirs)
        return shown in labels and labels[shown] in pair.theirs.label

    return explains


def _two_octets_short(pair: Pair, _: Situation) -> bool:
    if pair.ours is None:
        return False
    return pair.octets[:-2].hex() == (pair.theirs.octets if pair.theirs else "")


def _six_octets_early(pair: Pair, _: Situation) -> bool:
    return bool(pair.ours and pair.theirs and pair.ours.begin - pair.theirs.begin == _MH_HEAD)


def _too_short_to_show(pair: Pair, _: Situation) -> bool:
    return pair.theirs is None and len(pair.octets) <= 2


def _seventy_years_late(pair: Pair, _: Situation) -> bool:
    ours = time_of(pair.ours.text) if pair.ours else None
    theirs = time_of(pair.theirs.text) if pair.theirs else None
    return bool(ours and theirs and theirs[0] - ours[0] == NTP_EPOCH_S)


def _not_shown(pair: Pair, _: Situation) -> bool:
    return pair.theirs is None


def _end_as_nothing(pair: Pair, _: Situation) -> bool:
    shown = number(pair.theirs) if pair.theirs else None
    return bool(pair.ours and pair.ours.value == _DHCP_END and shown == 0)


def _behind_the_stop(pair: Pair, situation: Situation) -> bool:
    return pair.theirs is None and situation.stopped


def _in_another_version(pair: Pair, situation: Situation) -> bool:
    return pair.theirs is None and situation.has_wrong_version()


KNOWN = (
    Known(
        (
            *("mip6.auth.auth_data", "mip6.cgar.cga_par", "mip6.sign.sign", "mip6.phkt.phkt"),
            *("mip6.mocot.co_keygen_tok", "mip6.dnsu.mn_id", "mip6.em.data", "mip6.vsm.data"),
            "mip6.badff.auth",
        ),
        "Wireshark leaves out the last two octets: it takes the option's Length to count Type and "
        "Length (RFC 6275 6.2.1)",
        _two_octets_short,
    ),
    Known(
        ("mip6.mnid.identifier",),
        "Wireshark shows no identifier of one or two octets (RFC 4283 3)",
        _too_short_to_show,
    ),
    Known(
        ("mip6.mseg_id.timestamp",),
        "Wireshark takes NTP's seconds since 1900 for seconds since 1970, and the fraction for "
        "nanoseconds (RFC 4285 6)",
        _seventy_years_late,
    ),
    Known(
        (
            *("mip6.lri.sequence", "mip6.lri.lifetime", "mip6.lri.unsolicited"),
            *("mip6.lra.sequence", "mip6.lra.status", "mip6.lra.lifetime"),
        ),
        "Wireshark reads the message from the header's first octet on, six octets too early "
        "(RFC 6705 9)",
        _six_octets_early,
    ),
    Known(
        ("mip6.ba.status",),
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
        ("mip6.auth.subtype",),
        "Wireshark's label comes from the table of SPIs: 1 is MN-HA, 2 is MN-AAA (RFC 4285 5)",
        _labelled({1: "Unknown", 2: "Unknown"}),
    ),
    Known(
        ("mip6.ipv4aa.sts",),
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
        ("mip6.mnid.subtype",),
        "Wireshark labels no subtype but the NAI's (RFC 8371 3)",
        _labelled(dict.fromkeys(range(2, 9), "Unknown")),
    ),
    Known(
        ("esp.encrypted_data",),
        "Wireshark shows these octets when it decrypts them only",
        _not_shown,
    ),
    Known(("pppoed.tag", "pppoed.tag_length"), "Wireshark shows a tag's value only", _not_shown),
    Known(
        ("ipcp.opt.type", "ipcp.opt.length"),
        "Wireshark takes no option apart that it does not know",
        _not_shown,
    ),
    Known(
        ("dhcp.option.type",),
        "Wireshark gives the End option the number 0 (RFC 2132 3.2)",
        _end_as_nothing,
    ),
    Known(("radius.EAP_Message",), "Wireshark shows the EAP packet inside instead", _not_shown),
    Known(
        ("radius.Framed_IP_Address",),
        "Wireshark shows the two addresses with a meaning of their own as words (RFC 2865 5.8)",
        _not_shown,
    ),
    Known(
        (),
        "Wireshark stopped at octets that are missing or make no sense, and shows none behind them",
        _behind_the_stop,
    ),
    Known((), "Wireshark does not read an IP header of another version", _in_another_version),
)
"""In this order: the first that explains is the reason."""
