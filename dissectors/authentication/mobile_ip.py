"""MN-HA and MN-AAA authenticators of Binding Updates and Acknowledgements (RFC 4285 5)."""

from __future__ import annotations

import hashlib
import hmac

from dissectors.authentication.binding import Binding
from dissectors.authentication.keys import Keys, MnHaKey
from dissectors.authentication.verdict import GOOD, Checked, State, Verdict, compared, unchecked
from dissectors.mobility_codes import AuthenticationSubtype
from dissectors.mobility_options import Authentication
from dissectors.options import Span

OPTION = Authentication.layout
HMAC_SHA1_SPI = 3
"""RFC 4285 8: an SPI that names the algorithm of an MN-AAA authenticator."""
RESERVED_SPIS = range(256)

_FIRST_96 = 12
_SHA1 = "sha1"


def check_authentication(binding: Binding, keys: Keys) -> list[Checked]:
    """Each Authentication option's data and verdict."""
    return [
        Checked(option.body + OPTION.fixed, option.end, _verdict(binding, option, keys))
        for option in binding.options
        if option.number == OPTION.number and option.end - option.body >= OPTION.fixed
    ]


def _verdict(binding: Binding, option: Span, keys: Keys) -> Verdict:
    subtype = binding.data[option.body]
    at, behind = option.body + OPTION["spi"].begin, option.body + OPTION["spi"].end
    spi = int.from_bytes(binding.data[at:behind], "big")
    covered = (
        binding.care_of.packed + binding.home.packed + binding.covered(option.body + OPTION.fixed)
    )
    found = binding.data[option.body + OPTION.fixed : option.end]
    if subtype == AuthenticationSubtype.MN_HA:
        return _mn_ha(binding, spi, covered, found, keys)
    if subtype == AuthenticationSubtype.MN_AAA:
        return _mn_aaa(binding, spi, covered, found, keys)
    return unchecked(f"subtype {subtype} is not known")


def _mn_ha(binding: Binding, spi: int, covered: bytes, found: bytes, keys: Keys) -> Verdict:
    """First (96, HMAC_SHA1 (key, care-of address | home address | MH data)).

    Where the router is not known, any router's key can prove the message right, none can prove it
    wrong.
    """
    key = keys.mn_ha(binding.ha, spi, binding.mn_id, binding.routers)
    if key is not None:
        return _first_96(key, covered, found)
    others = keys.mn_ha_of_routers(binding.ha, spi)
    if any(_first_96(other, covered, found).state is State.GOOD for other in others):
        return GOOD
    return unchecked(f"no key for SPI {spi} with home agent {binding.ha}")


def _first_96(key: MnHaKey, covered: bytes, found: bytes) -> Verdict:
    return compared(found, hmac.digest(key.key.reveal(), covered, _SHA1)[:_FIRST_96])


def _mn_aaa(binding: Binding, spi: int, covered: bytes, found: bytes, keys: Keys) -> Verdict:
    """HMAC_SHA1 (key, SHA1 (care-of address | home address | MH data)), not truncated.

    RFC 4285 5.2 does not say that the checksum is zero; it must be, since the checksum covers the
    authenticator.
    """
    if spi in RESERVED_SPIS and spi != HMAC_SHA1_SPI:
        return unchecked(f"SPI {spi} stands for an algorithm that is not known")
    mn_id = binding.mn_id
    key = None if mn_id is None else keys.mn_aaa(mn_id, spi)
    if key is None:
        return unchecked(f"no key for SPI {spi} of this mobile node with its AAA server")
    digest = hashlib.sha1(covered, usedforsecurity=False).digest()
    return compared(found, hmac.digest(key.key.reveal(), digest, _SHA1))
