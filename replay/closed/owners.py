"""Who takes packets to an address."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address

from replay.events import Node
from replay.home_agent import HomeAgent
from replay.packets import Address


class Owners:
    """Nodes have their own addresses; home agents and MAPs those that they have given away."""

    def __init__(self, nodes: Mapping[IPv6Address, Node]) -> None:
        self._nodes = nodes
        self._agents = [node for node in nodes.values() if isinstance(node, HomeAgent)]

    def of(self, destination: Address) -> IPv6Address | None:
        """The node's address; None outside of the network."""
        if isinstance(destination, IPv6Address) and destination in self._nodes:
            return destination
        found = (agent for agent in self._agents if destination in agent.by_home)
        return next((agent.config.address for agent in found), None)
