"""One row of the messages table, of a message that the scan lane does not decode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """What the table's columns of the same names hold; None is an empty cell.

    src, dst: octets of the innermost IP header before the message (4 or 16), else of the link layer
    (6). hoa: the address that the message asks for or gives, coa: the care-of address (4 or 16).
    mn_id: the identity's octets, as they came. client: octets that all messages of one client have,
    and other clients' have not: DUID, hardware address, PPPoE session, interface identifier or
    Calling-Station-Id. line: the summary, with "{}" where the identifier stands, so that lines are
    few. wrong_sum: UDP's checksum is wrong. marks: bits of `Mark`, of RADIUS.
    """

    kind: str
    line: str
    length: int
    src: bytes | None = None
    dst: bytes | None = None
    mn_id: bytes | None = None
    hoa: bytes | None = None
    coa: bytes | None = None
    client: bytes | None = None
    identifier: int | None = None
    seq: int | None = None
    status: int | None = None
    lifetime_s: int | None = None
    wrong_sum: bool = False
    marks: int = 0

    @property
    def summary(self) -> str:
        """One line for a reader."""
        return told(self.line, self.identifier)

    def but(self, **changes: Any) -> Row:  # noqa: ANN401
        """The row with some columns changed."""
        return replace(self, **changes)


def told(line: str, identifier: int | None) -> str:
    """A row's line with its identifier."""
    return line.replace("{}", str(identifier))
