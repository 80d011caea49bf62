"""Chance that is the same everywhere, and what it does to packets on a link."""

from __future__ import annotations

import pytest

from replay.dice import MILLION, Dice
from replay.links import Direction, Quality

MS = 1_000_000


def direction(**fields: int) -> Direction:
    return Direction(Quality(**fields), Dice.named(1, "test"))


def test_dice_are_splitmix64() -> None:
    # The values that the algorithm's users publish for this seed (Rosetta Code, "Splitmix64").
    dice = Dice(1234567)
    assert [dice.next() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_named_dice_are_independent() -> None:
    streams = [Dice.named(seed, *name) for seed in (1, 2) for name in (("a",), ("b",), ("a", "b"))]
    assert len({tuple(dice.next() for _ in range(4)) for dice in streams}) == 6
    assert Dice.named(1, "a").next() == Dice.named(1, "a").next()


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_below_gives_every_number_and_no_other(limit: int) -> None:
    dice = Dice(5)
    assert {dice.below(limit) for _ in range(limit * 20)} == set(range(limit))


def test_shares_are_kept() -> None:
    dice = Dice(7)
    hits = sum(dice.hits(MILLION // 4) for _ in range(10_000))
    # Four standard deviations of a binomial distribution: 4 * sqrt(10000 * 1/4 * 3/4) = 173.
    assert abs(hits - 2500) < 173
    assert not any(dice.hits(0) for _ in range(100))
    assert all(dice.hits(MILLION) for _ in range(100))


def test_a_good_link_only_delays() -> None:
    link = direction(delay_ns=5 * MS)
    assert [link.arrivals(at * MS) for at in range(3)] == [(5 * MS,), (6 * MS,), (7 * MS,)]


def test_jitter_keeps_the_order() -> None:
    link = direction(delay_ns=5 * MS, jitter_ns=20 * MS)
    arrivals = [link.arrivals(at * MS)[0] for at in range(200)]
    assert arrivals == sorted(arrivals)
    waits = [arrival - at * MS for at, arrival in enumerate(arrivals)]
    assert min(waits) >= 5 * MS
    assert max(waits) <= 25 * MS


def test_reordering_does_not() -> None:
    link = direction(delay_ns=5 * MS, reorder_ppm=MILLION // 5, reorder_ns=10 * MS)
    arrivals = [link.arrivals(at * MS)[0] for at in range(200)]
    assert arrivals != sorted(arrivals)


def test_loss_and_duplication() -> None:
    lossy = direction(loss_ppm=MILLION // 2)
    counts = [len(lossy.arrivals(at)) for at in range(2000)]
    assert set(counts) == {0, 1}
    assert 900 < sum(counts) < 1100
    doubling = direction(duplicate_ppm=MILLION)
    first, second = doubling.arrivals(0)
    assert second > first


def test_a_cut_link_carries_nothing_until_it_is_mended() -> None:
    link = direction()
    link.cut = True
    assert link.arrivals(0) == ()
    link.cut = False
    assert len(link.arrivals(1)) == 1


def test_quiet_time_ends_all_but_delay() -> None:
    link = Direction(Quality(loss_ppm=MILLION), Dice(1), quiet_from_ns=10 * MS)
    assert link.arrivals(9 * MS) == ()
    assert link.arrivals(10 * MS) == (12 * MS,)
