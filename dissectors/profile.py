"""What the draft leaves open and a user may change: WIRE.md's *profile* values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from dissectors.errors import BuildError


@dataclass(frozen=True, slots=True)
class Profile:
    """Type numbers of the draft's two ICMPv6 messages, limits and the retransmission interval."""

    ho_request_type: int = 200
    ho_request_code: int = 0
    ho_response_type: int = 201
    ho_response_code: int = 0
    nesting: int = 8
    """How many IP headers inside the first are followed."""
    retransmission_ns: int = 15 * 10**9
    access_routers: tuple[IPv6Address, ...] = ()
    """Those that may ask for a context; none: any that serves a mobile node."""

    def __post_init__(self) -> None:
        for name in ("ho_request_type", "ho_request_code", "ho_response_type", "ho_response_code"):
            _check(name, getattr(self, name), 255)
        _check("nesting", self.nesting, 64)
        _check("retransmission_ns", self.retransmission_ns, 10**18)
        if self.ho_request_type == self.ho_response_type:
            raise BuildError("profile: HO Request and HO Response need different types")

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Profile:
        """The profile with the values given by name; a name that is none is a BuildError."""
        known = [field.name for field in fields(cls)]
        chosen: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise BuildError(f"profile: {name} is not one of {', '.join(known)}")
            if name == "access_routers":
                chosen[name] = _addresses(name, value)
                continue
            if isinstance(value, bool) or not isinstance(value, int):
                raise BuildError(f"profile: {name} must be a whole number")
            chosen[name] = value
        return cls(**chosen)


def _addresses(name: str, value: object) -> tuple[IPv6Address, ...]:
    wrong = BuildError(f"profile: {name} must be a list of IPv6 addresses")
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise wrong
    try:
        return tuple(map(IPv6Address, value))
    except AddressValueError:
        raise wrong from None


def _check(name: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise BuildError(f"profile: {name} must be from 0 to {most}, not {value}")
