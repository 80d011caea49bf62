"""A ladder as an SVG picture.

It has no script and asks for no font but the viewer's own monospaced one, whose characters are
taken to be 0.6 em wide; colours follow the viewer's light or dark scheme. Its classes all begin
with "ladder", so that it can stand inside a page. Text gets into it through ElementTree alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from netmip6scope.ladder.labels import GAP_HEAD, folded, gap_of, packets, time_head, time_of
from netmip6scope.ladder.model import Heading, Ladder, Remark, Step, Traffic

_SIZE, _SMALL = 12, 11
_APART = 224
_MARGIN = 24
_LINE = 15
_BETWEEN = 14
_HEAD = 7
"""Half the width of an arrow's head, and more or less its length."""

_COLOURS = {
    # class: (property, light, dark)
    "paper": ("fill", "#ffffff", "#0f1419"),
    "band": ("fill", "#f1f4f8", "#1a212a"),
    "ink": ("fill", "#1c2430", "#dfe5ec"),
    "soft": ("fill", "#5b6673", "#97a3b0"),
    "note": ("fill", "#a8410c", "#f0a070"),
    "line": ("stroke", "#cfd6de", "#36414d"),
    "shaft": ("stroke", "#1c2430", "#dfe5ec"),
    "flow": ("stroke", "#2f6fb3", "#6aa6e6"),
    "flow-head": ("fill", "#2f6fb3", "#6aa6e6"),
}


def svg(ladder: Ladder, *, absolute: bool = False) -> str:
    """The whole document."""
    root = _Picture(ladder, absolute).drawn()
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _style() -> str:
    font = "font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
    rules = [f".ladder text{{{font};font-size:{_SIZE}px}}", ".ladder .ladder-bold{font-weight:600}"]
    rules.append(f".ladder .ladder-small{{font-size:{_SMALL}px}}")
    rules.append(".ladder line{shape-rendering:crispEdges}")
    rules.append(".ladder .ladder-halo{paint-order:stroke;stroke-width:5px;stroke-linejoin:round}")
    for scheme in (0, 1):
        colours = [
            f".ladder .ladder-{name}{{{colour[0]}:{colour[1 + scheme]}}}"
            for name, colour in _COLOURS.items()
        ]
        colours.append(f".ladder .ladder-halo{{stroke:{_COLOURS['paper'][1 + scheme]}}}")
        joined = "".join(colours)
        rules.append(f"@media (prefers-color-scheme:dark){{{joined}}}" if scheme else joined)
    return "".join(rules)


@dataclass(slots=True)
class _Brush:
    """Adds shapes to an element."""

    into: ET.Element

    def rect(self, kind: str, x: int, y: int, width: int, height: int) -> None:
        box = {"x": x, "y": y, "width": width, "height": height}
        self._add("rect", f"ladder-{kind}", box)

    def line(self, kind: str, x1: int, y1: int, x2: int, y2: int, thick: int = 1) -> None:
        ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke-width": thick}
        self._add("line", f"ladder-{kind}", ends)

    def head(self, kind: str, x: int, y: int, way: int) -> None:
        """An arrow's head with its point at x, y; way: 1 to the right, -1 to the left."""
        back = x - way * (_HEAD + 2)
        points = f"{x},{y} {back},{y - _HEAD // 2 - 1} {back},{y + _HEAD // 2 + 1}"
        ET.SubElement(self.into, "polygon", {"class": f"ladder-{kind}", "points": points})

    def text(self, kinds: str, x: int, y: int, words: str, anchor: str = "start") -> None:
        classes = " ".join(f"ladder-{kind}" for kind in kinds.split())
        place = {"class": classes, "x": str(x), "y": str(y), "text-anchor": anchor}
        ET.SubElement(self.into, "text", place).text = words

    def _add(self, tag: str, kind: str, numbers: dict[str, int]) -> None:
        attributes = {name: str(value) for name, value in numbers.items()}
        ET.SubElement(self.into, tag, {"class": kind, **attributes})


class _Picture:
    def __init__(self, ladder: Ladder, absolute: bool) -> None:
        self._ladder = ladder
        self._absolute = absolute
        timed = [entry for entry in ladder.entries if not isinstance(entry, Heading)]
        times = [_wide(len(self._time(entry))) for entry in timed]
        gaps = [_wide(len(gap_of(entry))) for entry in timed]
        self._time_head = time_head(absolute=absolute)
        self._time_end = _MARGIN + max(_wide(len(self._time_head)), *times)
        self._gap_end = self._time_end + _BETWEEN + max(_wide(len(GAP_HEAD)), *gaps)
        self._first = self._gap_end + _MARGIN + _wide(4)
        columns = self._first + _APART * (len(ladder.parties) - 1) + _wide(4) + _MARGIN
        self._width = max(columns, 640)
        self._root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg")
        self._root.set("class", "ladder")
        ET.SubElement(self._root, "title").text = ladder.title
        ET.SubElement(self._root, "style").text = _style()
        self._paper = ET.SubElement(self._root, "rect", {"class": "ladder-paper"})
        self._lines = ET.SubElement(self._root, "g")
        self._brush = _Brush(ET.SubElement(self._root, "g"))
        self._y = _MARGIN

    def _time(self, entry: Step | Traffic | Remark) -> str:
        return time_of(self._ladder, entry.time_ns, absolute=self._absolute)

    def drawn(self) -> ET.Element:
        """The picture; its height is known once everything has its place."""
        self._top()
        begin = self._y
        for entry in self._ladder.entries:
            if isinstance(entry, Heading):
                self._heading(entry)
            elif isinstance(entry, Step):
                self._step(entry)
            elif isinstance(entry, Traffic):
                self._traffic(entry)
            else:
                self._remark(entry)
        self._y += 2 * _BETWEEN
        self._names()
        for column in range(len(self._ladder.parties)):
            x = self._x(column)
            _Brush(self._lines).line("line", x, begin, x, self._y - _LINE - _BETWEEN // 2)
        height = self._y + _MARGIN - _LINE
        for element in (self._root, self._paper):
            element.set("width", str(self._width))
            element.set("height", str(height))
        self._root.set("viewBox", f"0 0 {self._width} {height}")
        return self._root

    def _x(self, column: int) -> int:
        return self._first + _APART * column

    def _top(self) -> None:
        """The mobile node, the nodes' addresses, and the columns' names."""
        characters = (self._width - 2 * _MARGIN) * 10 // (_SIZE * 6)
        self._y += _SIZE
        for line in folded(self._ladder.title, characters):
            self._brush.text("ink bold", _MARGIN, self._y, line)
            self._y += _LINE
        self._y += _BETWEEN // 2
        indent = _MARGIN + _wide(max(len(party.name) for party in self._ladder.parties) + 2)
        for party in self._ladder.parties:
            if party.address is not None:
                self._brush.text("ink", _MARGIN, self._y, party.name)
                self._brush.text("soft", indent, self._y, party.address)
                self._y += _LINE
        self._y += _LINE
        self._brush.text("soft small", self._time_end, self._y, self._time_head, "end")
        self._brush.text("soft small", self._gap_end, self._y, GAP_HEAD, "end")
        self._names()
        self._y -= _LINE // 2

    def _names(self) -> None:
        for column, party in enumerate(self._ladder.parties):
            self._brush.text("ink bold", self._x(column), self._y, party.name, "middle")
        self._y += _LINE

    def _heading(self, heading: Heading) -> None:
        characters = (self._width - 2 * _MARGIN) * 10 // (_SMALL * 6) - 2
        facts = folded(", ".join(heading.facts), characters)
        titles = folded(heading.title, characters * _SMALL // _SIZE)
        self._y += _BETWEEN
        height = _LINE * (len(titles) + len(facts)) + _BETWEEN
        self._brush.rect("band", _MARGIN // 2, self._y, self._width - _MARGIN, height)
        self._y += 2
        for kinds, lines in (("ink bold", titles), ("soft small", facts)):
            for line in lines:
                self._y += _LINE
                self._brush.text(kinds, _MARGIN, self._y, line)
        self._y += _BETWEEN

    def _step(self, step: Step) -> None:
        characters = self._characters(step.source, step.target)
        middle = (self._x(step.source) + self._x(step.target)) // 2
        # What a node says to itself could reach beyond the picture's edge.
        middle = min(max(middle, _APART // 2), self._width - _APART // 2)
        self._y += _BETWEEN
        for line in folded(step.title, characters * _SMALL // _SIZE):
            self._y += _LINE
            self._brush.text("ink bold halo", middle, self._y, line, "middle")
        self._y += _LINE // 2
        self._times(step)
        self._shaft(step)
        self._said("soft", folded(", ".join(step.details), characters), middle)
        for note in step.notes:
            self._said("note", folded(note, characters), middle)

    def _characters(self, source: int, target: int) -> int:
        """How many small ones have room between two columns."""
        room = max(abs(source - target), 1) * _APART - 3 * _HEAD
        return room * 10 // (_SMALL * 6)

    def _times(self, entry: Step | Traffic | Remark) -> None:
        at = self._y + _SMALL // 3
        self._brush.text("ink small", self._time_end, at, self._time(entry), "end")
        self._brush.text("soft small", self._gap_end, at, gap_of(entry), "end")

    def _shaft(self, step: Step) -> None:
        begin, end = self._x(step.source), self._x(step.target)
        if begin == end:
            self._brush.rect("ink", begin - 3, self._y - 3, 6, 6)
            return
        self._brush.line("shaft", begin, self._y, end, self._y)
        if step.directed:
            self._brush.head("ink", end, self._y, 1 if end > begin else -1)

    def _said(self, kind: str, lines: Sequence[str], middle: int) -> None:
        for line in lines:
            self._y += _LINE
            self._brush.text(f"{kind} small halo", middle, self._y, line, "middle")

    def _remark(self, remark: Remark) -> None:
        middle = (self._first + self._x(len(self._ladder.parties) - 1)) // 2
        lines = folded(remark.text, self._characters(0, len(self._ladder.parties) - 1))
        self._y += _BETWEEN
        self._said("note", lines[:1], middle)
        self._y -= _SMALL // 3
        self._times(remark)
        self._y += _SMALL // 3
        self._said("note", lines[1:], middle)

    def _traffic(self, traffic: Traffic) -> None:
        begin, end = self._x(traffic.router), self._x(traffic.anchor)
        way = 1 if end > begin else -1
        self._y += _BETWEEN
        words = packets(self._ladder, traffic, absolute=self._absolute)
        lines = folded(words, self._characters(traffic.router, traffic.anchor))
        self._said("soft", lines, (begin + end) // 2)
        self._y += _LINE // 2
        self._times(traffic)
        inner = way * _HEAD
        for shift in (-1, 2):
            self._brush.line("flow", begin + inner, self._y + shift, end - inner, self._y + shift)
        if traffic.up:
            self._brush.head("flow-head", end, self._y, way)
        if traffic.down:
            self._brush.head("flow-head", begin, self._y, -way)
        self._y += _LINE // 2


def _wide(characters: int) -> int:
    """Pixels of so many characters."""
    return characters * _SIZE * 6 // 10
