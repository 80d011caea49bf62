"""What the tests of this package share."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.netmip6scope.story")

from tests.netmip6scope.story import Story  # noqa: E402 - after its assertions are to be explained


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A story that begins."""
    return Story(tmp_path)
