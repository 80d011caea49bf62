"""Keys to numbers, exactly: against a dict, through growth, and with keys made to collide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dissectors import interning
from dissectors.interning import InternTable
from dissectors.scan.names import Names

WORDS = st.sampled_from([0, 1, 2, 255, 1 << 32, 1 << 56, (1 << 64) - 1])


@given(
    st.integers(1, 11).flatmap(
        lambda width: st.lists(st.lists(st.tuples(*[WORDS] * width), max_size=30), max_size=6)
    )
)
def test_equal_keys_get_equal_numbers(batches: list[list[tuple[int, ...]]]) -> None:
    width = next((len(key) for batch in batches for key in batch), 1)
    table = InternTable(width)
    known: dict[tuple[int, ...], int] = {}
    for batch in batches:
        keys = np.array(batch, np.uint64).reshape(-1, width)
        numbers = table.intern([keys[:, n] for n in range(width)])
        assert numbers.tolist() == table.intern_rows(keys).tolist()
        for key, number in zip(batch, numbers.tolist(), strict=True):
            assert known.setdefault(key, number) == number
    assert sorted(known.values()) == list(range(len(table)))
    assert [tuple(key) for key in table.keys().tolist()] == sorted(known, key=known.__getitem__)


def test_numbers_stay_while_the_table_grows() -> None:
    table = InternTable(2)
    keys = np.stack([np.arange(200_000) // 7, np.arange(200_000)], axis=1).astype(np.uint64)
    first = table.intern_rows(keys[:1000])
    every = table.intern_rows(keys)
    assert every[:1000].tolist() == first.tolist()
    assert np.array_equal(np.sort(every), np.arange(200_000))
    assert np.array_equal(table.keys()[every], keys)
    assert np.array_equal(table.intern_rows(keys[::-1]), every[::-1])


def colliding(table: InternTable, count: int) -> np.ndarray:
    """Keys whose search begins at one slot, whatever the table's size: (x, y) with one sum.

    The slot is the top of x' * a + y' * b modulo 2^64, where x' and y' are the folded words.
    """
    a, b = (int(odd) for odd in table._odd)
    inverse = pow(b, -1, 1 << 64)
    keys = []
    for x in range(count):
        y = (12345 - x * a) * inverse % (1 << 64)
        keys.append((x, y ^ y >> 32))
    return np.array(keys, np.uint64)


def test_keys_that_collide_by_design_cost_little_and_stay_exact() -> None:
    table = InternTable(2)
    keys = colliding(table, 20_000)
    assert len(np.unique(table._slot(keys))) == 1
    numbers = table.intern_rows(keys)
    assert np.array_equal(np.sort(numbers), np.arange(20_000))
    assert np.array_equal(table.keys()[numbers], keys)
    # Most went to the dict: nothing was probed longer than the bound allows.
    assert len(table._crowded) > 19_000
    others = np.random.default_rng(1).integers(1 << 40, size=(100_000, 2), dtype=np.uint64)
    table.intern_rows(others)
    assert np.array_equal(table.intern_rows(keys), numbers)


def test_no_key_is_the_zeros_of_an_empty_table() -> None:
    table = InternTable(2)
    assert table.intern_rows(np.zeros((0, 2), np.uint64)).tolist() == []
    assert table.intern_rows(np.zeros((3, 2), np.uint64)).tolist() == [0, 0, 0]


@given(st.lists(st.one_of(st.binary(max_size=255), st.sampled_from([b"", b"a", b"a\0"]))))
def test_identities_are_told_apart_to_their_last_octet(identities: list[bytes]) -> None:
    names = Names()
    data = np.frombuffer(b"".join(identities), np.uint8)
    size = np.array([len(identity) for identity in identities], np.int64)
    numbers = names.intern(data, np.cumsum(size) - size, size).tolist()
    octets = names.octets
    assert [octets[number] for number in numbers] == identities
    assert len(octets) == len(names) == len(set(identities))
    assert [names.add(identity) for identity in identities] == numbers


def test_identities_of_all_lengths_keep_their_octets() -> None:
    names = Names()
    identities = [bytes([length]) * length for length in range(256)]
    assert [names.add(identity) for identity in identities] == list(range(256))
    assert names.octets == identities


@pytest.mark.parametrize("width", range(1, 12))
def test_words_vary_in_any_octet(width: int) -> None:
    """Addresses differ in their last octets: keys that differ in one do not crowd one place."""
    table = InternTable(width)
    for octet in range(8 * width):
        raw = np.zeros((256, 8 * width), np.uint8)
        raw[:, octet] = np.arange(256)
        keys = raw.view(np.uint64)
        slots = table._slot(np.pad(keys, ((0, 0), (0, table._padded - width))))
        assert len(np.unique(slots)) > 200
    assert interning._MOST_PROBES > 8
