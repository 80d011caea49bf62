"""What README.md shows is what the program prints, and what ARCHITECTURE.md names exists.

In README.md a ```console block holds commands behind `$ `, each followed by what a terminal of 80
columns shows. A ```python block is followed by a ```text block with what it prints. Blocks of any
other language are not run.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```\n\n^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"`((?:dissectors|replay|netmip6scope|tests|benchmarks|sample_pcaps)/[^`]*)`")
STYLING = re.compile(r"\x1b\[[0-9;]*m")
LIMIT_S = 60


def commands() -> list[tuple[str, str]]:
    """Every command of the console blocks, with the output shown below it."""
    found = []
    for block in CONSOLE.findall(README):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append((command, shown))
    return found


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with the sample captures, where commands may write."""
    (tmp_path / "sample_pcaps").symlink_to(ROOT / "sample_pcaps")
    return tmp_path


def on_terminal(command: str, place: Path) -> str:
    """What a terminal shows of the command, without styling and without blanks at line ends."""
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=place,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        # No terminal, on which a slow machine would see progress.
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    octets = bytearray()
    try:
        while chunk := os.read(ours, 1 << 16):
            octets += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(ours)
        octets += shell.communicate(timeout=LIMIT_S)[1]
    text = STYLING.sub("", octets.decode()).replace("\r\n", "\n")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


@pytest.mark.parametrize(("command", "shown"), commands(), ids=lambda text: text[:50])
def test_console_block_shows_what_is_printed(command: str, shown: str, place: Path) -> None:
    assert on_terminal(command, place) == shown


@pytest.mark.parametrize(("program", "shown"), PYTHON.findall(README))
def test_python_block_prints_what_is_shown(program: str, shown: str, place: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=place,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (shown, "")


def test_blocks_are_found() -> None:
    assert len(commands()) == sum(line.startswith("$ ") for line in README.splitlines())
    assert len(commands()) >= 2
    assert len(PYTHON.findall(README)) == README.count("```python\n") >= 1


def test_every_path_in_architecture_exists() -> None:
    named = PATH.findall(ARCHITECTURE)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
