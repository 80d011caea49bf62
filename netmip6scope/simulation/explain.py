"""A run in words: one line for each step, for people."""

from __future__ import annotations

from replay.events import (
    Event,
    Fact,
    HandoverIndication,
    LinkDown,
    LinkUp,
    Note,
    Violation,
    Why,
)
from replay.frames import label
from replay.packets import Packet
from replay.scenario import Scenario
from replay.simulator import Sent

_SILENT = (Why.USER, Why.TUNNELLED)
_MS = 10**6


class Narrator:
    """Writes down what happens; user data is counted, not told."""

    def __init__(self, scenario: Scenario) -> None:
        self.lines: list[str] = []
        self._start_ns = scenario.start_ns
        self._received = 0

    def sent(self, sent: Sent) -> None:
        send = sent.send
        if send.why in _SILENT:
            return
        packet = send.packet
        what = _label(packet) if isinstance(packet, Packet) else label(packet)
        lost = "" if sent.arrivals_ns else " (lost)"
        receiver = sent.receiver or "nobody"
        self._say(sent.time_ns, f"{sent.sender} > {receiver}: {what}, {send.why.value}{lost}")

    def received(self, time_ns: int, sent: Sent) -> None:
        """What is sent says when it arrives."""

    def noted(self, time_ns: int, node: str, note: Note) -> None:
        if note.fact is Fact.RECEIVED:
            self._received += 1
            return
        about = [note.mn_id.decode("utf-8", "backslashreplace")] if note.mn_id else []
        about += [str(each) for each in (note.address, note.other, note.number) if each is not None]
        self._say(time_ns, f"{node}: {note.fact.value} ({', '.join(about)})")

    def happened(self, time_ns: int, node: str, event: Event) -> None:
        if isinstance(event, HandoverIndication):
            self._say(time_ns, f"base station > {node}: handover from {event.serving_router}")
        elif isinstance(event, LinkUp | LinkDown):
            word = "link up" if isinstance(event, LinkUp) else "link down"
            self._say(time_ns, f"base station > {node}: {word}")

    def violated(self, time_ns: int, node: str, violation: Violation) -> None:
        what = f"{violation.machine}: {violation.given} in {violation.state}: {violation.reason}"
        self._say(time_ns, f"{node}: violation of {what}")

    def text(self) -> str:
        """All lines."""
        total = f"{self._received} packets of user data arrived"
        return "".join(f"{line}\n" for line in (*self.lines, total))

    def _say(self, time_ns: int, what: str) -> None:
        ms, ns = divmod(time_ns - self._start_ns, _MS)
        self.lines.append(f"{ms:>8}.{ns // 1000:03} ms  {what}")


def _label(packet: Packet) -> str:
    payload = packet.payload
    return type(payload).__name__ if isinstance(payload, Packet) else str(_name(payload))


def _name(payload: object) -> str:
    layout = getattr(payload, "layout", None)
    return type(payload).__name__ if layout is None else str(layout.label)
