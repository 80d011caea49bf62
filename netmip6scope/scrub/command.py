"""The scrub command: a capture in, one without identities out."""

from __future__ import annotations

from netmip6scope.capture.inputs import expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.capture.writer import Writer
from netmip6scope.errors import InputError, UsageError
from netmip6scope.key_file import keys_text
from netmip6scope.keys import load_keys
from netmip6scope.profile_file import load_profile
from netmip6scope.scrub.authenticators import Authenticators
from netmip6scope.scrub.frame import Scrubber
from netmip6scope.scrub.pseudonyms import Pseudonyms
from netmip6scope.tables.output import replaced_file
from netmip6scope.tables.progress import Progress

LEAST_KEY = 16
_MOST_KEY = 1 << 16


def scrub(
    capture: str,
    path: str,
    key_path: str,
    progress: Progress,
    *,
    profile_path: str | None = None,
    keys_path: str | None = None,
    new_keys_path: str | None = None,
) -> list[str]:
    """Write `capture` without identities to `path`; what was odd about it. Raises ScopeError.

    With keys, authenticators are made anew; new_keys_path: where to write the keys under new names.
    """
    names, profile = Pseudonyms(_key(key_path)), load_profile(profile_path)
    authenticators = Authenticators(load_keys(keys_path), names, profile)
    scrubber = Scrubber(names, profile, None if keys_path is None else authenticators)
    sources = expand([capture])
    if len(sources) != 1:
        raise UsageError(f"{capture} means {len(sources)} captures: scrub takes one at a time")
    file = CaptureFile(sources[0])
    progress.total_octets = file.size
    with replaced_file(path) as stream:
        writer = Writer(stream)
        for batch in file.batches():
            writer.introduce(batch.interfaces)
            for row in range(len(batch)):
                number, wirelen = int(batch.interface[row]), int(batch.wirelen[row])
                link_type = batch.interfaces[number].link_type
                octets = scrubber.frame(batch.frame(row), link_type, wirelen)
                writer.frame(octets, wirelen, int(batch.time_ns[row]), number)
            progress.update(file.position)
    if new_keys_path is not None:
        with replaced_file(new_keys_path) as stream:
            stream.write(keys_text(authenticators.keys, "Keys of a scrubbed capture.").encode())
    return [f"{file.source.path}: {note.text} (at octet {note.offset})" for note in file.notes]


def _key(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            key = file.read(_MOST_KEY)
    except FileNotFoundError as error:
        make = f"head -c 32 /dev/urandom > {path}"
        raise InputError(path, f"no such key file; make one and keep it: {make}") from error
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read") from error
    if len(key) < LEAST_KEY:
        raise InputError(path, f"a key has {LEAST_KEY} octets or more, this one {len(key)}")
    return key
