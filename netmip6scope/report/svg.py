"""What matplotlib draws, made fit to stand inside a page.

The page's policy allows no style on an element and two plots may not share an id, so styles become
attributes and ids get the plot's name in front. What colours they become in the dark is up to the
page's style sheet, which finds them by the attribute.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, fromstring, tostring

_REFERENCE = re.compile(r"#([\w.-]+)")
_LEFT_OUT = {"font-family"}  # the page has one
_REFERRING = ("clip-path", "href")


def inline(document: str, name: str, title: str, description: str) -> str:
    """An SVG document as an element of HTML with a title and description for those who listen.

    `name` is unique in the page.
    """
    root = fromstring(document)  # noqa: S314 - written by matplotlib a moment ago
    _without_style_sheets(root)
    referred = {match for element in root.iter() for match in _references(element)}
    for element in root.iter():
        _tidy(element, name, referred)
    for definitions in root.iter("defs"):
        for element in definitions.iter():
            # The style sheet does not reach what a `use` repeats: it takes the colours of that.
            element.attrib.pop("fill", None)
            element.attrib.pop("stroke", None)
    root.attrib = {
        "class": "plot",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-text",
        "viewBox": root.attrib["viewBox"],
    }
    for tag, suffix, text in (("desc", "text", description), ("title", "title", title)):
        label = Element(tag, {"id": f"{name}-{suffix}"})
        label.text = text
        root.insert(0, label)
    return tostring(root, encoding="unicode")


def _without_style_sheets(root: Element) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("style", "metadata"):
                parent.remove(child)


def _tidy(element: Element, name: str, referred: set[str]) -> None:
    element.tag = _local(element.tag)
    attributes = {_local(key): value for key, value in element.attrib.items()}
    style = attributes.pop("style", "")
    for declaration in filter(None, style.split(";")):
        key, _, value = declaration.partition(":")
        if key.strip() not in _LEFT_OUT:
            attributes[key.strip()] = value.strip()
    if attributes.get("id") in referred:
        attributes["id"] = f"{name}-{attributes['id']}"
    else:
        attributes.pop("id", None)
    for key in _REFERRING:
        if key in attributes:
            attributes[key] = _REFERENCE.sub(rf"#{name}-\1", attributes[key])
    if attributes.get("transform", "").startswith("rotate(-0 "):
        del attributes["transform"]
    element.attrib = attributes
    element.text = (element.text or "").strip() or None
    element.tail = None


def _references(element: Element) -> list[str]:
    return [
        match
        for key, value in element.attrib.items()
        if _local(key) in _REFERRING
        for match in _REFERENCE.findall(value)
    ]


def _local(name: str) -> str:
    return name.rpartition("}")[2]
