"""Where captures are found, and how tests that need what is not in the repository are left out.

`public` tests need captures that other projects publish; `tshark` tests compare with tshark. What
is missing is said in one line at the end of the run, because a skip that nobody sees proves
nothing. With CI=true or REQUIRE_TSHARK=1 a missing tshark is a failure instead. `chromium` tests
need Chromium and a shell to start it with.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.netmip6scope import namespaces
from tests.requirements import Requirements

# Machines are slow at times: no example fails for that. What failed before is in the report, with
# the values to repeat it; a run depends on no database of an earlier one.
settings.register_profile(
    "steady", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

TESTS = Path(__file__).resolve().parent
PUBLIC_VARIABLE = "NETMIP6SCOPE_PUBLIC_CAPTURES"
PUBLIC_BESIDE = TESTS.parent.parent / "shared" / "captures" / "public"
NO_PUBLIC = f"the public captures are not here ({PUBLIC_VARIABLE} names their directory)"
NO_TSHARK = "tshark is not on PATH (apt-get install tshark)"
NO_LUA = "Lua 5.2 and 5.4 are not on PATH (apt-get install lua5.2 lua5.4)"
NO_NAMESPACES = "network namespaces cannot be made (root, iproute2 and util-linux can)"
NO_CHROMIUM = "chromium is not on PATH (apt-get install chromium)"
INSTALL_LIMIT_S = 600


@pytest.fixture(scope="session")
def netmip6() -> Path:
    """The directory of NetMIPv6 captures with their truth and keys."""
    return TESTS / "data" / "netmip6"


@pytest.fixture(scope="session")
def public_captures() -> Path:
    """The directory of public captures; only tests marked `public` may ask for it."""
    directory = find_public_captures()
    assert directory is not None, "mark the test with @pytest.mark.public"
    return directory


def find_public_captures() -> Path | None:
    """NETMIP6SCOPE_PUBLIC_CAPTURES where it is set, else ../shared/captures/public."""
    named = os.environ.get(PUBLIC_VARIABLE)
    directory = Path(named) if named else PUBLIC_BESIDE
    return directory if directory.is_dir() else None


def find_chromium() -> str | None:
    """Chromium, whatever the system calls it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (shutil.which(name) for name in names) if shutil.which("bash") else ()
    return next(filter(None, found), None)


def tshark_is_required() -> bool:
    return os.environ.get("CI") == "true" or os.environ.get("REQUIRE_TSHARK") == "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "run the tests that hold the draft's requirements, and print which holds which"
    parser.addoption("--requirements", action="store_true", help=about)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--requirements"):
        config.pluginmanager.register(Requirements(), "requirements")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = any(item.get_closest_marker("tshark") for item in items)
    if wanted and not config.option.collectonly and shutil.which("tshark") is None:
        install_tshark_once(config)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("public") and find_public_captures() is None:
        pytest.skip(NO_PUBLIC)
    if item.get_closest_marker("tshark") and shutil.which("tshark") is None:
        if tshark_is_required():
            pytest.fail(NO_TSHARK, pytrace=False)
        pytest.skip(NO_TSHARK)
    if item.get_closest_marker("chromium") and find_chromium() is None:
        pytest.skip(NO_CHROMIUM)
    if item.get_closest_marker("namespaces") and not namespaces.may_be_made():
        pytest.skip(NO_NAMESPACES)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Runs where the reports of all workers arrive, so it counts by the reason of each skip."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple)]
    for reason in (NO_PUBLIC, NO_TSHARK, NO_LUA, NO_CHROMIUM, NO_NAMESPACES):
        count = sum(text.endswith(reason) for text in reasons)
        if count:
            tests = "test was" if count == 1 else "tests were"
            terminalreporter.write_line(f"{count} {tests} left out: {reason}", yellow=True)


def install_tshark_once(config: pytest.Config) -> None:
    """As root on Debian, install tshark: one worker tries, the others wait for it."""
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    tried = config.rootpath / "build" / "tshark-install"
    tried.parent.mkdir(exist_ok=True)
    with tried.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if file.read() == run:
            return
        file.truncate(0)
        file.write(run)
        file.flush()
        apt_get("update")
        apt_get("install", "-y", "--no-install-recommends", "tshark")


def apt_get(*arguments: str) -> None:
    """What comes of it is seen by looking for tshark afterwards."""
    subprocess.run(
        ["apt-get", "-qq", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=INSTALL_LIMIT_S,
        check=False,
    )
