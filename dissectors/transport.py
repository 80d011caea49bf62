"""TCP (RFC 9293) and SCTP (RFC 4960), as far as they carry Diameter."""

from __future__ import annotations

from dissectors.layout import (
    Message,
    Options,
    declare,
    flag,
    octets,
    option_list,
    own_length,
    reserved,
    uint,
)
from dissectors.registries import HEADERS, OTHER_CHUNKS, SCTP_CHUNKS

DIAMETER_PAYLOAD = 46
"""RFC 6733 13.2: SCTP's payload protocol identifier of Diameter."""


@declare(HEADERS, 6, "tcp", ref="RFC 9293 3.1", label="TCP")
class TcpHeader(Message):
    """20 octets; options may follow. data_offset counts 4 octets."""

    source_port: int = uint(16, "Source Port", filter="srcport")
    destination_port: int = uint(16, "Destination Port", filter="dstport")
    sequence: int = uint(32, "Sequence Number", filter="seq_raw")
    acknowledgment: int = uint(32, "Acknowledgment Number", filter="ack_raw")
    data_offset: int = uint(4, "Header Length", filter="hdr_len", unit="octets", scale=4)
    reserved: int = reserved(4)
    cwr: bool = flag("Congestion Window Reduced", filter=".flags.cwr")
    ece: bool = flag("ECN-Echo", filter=".flags.ece")
    urg: bool = flag("Urgent", filter=".flags.urg")
    ack: bool = flag("Acknowledgment", filter=".flags.ack")
    push: bool = flag("Push", filter=".flags.push")
    reset: bool = flag("Reset", filter=".flags.reset")
    syn: bool = flag("Synchronize", filter=".flags.syn")
    fin: bool = flag("Finish", filter=".flags.fin")
    window: int = uint(16, "Window", filter="window_size_value", unit="octets")
    checksum: int = uint(16, "Checksum", filter="checksum")
    urgent: int = uint(16, "Urgent Pointer", filter="urgent_pointer")
    options: bytes = octets("Options", filter="options")


@declare(HEADERS, 132, "sctp", ref="RFC 4960 3.1", label="SCTP")
class SctpHeader(Message):
    """Twelve octets and the chunks behind them."""

    source_port: int = uint(16, "Source Port", filter="srcport")
    destination_port: int = uint(16, "Destination Port", filter="dstport")
    verification_tag: int = uint(32, "Verification Tag", filter="verification_tag")
    checksum: int = uint(32, "Checksum", filter="checksum")
    chunks: Options = option_list(SCTP_CHUNKS)


@declare(SCTP_CHUNKS, 0, "sctp", ref="RFC 4960 3.3.1", label="DATA")
class SctpData(Message):
    """A message, or a part of one: B and E mark its first and last part."""

    reserved: int = reserved(4)
    immediate: bool = flag("Immediate (I)", filter="data_i_bit")
    unordered: bool = flag("Unordered (U)", filter="data_u_bit")
    beginning: bool = flag("Beginning (B)", filter="data_b_bit")
    ending: bool = flag("Ending (E)", filter="data_e_bit")
    length = own_length(16, filter="chunk_length")
    tsn: int = uint(32, "TSN", filter="data_tsn_raw")
    stream: int = uint(16, "Stream Identifier", filter="data_sid")
    sequence: int = uint(16, "Stream Sequence Number", filter="data_ssn")
    protocol: int = uint(32, "Payload Protocol Identifier", filter="data_payload_proto_id")
    data: bytes = octets("User Data", filter="netmip6.sctp.data")


@declare(OTHER_CHUNKS, 1, "sctp", ref="RFC 4960 3.2", label="Chunk")
class SctpOther(Message):
    """A chunk that nobody declared."""

    flags: int = uint(8, "Chunk flags", filter="chunk_flags")
    length = own_length(16, filter="chunk_length")
    value: bytes = octets("Chunk value", filter="chunk_value")


SCTP_CHUNKS.other = lambda _: SctpOther
SCTP_CHUNKS.names = {
    1: "INIT",
    2: "INIT ACK",
    3: "SACK",
    4: "HEARTBEAT",
    5: "HEARTBEAT ACK",
    6: "ABORT",
    7: "SHUTDOWN",
    8: "SHUTDOWN ACK",
    9: "ERROR",
    10: "COOKIE ECHO",
    11: "COOKIE ACK",
    14: "SHUTDOWN COMPLETE",
}
