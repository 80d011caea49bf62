"""A ladder as a Mermaid sequence diagram.

Mermaid reads a diagram line by line and gives some characters and words a meaning wherever they
stand. Free text is therefore written with its character codes ("#59;") but for letters, digits and
some harmless signs, and the words that mean something lose their first letter to such a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netmip6scope.ladder.labels import packets, said, time_of, unit
from netmip6scope.ladder.model import Heading, Ladder, Step, Traffic

_HARMLESS = re.compile(r"[A-Za-z0-9 .,:@()/_>…-]")
_WORDS = re.compile(r"(?i)\bend\b|style|classdef|wrap")
_BREAK = "<br/>"


def mermaid(ladder: Ladder, *, absolute: bool = False) -> str:
    """The whole diagram."""
    return "\n".join(_lines(ladder, absolute)) + "\n"


def _lines(ladder: Ladder, absolute: bool) -> Iterator[str]:
    yield "sequenceDiagram"
    parties = ladder.parties
    for party in parties:
        address = "" if party.address is None else _BREAK + _text(party.address)
        yield f"    participant {party.name} as {party.name}{address}"
    across = parties[0].name if len(parties) == 1 else f"{parties[0].name},{parties[-1].name}"
    yield f"    Note over {across}: {_text(ladder.title)}"
    for entry in ladder.entries:
        if isinstance(entry, Heading):
            facts = "".join(_BREAK + _text(fact) for fact in entry.facts)
            yield f"    Note over {across}: {_text(entry.title)}{facts}"
        elif isinstance(entry, Step):
            yield from _step(ladder, entry, absolute)
        elif isinstance(entry, Traffic):
            yield _traffic(ladder, entry, absolute)
        else:
            yield f"    Note over {across}: {_text(entry.text)}"


def _step(ladder: Ladder, step: Step, absolute: bool) -> Iterator[str]:
    time = f"{time_of(ladder, step.time_ns, absolute=absolute)} {unit(absolute=absolute)}"
    source, target = (ladder.parties[at].name for at in (step.source, step.target))
    arrow = "->>" if step.directed else "->"
    yield f"    {source}{arrow}{target}: {_text(said(step))}{_BREAK}{_text(time)}"
    for note in step.notes:
        yield f"    Note over {source}: {_text(note)}"


def _traffic(ladder: Ladder, traffic: Traffic, absolute: bool) -> str:
    words = packets(ladder, traffic, absolute=absolute)
    ends = [ladder.parties[at].name for at in sorted((traffic.router, traffic.anchor))]
    return f"    Note over {','.join(dict.fromkeys(ends))}: {_text(words)}"


def _text(words: str) -> str:
    """Text that means nothing to Mermaid."""
    firsts = {found.start() for found in _WORDS.finditer(words)}
    return "".join(
        character if at not in firsts and _HARMLESS.fullmatch(character) else f"#{ord(character)};"
        for at, character in enumerate(words)
    )
