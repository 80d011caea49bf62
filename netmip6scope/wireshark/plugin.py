"""The Wireshark dissector: Lua tables made from the declarations, and the engine that reads them.

Nothing about a message is written by hand: names, places, masks, enums and the type numbers of the
profile come from `dissectors`, and the files in `lua/` know only what kinds of fields there are.
The text runs in Lua 5.2 (Wireshark before 4.4) and in Lua 5.4 (from 4.4 on).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from dissectors.handoff import HoRequest, HoResponse, MobileNodeIdentifierOption
from dissectors.layout import Field, Kind, Layout, Message, Registry, filter_name
from dissectors.mobility_options import Authentication
from dissectors.profile import Profile

FILE_NAME = "netmip6.lua"
PROTOCOL = "netmip6"
MESSAGES: tuple[type[Message], ...] = (HoRequest, HoResponse)
"""What Wireshark does not know at all."""

_HEAD = """\
-- Handoff signalling of NetMIPv6 (draft-chowdhury-netmip6-01) for Wireshark.
-- Made by `netmip6scope plugin wireshark` from the program's declarations: do not edit.

if netmip6scope_is_loaded then
    return
end
netmip6scope_is_loaded = true

"""
_ENGINE = ("fields.lua", "message.lua", "frame.lua")
_OWN = f"{PROTOCOL}."
_LINE = 160
_WHOLE = {Kind.IPV6: "ipv6", Kind.IPV4: "ipv4", Kind.LINK: "bytes"}
_KINDS = {
    Kind.UINT: "number",
    Kind.TAIL_LENGTH: "tail_length",
    Kind.PAD_LENGTH: "pad_length",
    Kind.RESERVED: "reserved",
    Kind.OCTETS: "octets",
    Kind.TEXT: "text",
    Kind.OPTIONS: "options",
}


def lua_text(profile: Profile) -> str:
    """The plugin; the profile's type numbers are the defaults of its preferences."""
    numbers = {
        name: getattr(profile, name)
        for name in ("ho_request_type", "ho_request_code", "ho_response_type", "ho_response_code")
    }
    registries = {
        registry.name: {
            "name": registry.name,
            "layouts": {number: _layout(known.layout) for number, known in registry.types.items()},
        }
        for registry in _registries()
    }
    tables = {
        "PROFILE": numbers,
        "IDENTITY": MobileNodeIdentifierOption.layout.number,
        "HO_REQUEST": _layout(HoRequest.layout),
        "HO_RESPONSE": _layout(HoResponse.layout),
        "AUTHENTICATION": _layout(Authentication.layout, beside=True),
        "REGISTRIES": registries,
    }
    engine = [(files(__package__) / "lua" / name).read_text("ascii") for name in _ENGINE]
    declared = "".join(f"local {name} = {_literal(value)}\n" for name, value in tables.items())
    return _HEAD + declared + "\n" + "\n".join(engine)


def declared_name(name: str) -> str:
    """Our name for a field of the plugin's.

    Where Wireshark has a name with another type, the plugin puts netmip6. before it.
    """
    plain = name.removeprefix(_OWN)
    return plain if plain in plugin_fields() else name


@cache
def plugin_fields() -> frozenset[str]:
    """Filter names of the fields that the plugin shows inside HO Request and HO Response."""
    layouts = [message.layout for message in MESSAGES]
    for registry in _registries():
        layouts += [known.layout for known in registry.types.values()]
    declared = {
        filter_name(layout, field)
        for layout in layouts
        for field in layout.fields
        if field.kind is not Kind.OPTIONS
    }
    shared = ("option", "option.type", "option.length", "data", "rest", "padding")
    return frozenset(declared | {f"{_OWN}{name}" for name in shared})


def _registries() -> list[Registry]:
    """The registries of the options that the messages carry, and of what these carry."""
    found: list[Registry] = []
    layouts = [message.layout for message in MESSAGES]
    while layouts:
        for field in layouts.pop().fields:
            if field.registry is not None and field.registry not in found:
                found.append(field.registry)
                layouts += [known.layout for known in field.registry.types.values()]
    return found


def _layout(layout: Layout, *, beside: bool = False) -> dict[str, Any]:
    """beside: Wireshark's own dissector shows the fields too, so that these need other names."""
    table: dict[str, Any] = {
        "label": layout.label,
        "origin": layout.origin,
        "fixed": layout.fixed,
        "least": layout.least,
    }
    if layout.prefix.startswith(_OWN):
        table["name"] = layout.prefix
    names = {field.name: filter_name(layout, field) for field in layout.fields}
    if beside:
        names = {key: _OWN + name.removeprefix("mip6.") for key, name in names.items()}
    table["fields"] = [dict(_field(field, names[field.name])) for field in layout.fields]
    return table


def _field(field: Field, name: str) -> Iterator[tuple[str, Any]]:
    yield "kind", "secret" if field.secret else _KINDS.get(field.kind, "plain")
    yield "label", field.label
    if field.registry is not None:
        yield "registry", field.registry.name
    if field.kind is Kind.OPTIONS:
        return
    yield "name", name
    yield "type", _type(field)
    if field.kind.is_tail:
        return
    yield from (("first", field.begin), ("last", field.end))
    if field.kind not in _WHOLE:
        yield from _number(field)


def _number(field: Field) -> Iterator[tuple[str, Any]]:
    if field.width != 8 * (field.end - field.begin):
        yield "mask", ((1 << field.width) - 1) << field.shift
        yield from (("bit", field.bit - 8 * field.begin), ("width", field.width))
    if field.scale != 1:
        assert field.width % 8 == 0, "Wireshark would take the scaled value for unshifted bits"
        yield "scale", field.scale
    if field.unit:
        yield "unit", field.unit
    if field.enum is not None:
        yield "enum", {e.value: e.name.replace("_", " ").lower() for e in field.enum}
    if field.kind is Kind.RESERVED or field.width > 32:
        yield "hex", True


def _type(field: Field) -> str:
    """The constructor in Wireshark's ProtoField."""
    if field.secret:
        return "none"
    if field.kind in _WHOLE:
        return _WHOLE[field.kind]
    if field.kind.is_tail:
        return "bytes"
    if field.kind is Kind.FLAG:
        return "bool"
    octets = field.end - field.begin
    return f"uint{8 * octets if octets <= 4 else 64}"


def _literal(value: object, depth: int = 0) -> str:
    """A value as Lua source: numbers, flags, printable text, lists and mappings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        assert value.isascii(), value
        assert value.isprintable(), value
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        items = [f"{_key(key)} = {_literal(each, depth + 1)}" for key, each in value.items()]
    else:
        assert isinstance(value, list)
        items = [_literal(each, depth + 1) for each in value]
    flat = "{ " + ", ".join(items) + " }"
    if "\n" not in flat and len(flat) < _LINE:
        return flat
    indent = "    " * (depth + 1)
    return "{\n" + "".join(f"{indent}{item},\n" for item in items) + "    " * depth + "}"


def _key(key: object) -> str:
    if isinstance(key, str) and key.isidentifier():
        return key
    return f"[{_literal(key)}]"
