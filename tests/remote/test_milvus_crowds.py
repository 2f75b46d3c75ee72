"""More codes at one distance than Milvus gives in one answer: all of them, and in their order."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "library"))

from contract import BITS, fill, random_codes, table_of
from milvus_server import MilvusServer

from lookalike.library.engine import ContentIds, Table
from lookalike.library.opening import open_library
from lookalike.remote.milvus import searching
from lookalike.remote.milvus.connection import MOST_ROWS
from lookalike.remote.milvus.engine import MilvusEngine
from lookalike.remote.milvus.store import MilvusStore
from lookalike.types import Codes

CROWD, OTHERS = 17_000, 300
NEAR = 7
"""Bits between the crowd and 20 of the others."""


@dataclass
class Crowds:
    """A library in Milvus, and one in a file with the same codes in the same order of ids."""

    remote: Table
    local: Table
    remote_ids: ContentIds
    local_ids: ContentIds
    seconds: float

    def named(self, local_ids: ContentIds) -> ContentIds:
        """What the contents of the library in a file are called in Milvus."""
        found = self.remote_ids[np.searchsorted(self.local_ids, local_ids)]
        return np.where(local_ids < 0, -1, found)


@pytest.fixture(scope="module")
def one() -> Codes:
    """The code of the crowd."""
    return random_codes(1)


@pytest.fixture(scope="module")
def crowds(
    one: Codes, milvus: MilvusServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowds]:
    """Put in by the stores' own methods: to index as many files would take minutes."""
    rng = np.random.default_rng(1)
    others = np.repeat(np.unpackbits(one, axis=1, count=BITS), OTHERS, 0)
    for n, row in enumerate(others):
        row[rng.permutation(BITS)[: NEAR if n < 20 else 1 + n % 60]] ^= 1
    codes = np.concatenate([np.repeat(one, CROWD, 0), np.packbits(others, axis=1)])
    codes = codes[rng.permutation(len(codes))]
    place = milvus.place()
    path = tmp_path_factory.mktemp("local") / "a.lookalike"
    near, engine = open_library(path, create=True, read_only=False)
    far = MilvusStore(place, create=True, read_only=False)
    with closing(far), closing(near), closing(engine):
        begun = time.monotonic()
        remote, remote_ids = fill(far, codes)
        seconds = time.monotonic() - begun
        local, local_ids = fill(near, codes)
        yield Crowds(
            table_of(MilvusEngine(far), remote),
            table_of(engine, local),
            np.array(remote_ids),
            np.array(local_ids),
            seconds,
        )
    place.delete()


def queries(one: Codes) -> Codes:
    """The crowd itself, a code that some of the others are nearer to, and one far from all."""
    flipped = np.unpackbits(one, axis=1, count=BITS)
    flipped[0, :NEAR] ^= 1
    return np.concatenate([one, np.packbits(flipped, axis=1), random_codes(1, 9)])


def test_there_are_more_than_one_answer_holds(crowds: Crowds) -> None:
    assert MOST_ROWS < CROWD
    assert len(crowds.remote) == len(crowds.local) == CROWD + OTHERS
    print(f"{CROWD + OTHERS:,} pictures in {crowds.seconds:.1f} s")


@pytest.mark.parametrize("radius", [0, NEAR - 1, NEAR, NEAR + 1, 30, BITS])
def test_a_radius(crowds: Crowds, one: Codes, radius: int) -> None:
    asked = queries(one)
    wanted, found = (table.within(asked, radius) for table in (crowds.local, crowds.remote))
    assert wanted.exact
    assert found.exact
    assert found.offsets.tolist() == wanted.offsets.tolist()
    assert found.distances.tolist() == wanted.distances.tolist()
    assert found.ids.tolist() == crowds.named(wanted.ids).tolist()
    assert found.offsets[1] >= CROWD  # rim and all
    for first, last in zip(found.offsets[:-1], found.offsets[1:], strict=True):
        order = np.lexsort((found.ids[first:last], found.distances[first:last]))
        assert order.tolist() == list(range(last - first))


@pytest.mark.parametrize("k", [1, 200, MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, CROWD + 400])
def test_the_nearest(crowds: Crowds, one: Codes, k: int) -> None:
    asked = queries(one)
    wanted, found = (table.nearest(asked, k) for table in (crowds.local, crowds.remote))
    assert wanted.exact
    assert found.exact
    assert found.distances.tolist() == wanted.distances.tolist()
    assert found.ids.tolist() == crowds.named(wanted.ids).tolist()


def test_among_more_than_one_answer_holds(crowds: Crowds, one: Codes) -> None:
    """As a filter asks that most pictures fit."""
    asked = queries(one)
    remote, local = crowds.remote_ids[50:], crowds.local_ids[50:]
    assert len(remote) > MOST_ROWS
    near = crowds.local.nearest(asked, 200, among=local)
    far = crowds.remote.nearest(asked, 200, among=remote)
    assert far.exact
    assert far.distances.tolist() == near.distances.tolist()
    assert far.ids.tolist() == crowds.named(near.ids).tolist()


def test_an_answer_that_cannot_be_taken_apart_is_not_called_exact(
    crowds: Crowds, one: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No server gives an id twice, but if one did, there would be no end of it."""
    same = np.full(MOST_ROWS, 7), np.zeros(MOST_ROWS, np.int32)
    asked = []

    def search(*args: object) -> list[object]:
        asked.append(args)
        return [same]

    monkeypatch.setattr(searching, "_search", search)
    assert not crowds.remote.within(one, 0).exact
    assert not crowds.remote.nearest(one, 200).exact
    assert len(asked) < 20
