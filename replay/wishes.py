"""What an access router wants a home agent to register for a mobile node (draft 3.1-3, 3.3-5)."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv4Address

from replay.binding_client import ANY_IPV4
from replay.context import Context
from replay.events import Why
from replay.link_session import Action
from replay.mobile import Mobile
from replay.registration import Wanted, later
from replay.router_config import RouterConfig

MOST_SEQUENCES = 4096
"""Mobile nodes that have left and whose last sequence number is kept."""


class Wishes:
    """Of one router; remembers the sequence numbers of mobile nodes that left."""

    def __init__(self, config: RouterConfig) -> None:
        self._config = config
        self._last: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._last)

    def wanted(self, mobile: Mobile, action: Action) -> Wanted:
        """What the registration is about that an action of the link session begins."""
        mn_id, transfer = mobile.mn_id, mobile.transfer
        if action is Action.REGISTER_CONTEXT:
            assert transfer is not None
            assert transfer.context is not None
            return self.from_context(transfer.context)
        agent = mobile.port.home_agent or self._config.home_agent
        own = mobile.port.association or self._config.association(agent, mn_id)
        last = self._last.get(mn_id, 0)
        if action is Action.REGISTER_HEARD:
            home = mobile.heard
            home6, home4 = (None, home) if isinstance(home, IPv4Address) else (home, None)
            return Wanted(mn_id, Why.HANDOFF, agent, home6, home4, own, last)
        home6, home4 = mobile.port.home, None
        if mobile.wants_ipv4:
            home6, home4 = None, ANY_IPV4
        return Wanted(mn_id, Why.ATTACH, agent, home6, home4, own, last)

    def from_context(self, context: Context) -> Wanted:
        """What goes on with the bindings that a context tells of."""
        config = self._config
        agent = context.home_agent or config.home_agent
        own = config.association(agent, context.mn_id)
        last = self._last.get(context.mn_id, context.sequence)
        same_map = config.domain is not None and config.domain.map == context.map
        return Wanted(
            context.mn_id,
            Why.HANDOFF,
            agent,
            context.home,
            context.home4,
            context.association or own,
            later(context.sequence, last),
            context.timestamp,
            context.remaining_s,
            context.rcoa if same_map else None,
        )

    def keep_sequence(self, mobile: Mobile) -> None:
        """The home agent has it still; a mobile node that comes back goes on from it."""
        if mobile.registration.home is not None:
            self._last[mobile.mn_id] = mobile.registration.sequence
        if len(self._last) > MOST_SEQUENCES:
            self._last.popitem(last=False)
