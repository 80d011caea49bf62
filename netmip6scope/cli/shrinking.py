"""The command `shrink`: its options and what it runs."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress

from netmip6scope.errors import OK


def add_options(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    add = command.add_argument
    add("incident", metavar="INCIDENT", help="a capture or an incident's directory")
    add("-o", "--output", required=True, metavar="DIR", help="the new incident's directory")
    add("--keys", metavar="FILE", help="keys of a lone capture: authenticators are judged")
    about = "copy the keys into the directory (default: it gets a link to them)"
    add("--with-keys", action="store_true", help=about)
    add("--profile", metavar="FILE", help="settings of a lone capture's network (TOML)")


def run_command(options: argparse.Namespace) -> int:
    """Shrink an incident."""
    from netmip6scope.shrink.command import shrink
    from netmip6scope.shrink.progress import Replaying

    with Replaying() as progress:
        done = shrink(
            options.incident,
            options.output,
            progress,
            keys_path=options.keys,
            profile_path=options.profile,
            with_keys=options.with_keys,
        )
    with suppress(OSError, AttributeError):  # started without standard error: it is no result
        sys.stderr.write(f"{done}\n")
    return OK
