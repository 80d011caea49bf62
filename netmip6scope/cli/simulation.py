"""The command `simulate`: its options and what it runs."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from netmip6scope.cli.amounts import seed
from netmip6scope.errors import OK, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from netmip6scope.cli.parser import Parser

    Commands = argparse._SubParsersAction[Parser]  # noqa: SLF001 - it has no other name
    Command = Callable[[argparse.Namespace], int]


def add_command(commands: Commands, shared: Parser, run: Command) -> None:
    """Add the command; `shared` are the options that all commands have."""
    about = "run the nodes of a scenario in virtual time and write what capture points see"
    command = commands.add_parser("simulate", help=about, description=about, parents=[shared])
    about = "a scenario file (TOML), or the name of a ready one"
    command.add_argument("scenario", nargs="?", metavar="SCENARIO", help=about)
    about = "write a capture (pcapng); with several points FILE.pcapng becomes FILE.POINT.pcapng"
    command.add_argument("-w", "--write", metavar="FILE", help=about)
    about = "what chance there is comes from N (default: the scenario's)"
    command.add_argument("--seed", metavar="N", type=seed, help=about)
    about = "capture at this point of the scenario alone; may be given several times"
    command.add_argument("--point", metavar="NAME", action="append", default=[], help=about)
    command.add_argument("--list", action="store_true", help="name the ready scenarios")
    command.add_argument("--explain", action="store_true", help="tell what happens, step by step")
    about = "write the scenario's keys, for --keys of the commands that check authenticators"
    command.add_argument("--write-keys", metavar="FILE", help=about)
    about = "write what the nodes know to have happened (JSON), to hold an analysis against"
    command.add_argument("--write-truth", metavar="FILE", help=about)
    command.set_defaults(run=run)


def run_command(options: argparse.Namespace) -> int:
    """Simulate, list or explain."""
    from netmip6scope.simulation.run import listing, simulate
    from netmip6scope.tables.output import standard_output

    if options.list:
        with standard_output() as stream:
            stream.write(listing().encode())
        return OK
    asked = options.write or options.explain or options.write_keys or options.write_truth
    if options.scenario is None or not asked:
        raise UsageError("simulate needs a scenario with -w FILE or --explain, or --list")
    summary = simulate(
        options.scenario,
        options.write,
        options.seed,
        options.point,
        keys_path=options.write_keys,
        truth_path=options.write_truth,
        explain=options.explain,
    )
    with suppress(OSError, AttributeError):  # started without standard error: it is no result
        sys.stderr.write(f"{summary}\n")
    return OK
