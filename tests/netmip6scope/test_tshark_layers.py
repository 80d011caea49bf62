"""The object lane against tshark, field by field, for DHCP, AAA, PPP, EAP and 802.11.

Compared are all fields whose filter name is Wireshark's, frame by frame, in order: those of the
public captures, of our captures, and of frames made of the test vectors. What differs stands in
FORMS, where only the writing is another, or in EXCEPTIONS with its reason; an entry that is not
needed fails.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import subprocess
import zlib
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from dissectors.layout import Kind, Registry, filter_name
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from tests import wire
from tests.conftest import find_public_captures
from tests.dissectors import (
    test_tree_aaa,
    test_tree_wlan,
    test_vectors_dhcpv4,
    test_vectors_dhcpv6,
    test_vectors_ppp,
    test_vectors_radius,
)
from tests.dissectors.strategies import CLASSES, REGISTRIES
from tests.dissectors.test_tree import nodes

DATA = Path(__file__).parents[1] / "data" / "netmip6"
TSHARK_LIMIT_S = 120
UNPACK: dict[str, Callable[[bytes], bytes]] = {".xz": lzma.decompress, ".bz2": bz2.decompress}

PROTOCOLS = (
    *("dhcpv6.", "dhcp.", "radius.", "diameter.", "eap.", "eapol.", "wlan_rsna_eapol."),
    *("lcp.", "ppp.", "ipcp.", "ipv6cp.", "pap.", "chap.", "pppoe", "wlan.", "llc.", "radiotap."),
)


def filters() -> list[str]:
    """Filter names of these protocols that are Wireshark's, of fields and of options' heads."""
    declared = {
        filter_name(message.layout, field)
        for message in CLASSES
        for field in message.layout.fields
        if field.kind is not Kind.OPTIONS
    }
    heads = {name for r in REGISTRIES for name in _heads(r)}
    return sorted(name for name in declared | heads if name.startswith(PROTOCOLS))


def _heads(registry: Registry) -> list[str]:
    framing = registry.framing
    if framing is None:
        return []
    typed = [registry.type_name] if framing.number and framing.body else []
    return typed + ([registry.length_name] if framing.length else [])


def _date(text: str, since: datetime) -> int:
    moment = datetime.strptime(text.replace("000 UTC", " +0000"), "%b %d, %Y %H:%M:%S.%f %z")
    return (moment - since) // timedelta(seconds=1)


FORMS: dict[str, Callable[[str], object]] = {
    # RFC 3315 9.2: DUID times count from 2000.
    "dhcpv6.duidllt.time": lambda text: _date(text, datetime(2000, 1, 1, tzinfo=UTC)),
    "dhcpv6.iaid": lambda text: int(text, 16),
    "radius.MIP6_Feature_Vector": lambda text: int(text, 16),
    "dhcpv6.iata": lambda text: int(text, 16),
    "radius.Event_Timestamp": lambda text: _date(text, datetime(1970, 1, 1, tzinfo=UTC)),
    "radius.Mobile_Node_Identifier": lambda text: bytes.fromhex(text).decode(),
    "radius.3GPP2_Home_Agent_IP_Address": lambda text: wire_address(bytes.fromhex(text)),
    "eap.md5.extra_data": lambda text: bytes.fromhex(text).decode(),
    **dict.fromkeys(
        (
            "dhcpv6.aftr_name",
            "dhcpv6.client_domain",
            "dhcpv6.search_list_entry",
            "dhcpv6.sip_server_domain_search_fqdn",
        ),
        lambda text: text.removesuffix("."),
    ),
    # RFC 5447 4.2.4: the prefix's length, then the prefix.
    "diameter.MIP6-Home-Link-Prefix": lambda text: wire_address(bytes.fromhex(text)[1:]),
    # RFC 6733 4.3.1: the address family, then the address.
    **dict.fromkeys(
        (
            "diameter.MIP-Careof-Address",
            "diameter.MIP-Home-Agent-Address",
            "diameter.MIP-Mobile-Node-Address",
        ),
        lambda text: wire_address(bytes.fromhex(text)[2:]),
    ),
    # RFC 3162 2.3: reserved, the prefix's length, then the prefix.
    **dict.fromkeys(
        (
            "radius.Framed_IPv6_Prefix",
            "diameter.Framed-IPv6-Prefix",
            "radius.Route_IPv6_Information",
            "radius.PMIP6_Home_HN_Prefix",
        ),
        lambda text: wire_address(bytes.fromhex(text)[2:].ljust(16, b"\0")),
    ),
    **dict.fromkeys(
        ("radius.PMIP6_Home_IPv4_HoA", "radius.PMIP6_Visited_IPv4_HoA"),
        lambda text: wire_address(bytes.fromhex(text)[2:]),
    ),
}


def wire_address(octets: bytes) -> str:
    return str(ip_address(octets))


_NO_NAME = "tshark shows it without this field"
_ITS_OWN = "tshark gives the field to something else too"
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("dhcpv4", "dhcp.file"): "tshark says that it is not given",
    ("dhcpv4", "dhcp.server"): "tshark says that it is not given",
    ("dhcpv4", "dhcp.option.type"): f"{_ITS_OWN}: a run of padding",
    ("dhcpv4", "dhcp.option.value"): f"{_ITS_OWN}: every option's octets",
    ("dhcpv4", "dhcp.option.user_class.data"): "tshark splits classes by their lengths (RFC 3004)",
    ("dhcpv4", "dhcp.hw.type"): "tshark reads a message of an operation that there is not",
    ("dhcpv4", "dhcp.hw.len"): "tshark reads a message of an operation that there is not",
    ("dhcpv6", "dhcpv6.clientfqdn.client.n"): "tshark calls it server.n in a Reply",
    ("dhcpv6", "dhcpv6.clientfqdn.client.s"): "tshark calls it server.s in a Reply",
    ("dhcpv6", "dhcpv6.option.type"): "tshark does not look into RFC 6610's containers",
    ("dhcpv6", "dhcpv6.option.length"): "tshark does not look into RFC 6610's containers",
    ("dhcpv6", "dhcpv6.userclass.length"): "tshark has none in a Vendor Class",
    ("dhcpv6", "dhcpv6.userclass.opaque_data"): "tshark has none in a Vendor Class",
    ("radius", "radius.Delegated_IPv6_Prefix"): "an empty prefix is no field of ours",
    ("radius", "radius.PMIP6_Visited_HN_Prefix"): "an empty prefix is no field of ours",
    ("radius", "radius.3GPP2_MN_HA_Shared_Key"): "tshark shows it where it has the secret",
    ("radius", "radius.WiMAX_MN_hHA_MIP6_Key"): "tshark shows it where it has the secret",
    ("radius", "radius.avp.vendor_type"): "Starent's dictionary is not loaded",
    ("radius", "radius.avp.vendor_len"): "Starent's dictionary is not loaded",
    ("radius", "radius.avp.type"): "tshark stops at a vendor's attribute that is too short for it",
    ("radius", "radius.avp.length"): "tshark stops at a vendor's attribute that is too short",
    ("ppp", "eap.data"): f"{_ITS_OWN}: the data of every method that it has no fields for",
    ("ppp", "eap.desired_type"): "tshark shows the first type of a Nak only",
    ("ppp", "lcp.opt.data"): _NO_NAME,
    ("ppp", "lcp.opt.type"): "tshark stops at a Quality-Protocol with data (RFC 1661 6.3)",
    ("ppp", "lcp.opt.length"): "tshark stops at a Quality-Protocol with data (RFC 1661 6.3)",
    ("ppp", "lcp.opt.auth_protocol"): "tshark stops at a Quality-Protocol with data before it",
    ("ppp", "ipcp.opt.type"): "tshark takes IPV6CP's option 2 for IPCP's",
    ("ppp", "ipv6cp.opt.type"): "tshark takes IPV6CP's option 2 for IPCP's",
    ("ppp", "ipcp.opt.compress_proto"): "tshark takes IPV6CP's option 2 for IPCP's",
    ("ppp", "ppp.code"): f"{_ITS_OWN}: the packet in a Protocol-Reject",
    ("ppp", "ppp.identifier"): f"{_ITS_OWN}: the packet in a Protocol-Reject",
    ("ppp", "ppp.length"): f"{_ITS_OWN}: the packet in a Protocol-Reject",
    ("pppoe", "pppoed.tag"): _NO_NAME,
    ("pppoe", "pppoed.tag_length"): _NO_NAME,
    ("wlan", "wlan.ra"): f"{_ITS_OWN}: the receiver, whatever else it is",
    ("wlan", "wlan.ta"): f"{_ITS_OWN}: the transmitter, whatever else it is",
    ("wlan", "wlan.qos.eosp"): "tshark shows it from access points only",
    ("tcp", "diameter.avp.unknown"): "tshark knows 3GPP's AVPs",
    ("sctp", "diameter.avp.unknown"): "tshark knows 3GPP's AVPs",
    ("ppp", "ipcp.opt.length"): "tshark takes IPV6CP's option 2 for IPCP's",
    ("ppp", "ipv6cp.opt.length"): "tshark takes IPV6CP's option 2 for IPCP's",
    ("radiotap", "wlan.ra"): f"{_ITS_OWN}: the receiver, whatever else it is",
    ("radiotap", "wlan.ta"): f"{_ITS_OWN}: the transmitter, whatever else it is",
    ("public/ppp-invalid-lengths.pcap", "ipcp.opt.length"): "tshark stops at the broken option",
    ("public/ppp-invalid-lengths.pcap", "ipcp.opt.type"): "tshark stops at the broken option",
    ("public/pppoe.pcap", "pppoed.tag"): _NO_NAME,
    ("public/pppoe.pcap", "pppoed.tag_length"): _NO_NAME,
}
for _name in ("dhcp.file", "dhcp.option.type"):
    EXCEPTIONS["ours/03_dhcpv4_handoff.pcap", _name] = EXCEPTIONS["dhcpv4", _name]
for _name in ("dhcp.option.value", "dhcp.server"):
    EXCEPTIONS["ours/03_dhcpv4_handoff.pcap", _name] = EXCEPTIONS["dhcpv4", _name]

Values = dict[str, list[object]]


def tshark(path: Path, names: list[str]) -> list[Values]:
    """What tshark prints of each frame, by filter name."""
    arguments = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t"]
    arguments += ["-E", "aggregator=\x1f", "-E", "occurrence=a"]
    for name in names:
        arguments += ["-e", name]
    run = subprocess.run(
        arguments, capture_output=True, text=True, check=False, timeout=TSHARK_LIMIT_S
    )
    assert run.returncode == 0, run.stderr
    found = []
    for line in run.stdout.split("\n")[:-1]:
        cells = zip(names, line.split("\t"), strict=True)
        found.append({name: cell.split("\x1f") for name, cell in cells if cell})
    return found


def ours(path: Path, names: set[str]) -> list[Values]:
    found = []
    for batch in CaptureFile(Source(str(path))).batches():
        for row in range(len(batch)):
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            tree = decode(batch.frame(row), link_type, int(batch.wirelen[row]), Profile())
            values: Values = defaultdict(list)
            for node in nodes(tree):
                if not node.children and node.name != "option" and node.filter in names:
                    values[node.filter].append(node.value)
            found.append(dict(values))
    return found


def same(name: str, mine: object, theirs: str) -> bool:
    """Whether a value of ours is what tshark prints; a secret is never shown."""
    if mine is None:
        return True
    if name in FORMS:
        return mine == FORMS[name](theirs)
    if isinstance(mine, bool):
        return theirs in (("1", "True") if mine else ("0", "False"))
    if isinstance(mine, int):
        return _number(theirs) == mine
    text = mine.hex() if isinstance(mine, bytes) else str(mine)
    return text.replace(":", "") == theirs.replace(":", "")


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def differences(path: Path) -> dict[str, str]:
    """By filter name, the first frame in which both differ and what they have."""
    names = filters()
    mine, theirs = ours(path, set(names)), tshark(path, names)
    assert len(mine) == len(theirs)
    found: dict[str, str] = {}
    for number, (left, right) in enumerate(zip(mine, theirs, strict=True), 1):
        for name in left.keys() | right.keys():
            pair = left.get(name, []), right.get(name, [])
            alike = len(pair[0]) == len(pair[1]) and all(
                same(name, a, str(b)) for a, b in zip(*pair, strict=True)
            )
            if not alike:
                found.setdefault(name, f"frame {number}: {pair[0]} and {pair[1]}")
    return found


def check(title: str, path: Path) -> None:
    found = differences(path)
    excused = {name for where, name in EXCEPTIONS if where == title}
    assert {name: what for name, what in found.items() if name not in excused} == {}
    assert excused - found.keys() == set(), "exceptions that are not needed"


def udp(source: int, destination: int, octets: bytes) -> bytes:
    a, b = "2001:db8::2", "2001:db8::3"
    return wire.eth(wire.ipv6(a, b, 17, wire.udp(a, b, source, destination, octets)))


def of_vectors(vectors: list) -> list[tuple[str, bytes]]:
    return [(name, bytes.fromhex(octets)) for name, octets, _ in vectors]


def udp4(octets: bytes) -> bytes:
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(octets), 0) + octets
    return wire.eth(wire.ipv4("10.0.0.2", "10.0.0.3", 17, datagram), 0x0800)


PPP = {"LCP": 0xC021, "IPCP": 0x8021, "IPV6CP": 0x8057, "PAP": 0xC023, "CHAP": 0xC223}


def ppp() -> list[bytes]:
    frames = []
    for name, octets in of_vectors(test_vectors_ppp.VECTORS):
        protocol = PPP.get(name.split()[0], 0xC227 if name.startswith("EAP-") else 0)
        if protocol:
            frames.append(b"\xff\x03" + protocol.to_bytes(2, "big") + octets)
    return frames


def eapol() -> list[bytes]:
    frames = []
    for name, octets in of_vectors(test_vectors_ppp.VECTORS):
        if name.startswith("EAPOL"):
            head = struct.pack("!BBH", 2, 3, len(octets)) if "Key" in name else b""
            frames.append(wire.eth(head + octets, 0x888E))
    return frames


def pppoe() -> list[bytes]:
    names = ("PADI", "PADO", "PADS")
    vectors = of_vectors(test_vectors_ppp.VECTORS)
    return [wire.eth(octets, 0x8863) for name, octets in vectors if name.startswith(names)]


def wlan() -> list[bytes]:
    ap, sta, other, last = (
        test_tree_wlan.AP,
        test_tree_wlan.STA,
        test_tree_wlan.OTHER,
        test_tree_wlan.LAST,
    )
    header, body = test_tree_wlan.header, test_tree_wlan.SNAP + test_tree_wlan.PACKET
    return [
        header(0, sta, other, ap) + body,
        header(1, ap, sta, other, seq=0x1230) + body,
        header(2, sta, ap, other) + body,
        header(3, ap, last, sta, other) + body,
        header(1, ap, sta, other, subtype=8) + b"\x05\0" + body,
        header(0x81, ap, sta, other, subtype=8) + b"\x05\0" + bytes(4) + body,
        header(3, ap, last, sta, other, subtype=8) + b"\x05\0" + body,
        header(1, ap, sta, other, subtype=4),
    ]


def radiotap() -> list[bytes]:
    frames = []
    for flags in (0, 0x10, 0x20):
        frame = test_tree_wlan.header(2, *[test_tree_wlan.STA] * 3, subtype=8) + b"\0\0"
        frame += (b"\0\0" if flags == 0x20 else b"") + test_tree_wlan.SNAP + test_tree_wlan.PACKET
        if flags == 0x10:
            frame += struct.pack("<I", zlib.crc32(frame))
        frames.append(struct.pack("<BBHIQB", 0, 0, 17, 3, 1, flags) + frame)
    return frames


def diameter() -> list[bytes]:
    """tshark does not take a message without AVPs for one."""
    return [octets for octets in test_tree_aaa.DIAMETER.values() if len(octets) > 20]


def tcp() -> list[bytes]:
    """Each on a connection of its own, or tshark takes them for one stream."""
    frames = []
    for number, octets in enumerate(diameter()):
        frame = bytearray(test_tree_aaa.tcp(octets))
        frame[40:42] = (50000 + number).to_bytes(2, "big")
        frames.append(wire.eth(bytes(frame)))
    return frames


def sctp() -> list[bytes]:
    """As above."""
    frames = []
    for number, octets in enumerate(diameter()):
        frame = bytearray(test_tree_aaa.sctp(octets))
        frame[40:42] = (50000 + number).to_bytes(2, "big")
        frames.append(wire.eth(bytes(frame)))
    return frames


def dhcpv6() -> list[bytes]:
    return [udp(546, 547, octets) for _, octets in of_vectors(test_vectors_dhcpv6.VECTORS)]


def dhcpv4() -> list[bytes]:
    return [udp4(octets) for _, octets in of_vectors(test_vectors_dhcpv4.VECTORS)]


def radius() -> list[bytes]:
    vectors = of_vectors(test_vectors_radius.VECTORS)
    return [udp(40000 + n, 1812, octets) for n, (_, octets) in enumerate(vectors)]


MADE: dict[str, tuple[Callable[[], list[bytes]], int]] = {
    "dhcpv6": (dhcpv6, 1),
    "dhcpv4": (dhcpv4, 1),
    "radius": (radius, 1),
    "tcp": (tcp, 1),
    "sctp": (sctp, 1),
    "ppp": (ppp, 9),
    "eapol": (eapol, 1),
    "pppoe": (pppoe, 1),
    "wlan": (wlan, 105),
    "radiotap": (radiotap, 127),
}


@pytest.mark.tshark
@pytest.mark.parametrize("title", MADE)
def test_made_frames(title: str, tmp_path: Path) -> None:
    make, link_type = MADE[title]
    frames = make()
    assert frames
    path = tmp_path / f"{title}.pcap"
    times = [(10**18 + number, frame) for number, frame in enumerate(frames)]
    path.write_bytes(wire.pcap(times, link_type))
    check(title, path)


@pytest.mark.tshark
@pytest.mark.parametrize("name", sorted(p.name for p in DATA.iterdir() if ".pcap" in p.name))
def test_our_captures(name: str, tmp_path: Path) -> None:
    path = DATA / name
    if unpack := UNPACK.get(path.suffix):
        plain = tmp_path / path.stem
        plain.write_bytes(unpack(path.read_bytes()))
        path = plain
    check(f"ours/{name}", path)


PUBLIC = ("RADIUS", "dhcpv6-ia-na", "dhcpv6-ia-pd", "ppp-invalid-lengths", "pppoe", "pppoes")


@pytest.mark.tshark
@pytest.mark.public
@pytest.mark.parametrize("name", [*PUBLIC, "radius_rfc5447"])
def test_public_captures(name: str) -> None:
    directory = find_public_captures()
    assert directory is not None
    check(f"public/{name}.pcap", directory / "tcpdump" / f"{name}.pcap")


def test_what_is_compared() -> None:
    names = filters()
    assert len(names) > 500
    for name in ("dhcpv6.iaaddr.ip", "radius.User_Name", "eap.identity", "dhcp.option.type"):
        assert name in names
