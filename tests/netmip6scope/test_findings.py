"""Every finding of CONTRACT 3: a capture that has it and a near twin that must not.

The captures are those of `faults`. Wrong and twin may both show other findings; they must differ in
the fault alone.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from netmip6scope.correlate.codes import Code
from netmip6scope.pipeline import analyse
from tests import wire
from tests.netmip6scope.faults import CASES, Case
from tests.netmip6scope.story import Row, Story, rows_in

SAMPLE = Path(__file__).parents[1] / "data" / "netmip6" / "05_ho_refused.pcap"

# CONTRACT 3's table, written out.
SEVERITIES = {
    "error": "HO-HOPLIMIT HO-NO-ID HO-BAD-AH HO-CLEAR-KEY HO-UNASKED HO-NO-CONTEXT HO-ROGUE "
    "BU-NO-ID BU-BAD-AUTH BU-REPLAY BU-STALE BA-HOA-CHANGED BA-NO-HOA HOA-DUPLICATE ADDR-MISMATCH "
    "TUN-BLACKHOLE TUN-UNBOUND MAP-ADDR",
    "warning": "HO-NO-AH HO-REFUSED HO-RESERVED HO-UNANSWERED BU-NO-AUTH BU-UNANSWERED BU-COA "
    "BU-IPV4 BA-REJECTED BIND-EXPIRED TUN-NOT-TORN MAP-PREFIX CKSUM MALFORMED",
    "note": "BU-REACTIVE BA-SHORT PING-PONG MN-SIGNALLED CAP-CUT CAP-ORDER CAP-CLOCK CAP-DROP",
}
SEVERITY = {code: severity for severity, codes in SEVERITIES.items() for code in codes.split()}


def found(case: Case, directory: Path, *, wrong: bool) -> list[Row]:
    story = Story(directory)
    captures = case.build(story, wrong) or [story.write()]
    settings = []
    for name, text in (("profile", case.profile), ("keys", case.keys if wrong else case.twin_keys)):
        path = directory / f"{name}.toml"
        path.write_text(text or "")
        settings.append(str(path) if text else None)
    profile, keys = settings
    result = analyse(captures, "findings", None, profile, keys_path=keys)
    assert not result.errors
    return rows_in(result.table)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}: {case.about}")
def test_fault_and_near_twin(case: Case, tmp_path: Path) -> None:
    for name in ("wrong", "twin"):
        (tmp_path / name).mkdir()
    wrong = found(case, tmp_path / "wrong", wrong=True)
    twin = found(case, tmp_path / "twin", wrong=False)
    codes, others = (Counter(row["code"] for row in rows) for rows in (wrong, twin))
    assert codes - others == Counter({case.code: case.count, **dict.fromkeys(case.also, 1)})
    assert others - codes == Counter(dict.fromkeys(case.instead, 1))
    assert case.code not in others
    first = next(row for row in wrong if row["code"] == case.code)
    assert first["severity"] == SEVERITY[case.code]
    assert first["frame"] == case.frame
    for part in case.says:
        assert part in first["text"]


def test_every_code_has_a_capture() -> None:
    assert {case.code for case in CASES} == set(SEVERITY)
    assert {code.label for code in Code} == set(SEVERITY)


def test_keys_that_cannot_be_read_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text("[[mn_ha]]\nkey = 'not hex, and nobody's business'\n")
    capture = tmp_path / "one.pcap"
    capture.write_bytes(wire.pcap([]))
    assert main(["findings", "--keys", str(keys), str(capture)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and str(keys) in err
    assert "business" not in err


def test_nothing_of_keys_is_loaded_without_them() -> None:
    """Keys need `cryptography`, which takes longer to load than most captures to read."""
    code = (
        "import sys; from netmip6scope.cli.main import main; "
        f"main(['findings', {str(SAMPLE)!r}, '-o', '/dev/null', '--format', 'csv']); "
        "heavy = ('cryptography', 'netmip6scope.keys'); "
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
