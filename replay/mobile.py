"""A mobile node as one access router knows it: its machines' states and what they work on."""

from __future__ import annotations

from copy import copy
from ipaddress import IPv4Address, IPv6Address

from dissectors.dhcpv4 import Dhcpv4Message
from dissectors.dhcpv6 import Dhcpv6Message
from dissectors.handoff import Access
from dissectors.ppp import IpcpConfigure
from replay import context_target, link_session
from replay.binding_client import ANY_IPV4
from replay.context_target import Transfer
from replay.nas import Port
from replay.packets import Address
from replay.registration import Registration

Question = Dhcpv6Message | Dhcpv4Message | IpcpConfigure
_IPV4 = (Access.DHCPV4, Access.IPCP)


class Mobile:
    """One mobile node."""

    __slots__ = (
        "access",
        "asked",
        "heard",
        "heard_ns",
        "link",
        "mn_id",
        "port",
        "registration",
        "session",
        "since_ns",
        "transfer",
        "transfer_state",
    )

    def __init__(self, mn_id: bytes, registration: Registration) -> None:
        self.mn_id = mn_id
        self.link: bytes | None = None
        self.port = Port(mn_id)
        self.access = Access.SLAAC
        self.asked: Question | None = None
        """What it asked for an address with, where the answer must refer to that."""
        self.session = link_session.State.AWAY
        self.since_ns = 0
        """When it entered this state."""
        self.heard_ns = 0
        """When it last showed a sign, or was asked for one."""
        self.registration = registration
        self.transfer: Transfer | None = None
        self.transfer_state = context_target.State.NONE
        self.heard: Address | None = None

    def copied(self) -> Mobile:
        """One that can change without this."""
        made = copy(self)
        made.port = copy(self.port)
        made.registration = self.registration.copied()
        return made

    @property
    def homes(self) -> tuple[Address, ...]:
        """The home addresses that are registered for it."""
        home = self.registration.home
        if home is None:
            return ()
        both = (home.binding.home, home.binding.home4)
        return tuple(each for each in both if each is not None and each != ANY_IPV4)

    @property
    def home(self) -> IPv6Address | None:
        return next((each for each in self.homes if isinstance(each, IPv6Address)), None)

    @property
    def home4(self) -> IPv4Address | None:
        return next((each for each in self.homes if isinstance(each, IPv4Address)), None)

    @property
    def wants_ipv4(self) -> bool:
        return self.access in _IPV4
