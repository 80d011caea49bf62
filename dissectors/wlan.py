"""802.11 data frames (IEEE 802.11 9.2, 9.3.2), the radiotap header before them, LLC and SNAP.

802.11 sends the lowest bit and octet first: bits of an octet are declared from its highest.
"""

from __future__ import annotations

from dissectors.layout import Message, declare, flag, link_address, little, octets, uint
from dissectors.link import EtherType
from dissectors.registries import WLAN_FRAMES, WLAN_PARTS

DATA = 2
"""The type of data frames."""

TO_DS, FROM_DS = 1, 2
OTHER = 4


@declare(WLAN_FRAMES, OTHER, "wlan", ref="IEEE 802.11 9.2.4.1", label="802.11")
class WlanControl(Message):
    """What all frames begin with."""

    subtype: int = uint(4, "Subtype", filter=".fc.subtype")
    frame_type: int = uint(2, "Type", filter=".fc.type")
    version: int = uint(2, "Version", filter=".fc.version")
    order: bool = flag("+HTC/Order", filter=".fc.order")
    protected: bool = flag("Protected", filter=".fc.protected")
    more_data: bool = flag("More Data", filter=".fc.moredata")
    power: bool = flag("Power Management", filter=".fc.pwrmgt")
    retry: bool = flag("Retry", filter=".fc.retry")
    more_fragments: bool = flag("More Fragments", filter=".fc.frag")
    from_ds: bool = flag("From DS", filter=".fc.fromds")
    to_ds: bool = flag("To DS", filter=".fc.tods")
    rest: bytes = octets("Rest of the frame", filter="netmip6.wlan.rest")


@declare(WLAN_FRAMES, 0, "wlan", ref="IEEE 802.11 9.3.2.1", label="802.11 data")
class WlanAdHoc(Message):
    """Between stations."""

    subtype: int = uint(4, "Subtype", filter=".fc.subtype")
    frame_type: int = uint(2, "Type", filter=".fc.type")
    version: int = uint(2, "Version", filter=".fc.version")
    order: bool = flag("+HTC/Order", filter=".fc.order")
    protected: bool = flag("Protected", filter=".fc.protected")
    more_data: bool = flag("More Data", filter=".fc.moredata")
    power: bool = flag("Power Management", filter=".fc.pwrmgt")
    retry: bool = flag("Retry", filter=".fc.retry")
    more_fragments: bool = flag("More Fragments", filter=".fc.frag")
    from_ds: bool = flag("From DS", filter=".fc.fromds")
    to_ds: bool = flag("To DS", filter=".fc.tods")
    duration: int = little(16, "Duration", filter="duration", unit="us")
    destination: bytes = link_address("Destination address", filter="da")
    source: bytes = link_address("Source address", filter="sa")
    bssid: bytes = link_address("BSS Id", filter="bssid")
    sequence_low: int = uint(4, "Sequence number, lowest bits", filter="netmip6.wlan.seq_low")
    fragment: int = uint(4, "Fragment number", filter="frag")
    sequence_high: int = uint(8, "Sequence number, other bits", filter="netmip6.wlan.seq_high")


@declare(WLAN_FRAMES, TO_DS, "wlan", ref="IEEE 802.11 9.3.2.1", label="802.11 data")
class WlanToDs(Message):
    """From a station to its access point."""

    subtype: int = uint(4, "Subtype", filter=".fc.subtype")
    frame_type: int = uint(2, "Type", filter=".fc.type")
    version: int = uint(2, "Version", filter=".fc.version")
    order: bool = flag("+HTC/Order", filter=".fc.order")
    protected: bool = flag("Protected", filter=".fc.protected")
    more_data: bool = flag("More Data", filter=".fc.moredata")
    power: bool = flag("Power Management", filter=".fc.pwrmgt")
    retry: bool = flag("Retry", filter=".fc.retry")
    more_fragments: bool = flag("More Fragments", filter=".fc.frag")
    from_ds: bool = flag("From DS", filter=".fc.fromds")
    to_ds: bool = flag("To DS", filter=".fc.tods")
    duration: int = little(16, "Duration", filter="duration", unit="us")
    bssid: bytes = link_address("BSS Id", filter="bssid")
    source: bytes = link_address("Source address", filter="sa")
    destination: bytes = link_address("Destination address", filter="da")
    sequence_low: int = uint(4, "Sequence number, lowest bits", filter="netmip6.wlan.seq_low")
    fragment: int = uint(4, "Fragment number", filter="frag")
    sequence_high: int = uint(8, "Sequence number, other bits", filter="netmip6.wlan.seq_high")


@declare(WLAN_FRAMES, FROM_DS, "wlan", ref="IEEE 802.11 9.3.2.1", label="802.11 data")
class WlanFromDs(Message):
    """From an access point to a station."""

    subtype: int = uint(4, "Subtype", filter=".fc.subtype")
    frame_type: int = uint(2, "Type", filter=".fc.type")
    version: int = uint(2, "Version", filter=".fc.version")
    order: bool = flag("+HTC/Order", filter=".fc.order")
    protected: bool = flag("Protected", filter=".fc.protected")
    more_data: bool = flag("More Data", filter=".fc.moredata")
    power: bool = flag("Power Management", filter=".fc.pwrmgt")
    retry: bool = flag("Retry", filter=".fc.retry")
    more_fragments: bool = flag("More Fragments", filter=".fc.frag")
    from_ds: bool = flag("From DS", filter=".fc.fromds")
    to_ds: bool = flag("To DS", filter=".fc.tods")
    duration: int = little(16, "Duration", filter="duration", unit="us")
    destination: bytes = link_address("Destination address", filter="da")
    bssid: bytes = link_address("BSS Id", filter="bssid")
    source: bytes = link_address("Source address", filter="sa")
    sequence_low: int = uint(4, "Sequence number, lowest bits", filter="netmip6.wlan.seq_low")
    fragment: int = uint(4, "Fragment number", filter="frag")
    sequence_high: int = uint(8, "Sequence number, other bits", filter="netmip6.wlan.seq_high")


@declare(WLAN_FRAMES, TO_DS | FROM_DS, "wlan", ref="IEEE 802.11 9.3.2.1", label="802.11 data")
class WlanFourAddresses(Message):
    """Between access points: four addresses."""

    subtype: int = uint(4, "Subtype", filter=".fc.subtype")
    frame_type: int = uint(2, "Type", filter=".fc.type")
    version: int = uint(2, "Version", filter=".fc.version")
    order: bool = flag("+HTC/Order", filter=".fc.order")
    protected: bool = flag("Protected", filter=".fc.protected")
    more_data: bool = flag("More Data", filter=".fc.moredata")
    power: bool = flag("Power Management", filter=".fc.pwrmgt")
    retry: bool = flag("Retry", filter=".fc.retry")
    more_fragments: bool = flag("More Fragments", filter=".fc.frag")
    from_ds: bool = flag("From DS", filter=".fc.fromds")
    to_ds: bool = flag("To DS", filter=".fc.tods")
    duration: int = little(16, "Duration", filter="duration", unit="us")
    receiver: bytes = link_address("Receiver address", filter="ra")
    transmitter: bytes = link_address("Transmitter address", filter="ta")
    destination: bytes = link_address("Destination address", filter="da")
    sequence_low: int = uint(4, "Sequence number, lowest bits", filter="netmip6.wlan.seq_low")
    fragment: int = uint(4, "Fragment number", filter="frag")
    sequence_high: int = uint(8, "Sequence number, other bits", filter="netmip6.wlan.seq_high")
    source: bytes = link_address("Source address", filter="sa")


@declare(WLAN_PARTS, 1, "wlan.qos", ref="IEEE 802.11 9.2.4.5", label="QoS Control")
class QosControl(Message):
    """Behind the header of QoS data frames."""

    amsdu: bool = flag("A-MSDU", filter="amsdupresent")
    ack: int = uint(2, "Ack Policy", filter="ack")
    eosp: bool = flag("End of service period", filter="eosp")
    tid: int = uint(4, "TID", filter="tid")
    rest: int = uint(8, "TXOP or queue size", filter="netmip6.wlan.qos.rest")


@declare(WLAN_PARTS, 2, "wlan", ref="IEEE 802.11 9.2.4.6", label="HT Control")
class HtControl(Message):
    """Behind the QoS Control field, where +HTC/Order is set."""

    control: int = little(32, "HT Control", filter="htc")


@declare(WLAN_PARTS, 3, "radiotap", ref="radiotap.org", label="Radiotap")
class Radiotap(Message):
    """What the capturing machine says of the frame; the length is that of the whole header."""

    version: int = uint(8, "Version", filter="version")
    pad: int = uint(8, "Pad", filter="pad")
    length: int = little(16, "Length", filter="length", unit="octets")
    present: int = little(32, "Present flags", filter=".present.word")
    fields: bytes = octets("Fields", filter="netmip6.radiotap.fields")


@declare(WLAN_PARTS, 4, "radiotap.flags", ref="radiotap.org", label="Radiotap flags")
class RadiotapFlags(Message):
    """Whether a frame check sequence follows, and padding behind the 802.11 header."""

    short_guard: bool = flag("Short guard interval", filter="shortgi")
    bad_fcs: bool = flag("Bad FCS", filter="badfcs")
    padded: bool = flag("Data Pad", filter="datapad")
    has_fcs: bool = flag("FCS at end", filter="fcs")
    fragmented: bool = flag("Fragmentation", filter="frag")
    wep: bool = flag("WEP", filter="wep")
    short_preamble: bool = flag("Short preamble", filter="preamble")
    cfp: bool = flag("CFP", filter="cfp")


@declare(WLAN_PARTS, 5, "llc", ref="IEEE 802.2 3.2", label="LLC")
class Llc(Message):
    """Logical link control; with SNAP's 170, 170 and 3 the next class is meant."""

    dsap: int = uint(8, "DSAP", filter="dsap")
    ssap: int = uint(8, "SSAP", filter="ssap")
    control: int = uint(8, "Control", filter="control")


@declare(WLAN_PARTS, 6, "llc", ref="RFC 1042", label="LLC with SNAP")
class Snap(Message):
    """With OUI 0 the type is an EtherType."""

    dsap: int = uint(8, "DSAP", filter="dsap")
    ssap: int = uint(8, "SSAP", filter="ssap")
    control: int = uint(8, "Control", filter="control")
    oui: int = uint(24, "Organization code", filter="oui")
    ethertype: int = uint(16, "Type", filter="type", enum=EtherType)
