"""What happens to a node that no other node of the network does: the outside of a closed replay.

Isolate mode finds most of it out: shells write down what they told their models besides messages
of other nodes. `own`: the node decided itself when, as no document says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replay.shell import Move


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One thing that happens. `asked`: number of the step that it comes with, if with one."""

    time_ns: int
    node: IPv6Address
    mn_id: bytes | None
    move: Move
    own: bool = False
    asked: int | None = None
