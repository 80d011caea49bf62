"""Reads profiles (`--profile`): TOML with what a network does its own way."""

from __future__ import annotations

from dissectors.errors import BuildError
from dissectors.profile import Profile
from netmip6scope.errors import InputError


def load_profile(path: str | None) -> Profile:
    """The profile in a TOML file; the defaults of WIRE.md without one."""
    if path is None:
        return Profile()
    import tomllib

    try:
        with open(path, "rb") as stream:
            return Profile.from_mapping(tomllib.load(stream))
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, BuildError) as error:
        raise InputError(path, f"no profile: {error}") from error
