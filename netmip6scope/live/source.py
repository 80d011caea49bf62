"""What gives frames of live interfaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from dissectors.frames import FrameBatch
from netmip6scope.errors import MissingProgram

LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Interfaces by name, and a filter of pcap-filter(7) or None."""

    interfaces: Sequence[str]
    filter: str | None = None


class LiveSource(Protocol):
    """Frames of interfaces as they come."""

    @property
    def ready(self) -> bool:
        """Whether it captures; until then it may still find that it cannot."""
        ...

    def batches(self, look: Callable[[], None]) -> Iterator[FrameBatch]:
        """Frames until `stop`; look is called some ten times a second, it may stop this."""
        ...

    def stop(self) -> None:
        """Capture no more; what was captured before still comes."""
        ...

    def dropped(self) -> list[int]:
        """After the end: frames that the kernel had no room for, by interface; empty if unknown."""
        ...


def no_rights() -> MissingProgram:
    """The error for who may not capture: the two ways to get the rights."""
    return MissingProgram(
        "capturing needs rights: let dumpcap have them (apt-get install wireshark-common, "
        "dpkg-reconfigure wireshark-common, then be a member of the group wireshark), or run this "
        "as root"
    )
