"""What-ifs: links that are slower or lose packets, messages that are lost, other roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import Any

from replay.closed.conduct import Conduct
from replay.dice import Dice
from replay.roles import Roles
from replay.trace import Step

Way = tuple[IPv6Address, IPv6Address]
"""From one node to another."""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What a link does instead. `delay_ns`: None is as recorded; jitter comes on top of it."""

    delay_ns: int | None = None
    jitter_ns: int = 0
    loss_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """All that is to be otherwise. `everywhere`: on links that have no change of their own.

    lost: numbers of recorded steps; roles: fields by the node's address.
    """

    links: Mapping[Way, LinkChange] = field(default_factory=dict)
    everywhere: LinkChange | None = None
    lost: frozenset[int] = frozenset()
    roles: Mapping[IPv6Address, Mapping[str, Any]] = field(default_factory=dict)
    seed: int = 1

    def applied(self, roles: Roles) -> Roles:
        """The roles with the changes."""
        agents = tuple(replace(a, **self.roles.get(a.address, {})) for a in roles.agents)
        routers = tuple(replace(r, **self.roles.get(r.address, {})) for r in roles.routers)
        return replace(roles, agents=agents, routers=routers)


class Changed(Conduct):
    """Packets travel as the changes say. Who has another role lives another story from the start.

    mobiles: all mobile nodes of the trace.
    """

    def __init__(self, changes: Changes, mobiles: Iterable[bytes]) -> None:
        super().__init__()
        self._changes = changes
        self._dice: dict[Way, Dice] = {}
        self._last_ns: dict[Way, int] = {}
        if changes.roles:
            self.departed.update(mobiles)

    def travel_ns(
        self,
        sent_ns: int,
        way: Way,
        step: Step | None,
        usual_ns: int | None,
    ) -> int | None:
        """See `Conduct`. On a link that is changed no packet overtakes another."""
        if step is not None and step.number in self._changes.lost:
            return None
        change = self._changes.links.get(way, self._changes.everywhere)
        if change is None or usual_ns is None:
            return usual_ns
        dice = self._dice.setdefault(
            way, Dice.named(self._changes.seed, "link", str(way[0]), str(way[1]))
        )
        if dice.hits(change.loss_ppm):
            return None
        changed_ns = usual_ns if change.delay_ns is None else change.delay_ns
        changed_ns += dice.below(change.jitter_ns + 1)
        if changed_ns == usual_ns:
            return usual_ns
        arrives_ns = max(sent_ns + changed_ns, self._last_ns.get(way, 0))
        self._last_ns[way] = arrives_ns
        return arrives_ns - sent_ns
