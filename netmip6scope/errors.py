"""What can go wrong for the user, and the exit code each case has.

ScopeError            any of ours; the message is one line
├── UsageError        the command line asks for something that makes no sense
├── InputError        a file that cannot be read
│   └── Interrupted   the user ended the reading
├── OutputError       a file that cannot be written
└── MissingProgram    a program or package that is needed is not installed
"""

from __future__ import annotations

OK = 0
FAILED = 1
USAGE = 2
MISSING = 3
INTERRUPTED = 130


class ScopeError(Exception):
    """Base of all errors meant for the user."""

    exit_code = FAILED

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class UsageError(ScopeError):
    """Wrong use of a command or option."""

    exit_code = USAGE


class InputError(ScopeError):
    """An input that cannot be read: which, why, and at what octet of the uncompressed data."""

    exit_code = USAGE

    def __init__(self, path: str, reason: str, offset: int | None = None) -> None:
        where = "" if offset is None else f" (at octet {offset})"
        name = "standard input" if path == "-" else path
        super().__init__(f"{name}: {reason}{where}")
        self.path = path
        self.reason = reason
        self.offset = offset


class Interrupted(InputError):
    """The user ended the reading of captures; what was read before still counts."""

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("captures", "reading was interrupted")


class OutputError(ScopeError):
    """An output that cannot be written."""

    exit_code = USAGE


class MissingProgram(ScopeError):
    """A needed program or package is missing; the message says how to get it."""

    exit_code = MISSING
