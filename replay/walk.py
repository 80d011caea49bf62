"""What a walk to a divergence holds, whichever way it is drawn. Times are nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address

from replay.judged import Field
from replay.node_states import States
from replay.packets import Address
from replay.verdict import Divergence


class Match(Enum):
    """How what was recorded stands to what was expected."""

    GIVEN = "given"
    """Nobody judges the sender: its receiver's model was told this."""
    SAME = "same"
    OTHER = "other"
    UNEXPECTED = "unexpected"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Message:
    """One side of a row. `sender`, `receiver`: names of the walk's parties, or MN.

    kind: the contract's word; fields: those that are compared, none of what is not judged.
    """

    time_ns: int
    sender: str
    receiver: str
    kind: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One message, as recorded and as expected; None where there is none on that side.

    frame, step: of the trace, None for what it has not; before, after: the states of the model
    of the walk's node; taken: what had to be taken for granted; diverges: the walk is about it.
    """

    time_ns: int
    frame: int | None
    step: int | None
    match: Match
    recorded: Message | None
    expected: Message | None
    before: States
    after: States
    taken: tuple[str, ...] = ()
    diverges: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """The way to a divergence, which is the last row. `parties`: names of nodes' addresses.

    divergences: all that is wrong with one message, one for each field.
    """

    node: IPv6Address
    role: str
    mn_id: bytes | None
    divergences: tuple[Divergence, ...]
    parties: dict[Address, str]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """The party that diverged."""
        return self.parties[self.node]
