"""What an access router is set up with."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address

from dissectors.authentication.secret import NO_KEY, Secret
from dissectors.profile import Profile
from replay.binding_client import Settings
from replay.registration import Domain
from replay.security import AhSecurity, MnHaSecurity


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another access router: the associations of what comes from it and of what goes to it."""

    inbound: AhSecurity | None = None
    outbound: AhSecurity | None = None


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """One access router. `home_agent` is provisioned; AAA may name another (draft 3.1 step 3)."""

    name: str
    address: IPv6Address
    link: bytes
    """Its link-layer address on the access link."""
    home_agent: IPv6Address
    settings: Settings = field(default_factory=Settings)
    associations: dict[IPv6Address, MnHaSecurity] = field(default_factory=dict)
    """With home agents, for all mobile nodes."""
    node_associations: dict[tuple[IPv6Address, bytes], MnHaSecurity] = field(default_factory=dict)
    """With home agents, of single mobile nodes."""
    neighbours: dict[IPv6Address, Neighbour] = field(default_factory=dict)
    require_ah: bool = True
    """HO messages without a right AH are refused (draft 7)."""
    forbidden: frozenset[bytes] = frozenset()
    """Mobile nodes whose context is not given away (status 4)."""
    domain: Domain | None = None
    advertised: IPv6Address | None = None
    """A prefix that is advertised in place of the home address's (a mistake, or draft 5.2)."""
    profile: Profile = field(default_factory=Profile)
    server: IPv6Address | None = None
    """The AAA server."""
    secret: Secret = NO_KEY
    """Shared with it."""
    identity: bool = True
    """False: a mistake, HO Requests do not say whom they are about."""
    clings: bool = False
    """A mistake: it believes that mobile nodes which were handed over are still there."""

    def association(self, agent: IPv6Address, mn_id: bytes) -> MnHaSecurity | None:
        """What Binding Updates of a mobile node to this home agent are authenticated with."""
        return self.node_associations.get((agent, mn_id), self.associations.get(agent))
