"""Captures with the single faults of `faulty`, sealed anew with the keys of whoever sent them.

Octets are made by the simulator's own encoding and sealing, which is not what shrink mends with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dissectors.authentication.keys import Keys
from dissectors.layout import Options, values
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Authentication
from dissectors.profile import Profile
from netmip6scope.incident.reading import read_observed
from netmip6scope.key_file import keys_text
from netmip6scope.simulation.capture import Frame
from netmip6scope.simulation.run import Run, capture_octets
from replay.packets import Packet, encode
from replay.security import AhSecurity, MnHaSecurity, protected, signed
from replay.trace import Observed

_ETHERNET = 14


def keys_of(done: Run) -> Keys:
    shared = done.simulator.builder.keys()
    return Keys(mn_ha=shared.mn_ha, ah=shared.ah, radius=shared.radius)


def observed_of(done: Run, folder: Path) -> list[Observed]:
    """What the one capture point of a run saw."""
    ((point, frames),) = done.camera.frames.items()
    path = folder / "right.pcapng"
    path.write_bytes(capture_octets(point, frames))
    found = read_observed([str(path)], Profile(), keys_of(done))
    path.unlink()
    return found


def write_faulty(
    folder: Path, done: Run, right: Sequence[Observed], wrong: Sequence[Observed]
) -> tuple[Path, Path]:
    """The capture with what is wrong in place of what was right, and its keys.

    Frames that are in both stay as they are; what `right` has and `wrong` has not is dropped.
    """
    ((_, frames),) = done.camera.frames.items()
    keys = keys_of(done)
    was = {seen.frame: seen for seen in right}
    found = [frame for number, frame in enumerate(frames, 1) if number not in was]
    for seen in wrong:
        before = was.get(seen.frame)
        if before is None:  # put in: a copy of one that is there, or something else instead of it
            before = next((one for one in right if one.packet == seen.packet), right[0])
        octets = frames[before.frame - 1].octets
        if seen.packet != before.packet or seen.sealed is not before.sealed:
            octets = octets[:_ETHERNET] + encode(_sealed(seen, keys))
        found.append(Frame(seen.time_ns, octets))
    capture, key_file = folder / "faulty.pcapng", folder / "keys.toml"
    found.sort(key=lambda frame: frame.time_ns)
    capture.write_bytes(capture_octets("net", found))
    key_file.write_text(keys_text(keys, "Keys of a simulation."))
    return capture, key_file


def _sealed(seen: Observed, keys: Keys) -> Packet:
    """With the seal that its sender would put on it; with a forged one where it is to be forged."""
    packet = seen.packet
    if isinstance(packet.payload, BindingUpdate | BindingAcknowledgement):
        return _signed(packet, keys, forge=seen.sealed is False)
    if packet.ah is None:
        return packet
    (key,) = [one for one in keys.entries.ah if one.destination == packet.destination]
    security = AhSecurity(key.spi, key.key)
    sealed = protected(packet, security, packet.ah.sequence, Profile())
    assert sealed.ah is not None
    if seen.sealed is False:
        icv = bytes([sealed.ah.icv[0] ^ 1]) + sealed.ah.icv[1:]
        return replace(sealed, ah=replace(sealed.ah, icv=icv))
    return sealed


def _signed(packet: Packet, keys: Keys, *, forge: bool) -> Packet:
    message = packet.payload
    assert isinstance(message, BindingUpdate | BindingAcknowledgement)
    options = message.options
    if not options or not isinstance(options[-1], Authentication):
        return packet
    old = options[-1]
    bare = replace(packet, payload=_with_options(message, options[:-1]))
    agent, router = packet.destination, packet.source
    if isinstance(message, BindingAcknowledgement):
        agent, router = router, agent
    (key,) = [
        one
        for one in keys.entries.mn_ha
        if one.spi == old.spi and one.ha == agent and one.ar in (None, router)
    ]
    sealed = signed(bare, MnHaSecurity(key.spi, key.key))
    if not forge:
        return sealed
    assert isinstance(sealed.payload, BindingUpdate | BindingAcknowledgement)
    right = sealed.payload.options[-1]
    assert isinstance(right, Authentication)
    data = bytes([right.data[0] ^ 1]) + right.data[1:]
    wrong = Authentication(right.subtype, right.spi, data)
    return replace(bare, payload=_with_options(message, (*options[:-1], wrong)))


def _with_options(
    message: BindingUpdate | BindingAcknowledgement, options: Options
) -> BindingUpdate | BindingAcknowledgement:
    return type(message)(**values(message) | {"options": options})
