"""Replays parts of a trace, and says which of them give the verdict of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Any

from dissectors.authentication.keys import Keys
from dissectors.profile import Profile
from netmip6scope.incident.incident_file import Incident, with_stated
from netmip6scope.shrink.sameness import Origin, Told, told
from replay.isolate import isolate
from replay.roles import Roles, learned
from replay.trace import Observed, traced
from replay.user_data import UserData
from replay.verdict import Verdict

MOST = 2_000_000
"""Messages in all replays together; then what was found so far has to do."""
_EACH = 20
"""What a replay costs besides its messages, in messages."""
_COLUMNS = 100
"""So many packets of user data, which are columns, cost as much as one message."""


@dataclass(slots=True)
class Replays:
    """Every replay is by the same keys and roles; `wanted` is the verdict of the whole.

    stated: of roles, by address, as an incident.toml states them. told_of: called with the number
    of replays, before each.
    """

    keys: Keys
    profile: Profile
    stated: Mapping[IPv6Address, Mapping[str, Any]]
    tolerance_ns: int
    wanted: frozenset[Told]
    told_of: Callable[[int], None] = field(default=lambda _: None)
    count: int = 0
    left: int = MOST
    exhausted: bool = False

    def hold(
        self,
        signalling: Sequence[Observed],
        user_data: UserData,
        some: AbstractSet[Told],
        origin: Origin = lambda frame: frame,
    ) -> bool:
        """Whether they give `some` of what is wanted, and nothing else; too many replays: no."""
        if self.left < 0:
            self.exhausted = True
            return False
        self.told_of(self.count)
        self.count += 1
        self.left -= _EACH + len(signalling) + len(user_data) // _COLUMNS
        found = told(self.verdict(signalling, user_data), origin)
        return some <= frozenset(found) <= self.wanted

    def verdict(self, signalling: Sequence[Observed], user_data: UserData) -> Verdict:
        """As `incident.run` makes it; of the nodes stated only some may be in a part."""
        trace = traced(signalling, user_data)
        roles = learned(trace, self.keys, self.profile)
        shown = addresses(roles)
        stated = {address: given for address, given in self.stated.items() if address in shown}
        incident = Incident("", (), tolerance_ns=self.tolerance_ns, stated=stated)
        return isolate(trace, with_stated(roles, incident), self.keys)


def addresses(roles: Roles) -> set[IPv6Address]:
    """Of all nodes."""
    return {role.address for role in roles.agents} | {role.address for role in roles.routers}
