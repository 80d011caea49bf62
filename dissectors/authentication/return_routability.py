"""Return routability's authenticators (RFC 6275 5.2.5, 5.2.6, 6.2.7).

No key file is needed: who saw the Home Test and the Care-of Test knows the binding management key.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from dissectors.authentication.binding import Binding
from dissectors.authentication.carrier import Carrier
from dissectors.authentication.recent import Recent
from dissectors.authentication.verdict import Checked, State, Verdict, compared, unchecked
from dissectors.mobility import CareofTest, HomeTest, MobilityHeader
from dissectors.mobility_options import BindingAuthorizationData, NonceIndices

_HEADER = MobilityHeader.layout
_HOME_TEST = HomeTest.layout
_CARE_OF_TEST = CareofTest.layout
_OPTION = BindingAuthorizationData.layout
_INDICES = NonceIndices.layout
_FIRST_96 = 12

_Test = tuple[int, IPv6Address, IPv6Address, int]
"""MH type, correspondent, tested address, nonce index."""
_Registration = tuple[IPv6Address, IPv6Address, IPv6Address, int]
"""Correspondent, home address, where the acknowledgement goes, sequence number."""


@dataclass(frozen=True, slots=True)
class _Approved:
    """What a Binding Update with a good authenticator settled for its acknowledgement."""

    kbm: bytes = field(repr=False)
    care_of: IPv6Address


class Tokens:
    """Keygen tokens and binding management keys of the frames seen so far, the newest of each."""

    def __init__(self) -> None:
        self._tokens: Recent[_Test, bytes] = Recent()
        self._approved: Recent[_Registration, _Approved] = Recent()

    def note(self, data: bytes, begin: int, carrier: Carrier) -> None:
        """Remember the token if the Mobility Header at `begin` is a Home or Care-of Test."""
        body = begin + _HEADER.fixed
        if body > len(data):
            return
        number = data[begin + _HEADER["mh_type"].begin]
        layout = {_HOME_TEST.number: _HOME_TEST, _CARE_OF_TEST.number: _CARE_OF_TEST}.get(number)
        tested = carrier.destinations[-1]
        if layout is None or body + layout.fixed > len(data):
            return
        if not isinstance(carrier.source, IPv6Address) or not isinstance(tested, IPv6Address):
            return
        at, token = layout["nonce_index"], layout["token"]
        index = int.from_bytes(data[body + at.begin : body + at.end], "big")
        octets = data[body + token.begin : body + token.end]
        self._tokens.put((number, carrier.source, tested, index), octets)

    def check(self, binding: Binding) -> list[Checked]:
        """The verdict on each Binding Authorization Data option."""
        return [
            Checked(option.body, option.end, self._verdict(binding, option.body, option.end))
            for option in binding.options
            if option.number == _OPTION.number
        ]

    def _verdict(self, binding: Binding, begin: int, end: int) -> Verdict:
        if binding.end > len(binding.data):
            return unchecked("octets are missing")
        if not binding.is_update:
            return self._acknowledgement(binding, begin, end)
        kbm = self._kbm(binding)
        if isinstance(kbm, Verdict):
            return kbm
        care_of = _mn_home(binding) if binding.lifetime == 0 else binding.care_of
        verdict = _compared(kbm, care_of, binding, begin, end)
        if verdict.state is State.GOOD:
            where = binding.carrier.source
            assert isinstance(where, IPv6Address)
            approved = _Approved(kbm, care_of)
            self._approved.put((binding.ha, _mn_home(binding), where, binding.sequence), approved)
        return verdict

    def _kbm(self, binding: Binding) -> bytes | Verdict:
        """SHA-1 (home keygen token | care-of keygen token), without the latter to delete."""
        indices = [b for b in binding.bodies(_INDICES.number) if len(b) == _INDICES.fixed]
        if not indices:
            return unchecked("no Nonce Indices option")
        home_index = int.from_bytes(indices[0][:2], "big")
        care_of_index = int.from_bytes(indices[0][2:], "big")
        home = (_HOME_TEST.number, binding.ha, _mn_home(binding), home_index)
        material = self._tokens.get(home)
        if material is None:
            return unchecked(f"the Home Test with nonce index {home_index} was not seen")
        if binding.lifetime:
            care_of = (_CARE_OF_TEST.number, binding.ha, binding.care_of, care_of_index)
            token = self._tokens.get(care_of)
            if token is None:
                return unchecked(f"the Care-of Test with nonce index {care_of_index} was not seen")
            material += token
        return hashlib.sha1(material, usedforsecurity=False).digest()

    def _acknowledgement(self, binding: Binding, begin: int, end: int) -> Verdict:
        where = binding.care_of
        home = where if binding.carrier.routed is None else binding.home
        approved = self._approved.get((binding.ha, home, where, binding.sequence))
        if approved is None:
            return unchecked("no Binding Update that it answers was seen with a good authenticator")
        return _compared(approved.kbm, approved.care_of, binding, begin, end)


def _mn_home(binding: Binding) -> IPv6Address:
    """The mobile node's home address in an update (RFC 6275 9.5.1)."""
    source = binding.carrier.source if binding.carrier.home is None else binding.carrier.home
    assert isinstance(source, IPv6Address)
    return source


def _compared(kbm: bytes, care_of: IPv6Address, binding: Binding, begin: int, end: int) -> Verdict:
    """First (96, HMAC_SHA1 (Kbm, care-of address | correspondent | MH data)).

    MH data is all of the Mobility Header but the authenticator.
    """
    rest = binding.data[end : binding.end]
    data = care_of.packed + binding.ha.packed + binding.covered(begin) + rest
    return compared(binding.data[begin:end], hmac.digest(kbm, data, "sha1")[:_FIRST_96])
