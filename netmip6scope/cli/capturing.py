"""The command `capture`: its options and what it runs."""

from __future__ import annotations

import argparse
import sys

from netmip6scope.cli.amounts import duration_s, keep_s, number, size
from netmip6scope.errors import UsageError

METHODS = ("dumpcap", "sockets")


def add_options(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    add = command.add_argument
    about = "a network interface; may be given several times"
    add("-i", dest="interfaces", action="append", required=True, metavar="IFACE", help=about)
    about = "capture only what this filter lets pass (pcap-filter(7))"
    add("-f", dest="filter", metavar="FILTER", help=about)
    about = "the pcapng file; those of a ring have -00001 and so on before the ending"
    add("-w", dest="output", required=True, metavar="FILE", help=about)
    add("--stop-count", type=number, metavar="N", help="end after N frames")
    add("--stop-size", type=size, metavar="SIZE", help="end at this size, such as 100MB")
    add("--stop-after", type=duration_s, metavar="TIME", help="end after this time, such as 10min")
    add("--file-size", type=size, metavar="SIZE", help="begin the next file at this size")
    add("--file-time", type=duration_s, metavar="TIME", help="begin the next file after this time")
    add("--files", type=number, metavar="N", help="keep the N latest files of a ring")
    add("--tui", action="store_true", help="show what comes in the terminal interface")
    about = "with --tui: how long sessions that are over stay in memory (default: 1h)"
    add("--keep", type=keep_s, metavar="TIME", help=about)
    add("--profile", metavar="FILE", help="with --tui: settings of the network (TOML)")
    about = "how: by dumpcap, or by packet sockets as root (default: dumpcap where it is installed)"
    add("--by", choices=METHODS, help=about)
    add("--tell-files", action="store_true", help=argparse.SUPPRESS)


def run_command(options: argparse.Namespace) -> int:
    """Capture, and show it if that is asked for."""
    from netmip6scope.live.capture import capture
    from netmip6scope.live.recorder import Limits
    from netmip6scope.live.source import Wanted

    limits = Limits(
        octets=options.stop_size,
        seconds=options.stop_after,
        frames=options.stop_count,
        file_octets=options.file_size,
        file_seconds=options.file_time,
        files=options.files,
    )
    if limits.files is not None and not limits.ring:
        raise UsageError("--files keeps the latest of several: add --file-size or --file-time")
    wanted = Wanted(options.interfaces, options.filter)
    if options.tui:
        from netmip6scope.opening import open_capture

        return open_capture(_as_given(options), options.output, options.profile, options.keep)
    if options.keep is not None:
        raise UsageError("--keep says what --tui keeps in memory; the files keep everything")
    opened = _say if options.tell_files else None
    return capture(wanted, options.output, limits, options.by, opened)


def _as_given(options: argparse.Namespace) -> list[str]:
    """The options of the same capture without the interface."""
    given = [part for name in options.interfaces for part in ("-i", name)]
    for option, value in (
        ("-f", options.filter),
        ("-w", options.output),
        ("--stop-count", options.stop_count),
        ("--stop-size", options.stop_size),
        ("--stop-after", options.stop_after),
        ("--file-size", options.file_size),
        ("--file-time", options.file_time),
        ("--files", options.files),
        ("--by", options.by),
    ):
        if value is not None:
            given += [option, str(value)]
    return given


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
