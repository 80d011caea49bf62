"""A declared message behaves like the frozen slotted dataclass of the same fields."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from ipaddress import IPv6Address
from typing import Any

import pytest

from dissectors.layout import Message
from dissectors.mobility import BindingError
from dissectors.mobility_options import AlternateCareOfAddress
from tests.dissectors.strategies import CLASSES

ADDRESS, NONE = IPv6Address("2001:db8::1"), IPv6Address("::")


@dataclass(frozen=True, slots=True)
class Twin:
    """What BindingError is, written as a dataclass."""

    status: int = 0
    reserved: int = 0
    home_address: IPv6Address = NONE
    options: tuple[Message, ...] = ()


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((2,), {}),
    ((2, 0, ADDRESS), {}),
    ((2,), {"home_address": ADDRESS}),
    ((), {"options": (AlternateCareOfAddress(ADDRESS),), "status": 1}),
]


@pytest.mark.parametrize(("positional", "named"), CALLS)
def test_it_holds_and_shows_what_its_dataclass_would(
    positional: tuple[Any, ...], named: dict[str, Any]
) -> None:
    message, twin = BindingError(*positional, **named), Twin(*positional, **named)
    assert repr(message) == repr(twin).replace("Twin(", "BindingError(", 1)
    assert message.__match_args__ == twin.__match_args__
    assert [(f.name, f.default) for f in fields(message)] == [
        (f.name, f.default) for f in fields(twin)
    ]
    assert message == BindingError(*positional, **named)
    assert hash(message) == hash(twin)
    assert copy.deepcopy(message) == message
    assert pickle.loads(pickle.dumps(message)) == message
    assert not hasattr(message, "__dict__")


WRONG: list[Callable[[Any], object]] = [
    lambda cls: cls(0, 0, ADDRESS, (), 4),
    lambda cls: cls(1, status=1),
    lambda cls: cls(colour=1),
    lambda cls: setattr(cls(), "status", 1),
    lambda cls: setattr(cls(), "colour", 1),
    lambda cls: delattr(cls(), "status"),
    lambda cls: replace(cls(), colour=1),
]


@pytest.mark.parametrize("act", WRONG)
def test_it_refuses_what_its_dataclass_refuses(act: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, AttributeError)) as theirs:
        act(Twin)
    # Python 3.11 raises TypeError where a frozen slotted dataclass lacks the name to be set.
    with pytest.raises((theirs.type, AttributeError)):
        act(BindingError)


def test_equality_wants_the_same_class_and_fields() -> None:
    assert BindingError(1) != BindingError(2)
    assert BindingError(1) != Twin(1)
    assert len({BindingError(1), BindingError(1), BindingError(2)}) == 2


@pytest.mark.parametrize("message", CLASSES, ids=lambda message: message.__name__)
def test_every_declared_class_can_be_replaced_and_listed(message: Any) -> None:
    one = message()
    assert replace(one) == one
    assert replace(one) is not one
    assert [f.name for f in fields(message)] == list(message.__match_args__)


def test_replace_and_match_by_field() -> None:
    changed = replace(BindingError(1), home_address=ADDRESS)
    match changed:
        case BindingError(1, 0, home):
            assert home == ADDRESS
        case _:
            pytest.fail("the fields are matched by position")
