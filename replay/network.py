"""The nodes of a scenario, made anew as often as needed, with keys that its seed gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address

from dissectors.authentication.keys import AhKey, MnHaKey, RadiusKey
from dissectors.authentication.secret import Secret
from replay.aaa import AaaConfig, AaaServer, Subscriber
from replay.access_router import AccessRouter
from replay.binding_client import UNIT_S, Settings
from replay.correspondent import Correspondent
from replay.events import Node
from replay.home_agent import AgentConfig, HomeAgent
from replay.home_pool import PoolConfig
from replay.host_node import MobileNode
from replay.mobile_node import Host
from replay.packets import UNSPECIFIED, Address
from replay.registration import Domain
from replay.router_config import Neighbour, RouterConfig
from replay.scenario import CORRESPONDENT, AgentSpec, MobileSpec, RouterSpec, Scenario, ServerSpec
from replay.security import AH_ALGORITHM, AhSecurity, MnHaSecurity
from replay.slaac import interface_identifier
from replay.update_checks import ALL_ONES, Checks

_FIRST_SPI = 256
"""RFC 4302 2.4 and RFC 4285 8 reserve those below."""
_MN_HA_OCTETS = 16
_LOCAL_MAC = 0x02_00_5E_00_00_00


@dataclass(frozen=True, slots=True)
class SharedKeys:
    """All keys in use, as a key file has them."""

    mn_ha: tuple[MnHaKey, ...]
    ah: tuple[AhKey, ...]
    radius: tuple[RadiusKey, ...] = ()


Maker = Callable[[], Node]


class Builder:
    """Makes nodes. Associations follow from the names of those who share them."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._agents = {spec.name: spec for spec in (*scenario.agents, *scenario.maps)}

    def node(self, name: str) -> Node:
        """A node as it is when it has just been switched on."""
        return self._nodes_by_name()[name]()

    def names(self) -> list[str]:
        """All nodes."""
        return list(self._nodes_by_name())

    def _nodes_by_name(self) -> dict[str, Maker]:
        scenario = self.scenario
        makers: dict[str, Maker] = {
            CORRESPONDENT: lambda: Correspondent(scenario.correspondent, scenario.correspondent4)
        }
        for agent in (*scenario.agents, *scenario.maps):
            makers[agent.name] = partial(self._agent, agent)
        for router in scenario.routers:
            makers[router.name] = partial(self._router, router)
        for mobile in scenario.mobiles:
            makers[mobile.name] = partial(self._mobile, mobile)
        if scenario.aaa is not None:
            makers[scenario.aaa.name] = partial(self._server, scenario.aaa)
        return makers

    def _mobile(self, spec: MobileSpec) -> Node:
        secret = Secret(b"wrong") if spec.wrong_secret else self.password(spec)
        mn_id = spec.mn_id.encode()
        return MobileNode(Host(mn_id, spec.link, spec.access, spec.authentication, secret))

    def _server(self, spec: ServerSpec) -> Node:
        agents = {agent.name: agent.address for agent in self.scenario.agents}
        subscribers = {
            m.mn_id.encode(): Subscriber(
                self.password(m),
                None if m.home_agent is None else agents[m.home_agent],
                m.home,
                m.refused,
                self._mn_ha(m.name, self._agent_of(m)) if m.key_from_aaa else None,
            )
            for m in self.scenario.mobiles
        }
        clients: dict[Address, Secret] = {
            r.address: self.radius_secret() for r in self.scenario.routers
        }
        return AaaServer(AaaConfig(spec.name, spec.address, clients, subscribers))

    def password(self, spec: MobileSpec) -> Secret:
        """What a mobile node and AAA share: text, as a user may type it."""
        _, key = self._derived("password", spec.name, "aaa", 8)
        return Secret(key.reveal().hex().encode())

    def radius_secret(self) -> Secret:
        """What routers and AAA share."""
        _, key = self._derived("radius", "routers", "aaa", 8)
        return Secret(key.reveal().hex().encode())

    def _agent(self, spec: AgentSpec) -> Node:
        return HomeAgent(self.agent_config(spec))

    def _router(self, spec: RouterSpec) -> Node:
        return AccessRouter(self.router_config(spec))

    def agent_config(self, spec: AgentSpec) -> AgentConfig:
        """A home agent's or MAP's set-up."""
        scenario = self.scenario
        local = spec in scenario.maps
        secured = [r for r in scenario.routers if r.authentication]
        of_routers = {r.address: self._mn_ha(r.name, spec.name) for r in secured}
        of_nodes = {} if local else self._of_nodes(spec)
        checks = Checks(
            of_nodes,
            of_routers,
            {each.spi: each for each in of_routers.values()},
            known=None if spec.known is None else frozenset(n.encode() for n in spec.known),
            forbidden=frozenset(n.encode() for n in spec.forbidden),
            full=spec.full,
        )
        interfaces = {m.mn_id.encode(): interface_identifier(m.link) for m in scenario.mobiles}
        return AgentConfig(
            spec.name,
            spec.address,
            PoolConfig(spec.pool, spec.pool4, interfaces),
            local,
            spec.longest_s // UNIT_S,
            spec.bicast_ns,
            checks,
            spec.clock_ahead_ns,
            spec.answers,
        )

    def router_config(self, spec: RouterSpec) -> RouterConfig:
        """An access router's set-up."""
        agent = self._agents[spec.home_agent]
        settings = Settings(
            spec.lifetime_s // UNIT_S,
            spec.timestamps and spec.authentication,
            spec.clock_ahead_ns,
            ALL_ONES if spec.all_ones else UNSPECIFIED,
        )
        domain = None
        if spec.map is not None:
            domain = Domain(self._agents[spec.map].address, self._router_key(spec, spec.map))
        others = [r for r in self.scenario.routers if r is not spec]
        return RouterConfig(
            spec.name,
            spec.address,
            self.link_of(spec.name),
            agent.address,
            settings,
            self._router_keys(spec),
            self._node_keys() if spec.authentication else {},
            {other.address: self._neighbour(spec, other) for other in others},
            spec.ah,
            frozenset(n.encode() for n in spec.forbidden),
            domain,
            spec.advertised,
            self.scenario.profile,
            None if self.scenario.aaa is None else self.scenario.aaa.address,
            self.radius_secret(),
            spec.identity,
            spec.clings,
        )

    def link_of(self, name: str) -> bytes:
        """The link-layer address of a node that has a name: mobile nodes bring their own."""
        own = {m.name: m.link for m in self.scenario.mobiles}
        if name in own:
            return own[name]
        number = self.names().index(name) + 1
        return (_LOCAL_MAC | number).to_bytes(6, "big")

    def keys(self) -> SharedKeys:
        """All keys that are in use."""
        scenario = self.scenario
        mn_ha = [
            MnHaKey(agent.address, key.spi, key.key, ar=router.address)
            for agent in (*scenario.agents, *scenario.maps)
            for router in scenario.routers
            if router.authentication
            for key in (self._mn_ha(router.name, agent.name),)
        ]
        for agent in scenario.agents:
            mn_ha += [
                MnHaKey(agent.address, key.spi, key.key, mn_id=mn_id)
                for mn_id, key in self._of_nodes(agent).items()
            ]
        ah = [
            AhKey(key.spi, to.address, AH_ALGORITHM, key.key)
            for one in scenario.routers
            for to in scenario.routers
            if one is not to and one.ah and to.ah
            for key in (self._ah(one, to),)
        ]
        server = scenario.aaa
        radius = () if server is None else (RadiusKey(server.address, self.radius_secret()),)
        return SharedKeys(tuple(mn_ha), tuple(ah), radius)

    def _router_key(self, spec: RouterSpec, agent: str) -> MnHaSecurity | None:
        if not spec.authentication:
            return None
        right = self._mn_ha(spec.name, agent)
        wrong = Secret(bytes(_MN_HA_OCTETS))
        return MnHaSecurity(right.spi, wrong) if spec.wrong_key else right

    def _router_keys(self, spec: RouterSpec) -> dict[IPv6Address, MnHaSecurity]:
        found = {a.address: self._router_key(spec, a.name) for a in self.scenario.agents}
        return {address: key for address, key in found.items() if key is not None}

    def _node_keys(self) -> dict[tuple[IPv6Address, bytes], MnHaSecurity]:
        """What routers are provisioned with."""
        provisioned = {m.mn_id.encode() for m in self.scenario.mobiles if m.own_key}
        return {
            (agent.address, mn_id): key
            for agent in self.scenario.agents
            for mn_id, key in self._of_nodes(agent).items()
            if mn_id in provisioned
        }

    def _agent_of(self, spec: MobileSpec) -> str:
        """The home agent that AAA's key is for: the assigned one, else the first."""
        return spec.home_agent or self.scenario.agents[0].name

    def _of_nodes(self, agent: AgentSpec) -> dict[bytes, MnHaSecurity]:
        owners = [m for m in self.scenario.mobiles if m.own_key or m.key_from_aaa]
        return {m.mn_id.encode(): self._mn_ha(m.name, agent.name) for m in owners}

    def _mn_ha(self, one: str, other: str) -> MnHaSecurity:
        spi, key = self._derived("mn-ha", one, other, _MN_HA_OCTETS)
        return MnHaSecurity(spi, key)

    def _neighbour(self, spec: RouterSpec, other: RouterSpec) -> Neighbour:
        if not (spec.ah and other.ah):
            return Neighbour()
        outbound = self._ah(spec, other)
        if spec.wrong_ah_key:
            outbound = AhSecurity(outbound.spi, Secret(bytes(AH_ALGORITHM.key_octets)))
        return Neighbour(self._ah(other, spec), outbound)

    def _ah(self, source: RouterSpec, destination: RouterSpec) -> AhSecurity:
        octets = AH_ALGORITHM.key_octets
        spi, key = self._derived("ah", source.name, destination.name, octets)
        return AhSecurity(spi, key)

    def _derived(self, kind: str, one: str, other: str, octets: int) -> tuple[int, Secret]:
        text = "\0".join((str(self.scenario.seed), self.scenario.name, kind, one, other))
        digest = hashlib.sha256(text.encode()).digest()
        spi = _FIRST_SPI + int.from_bytes(digest[-3:], "big")
        return spi, Secret(digest[:octets])
