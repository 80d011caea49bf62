"""Set-ups of node models from roles and keys."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

from dissectors.authentication.keys import AhKey, Keys
from dissectors.handoff import HoRequest, HoResponse, HoStatus
from replay.binding_client import UNIT_S, Settings
from replay.home_agent import AgentConfig
from replay.home_pool import PoolConfig
from replay.packets import UNSPECIFIED, Address
from replay.regional import SAME_NS
from replay.registration import Domain
from replay.roles import AgentRole, Roles, RouterRole
from replay.router_config import Neighbour, RouterConfig
from replay.security import AhSecurity, MnHaSecurity
from replay.trace import Trace
from replay.update_checks import ALL_ONES, Checks

_ANY_POOL = IPv6Network("2000::/3")
"""Global unicast (RFC 4291 2.4): where a trace shows no home address that was given."""
_LINK = b"\x02\x00\x5e\x00\x00\x01"
"""What a router calls itself on access links; nobody compares it."""


def agent_config(role: AgentRole, keys: Keys, *, makes_seals: bool = True) -> AgentConfig:
    """makes_seals: whether authenticators are computed for what the model sends."""
    mine = [key for key in keys.entries.mn_ha if key.ha == role.address]
    of_routers = {
        key.ar: MnHaSecurity(key.spi, key.key, makes_seals) for key in mine if key.ar is not None
    }
    of_nodes = {
        key.mn_id: MnHaSecurity(key.spi, key.key, makes_seals)
        for key in mine
        if key.mn_id is not None
    }
    checks = Checks(
        of_nodes,
        of_routers,
        {each.spi: each for each in of_routers.values()},
        require_timestamp=role.timestamps,
        known=role.known,
        forbidden=role.forbidden,
        full=role.full,
    )
    return AgentConfig(
        str(role.address),
        role.address,
        PoolConfig(role.pool or _ANY_POOL, role.pool4),
        role.local,
        role.longest_s // UNIT_S,
        role.bicast_ns or 0,
        checks=checks,
        clock_ahead_ns=role.clock_ahead_ns,
    )


def router_config(
    role: RouterRole,
    roles: Roles,
    keys: Keys,
    trace: Trace,
    shown: Shown,
    *,
    makes_seals: bool = True,
) -> RouterConfig:
    """makes_seals: as of `agent_config`."""
    of_routers = list(keys.entries.ah)
    mine = [key for key in keys.entries.mn_ha if key.ar == role.address]
    associations = {key.ha: MnHaSecurity(key.spi, key.key, makes_seals) for key in mine}
    of_nodes = {
        (key.ha, key.mn_id): MnHaSecurity(key.spi, key.key, makes_seals)
        for key in keys.entries.mn_ha
        if key.mn_id is not None
    }
    domain = None
    if role.map is not None:
        domain = Domain(role.map, associations.get(role.map))
    settings = Settings(
        role.lifetime_s // UNIT_S,
        role.timestamps,
        role.clock_ahead_ns,
        ALL_ONES if role.all_ones else UNSPECIFIED,
    )
    return RouterConfig(
        str(role.address),
        role.address,
        _LINK,
        role.home_agent,
        settings,
        associations,
        of_nodes,
        {
            other: Neighbour(
                _ah(other, role.address, of_routers, shown),
                _ah(role.address, other, of_routers, shown, makes_seals=makes_seals),
            )
            for other in trace.routers
        },
        role.require_ah,
        role.forbidden,
        domain,
        profile=roles.profile,
    )


Shown = dict[Address, dict[Address, list[int]]]
"""The SPIs of handoff messages, by receiver and sender."""


def shown_spis(trace: Trace) -> Shown:
    """What a trace shows of associations between routers."""
    found: Shown = {}
    for step in trace.steps:
        packet = step.packet
        if isinstance(packet.payload, HoResponse):
            refused = packet.payload.status == HoStatus.AUTHENTICATION_FAILED
            if refused and not found.get(packet.source, {}).get(packet.destination, [0]):
                # Who has shown no association and is told so has none: a stranger.
                del found[packet.source][packet.destination]
                continue
        is_open = isinstance(packet.payload, HoRequest) and trace.end_ns - step.time_ns < SAME_NS
        if is_open and packet.ah is None:
            continue  # whether that is a stranger the answer would tell
        if isinstance(packet.payload, HoRequest | HoResponse):
            spis = found.setdefault(packet.destination, {}).setdefault(packet.source, [])
            if packet.ah is not None:
                spis.append(packet.ah.spi)
    return found


def _ah(
    source: IPv6Address,
    to: IPv6Address,
    keys: list[AhKey],
    shown: Shown,
    *,
    makes_seals: bool = True,
) -> AhSecurity | None:
    """The association of one direction, as the SPIs of its packets tell.

    A key that no packet shows is that of the only sender which shows none.
    """
    senders = shown.get(to, {})
    if source not in senders:
        return None
    of_receiver = {key.spi: key for key in keys if key.destination == to}
    used = {
        sender: next((spi for spi in spis if spi in of_receiver), None)
        for sender, spis in senders.items()
    }
    spi = used[source]
    if spi is None:
        left = [known for known in of_receiver if known not in used.values()]
        others = [one for one, known in used.items() if known is None]
        spi = left[0] if len(left) == len(others) == 1 else None
    return None if spi is None else AhSecurity(spi, of_receiver[spi].key, makes_seals)
