"""What a profile takes and what it refuses."""

from __future__ import annotations

import pytest

from dissectors.errors import BuildError
from dissectors.profile import Profile


def test_defaults_are_those_of_the_wire_page() -> None:
    assert Profile() == Profile(200, 0, 201, 0, 8, 15 * 10**9)
    assert Profile.from_mapping({}) == Profile()


def test_values_by_name() -> None:
    assert Profile.from_mapping({"ho_request_type": 100, "nesting": 3}) == Profile(100, nesting=3)


def test_routers_that_are_known() -> None:
    routers = ["2001:db8::1", "2001:db8:0::2"]
    profile = Profile.from_mapping({"access_routers": routers})
    assert [str(router) for router in profile.access_routers] == ["2001:db8::1", "2001:db8::2"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"nestling": 1}, "nestling is not one of"),
        ({"nesting": "1"}, "nesting must be a whole number"),
        ({"nesting": True}, "nesting must be a whole number"),
        ({"ho_request_type": 256}, "from 0 to 255"),
        ({"retransmission_ns": -1}, "retransmission_ns must be from 0"),
        ({"ho_request_type": 201}, "different types"),
        ({"access_routers": "2001:db8::1"}, "must be a list of IPv6 addresses"),
        ({"access_routers": ["192.0.2.1"]}, "must be a list of IPv6 addresses"),
        ({"access_routers": [1]}, "must be a list of IPv6 addresses"),
    ],
)
def test_refused(values: dict[str, object], reason: str) -> None:
    with pytest.raises(BuildError, match=reason):
        Profile.from_mapping(values)
