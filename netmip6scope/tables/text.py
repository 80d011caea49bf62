"""How one value reads as text, whichever format it goes into."""

from __future__ import annotations

from collections.abc import Sequence

from netmip6scope.tables.columns import NULL

FORMULA_STARTS = "=+-@\t\r"
"""First characters on which a spreadsheet runs a cell rather than showing it."""

_QUOTED = frozenset(',"\r\n')


def seconds(time_ns: int) -> str:
    """Nanoseconds since the epoch as seconds with nine decimals; '' if unknown."""
    return _fixed(time_ns, 9)


def milliseconds(duration_ns: int) -> str:
    """A duration in nanoseconds as milliseconds with six decimals; '' if unknown."""
    return _fixed(duration_ns, 6)


def percent(part_ppm: int) -> str:
    """Millionths of a whole as percent with four decimals; '' if unknown."""
    return _fixed(part_ppm, 4)


def whole(number: int) -> str:
    """A whole number; '' if unknown."""
    return "" if number == NULL else str(number)


def spreadsheet_safe(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would run it as a formula."""
    return "'" + text if text[:1] and text[0] in FORMULA_STARTS else text


def csv_cell(text: str, *, raw: bool) -> str:
    """A text as a CSV cell, quoted only where RFC 4180 asks; made spreadsheet-safe unless raw."""
    if not raw:
        text = spreadsheet_safe(text)
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def plain_cells(texts: Sequence[str], joined: str, *, raw: bool) -> bool:
    """Whether `csv_cell` leaves every one of the texts as it is; joined: all of them in a row."""
    if any(letter in joined for letter in _QUOTED):
        return False
    return raw or frozenset(FORMULA_STARTS).isdisjoint({text[:1] for text in texts})


def printable(text: str) -> str:
    """The text in one line, with what could steer a terminal written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _fixed(value: int, decimals: int) -> str:
    if value == NULL:
        return ""
    whole_part, rest = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole_part}.{rest:0{decimals}d}"
