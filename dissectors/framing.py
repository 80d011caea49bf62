"""How lists of options are written, described so that one walk reads and one build writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, eq=False)
class Framing:
    """How the entries of an option list are written; sizes and places in octets.

    An entry's type stands first. `number` 0: it has none and the entries are counted from 1.
    `length` 0: the entry is the rest of the list. Where the length stands behind the beginning of
    the body it is a field of the body.
    """

    text: str
    number: int = 1
    length: int = 1
    length_at: int = 1
    body: int = 2
    whole: bool = False
    """The length counts the whole entry, not its body."""
    unit: int = 1
    """Octets that the length counts."""
    align: int = 1
    """Zeros fill each entry up to a multiple of it."""
    plain: int | None = None
    """The first entry without a length: it and what follows is one."""
    padding: tuple[int, ...] = ()
    """Types that are no options."""
    alone: tuple[int, ...] = ()
    """Types of one octet, without a length."""
    last: int | None = None
    """The type behind which only zeros stand."""
    counted: bool = True
    """Without a type: the place in the list is the number. Else all entries are number 1."""

    TLV: ClassVar[Framing]
    ND: ClassVar[Framing]
    SHORT: ClassVar[Framing]
    WIDE: ClassVar[Framing]
    WIDE_WHOLE: ClassVar[Framing]
    DHCPV4: ClassVar[Framing]
    SUB: ClassVar[Framing]
    AVP: ClassVar[Framing]
    CHUNK: ClassVar[Framing]
    FIRST: ClassVar[Framing]
    SOLE: ClassVar[Framing]
    SOLE_WIDE: ClassVar[Framing]
    SOLE_VENDOR: ClassVar[Framing]
    COUNTED: ClassVar[Framing]
    COUNTED_FIRST: ClassVar[Framing]
    ITEMS: ClassVar[Framing]

    @property
    def is_sole(self) -> bool:
        """The list is one entry."""
        return not self.length


Framing.TLV = Framing(
    "type, length in octets; Pad1 is type 0 alone, PadN type 1", padding=(0, 1), alone=(0,)
)
Framing.ND = Framing("type, length in units of 8 octets that counts both", whole=True, unit=8)
Framing.SHORT = Framing("type, length that counts both", whole=True)
Framing.WIDE = Framing("type and length of 16 bits", number=2, length=2, length_at=2, body=4)
Framing.WIDE_WHOLE = Framing(
    "type and length of 16 bits, which counts both",
    number=2,
    length=2,
    length_at=2,
    body=4,
    whole=True,
)
Framing.DHCPV4 = Framing(
    "type, length; Pad 0 and End 255 alone", padding=(0, 255), alone=(0, 255), last=255
)
Framing.SUB = Framing("type, length, and nothing else")
Framing.AVP = Framing(
    "code of 32 bits, flags, length of 24 bits that counts all; filled up to 4 octets",
    number=4,
    length=3,
    length_at=5,
    body=4,
    whole=True,
    align=4,
)
Framing.CHUNK = Framing(
    "type, flags, length of 16 bits that counts all; filled up to 4 octets",
    length=2,
    length_at=2,
    body=1,
    whole=True,
    align=4,
)
Framing.FIRST = Framing("one message, told by its first octet", length=0, body=0)
Framing.SOLE = Framing("type, and the rest", length=0, body=1)
Framing.SOLE_WIDE = Framing("type of 16 bits, and the rest", number=2, length=0, body=2)
Framing.SOLE_VENDOR = Framing("vendor of 32 bits, and the rest", number=4, length=0, body=4)
Framing.COUNTED = Framing("length, octets; told by their place", number=0, length_at=0, body=1)
Framing.COUNTED_FIRST = Framing(
    "length, octets; then the rest", number=0, length_at=0, body=1, plain=2
)
Framing.ITEMS = Framing(
    "length of 16 bits, octets; all alike",
    number=0,
    length=2,
    length_at=0,
    body=2,
    counted=False,
)
