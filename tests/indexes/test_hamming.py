"""The index that people hold: added to, removed from, saved, and always exact."""

from __future__ import annotations

import json
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from index_twin import add_and_remove, listed, members, same, same_pairs, same_within

from lookalike.codes.bits import pack, to_words
from lookalike.errors import (
    LibraryDamagedError,
    LibraryNotFoundError,
    LibraryVersionError,
    UsageError,
)
from lookalike.indexes import changes, hamming, table_keeper
from lookalike.indexes.hamming import HammingIndex
from lookalike.types import Index

Codes = npt.NDArray[np.uint8]


@pytest.fixture(params=["scan", "tables"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    if request.param == "tables":
        monkeypatch.setattr(table_keeper, "pays", lambda *_: True)
    return bool(request.param == "tables")


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("bits", [1, 60, 100, 256])
def test_rows_added_and_removed(
    bits: int, words: bool, either: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LEAST", 60)
    rng = np.random.default_rng(0)
    pool = members(2000, bits)
    queries = np.concatenate([pool[:3], pack(rng.integers(0, 2, (2, bits)))])
    ids = np.arange(0, 600, 2)
    index = HammingIndex(to_words(pool[ids]) if words else pool[ids], bits, ids, threads=2)
    index.prepare()
    assert (index.table_bytes > 0) == either
    codes, ids = add_and_remove(index, pool, queries, bits // 9, 30, rng)
    same_pairs(listed(index.pairs(bits // 20)), codes, ids, bits // 20)


def test_merging_builds_tables_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_keeper, "pays", lambda *_: True)
    monkeypatch.setattr(changes, "LEAST", 10)
    codes = members(500, 64)
    index = HammingIndex(codes, 64)
    index.prepare()
    index.add(members(40, 64, seed=1))
    assert len(index._state.tail_ids) == 0
    index._state.kept.wait()
    assert index.table_bytes
    index.close()


def test_no_codes_and_no_queries() -> None:
    index = HammingIndex(np.empty((0, 8), np.uint8), 64)
    assert isinstance(index, Index)
    hits = index.search(np.zeros((2, 8), np.uint8), 3)
    assert hits.ids.tolist() == hits.distances.tolist() == [[-1] * 3] * 2
    assert index.within(np.zeros((2, 8), np.uint8), 3).offsets.tolist() == [0, 0, 0]
    assert listed(index.pairs(3)) == []
    index.add(members(3, 64))
    index.add(members(2, 64, seed=1))
    assert index.ids.tolist() == [0, 1, 2, 3, 4]
    assert index.search(np.empty((0, 8), np.uint8), 3).ids.shape == (0, 3)
    index.remove([4, 0, 1, 3, 2])
    assert (len(index), index.bits) == (0, 64)
    assert index.search(members(1, 64), 2).ids.tolist() == [[-1, -1]]
    index.add(members(2, 64), np.array([7, 9]))
    assert index.ids.tolist() == [7, 9]


@pytest.mark.parametrize("words", [False, True])
def test_save_and_load(tmp_path: Path, either: bool, words: bool) -> None:
    folder = tmp_path / "index"
    codes, ids = members(1500, 130), np.arange(1500) * 3 + 1
    index = HammingIndex(to_words(codes) if words else codes, 130, ids, radius=12)
    index.prepare()
    index.save(folder)
    index.save(folder)  # again, in its place
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    assert bool(list(folder.glob("tables/tables-*"))) == either
    again = HammingIndex.load(folder, threads=2, verify=True)
    again.prepare()
    assert (len(again), again.bits, again.table_bytes > 0) == (1500, 130, either)
    same(again.search(codes[:4], 9), codes, ids, codes[:4], 9)
    same_within(again.within(codes[:4], 12), codes, ids, codes[:4], 12)

    again.add(members(5, 130, seed=1))
    again.remove(ids[:700:7])
    again.save(tmp_path / "other")  # what was changed is merged
    other = HammingIndex.load(tmp_path / "other")
    np.testing.assert_array_equal(other.ids, again.ids)
    np.testing.assert_array_equal(other.within(codes[:4], 20).ids, again.within(codes[:4], 20).ids)
    HammingIndex(codes[:0], 130).save(tmp_path / "empty")
    assert len(HammingIndex.load(tmp_path / "empty", verify=True)) == 0


def test_damaged_folders(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "index"
    codes = members(500, 64)
    HammingIndex(codes, 64).save(folder)
    with pytest.raises(LibraryNotFoundError, match=r"manifest\.json is missing"):
        HammingIndex.load(tmp_path / "other")
    file = folder / "codes.npy"
    whole = file.read_bytes()
    file.write_bytes(whole[:-8])
    with pytest.raises(LibraryDamagedError, match=r"codes\.npy has"):
        HammingIndex.load(folder)
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(LibraryDamagedError, match="CRC-32"):
        HammingIndex.load(folder, verify=True)
    file.unlink()
    with pytest.raises(LibraryDamagedError, match="is missing"):
        HammingIndex.load(folder)
    hamming._FOLDER.save(
        tmp_path / "odd",
        {"bits": 65, "radius": None},
        {"codes": to_words(codes), "ids": np.arange(500)},
    )
    with pytest.raises(LibraryDamagedError, match="fit together"):
        HammingIndex.load(tmp_path / "odd")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "version": 99}))
    with pytest.raises(LibraryVersionError, match="99"):
        HammingIndex.load(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="choose another folder"):
        HammingIndex(codes, 64).save(folder)


def test_tables_that_cannot_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from lookalike.indexes import table_folder

    monkeypatch.setattr(table_keeper, "pays", lambda *_: True)
    monkeypatch.setattr(table_folder, "_ROOM", 10**12)
    index = HammingIndex(members(500, 64), 64)
    index.prepare()
    with caplog.at_level(logging.WARNING):
        index.save(tmp_path / "index")
    assert "without tables" in caplog.text
    assert len(HammingIndex.load(tmp_path / "index")) == 500


def test_searches_while_rows_come_and_go(either: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer is that of some moment: the first codes are always among it."""
    monkeypatch.setattr(changes, "LEAST", 50)
    codes, more = members(1000, 128), members(400, 128, seed=1)
    index = HammingIndex(codes, 128)
    index.prepare()

    def change(turn: int) -> None:
        ids = np.arange(1000 + 40 * turn, 1040 + 40 * turn)
        index.add(more[40 * turn : 40 * turn + 40], ids)
        index.remove(ids)

    def ask(_: int) -> bool:
        found = index.within(codes[:4], 14)
        first = [[hit for hit in found[q] if hit.id < 1000] for q in range(4)]
        return first == expected

    expected = [HammingIndex(codes, 128).within(codes[:4], 14)[q] for q in range(4)]
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, turn) for turn in range(40)]
        changed = [pool.submit(change, turn) for turn in range(10)]
        assert all(task.result() for task in asked)
        for task in changed:
            task.result()
    assert len(index) == 1000


def test_errors_name_the_value() -> None:
    codes = members(3, 64)
    index = HammingIndex(codes, 64)
    wrong = [
        (lambda: HammingIndex(codes, 72), r"\(n, 9\), not \(3, 8\)"),
        (lambda: HammingIndex(codes, 64, np.array([1, 2, 2])), "2 after 2 at row 2"),
        (lambda: HammingIndex(codes, 64, radius=-1), "-1"),
        (lambda: HammingIndex(codes, 64, threads=0), "not 0"),
        (lambda: HammingIndex(codes.astype(np.float32), 64), "float32"),  # type: ignore[arg-type]
        (lambda: index.search(codes, 0), "not 0"),
        (lambda: index.within(codes, -1), "-1"),
        (lambda: index.within(codes, 1, allowed=np.ones(2, bool)), r"\(2,\)"),
        (lambda: index.add(codes[:, :7]), r"\(3, 7\)"),
        (lambda: index.add(codes, np.array([5, 4, 6])), "4 after 5"),
        (lambda: index.add(codes[:1], np.array([2])), "id 2 already"),
        (lambda: index.remove([1, 77]), "no id 77"),
        (lambda: index.pairs(-1), "-1"),
    ]
    for call, message in wrong:
        with pytest.raises(UsageError, match=message):
            call()
    assert len(index) == 3
