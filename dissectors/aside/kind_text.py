"""Names of message kinds made of a protocol's codes."""

from __future__ import annotations

from enum import IntEnum


def kind_name(codes: type[IntEnum], code: int) -> str:
    """`configure-request`; a code without a name is `code-99`."""
    known = codes._value2member_map_.get(code)
    return f"code-{code}" if known is None else codes(code).name.lower().replace("_", "-")


def title(codes: type[IntEnum], code: int) -> str:
    """`Configure-Request`, for people."""
    return kind_name(codes, code).title()
