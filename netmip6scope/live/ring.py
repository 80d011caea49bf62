"""Frames of one interface through the kernel's ring of blocks (packet_mmap, TPACKET_V3).

The kernel writes frames into blocks that this process sees; a block is copied as it is and given
back. Layouts are those of linux/if_packet.h, in the machine's own byte order.
"""

from __future__ import annotations

import mmap
import socket
import struct

import numpy as np

from dissectors.frames import SLACK, FrameBatch, Interface
from dissectors.link import LINKTYPE_ETHERNET, LINKTYPE_RAW
from netmip6scope.errors import UsageError
from netmip6scope.live.source import no_rights

_SOL_PACKET = 263
_ADD_MEMBERSHIP, _RX_RING, _STATISTICS, _VERSION, _RESERVE = 1, 5, 6, 10, 12
_TPACKET_V3 = 2
_PROMISCUOUS = 1
_ALL = 0x0003
"""ETH_P_ALL."""
_OUTGOING = 4
"""PACKET_OUTGOING in sll_pkttype."""
_HARDWARE = {1: LINKTYPE_ETHERNET, 772: LINKTYPE_ETHERNET, 519: LINKTYPE_RAW, 0xFFFE: LINKTYPE_RAW}
"""ARPHRD_ETHER, _LOOPBACK, _RAWIP and _NONE."""
_LOOPBACK = 772
_BLOCK, _BLOCKS, _FRAME = 1 << 20, 64, 1 << 11
RETIRE_MS = 60
"""A block that is not full is handed over after so long."""
_USER, _KERNEL = 1, 0
_STATUS_AT = 8
_BLOCK_HEAD = struct.Struct("=8xIII")
"""block_status, num_pkts, offset_to_first_pkt."""
_FRAME_HEAD = struct.Struct("=IIIIIIHHIIH")
"""Next offset, sec, nsec, snaplen, len, status, mac, net, rxhash, vlan_tci, vlan_tpid."""
_PACKET_TYPE_AT = 48 + 10
"""sll_pkttype of the sockaddr_ll behind the frame's header."""
_VLAN_VALID, _TPID_VALID = 1 << 4, 1 << 6
_VLAN_TAG = 4
_NANOSECONDS = 1_000_000_000


class Ring:
    """The frames of one interface."""

    def __init__(self, name: str) -> None:
        """Raises UsageError where there is no such interface, MissingProgram without rights."""
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError as error:
            raise no_rights() from error
        try:
            self._open(name)
        except OSError as error:
            self._socket.close()
            known = ", ".join(name for _, name in socket.if_nameindex())
            raise UsageError(f"interface {name}: {error.strerror}; there are {known}") from error
        self._next = 0
        self._dropped = 0

    def _open(self, name: str) -> None:
        number = socket.if_nametoindex(name)
        self._socket.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V3)
        # Room before each frame for a VLAN tag, which the kernel takes out.
        self._socket.setsockopt(_SOL_PACKET, _RESERVE, _VLAN_TAG)
        frames = _BLOCK // _FRAME * _BLOCKS
        ring = struct.pack("=7I", _BLOCK, _BLOCKS, _FRAME, frames, RETIRE_MS, 0, 0)
        self._socket.setsockopt(_SOL_PACKET, _RX_RING, ring)
        self._memory = mmap.mmap(self._socket.fileno(), _BLOCK * _BLOCKS)
        self._socket.bind((name, _ALL))
        hardware = self._socket.getsockname()[3]
        if hardware not in _HARDWARE:
            self._memory.close()
            raise OSError(0, f"hardware type {hardware} is not known here, dumpcap may know it")
        self._loops = hardware == _LOOPBACK
        membership = struct.pack("=iHH8x", number, _PROMISCUOUS, 0)
        self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, membership)
        self.interface = Interface(_HARDWARE[hardware], name)

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def take(self) -> FrameBatch | None:
        """The frames of the next block that is ready."""
        at = self._next * _BLOCK
        status, count, first = _BLOCK_HEAD.unpack_from(self._memory, at)
        if not status & _USER:
            return None
        octets = bytearray(self._memory[at : at + _BLOCK]) + bytearray(SLACK)
        struct.pack_into("=I", self._memory, at + _STATUS_AT, _KERNEL)
        self._next = (self._next + 1) % _BLOCKS
        return self._batch(octets, count, first)

    def _batch(self, octets: bytearray, count: int, at: int) -> FrameBatch:
        rows: list[tuple[int, int, int, int]] = []
        for _ in range(count):
            following, sec, nsec, caplen, wirelen, status, mac, _, _, tci, tpid = (
                _FRAME_HEAD.unpack_from(octets, at)
            )
            start = at + mac
            # What is sent to the own machine is seen when sent and when received.
            if not (self._loops and octets[at + _PACKET_TYPE_AT] == _OUTGOING):
                if status & _VLAN_VALID:
                    start -= _VLAN_TAG
                    octets[start : start + 12] = octets[start + 4 : start + 16]
                    kind = tpid if status & _TPID_VALID else 0x8100
                    struct.pack_into("!HH", octets, start + 12, kind, tci)
                    caplen, wirelen = caplen + _VLAN_TAG, wirelen + _VLAN_TAG
                rows.append((start, caplen, wirelen, sec * _NANOSECONDS + nsec))
            at += following
        columns = np.array(rows, np.int64).reshape(-1, 4).T
        none = np.zeros(len(rows), np.int64)
        data = np.frombuffer(octets, np.uint8)
        start, caplen, wirelen, time_ns = (np.ascontiguousarray(column) for column in columns)
        return FrameBatch(data, start, caplen, wirelen, time_ns, none, (self.interface,))

    def dropped(self) -> int:
        """Frames for which the ring had no room, since the beginning; the kernel counts anew."""
        answer = self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 12)
        self._dropped += struct.unpack_from("=II", answer)[1]
        return self._dropped

    def close(self) -> None:
        """Give the ring back."""
        self._memory.close()
        self._socket.close()
