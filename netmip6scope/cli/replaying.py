"""The command `replay`: its options and what it runs."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from netmip6scope.cli.amounts import seed
from netmip6scope.cli.collector import without_collector
from netmip6scope.errors import FAILED, OK, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netmip6scope.incident.incident_file import Incident
    from netmip6scope.incident.run import Outcome
    from netmip6scope.incident.whatif import Question

T = TypeVar("T")


def add_options(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    add = command.add_argument
    about = "a capture, an incident's directory (with incident.toml), or one that holds such"
    add("paths", nargs="+", metavar="INCIDENT", help=about)
    add("--keys", metavar="FILE", help="keys of a lone capture: authenticators are judged")
    add("--profile", metavar="FILE", help="settings of a lone capture's network (TOML)")
    about = "write the verdict as expected.json, after showing what changes"
    add("--accept", action="store_true", help=about)
    about = "write an incident.toml with the roles that the trace shows, for editing (- to print)"
    add("--learn", metavar="FILE", help=about)
    about = "walk through each divergence: what was sent beside what the draft asks for"
    add("--explain", action="store_true", help=about)
    about = "replay all nodes together, told only what came from outside the network"
    add("--closed", action="store_true", help=about)
    about = "write what a closed replay regenerates, as pcapng (- to print)"
    add("-w", "--write", metavar="FILE", help=about)
    about = (
        "what if it were otherwise: ha.bicast=true, 2001:db8::1.full=true, link.sar-tar.delay=40ms"
    )
    add("--set", action="append", default=[], metavar="CHANGE", help=about)
    about = "what if this message were lost: ba#2 is the second one, ba#2@MN of a mobile node"
    add("--drop", action="append", default=[], metavar="MESSAGE", help=about)
    add(
        "--faults",
        metavar="FAULTS",
        help="what if all links did this: loss=1%%, jitter=5ms, delay=40ms",
    )
    add("--seed", type=seed, metavar="N", help="of the dice for --faults and links (default 1)")
    add("--json", metavar="FILE", help="write all verdicts as JSON")
    add("--junit", metavar="FILE", help="write them as JUnit XML")


def run_command(options: argparse.Namespace) -> int:
    """Replay incidents; exit code 1 if a verdict is not the one expected."""
    from netmip6scope.incident.document import all_json, json_text, junit, line, page
    from netmip6scope.incident.run import find
    from netmip6scope.tables.output import replaced_file, standard_output

    incidents = find(options.paths, options.keys, options.profile)
    question = _question(options)
    _check(options, incidents, what_if=question is not None)
    if question is not None:
        return _what_if(options, incidents, question)
    outcomes = _outcomes(options, incidents)
    if options.learn is not None:
        return _learn(outcomes[0], options.learn)
    if len(outcomes) == 1:
        text = page(outcomes[0])
    else:
        text = "".join(f"{line(each)}\n" for each in outcomes)
    if options.explain:
        text += "".join(map(_explained, outcomes))
    if options.accept:
        text += "".join(map(_changes, outcomes))
    for path, made in ((options.json, all_json), (options.junit, junit)):
        if path is not None:
            with standard_output() if path == "-" else replaced_file(path) as stream:
                stream.write(made(outcomes).encode())
    if "-" not in (options.json, options.junit, options.write):
        with standard_output() as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
    if options.accept:
        for each in outcomes:
            with replaced_file(str(each.incident.expected)) as stream:
                stream.write(json_text(each.verdict).encode())
        return OK
    return OK if all(each.as_expected for each in outcomes) else FAILED


def _check(options: argparse.Namespace, incidents: Sequence[Incident], *, what_if: bool) -> None:
    """Raise UsageError for options that do not go together."""
    if options.learn is not None and len(incidents) != 1:
        raise UsageError("--learn is for one capture or incident at a time")
    if options.accept and any(each.folder is None for each in incidents):
        raise UsageError("--accept is for incidents: make one with --learn DIR/incident.toml")
    if (options.closed or what_if) and (
        options.accept or options.explain or options.learn is not None
    ):
        raise UsageError("--accept, --explain and --learn are for replay without --closed")
    if what_if and options.junit is not None:
        raise UsageError("--junit is for verdicts: a what-if has none")
    if options.write is None:
        return
    if not (options.closed or what_if):
        raise UsageError("-w writes what a closed replay regenerates: give --closed with it")
    if len(incidents) != 1:
        raise UsageError("-w is for one capture or incident at a time")
    if options.write == "-" and "-" in (options.json, options.junit):
        raise UsageError("standard output takes one thing at a time")


def _outcomes(options: argparse.Namespace, incidents: Sequence[Incident]) -> list[Outcome]:
    """Replay each incident in the mode that is asked for."""
    if not options.closed:
        from netmip6scope.incident.run import replay

        return [_run(replay, each) for each in incidents]
    from netmip6scope.incident.closed import replay_closed, write_regenerated

    found = [_run(replay_closed, each) for each in incidents]
    if options.write is not None:
        write_regenerated(found[0], options.write)
    return [each.outcome for each in found]


def _run(replay: Callable[[Incident], T], incident: Incident) -> T:
    with without_collector():
        return replay(incident)


def _question(options: argparse.Namespace) -> Question | None:
    """What is to be otherwise; None if nothing is."""
    if not (options.set or options.drop or options.faults is not None):
        if options.seed is not None:
            raise UsageError("--seed goes with --faults or --set link.A-B.loss")
        return None
    from netmip6scope.incident.whatif import Question

    return Question(tuple(options.set), tuple(options.drop), options.faults, options.seed)


def _what_if(options: argparse.Namespace, incidents: Sequence[Incident], question: Question) -> int:
    """Show the handoffs as recorded and with the change."""
    from netmip6scope.incident.closed import write_regenerated
    from netmip6scope.incident.whatif import all_whatifs_json, what_if, whatif_page
    from netmip6scope.tables.output import replaced_file, standard_output

    found = [what_if(each, question) for each in incidents]
    if options.write is not None:
        write_regenerated(found[0].closed, options.write)
    if options.json is not None:
        with standard_output() if options.json == "-" else replaced_file(options.json) as stream:
            stream.write(all_whatifs_json(found).encode())
    if "-" not in (options.json, options.write):
        with standard_output() as stream:
            text = "\n".join(map(whatif_page, found))
            stream.write(text.encode("utf-8", "backslashreplace"))
    return OK


def _explained(outcome: Outcome) -> str:
    from netmip6scope.incident.run import walks
    from netmip6scope.incident.walk_text import walk_text

    return "".join(f"\n{walk_text(each)}" for each in walks(outcome))


def _changes(outcome: Outcome) -> str:
    """What changes in expected.json."""
    from difflib import unified_diff

    from netmip6scope.incident.document import json_text

    path = outcome.incident.expected
    assert path is not None
    before = path.read_text("utf-8") if path.exists() else ""
    after = json_text(outcome.verdict)
    if before == after:
        return f"{path}: nothing changes\n"
    found = unified_diff(
        before.splitlines(), after.splitlines(), "expected before", "expected now", lineterm=""
    )
    return "\n".join([f"{path}:", *found, ""])


def _learn(outcome: Outcome, path: str) -> int:
    from netmip6scope.incident.learned import incident_text
    from netmip6scope.tables.output import replaced_file, standard_output

    text = incident_text(outcome, path)
    with standard_output() if path == "-" else replaced_file(path) as stream:
        stream.write(text.encode())
    with suppress(OSError, AttributeError):  # started without standard error: it is no result
        sys.stderr.write(f"learned {len(outcome.trace.nodes)} nodes\n")
    return OK
