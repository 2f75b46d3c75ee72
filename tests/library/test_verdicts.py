"""Decisions about duplicates: kept by content, exported and taken over."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.library.memory.store import MemoryStore
from lookalike.library.records import ContentKey
from lookalike.library.verdicts import Verdicts, key_text

A, B, C, D = (ContentKey(bytes([n]) * 32) for n in range(4))
PAGE = ContentKey(bytes([3]) * 32, "page-2")


def test_two_that_were_rejected_are_apart() -> None:
    store = MemoryStore()
    Verdicts(store).reject([(B, A), (PAGE, C)])
    found = Verdicts(store)
    assert found.are_apart(A, B)
    assert found.are_apart(B, A)
    assert found.are_apart(C, PAGE)
    assert not found.are_apart(C, D)
    found.unreject([(A, B)])
    assert not Verdicts(store).are_apart(A, B)
    with pytest.raises(UsageError, match="settle their group"):
        found.reject([(A, A)])


def test_a_settled_group_comes_back_with_what_is_new() -> None:
    store = MemoryStore()
    Verdicts(store).settle("1f", {A: 1, B: 2})
    found = Verdicts(store)
    assert found.groups() == ["1f"]
    assert found.settled({A: 1, B: 2}) == (True, None)
    assert found.settled({A: 1}) == (True, None)  # what is gone changes nothing
    assert found.settled({B: 1}) == (True, None)
    assert found.settled({A: 1, B: 2, C: 1}) == (False, "1 new since it was settled")
    assert found.settled({A: 3, B: 2}) == (
        False,
        "2 more of the same bytes since it was settled",
    )
    assert found.settled({A: 2, B: 2, C: 1, D: 1}) == (
        False,
        "2 new and 1 more of the same bytes since it was settled",
    )
    # One picture of it in another group is no such group.
    assert found.settled({A: 1, C: 1}) == (False, None)
    assert found.settled({C: 1, D: 1}) == (False, None)
    found.unsettle(["1f"])
    assert Verdicts(store).settled({A: 1, B: 2}) == (False, None)


KEYS = st.builds(ContentKey, st.binary(min_size=32, max_size=32), st.sampled_from(["", "page-2"]))


@given(
    pairs=st.lists(st.tuples(KEYS, KEYS).filter(lambda pair: pair[0] != pair[1]), max_size=5),
    groups=st.dictionaries(
        st.text("0123456789abcdef", min_size=12, max_size=12),
        st.dictionaries(KEYS, st.integers(1, 9), min_size=1, max_size=4),
        max_size=4,
    ),
)
def test_what_is_exported_can_be_taken_over(
    pairs: list[tuple[ContentKey, ContentKey]], groups: dict[str, dict[ContentKey, int]]
) -> None:
    store, other = MemoryStore(), MemoryStore()
    verdicts = Verdicts(store)
    verdicts.reject(pairs)
    for name, members in groups.items():
        verdicts.settle(name, members)
    text = verdicts.export()
    taken = Verdicts(other).take(text)
    assert taken == (len({frozenset(pair) for pair in pairs}), len(groups))
    assert other.rejections() == store.rejections()
    assert other.settlements() == store.settlements()
    assert Verdicts(other).take(text) == (0, 0)
    assert Verdicts(other).export() == text


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("rejected"),
        lambda told: told.update(lookalike_decisions=2),
        lambda told: told.update(rejected={}, settled=7),
        lambda told: told["rejected"][0].update(pictures=[key_text(A)]),
        lambda told: told["rejected"][0].update(pictures=[key_text(A), key_text(A)]),
        lambda told: told["rejected"][0].update(pictures=["00", key_text(A)]),
        lambda told: told["rejected"][0].update(made="yesterday"),
        lambda told: told["settled"][0].update(pictures={}),
        lambda told: told["settled"][0].update(pictures={key_text(A): 0}),
        lambda told: told["settled"][0].update(pictures={key_text(A): True}),
        lambda told: told["settled"][0].update(group="../x"),
    ],
)
def test_what_is_no_export_is_refused_whole(change: object) -> None:
    assert callable(change)
    store, other = MemoryStore(), MemoryStore()
    Verdicts(store).reject([(A, B)])
    Verdicts(store).settle("1f", {A: 1, B: 2})
    told = json.loads(Verdicts(store).export())
    change(told)
    with pytest.raises(UsageError, match="decisions"):
        Verdicts(other).take(json.dumps(told))
    assert (other.rejections(), other.settlements()) == ([], [])


def test_other_texts_are_refused() -> None:
    for text in ("", "[]", "{}", "null", "[" * 100_000):
        with pytest.raises(UsageError, match="decisions"):
            Verdicts(MemoryStore()).take(text)
