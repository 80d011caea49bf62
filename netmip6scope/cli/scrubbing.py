"""The command `scrub`: its options and what it runs."""

from __future__ import annotations

import argparse
import sys

from netmip6scope.errors import OK


def add_options(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    add = command.add_argument
    add("capture", metavar="CAPTURE", help="a capture file, or - for standard input")
    add("-w", dest="output", required=True, metavar="FILE", help="write this pcapng file")
    about = "what pseudonyms depend on: a file of 16 octets or more that stays with you"
    add("--key-file", required=True, metavar="KEY", help=about)
    about = "the network's keys (TOML): authenticators that were right are made right again"
    add("--keys", metavar="FILE", help=about)
    add("--write-keys", metavar="FILE", help="write those keys under the new names")
    add("--profile", metavar="FILE", help="settings of the network (TOML)")


def run_command(options: argparse.Namespace) -> int:
    """Scrub a capture."""
    from netmip6scope.scrub.command import scrub
    from netmip6scope.tables.progress import Progress

    with Progress() as progress:
        told = scrub(
            options.capture,
            options.output,
            options.key_file,
            progress,
            profile_path=options.profile,
            keys_path=options.keys,
            new_keys_path=options.write_keys,
        )
    for line in told:
        sys.stderr.write(f"netmip6scope: warning: {line}\n")
    return OK
