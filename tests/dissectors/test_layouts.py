"""Rules that every declaration keeps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dissectors import layout
from dissectors.errors import BuildError
from dissectors.layout import (
    Kind,
    Message,
    Registry,
    declare,
    filter_name,
    flag,
    octets,
    uint,
    values,
)
from dissectors.mobility import BindingUpdate, MhType
from dissectors.registries import (
    DHCPV4_OPTIONS,
    DHCPV6_OPTIONS,
    EAP_METHODS,
    MOBILITY_MESSAGES,
    MOBILITY_OPTIONS,
)
from tests.dissectors.strategies import CLASSES

NAMES = sorted(
    {
        filter_name(message.layout, field)
        for message in CLASSES
        for field in message.layout.fields
        if field.kind is not Kind.OPTIONS
    }
)


@pytest.mark.parametrize("message", CLASSES, ids=lambda message: message.__name__)
def test_fields_lie_behind_each_other(message: type[Message]) -> None:
    layout, bit = message.layout, 0
    for field in layout.fields:
        assert field.bit == bit
        assert (field.end - field.begin) * 8 == field.shift + field.width + bit % 8
        bit += field.width
    assert bit == layout.fixed * 8
    assert 0 <= layout.least <= layout.fixed
    assert layout.label
    assert layout.ref
    assert message.__doc__
    assert [*values(message())] == [f.name for f in layout.fields if not f.kind.is_derived]


def test_the_object_lane_loads_every_declaration() -> None:
    """A module that nobody imports would leave its messages out, seen only in a new interpreter."""
    count = (
        "from dissectors import layout, registries;"
        "found = [r for r in vars(registries).values() if isinstance(r, layout.Registry)];"
        "print(sum(len(r.types) for r in found))"
    )
    modules = [f"dissectors.{path.stem}" for path in Path(layout.__file__).parent.glob("*.py")]
    counts = [
        subprocess.run(
            [sys.executable, "-c", f"import {', '.join(loaded)}; {count}"],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(layout.__file__).parents[1],
        ).stdout
        for loaded in (["dissectors.tree"], modules)
    ]
    assert counts[0] == counts[1]


def test_all_numbers_of_the_registry_are_declared() -> None:
    assert sorted(MOBILITY_MESSAGES.types) == [kind.value for kind in MhType] == list(range(24))
    assert sorted(MOBILITY_OPTIONS.types) == list(range(2, 40))


def test_flags_of_the_binding_update_stand_where_iana_has_them() -> None:
    masks = {
        field.name: 1 << (31 - field.bit)
        for field in BindingUpdate.layout.fields
        if field.kind is Kind.FLAG
    }
    assert list(masks.values()) == [0x8000 >> place for place in range(12)]
    assert masks["map_registration"] == 0x0800
    assert masks["proxy"] == 0x0200


def test_filter_names_are_unambiguous() -> None:
    assert all(name == name.strip(".") and ".." not in name for name in NAMES)
    assert "mip6.bu.seqnr" in NAMES
    assert "mip6.nemo.bu.r_flag" in NAMES
    assert "icmpv6.nd.ra.flag.m" in NAMES
    assert "netmip6.ho_request.c_flag" in NAMES
    assert "mip6.lla" in NAMES


@pytest.mark.tshark
def test_filter_names_that_are_not_ours_are_wiresharks() -> None:
    # tshark writes a warning about root to standard error.
    done = subprocess.run(["tshark", "-G", "fields"], capture_output=True, check=True)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    theirs = {line.split("\t")[2] for line in lines if line.startswith("F\t")}
    assert [name for name in NAMES if not name.startswith("netmip6.") and name not in theirs] == []


def test_bad_declarations_are_refused() -> None:
    registry = Registry("test")
    with pytest.raises(BuildError, match="not whole octets"):

        @declare(registry, 1, "test", ref="none")
        class _Bits(Message):
            one: bool = flag("One")

    with pytest.raises(BuildError, match="only the last field"):

        @declare(registry, 1, "test", ref="none")
        class _Tail(Message):
            data: bytes = octets("Data")
            more: int = uint(8, "More")

    @declare(registry, 1, "test", ref="none")
    class _Right(Message):
        one: int = uint(8, "One")

    with pytest.raises(BuildError, match="is _Right already"):
        registry.add(1, _Right)


@pytest.mark.tshark
def test_options_that_wireshark_names_are_named() -> None:
    done = subprocess.run(["tshark", "-G", "values"], capture_output=True, check=True)
    named: dict[str, set[int]] = {"dhcpv6.option.type": set(), "eap.type": set()}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        columns = line.split("\t")  # labels with line breaks continue on lines of their own
        if len(columns) > 3 and columns[0] == "V" and columns[1] in named:
            named[columns[1]].add(int(columns[2], 0))
    # 165 to 167 are of drafts before RFC 6610; 7, 8 and 20 are "allocated" without a name.
    dhcpv6 = sorted(named["dhcpv6.option.type"] - {165, 166, 167})
    eap = sorted(named["eap.type"] - {7, 8, 20})
    assert len(dhcpv6) > 130
    assert len(eap) > 50
    assert [number for number in dhcpv6 if DHCPV6_OPTIONS.label(number) is None] == []
    assert [number for number in eap if EAP_METHODS.label(number) is None] == []


def test_all_options_of_rfc_2132_are_named() -> None:
    # RFC 2132 3 to 9: 0 and 255 are Pad and End; the others are 1 to 61 and 62 to 76 without gaps.
    assert [number for number in range(1, 77) if DHCPV4_OPTIONS.label(number) is None] == []
