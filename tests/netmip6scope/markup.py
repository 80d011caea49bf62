"""A page of HTML as the elements, attributes and text that a parser sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

# Elements without an end, and those of SVG that the page writes as `<path ... />`.
VOID = {"br", "img", "link", "meta"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it and everything inside says, blanks joined."""
        return " ".join(" ".join(self.pieces).split())

    def inside(self, tag: str) -> list[Element]:
        found = [self] if self.tag == tag else []
        for child in self.children:
            found += child.inside(tag)
        return found

    def skeleton(self) -> object:
        """Elements and the names of their attributes, without any value."""
        return self.tag, sorted(self.attributes), [child.skeleton() for child in self.children]


class Page(HTMLParser):
    """The elements of a page; ends that fit no beginning fail."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._at = self.root
        self.feed(html)
        self.close()
        assert self._at is self.root, f"{self._at.tag} has no end"

    def all(self, tag: str) -> list[Element]:
        return self.root.inside(tag)

    def everything(self) -> list[Element]:
        listed = [self.root]
        for element in listed:
            listed += element.children
        return listed[1:]

    def by_id(self, name: str) -> Element:
        (found,) = [e for e in self.everything() if e.attributes.get("id") == name]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag not in VOID:
            self._at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._at.tag == tag, f"{tag} ends inside {self._at.tag}"
        assert self._at.parent is not None
        self._at = self._at.parent

    def handle_data(self, data: str) -> None:
        element: Element | None = self._at
        while element is not None:
            element.pieces.append(data)
            element = element.parent

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.children.append(element)
        return element
