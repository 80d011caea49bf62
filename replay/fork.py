"""A copy of an access router that can be changed about one mobile node and thrown away.

The other mobile nodes are shared with the original, so the copy must be told of no other: its
deadlines are those of the one alone until it takes the original's place.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from replay.access_router import AccessRouter
from replay.associations import Associations
from replay.context_exchange import ContextExchange
from replay.nas import Nas
from replay.wishes import Wishes

_PARTS = (ContextExchange, Associations, Nas, Wishes)


def fork(router: AccessRouter, mn_id: bytes) -> AccessRouter:
    """The copy."""
    made: AccessRouter = _copied(router)
    mobile = router.mobiles.get(mn_id)
    own = None
    if mobile is not None:
        own = mobile.copied()
        for table in _tables(made):
            for key, value in table.items():
                if value is mobile:
                    table[key] = own
    made.wait_for(own)
    return made


def _copied(value: Any) -> Any:  # noqa: ANN401 - any part of a router
    made = copy(value)
    for name, part in vars(made).items():
        if isinstance(part, dict):
            setattr(made, name, part.copy())
        elif isinstance(part, _PARTS):
            setattr(made, name, _copied(part))
    return made


def _tables(value: object) -> Iterator[dict[object, object]]:
    for part in vars(value).values():
        if isinstance(part, dict):
            yield part
        elif isinstance(part, _PARTS):
            yield from _tables(part)
