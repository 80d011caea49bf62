"""Frozen slotted records, made without generating code.

A dataclass compiles its methods anew for every class. For all declared messages together that takes
longer than reading a small capture, so theirs exist once, here. A record behaves like a dataclass
with `frozen=True, slots=True` whose fields all have defaults.
"""

# ruff: noqa: ANN401
# A record holds values of any type.

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, FrozenInstanceError, field, fields, make_dataclass
from typing import Any, ClassVar


class Record:
    """Base of record classes, which `frozen` makes."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[tuple[Any, ...]] = ()
    _put: ClassVar[Mapping[str, Callable[[Any, Any], None]]] = {}
    """Sets a field, by name, past `__setattr__`."""

    def __init_subclass__(cls) -> None:
        cls._put = {name: vars(cls)[name].__set__ for name in vars(cls).get("__slots__", ())}

    def __init__(self, *values: Any, **named: Any) -> None:
        put = self._put
        if not values and named.keys() == put.keys():
            for name, value in named.items():
                put[name](self, value)
            return
        if len(values) > len(put):
            raise TypeError(f"{type(self).__name__} has {len(put)} fields, not {len(values)}")
        for store, value in zip(put.values(), values + self._defaults[len(values) :], strict=True):
            store(self, value)
        for name, value in named.items():
            if name not in put or name in self.__match_args__[: len(values)]:
                what = "is given twice" if name in put else "is no field"
                raise TypeError(f"{type(self).__name__}: {name} {what}")
            put[name](self, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        assert isinstance(other, Record)
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        pairs = zip(self.__match_args__, self._values(), strict=True)
        return f"{type(self).__qualname__}({', '.join(f'{n}={v!r}' for n, v in pairs)})"

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()


class _DataclassFields:
    """What `dataclasses.fields` and `replace` ask a class for, made when they do."""

    def __get__(self, record: Record | None, cls: type[Record]) -> dict[str, Field[Any]]:
        named = zip(cls.__match_args__, cls._defaults, strict=True)
        shape: Any = make_dataclass(
            cls.__name__, [(name, type(value), field(default=value)) for name, value in named]
        )
        return {each.name: each for each in fields(shape)}


_DATACLASS_FIELDS = _DataclassFields()


def frozen(cls: type, defaults: Mapping[str, Any]) -> Any:
    """The class again, with these fields in this order. cls derives from Record."""
    gone = ("__dict__", "__weakref__", *defaults)
    body = {name: value for name, value in vars(cls).items() if name not in gone}
    body["__slots__"] = body["__match_args__"] = tuple(defaults)
    body["__qualname__"] = cls.__qualname__
    body["_defaults"] = tuple(defaults.values())
    body["__dataclass_fields__"] = _DATACLASS_FIELDS
    return type(cls)(cls.__name__, cls.__bases__, body)
