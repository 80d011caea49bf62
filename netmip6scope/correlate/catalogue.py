"""All findings: code, severity, what it means, what its text says, and where it is written.

The contract's table (CONTRACT 3) in one place. A rule's `text` is filled from what the finding
keeps, by name; names that end in `_address`, `_s`, `_ms` or `_status` are shown as such.
"""

from __future__ import annotations

from dataclasses import dataclass

from netmip6scope.correlate.codes import Code, Severity

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. keeps: names of the numbers that a finding of this kind carries.

    Where there are several texts, "form", the first number, says which.
    """

    severity: Severity
    ref: str
    what: str
    text: str | tuple[str, ...]
    keeps: tuple[str, ...] = ()


_DRAFT = "draft-chowdhury-netmip6-01 "

RULES: dict[Code, Rule] = {
    Code.HO_HOPLIMIT: Rule(
        ERROR,
        _DRAFT + "4.1, 4.2",
        "A HO message whose hop limit is not 255: it came from beyond the link's neighbours.",
        "hop limit {hop_limit} instead of 255 from {src_address}; drop it, it may be forged",
        ("hop_limit", "src_address"),
    ),
    Code.HO_NO_ID: Rule(
        ERROR,
        _DRAFT + "4.1",
        "A HO Request without the option that names the mobile node.",
        "{src_address} asks {dst_address} for a context without saying whose: the Mobile Node "
        "Identifier option is missing",
        ("src_address", "dst_address"),
    ),
    Code.HO_NO_AH: Rule(
        WARNING,
        _DRAFT + "4.1, 7",
        "A HO message without Authentication Header: anybody on the path can forge it.",
        "the message from {src_address} to {dst_address} has no Authentication Header: anybody "
        "on the path can forge it",
        ("src_address", "dst_address"),
    ),
    Code.HO_BAD_AH: Rule(
        ERROR,
        _DRAFT + "7",
        "The Authentication Header's ICV does not fit the message and the key given.",
        "the ICV from {src_address} to {dst_address} is wrong: the message was changed on the "
        "way, or the sender has another key",
        ("src_address", "dst_address"),
    ),
    Code.HO_CLEAR_KEY: Rule(
        ERROR,
        _DRAFT + "7",
        "A HO Response carries a key that anybody on the path can read.",
        "{src_address} sends {dst_address} a security association's key in the clear: whoever "
        "reads it can register for the mobile node",
        ("src_address", "dst_address"),
    ),
    Code.HO_REFUSED: Rule(
        WARNING,
        _DRAFT + "4.2",
        "The SAR answers a HO Request with status 1 to 4.",
        "{sar_address} refuses {tar_address} the context: {ho_status}",
        ("sar_address", "tar_address", "ho_status"),
    ),
    Code.HO_RESERVED: Rule(
        WARNING,
        _DRAFT + "4.2",
        "A status above 4, or bits that are reserved, in a HO message.",
        (
            "{src_address} answers {dst_address} with status {number}; 0 to 4 have a meaning",
            "{src_address} sets bits that are reserved in a message to {dst_address}",
        ),
        ("form", "src_address", "dst_address", "number"),
    ),
    Code.HO_UNANSWERED: Rule(
        WARNING,
        _DRAFT + "3.3",
        "No HO Response comes for a HO Request.",
        "{sar_address} does not answer {tar_address}; requests sent: {count}",
        ("sar_address", "tar_address", "count"),
    ),
    Code.HO_UNASKED: Rule(
        ERROR,
        _DRAFT + "4.2",
        "A HO Response whose Identifier fits no request to that router.",
        "{sar_address} answers {tar_address} with Identifier {identifier}, which nobody asked with",
        ("sar_address", "tar_address", "identifier"),
    ),
    Code.HO_NO_CONTEXT: Rule(
        ERROR,
        _DRAFT + "3.3",
        "A HO Response says success and brings no context, although it was asked for (C).",
        "{sar_address} grants {tar_address} the handoff and sends no context, though C asks for it",
        ("sar_address", "tar_address"),
    ),
    Code.HO_ROGUE: Rule(
        ERROR,
        _DRAFT + "7",
        "A HO Request from a router that never serves as care-of address, or is not known.",
        (
            (
                "{tar_address} asks {sar_address} for a context, and is the care-of address of no "
                "mobile node here"
            ),
            "{tar_address} asks {sar_address} for a context, and the profile does not know it",
        ),
        ("form", "tar_address", "sar_address"),
    ),
    Code.BU_NO_ID: Rule(
        ERROR,
        _DRAFT + "6.2",
        "A Binding Update without Mobile Node Identifier option.",
        "{src_address} registers at {dst_address} without saying for whom: the Mobile Node "
        "Identifier option is missing",
        ("src_address", "dst_address"),
    ),
    Code.BU_NO_AUTH: Rule(
        WARNING,
        _DRAFT + "3.1, 7",
        "A Binding Update with neither RFC 4285 authentication nor IPsec.",
        "{src_address} registers at {dst_address} with neither an authentication option nor AH:"
        " anybody can register so",
        ("src_address", "dst_address"),
    ),
    Code.BU_BAD_AUTH: Rule(
        ERROR,
        "RFC 4285 5",
        "The authenticator does not fit the message and the key given.",
        "the authenticator from {src_address} to {dst_address} is wrong: the message was "
        "changed on the way, or the sender has another key",
        ("src_address", "dst_address"),
    ),
    Code.BU_REPLAY: Rule(
        ERROR,
        "RFC 4285 6, RFC 6275 9.5.1",
        "A Mesg-ID timestamp or a sequence number goes back.",
        (
            (
                "{src_address} sends sequence number {number} after {earlier}: an old message, or "
                "state was lost"
            ),
            (
                "{src_address} sends a Mesg-ID {number} ms older than one before: an old message, "
                "or a clock was set back"
            ),
        ),
        ("form", "src_address", "number", "earlier"),
    ),
    Code.BU_UNANSWERED: Rule(
        WARNING,
        _DRAFT + "3.1",
        "No Binding Acknowledgement comes for a Binding Update.",
        "{dst_address} does not answer the Binding Update of {src_address}, sequence {seq}",
        ("dst_address", "src_address", "seq"),
    ),
    Code.BU_REACTIVE: Rule(
        NOTE,
        _DRAFT + "3.3",
        "A TAR registers without having got the context from the SAR.",
        "{tar_address} registers without a context from {sar_address}",
        ("tar_address", "sar_address"),
    ),
    Code.BU_STALE: Rule(
        ERROR,
        _DRAFT + "3.3-8",
        "An AR that the mobile node has left renews the binding.",
        "{src_address} renews the binding although {ar_address} serves the mobile node: "
        "downlink follows it",
        ("src_address", "ar_address"),
    ),
    Code.BU_COA: Rule(
        WARNING,
        _DRAFT + "3.1-3",
        "The care-of address differs from the source or the Alternate Care-of Address.",
        "the Binding Update comes from {src_address} and registers {coa_address}",
        ("src_address", "coa_address"),
    ),
    Code.BU_IPV4: Rule(
        WARNING,
        _DRAFT + "3.2-3",
        "An IPv4 set-up whose option 29 is not 0.0.0.0 with P = 0, or whose HoA is an address.",
        (
            "{src_address} asks {dst_address} for an IPv4 prefix (P), not for an address",
            (
                "{src_address} asks {dst_address} for an IPv4 home address with the home address "
                "{value_address}, not all zeros or ones"
            ),
            (
                "{src_address} asks {dst_address} without IPv4 Home Address option, and gets an "
                "IPv4 home address"
            ),
            (
                "{src_address} asks {dst_address} without IPv4 Home Address option for a mobile "
                "node that asks for an IPv4 address"
            ),
        ),
        ("form", "src_address", "dst_address", "value_address"),
    ),
    Code.BA_REJECTED: Rule(
        WARNING,
        "RFC 6275 6.1.8",
        "A Binding Acknowledgement with status 128 or more.",
        "{src_address} refuses {dst_address}: {ba_status}",
        ("src_address", "dst_address", "ba_status"),
    ),
    Code.BA_HOA_CHANGED: Rule(
        ERROR,
        _DRAFT + "3.3-9",
        "A handoff gives the mobile node another home address.",
        "the handoff's acknowledgement carries {hoa_address}, the session's is {earlier_address}",
        ("hoa_address", "earlier_address"),
    ),
    Code.BA_NO_HOA: Rule(
        ERROR,
        _DRAFT + "3.1-4",
        "A Binding Acknowledgement that accepts and gives no home address.",
        "{src_address} accepts the binding of {dst_address} and gives no home address",
        ("src_address", "dst_address"),
    ),
    Code.BA_SHORT: Rule(
        NOTE,
        "RFC 6275 6.1.8",
        "A lifetime below what was asked for.",
        "{src_address} grants {granted_s} of the {asked_s} that were asked for",
        ("src_address", "granted_s", "asked_s"),
    ),
    Code.BIND_EXPIRED: Rule(
        WARNING,
        _DRAFT + "6.2",
        "A binding ran out while the mobile node still had traffic.",
        "the binding of {ar_address} ran out and packets went on for {late_ms}",
        ("ar_address", "late_ms"),
    ),
    Code.HOA_DUPLICATE: Rule(
        ERROR,
        _DRAFT + "7",
        "One home address is held by two mobile nodes at once.",
        "{hoa_address} is given to another mobile node while this one's binding lasts",
        ("hoa_address",),
    ),
    Code.ADDR_MISMATCH: Rule(
        ERROR,
        _DRAFT + "3.1-5, 3.2-5",
        "The address or prefix that the AR gives is not the home address's.",
        "{src_address} gives the mobile node another address or prefix than that of its home "
        "address {hoa_address}",
        ("src_address", "hoa_address"),
    ),
    Code.TUN_BLACKHOLE: Rule(
        ERROR,
        _DRAFT + "3.3-8",
        "Downlink goes on to a care-of address whose mobile node has left, beyond bi-cast.",
        "downlink still goes to {sar_address} alone; the mobile node is at {tar_address}",
        ("sar_address", "tar_address"),
    ),
    Code.TUN_NOT_TORN: Rule(
        WARNING,
        _DRAFT + "3.3-8",
        "The SAR's tunnel still carries the mobile node's traffic after the handoff ended.",
        "downlink still goes to {sar_address} as well as to {tar_address}",
        ("sar_address", "tar_address"),
    ),
    Code.TUN_UNBOUND: Rule(
        ERROR,
        _DRAFT + "3.3",
        "Tunnel traffic for a home address that has no binding to that care-of address.",
        "packets for {hoa_address} in a tunnel to {ar_address}, which has no binding: {count}",
        ("count", "hoa_address", "ar_address"),
    ),
    Code.PING_PONG: Rule(
        NOTE,
        "",
        "A handoff back to the previous AR within a few seconds.",
        "back to {tar_address} after {away_ms} at {sar_address}",
        ("tar_address", "away_ms", "sar_address"),
    ),
    Code.MAP_PREFIX: Rule(
        WARNING,
        _DRAFT + "5.2",
        "An AR of a MAP domain advertises its own prefix.",
        "{ar_address} advertises its own prefix instead of that of MAP {map_address}",
        ("ar_address", "map_address"),
    ),
    Code.MAP_ADDR: Rule(
        ERROR,
        _DRAFT + "5.1",
        "The LCoA is outside the AR's prefix, or the RCoA outside the MAP's.",
        (
            "RCoA {value_address} is not of the prefix of MAP {owner_address}",
            "LCoA {value_address} is not of the prefix of access router {owner_address}",
        ),
        ("form", "value_address", "owner_address"),
    ),
    Code.MN_SIGNALLED: Rule(
        NOTE,
        _DRAFT + "3.3-9, 5.2",
        "The mobile node itself sent Mobile IPv6 signalling inside the domain.",
        "{src_address} signals to {dst_address} by itself",
        ("src_address", "dst_address"),
    ),
    Code.CKSUM: Rule(
        WARNING,
        "RFC 6275 6.1.1, RFC 4443 2.3",
        "A wrong ICMPv6, MH or UDP checksum.",
        "the checksum of the message from {src_address} to {dst_address} is wrong: it was "
        "changed on the way, or wrongly made",
        ("src_address", "dst_address"),
    ),
    Code.MALFORMED: Rule(
        WARNING,
        "",
        "A message that cannot be parsed in full.",
        "the message from {src_address} to {dst_address} cannot be parsed from its octet "
        "{offset} on",
        ("src_address", "dst_address", "offset"),
    ),
    Code.CAP_CUT: Rule(
        NOTE,
        "",
        "Frames that the snap length or the file's end cut.",
        (
            "frames that are cut: {count}; what is missing of them is not judged",
            "the capture ends inside a record, which is not read",
        ),
        ("form", "count"),
    ),
    Code.CAP_ORDER: Rule(
        NOTE,
        "",
        "Time goes back from one frame to the next.",
        "time goes back by up to {back_ms}; frames: {count}",
        ("back_ms", "count"),
    ),
    Code.CAP_CLOCK: Rule(
        NOTE,
        "",
        "The clocks of the capture points differ.",
        (
            (
                "the clock of this point differs from the reference by {offset_ms}, known to "
                "{error_ms}"
            ),
            "nothing ties the clock of this point to the reference: it is taken as it is",
        ),
        ("form", "offset_ms", "error_ms"),
    ),
    Code.CAP_DROP: Rule(
        NOTE,
        "",
        "The capture file reports that packets were dropped.",
        "packets dropped while capturing: {count}",
        ("count",),
    ),
}
