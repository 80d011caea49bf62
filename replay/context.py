"""A mobile node's context: what a serving access router hands to the target (draft 3.3 step 4).

As a value, and as the options of an HO Response (WIRE.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from dissectors.authentication.secret import Secret
from dissectors.handoff import (
    Access,
    BindingContext,
    HomeAddressContext,
    HomeAgentContext,
    IdentifierCode,
    Ipv4HomeAddressContext,
    LinkAuthentication,
    LinkSessionContext,
    MapContext,
    MobileNodeIdentifierOption,
    ReplayStateContext,
    SecurityAlgorithm,
    SecurityAssociationContext,
)
from dissectors.layout import Message, Options
from dissectors.neighbor_options import PrefixInformation
from replay.security import MnHaSecurity

HOME_PREFIX_LENGTH = 64
VALID_S = 7200
PREFERRED_S = 3600
_ONE_ADDRESS = 32
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Context:
    """All state of a mobile node; None or 0 is what there is not."""

    mn_id: bytes
    home_agent: IPv6Address | None = None
    home: IPv6Address | None = None
    home4: IPv4Address | None = None
    sequence: int = 0
    lifetime_units: int = 0
    remaining_s: int = 0
    association: MnHaSecurity | None = None
    map: IPv6Address | None = None
    rcoa: IPv6Address | None = None
    access: Access = Access.UNKNOWN
    authentication: LinkAuthentication = LinkAuthentication.NONE
    session: bytes = b""
    timestamp: int = 0


def identity(mn_id: bytes) -> MobileNodeIdentifierOption:
    """The option that HO messages name a mobile node with."""
    return MobileNodeIdentifierOption(IdentifierCode.NAI, mn_id)


def identity_in(options: Options) -> bytes | None:
    """The NAI that is named; None if none is."""
    for option in options:
        if isinstance(option, MobileNodeIdentifierOption):
            return option.identifier if option.option_code == IdentifierCode.NAI else None
    return None


def home_prefix(home: IPv6Address) -> PrefixInformation:
    """The prefix of a home address, as a mobile node may be told it."""
    prefix = IPv6Address(int(home) >> HOME_PREFIX_LENGTH << HOME_PREFIX_LENGTH)
    return PrefixInformation(
        HOME_PREFIX_LENGTH,
        on_link=True,
        autonomous=True,
        valid_lifetime=VALID_S,
        preferred_lifetime=PREFERRED_S,
        prefix=prefix,
    )


def to_options(context: Context) -> Options:
    """The options of an HO Response with status 0."""
    return (identity(context.mn_id), *_told(context))


def _told(context: Context) -> Iterator[Message]:
    if context.home is not None:
        yield home_prefix(context.home)
        yield HomeAddressContext(context.home)
    if context.home_agent is not None:
        yield HomeAgentContext(context.home_agent)
    if context.home4 is not None:
        yield Ipv4HomeAddressContext(_ONE_ADDRESS, address=context.home4)
    yield BindingContext(context.sequence, context.lifetime_units, context.remaining_s)
    if context.association is not None:
        yield SecurityAssociationContext(
            context.association.spi,
            SecurityAlgorithm.HMAC_SHA1_96,
            key=context.association.key.reveal(),
        )
    if context.map is not None and context.rcoa is not None:
        yield MapContext(context.map, context.rcoa)
    yield LinkSessionContext(context.access, context.authentication, session=context.session)
    if context.timestamp:
        yield ReplayStateContext(context.timestamp)


def from_options(options: Options) -> Context | None:
    """The context in an HO Response; None where it names no mobile node or no home agent.

    Subtypes that nobody declared are passed over.
    """
    found = {type(option): option for option in reversed(options)}
    mn_id, agent = identity_in(options), _first(HomeAgentContext, found)
    if mn_id is None or agent is None:
        return None
    home, home4 = _first(HomeAddressContext, found), _first(Ipv4HomeAddressContext, found)
    binding = _first(BindingContext, found) or BindingContext()
    domain = _first(MapContext, found)
    link = _first(LinkSessionContext, found) or LinkSessionContext()
    replayed = _first(ReplayStateContext, found) or ReplayStateContext()
    return Context(
        mn_id,
        agent.address,
        None if home is None else home.address,
        None if home4 is None else home4.address,
        binding.sequence,
        binding.lifetime,
        binding.remaining,
        _association(_first(SecurityAssociationContext, found)),
        None if domain is None else domain.map,
        None if domain is None else domain.rcoa,
        Access(link.access) if link.access in tuple(Access) else Access.UNKNOWN,
        LinkAuthentication(link.authentication)
        if link.authentication in tuple(LinkAuthentication)
        else LinkAuthentication.NONE,
        link.session,
        replayed.timestamp,
    )


def _first(kind: type[M], found: Mapping[type[Message], Message]) -> M | None:
    option = found.get(kind)
    return option if isinstance(option, kind) else None


def _association(option: SecurityAssociationContext | None) -> MnHaSecurity | None:
    if option is None or option.algorithm != SecurityAlgorithm.HMAC_SHA1_96:
        return None
    return MnHaSecurity(option.spi, Secret(option.key))
