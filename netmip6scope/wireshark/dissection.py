"""What Wireshark makes of a capture's frames: its fields by name, through pyshark."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from dissectors.profile import Profile
from netmip6scope.errors import ScopeError
from netmip6scope.wireshark.plugin import PROTOCOL, declared_name
from netmip6scope.wireshark.program import arguments, find_tshark, settings

_STOPS = frozenset(("_ws.short", "_ws.malformed"))
_MALFORMED = "117440512"
"""PI_MALFORMED in epan/proto.h: the group of an expert item about octets that make no sense."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One field as Wireshark shows it: `text` the value, `label` the line in its tree.

    octets: its octets in hex, or, where it is some bits of them, the number that these are. hidden:
    it can be filtered by and stands in no tree; often another name for a field that does.
    """

    name: str
    text: str
    label: str
    octets: str
    begin: int
    size: int
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Dissection:
    """A frame's fields by name, those of one name by their places.

    stopped: Wireshark met octets that are missing or make no sense, and may show none behind them.
    """

    fields: dict[str, list[Shown]]
    stopped: bool


def dissect(capture: str, home: str, profile: Profile) -> Generator[Dissection]:
    """Wireshark's view of each frame, in order.

    `home` is a directory that stands for the user's. Must not be called while an asyncio event loop
    runs in this thread. Raises ScopeError if tshark breaks off.
    """
    loop = asyncio.new_event_loop()
    # A run that is interrupted leaves a task behind whose end concerns nobody.
    loop.set_exception_handler(lambda *_: None)
    reading = _capture_class()(
        capture,
        keep_packets=False,
        eventloop=loop,
        custom_parameters=arguments(home, profile),
    )
    packets = iter(reading)
    try:
        with _environment(settings(home)):
            packet = next(packets, None)
        while packet is not None:
            yield _dissection(packet)
            packet = next(packets, None)
    finally:
        packets.close()
        reading.close()
        loop.close()
    if reading.status:
        raise ScopeError(f"tshark ended with status {reading.status}: {reading.last_line}")


def _capture_class() -> Any:  # noqa: ANN401 - pyshark has no types
    """The reader of pyshark with three habits changed. In a function: pyshark loads late."""
    import pyshark

    class Capture(pyshark.FileCapture):  # type: ignore[misc]
        status = 0
        last_line = ""

        def _get_tshark_path(self) -> str:
            """The way of pyshark reads a config.ini of the working directory."""
            return find_tshark()

        def _created_new_process(
            self, _: object, process: asyncio.subprocess.Process, **__: object
        ) -> None:
            """Else one that has ended already is not cleaned up, and how it ended is lost."""
            self._running_processes.add(process)

        async def _cleanup_subprocess(self, process: asyncio.subprocess.Process) -> None:
            """Else a program that has ended is killed, and how it ended is lost."""
            if self._eof_reached:
                self.status = await process.wait()
                self.last_line = self._last_error_line or ""
            elif process.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
                await process.wait()

    return Capture


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """The environment with these values, for a child that is started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _dissection(packet: Any) -> Dissection:  # noqa: ANN401 - pyshark has no types
    found: defaultdict[str, list[Shown]] = defaultdict(list)
    stopped = False
    for layer in packet.layers:
        # The public way to a field goes by names that pyshark rewrites, and takes one for another.
        fields = layer._all_fields  # noqa: SLF001
        ours = layer.layer_name == PROTOCOL
        for name, container in fields.items():
            found[declared_name(name) if ours else name] += map(_shown, container.all_fields)
        if not ours:
            stopped |= layer.layer_name in _STOPS or _is_malformed(fields)
    for shown in found.values():
        shown.sort(key=lambda each: each.begin)
    return Dissection(dict(found), stopped)


def _is_malformed(fields: Any) -> bool:  # noqa: ANN401
    groups = fields.get("_ws.expert.group")
    return groups is not None and any(group.show == _MALFORMED for group in groups.all_fields)


def _shown(field: Any) -> Shown:  # noqa: ANN401
    return Shown(
        field.name,
        field.show or "",
        field.showname or "",
        field.raw_value or "",
        int(field.pos or 0),
        int(field.size or 0),
        bool(field.hide),
    )
