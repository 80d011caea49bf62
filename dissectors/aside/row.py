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
    Calling-Station-Id.
    """

    kind: str
    summary: str
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

    def but(self, **changes: Any) -> Row:  # noqa: ANN401
        """The row with some columns changed."""
        return replace(self, **changes)
