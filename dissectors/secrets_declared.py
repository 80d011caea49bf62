"""Which declared messages may hold a key or password, themselves or in their options."""

from __future__ import annotations

from functools import cache

from dissectors.layout import Kind, Message, Registry
from dissectors.options import number_at


@cache
def _secret_types(registry: Registry) -> frozenset[int]:
    """Type numbers of the registry whose messages hold a secret, however deep."""
    return frozenset(
        number for number, message in registry.types.items() if _holds(message, frozenset())
    )


def _holds(message: type[Message], around: frozenset[str]) -> bool:
    """around: names of the lists that the message is in, which may contain each other."""
    for field in message.layout.fields:
        if field.secret:
            return True
        inner = field.registry
        if field.kind is not Kind.OPTIONS or inner is None or inner.name in around:
            continue
        if any(_holds(each, around | {inner.name}) for each in inner.types.values()):
            return True
    return False


def may_be_secret(registry: Registry, data: bytes, begin: int, end: int, place: int) -> bool:
    """Whether the option that begins here may be one, or those behind it in a list by places."""
    secret = _secret_types(registry)
    if not secret:
        return False
    number = number_at(registry, data, begin, end, place)
    by_place = registry.framing is not None and not registry.framing.number
    return number in secret or (by_place and place <= max(secret))
