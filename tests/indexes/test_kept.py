"""An index that chooses: the same answers whatever answers, and tables that come and go."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_twin import listed, members, same, same_pairs, same_within

from lookalike.codes.bits import bytes_for, pack, to_words
from lookalike.errors import UsageError
from lookalike.indexes import table_folder, table_keeper
from lookalike.indexes.kept import KeptIndex
from lookalike.indexes.multihash import MultiHash
from lookalike.types import Hits, Index

Codes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables pay for every question, however few codes there are."""
    monkeypatch.setattr(table_keeper, "pays", lambda *_: True)


@settings(deadline=None, max_examples=150)
@given(
    bits=st.integers(1, 300),
    n=st.integers(0, 300),
    further=st.integers(0, 60),
    k=st.sampled_from([1, 3, 20, 400]),
    radius=st.integers(0, 80),
    kind=st.sampled_from(["clusters", "ties", "zeros", "ones", "random"]),
    masked=st.booleans(),
    words=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_any_equals_twin(
    bits: int,
    n: int,
    further: int,
    k: int,
    radius: int,
    kind: str,
    masked: bool,
    words: bool,
    seed: int,
) -> None:
    """With and without tables, with rows behind them, with masks."""
    rng = np.random.default_rng(seed)
    total = n + further
    codes = {
        "clusters": lambda: members(total, bits, seed),
        "ties": lambda: pack(rng.integers(0, 2, (3, bits)))[rng.integers(0, 3, total)],
        "zeros": lambda: np.zeros((total, bytes_for(bits)), np.uint8),
        "ones": lambda: pack(np.ones((total, bits), np.uint8)),
        "random": lambda: pack(rng.integers(0, 2, (total, bits))),
    }[kind]()
    queries = np.concatenate([members(2, bits, seed + 1), codes[:1]])
    ids = np.cumsum(rng.integers(1, 9, total))
    allowed = rng.random(total) < 0.5 if masked else None
    some = slice(None) if allowed is None else allowed
    given_codes = to_words(codes) if words else codes
    plain = KeptIndex(given_codes, bits, ids, threads=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_keeper, "pays", lambda *_: True)
        tabled = KeptIndex(given_codes[:n], bits, ids[:n], threads=2)
        tabled.prepare()
        tabled = tabled.extended(given_codes, ids)
        assert tabled.table_bytes
        for index in (plain, tabled):
            for _ in range(2):  # what was near before is asked of tables
                same(index.search(queries, k, allowed=allowed), codes[some], ids[some], queries, k)
            found = index.within(queries, radius, allowed=allowed)
            same_within(found, codes[some], ids[some], queries, radius)
        for index in (plain, tabled):
            pairs = listed(index.pairs(radius, allowed=allowed))
            same_pairs(pairs, codes[some], ids[some], radius)


def test_row_numbers_are_the_ids_if_none_are_given(eager: None) -> None:
    codes = members(200, 64)
    index = KeptIndex(codes, 64)
    index.prepare()
    assert isinstance(index, Index)
    same(index.search(codes[:2], 3), codes, np.arange(200), codes[:2], 3)
    same_within(index.within(codes[:2], 9), codes, np.arange(200), codes[:2], 9)
    same_pairs(listed(index.pairs(6)), codes, np.arange(200), 6)
    assert index.ids.tolist() == list(range(200))
    assert index.nbytes == codes.nbytes + index.table_bytes


def test_nothing_is_built_for_few_codes(tmp_path: Path) -> None:
    codes = members(3000, 256)
    index = KeptIndex(codes, 256, folder=tmp_path / "tables")
    index.prepare()
    for _ in range(20):
        index.within(codes[:50], 31)
    assert index.table_bytes == 0
    assert not (tmp_path / "tables").exists()


def test_tables_come_once_scans_have_cost_as_much(
    eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = members(5000, 256)
    index = KeptIndex(codes, 256)
    keeper = index._keeper
    monkeypatch.setattr(table_keeper.TableKeeper, "_price", lambda *_: 3.0)
    keeper.spent(codes, 10**6, 2.0)
    index.wait()
    assert index.table_bytes == 0
    keeper.spent(codes, 1, 60.0)  # that was compiling
    index.wait()
    assert index.table_bytes == 0
    keeper.spent(codes, 10**6, 1.0)
    index.wait()
    assert index.table_bytes > codes.nbytes
    same_within(index.within(codes[:3], 31), codes, np.arange(5000), codes[:3], 31)


def test_a_question_that_takes_longer_than_building_waits_for_it(
    eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = members(5000, 256)
    index = KeptIndex(codes, 256)
    monkeypatch.setattr(table_keeper, "_MAP_SECONDS", 0.0)
    monkeypatch.setattr(table_keeper.TableKeeper, "_price", lambda *_: 0.0)
    index.within(codes[:1], 31)
    assert index.table_bytes
    assert index._keeper._thread is None


def test_the_nearest_are_asked_of_tables_where_they_are_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_keeper, "pays", lambda _n, _bits, _laid, reach, _batch: reach <= 20)
    asked: list[int] = []
    search = MultiHash.search

    def watched(self: MultiHash, queries: Codes, k: int, **others: object) -> Hits:
        asked.append(k)
        return search(self, queries, k, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(MultiHash, "search", watched)
    codes = members(2000, 128, spread=0.03)
    index = KeptIndex(codes, 128)
    index._keeper.prepare(codes)
    for _ in range(2):
        same(index.search(codes[:2], 5), codes, np.arange(2000), codes[:2], 5)
    assert asked == [5]  # not the first time: nothing was known
    far = members(1, 128, seed=9, spread=0.5)
    index.search(far, 5)
    index.search(codes[:2], 5)
    assert asked == [5, 5]  # the far one was tried, and what follows it was not


def test_tables_are_kept_mapped_and_appended_to(eager: None, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    codes, ids = members(4000, 256), np.arange(4000) * 2 + 5
    words = to_words(codes)
    first = KeptIndex(words[:3000], 256, ids[:3000], folder=folder, stamp="a")
    first.prepare()
    kept = [path.name for path in folder.glob("tables-*")]
    assert len(kept) == 1
    assert kept[0].endswith("-3000")
    assert isinstance(first._keeper.tables, MultiHash)
    assert not first._keeper.tables._state.tables.codes.flags.writeable  # mapped

    again = KeptIndex(words[:3050], 256, ids[:3050], folder=folder, stamp="a")
    again.prepare()  # 50 more are few: they are scanned beside the tables
    assert [path.name for path in folder.glob("tables-*")] == kept
    queries = codes[[0, 2999, 3049]]
    same_within(again.within(queries, 31), codes[:3050], ids[:3050], queries, 31)

    more = again.extended(words, ids)
    same_within(more.within(queries, 31), codes, ids, queries, 31)
    same(more.search(queries, 9), codes, ids, queries, 9)
    more.prepare()  # 1,000 are many
    assert [p.name.rpartition("-")[2] for p in folder.glob("tables-*")] == ["4000"]
    same_within(more.within(queries, 31), codes, ids, queries, 31)
    same_within(again.within(queries, 31), codes[:3050], ids[:3050], queries, 31)

    other = KeptIndex(words[::-1], 256, ids, folder=folder, stamp="b")
    assert other._keeper._folder is not None
    assert other._keeper._folder.find(4000) is None
    other.prepare()
    assert len(list(folder.glob("tables-*"))) == 1
    same_within(other.within(queries, 31), codes[::-1], ids, queries, 31)
    assert not list(folder.glob("*.new")) + list(folder.glob("*.old"))


def test_damaged_tables_are_built_anew(
    eager: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    codes, folder = members(2000, 256), tmp_path / "tables"
    KeptIndex(codes, 256, folder=folder).prepare()
    (path,) = folder.glob("tables-*")
    (path / "rows.npy").write_bytes(b"short")
    index = KeptIndex(codes, 256, folder=folder)
    with caplog.at_level(logging.WARNING):
        index.prepare()
    assert "built anew" in caplog.text
    assert index.table_bytes
    MultiHash.load(path, verify=True)
    same_within(index.within(codes[:3], 31), codes, np.arange(2000), codes[:3], 31)

    flipped = bytearray((path / "codes.npy").read_bytes())
    flipped[-1] ^= 1
    (path / "codes.npy").write_bytes(flipped)
    again = KeptIndex(codes, 256, folder=folder)
    again.verify()
    assert not path.exists()


def test_tables_of_other_codes_under_the_same_stamp(
    eager: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    codes, others = members(2000, 256), members(2000, 256, seed=1)
    KeptIndex(codes, 256, folder=tmp_path / "tables", stamp="a").prepare()
    index = KeptIndex(others, 256, folder=tmp_path / "tables", stamp="a")
    with caplog.at_level(logging.WARNING):
        index.prepare()
    assert "other codes" in caplog.text
    same_within(index.within(others[:3], 31), others, np.arange(2000), others[:3], 31)


def test_a_folder_that_cannot_be_written(
    eager: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    codes = members(2000, 256)
    index = KeptIndex(codes, 256, folder=tmp_path / "file" / "tables")
    with caplog.at_level(logging.WARNING):
        index.prepare()
    assert "stay in memory" in caplog.text
    assert index.table_bytes
    same_within(index.within(codes[:3], 31), codes, np.arange(2000), codes[:3], 31)


def test_a_disk_without_room(
    eager: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(table_folder, "_ROOM", 10**12)
    codes = members(2000, 256)
    index = KeptIndex(codes, 256, folder=tmp_path / "tables")
    with caplog.at_level(logging.WARNING):
        index.prepare()
    assert "are free" in caplog.text
    assert index.table_bytes
    assert not list((tmp_path / "tables").glob("tables-*"))


def test_tables_beyond_memory_are_not_built(eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_keeper, "_memory", lambda: 10**6)
    codes = members(2000, 256)
    index = KeptIndex(codes, 256)
    index.prepare()
    assert index.table_bytes == 0
    same_within(index.within(codes[:3], 31), codes, np.arange(2000), codes[:3], 31)


def test_another_process_builds(eager: None, tmp_path: Path) -> None:
    codes, folder = members(2000, 256), tmp_path / "tables"
    index = KeptIndex(codes, 256, folder=folder, stamp="a")
    with table_folder.TableFolder(folder, "a").lock(-1.0):
        index.prepare(wait=False)
        index.wait()
        assert index.table_bytes == 0
    index.prepare(wait=False)
    index.wait()
    assert index.table_bytes


def test_building_can_be_given_up(eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = members(5000, 256)
    index = KeptIndex(codes, 256, threads=1)
    begun, go_on = threading.Event(), threading.Event()
    stop = index._keeper._stop

    def held() -> None:
        begun.set()
        go_on.wait(30)
        stop()

    monkeypatch.setattr(index._keeper, "_stop", held)
    index.prepare(wait=False)
    assert begun.wait(60)
    same_within(index.within(codes[:2], 31), codes, np.arange(5000), codes[:2], 31)
    threading.Timer(0.1, go_on.set).start()
    index.close()
    assert index.table_bytes == 0
    index.prepare()
    assert index.table_bytes == 0


def test_a_question_goes_without_what_cannot_be_built(
    eager: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room")

    codes = members(2000, 256)
    index = KeptIndex(codes, 256)
    monkeypatch.setattr(index._keeper, "_build", fail)
    monkeypatch.setattr(table_keeper, "_MAP_SECONDS", 0.0)
    monkeypatch.setattr(table_keeper.TableKeeper, "_price", lambda *_: 0.0)
    with caplog.at_level(logging.WARNING):
        same_within(index.within(codes[:3], 31), codes, np.arange(2000), codes[:3], 31)
        index.wait()
    assert "can't be built" in caplog.text


def test_a_process_may_end_while_it_builds(tmp_path: Path) -> None:
    code = """if 1:
        import sys
        from pathlib import Path
        import numpy as np
        from lookalike.indexes.kept import KeptIndex
        codes = np.random.default_rng(0).integers(0, 256, (300_000, 32), np.uint8)
        KeptIndex(codes, 256, folder=Path(sys.argv[1])).prepare(wait=False)
    """
    command = [sys.executable, "-c", code, str(tmp_path / "tables")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list((tmp_path / "tables").glob("*.new"))


def test_callers_in_many_threads(eager: None, tmp_path: Path) -> None:
    codes = members(6000, 256)
    index = KeptIndex(codes[:5900], 256, folder=tmp_path / "tables")
    whole = index.extended(codes)
    index.prepare(wait=False)
    expected = KeptIndex(codes, 256).within(codes[:8], 31)
    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(lambda _: whole.within(codes[:8], 31), range(60)):
            np.testing.assert_array_equal(found.ids, expected.ids)
            np.testing.assert_array_equal(found.offsets, expected.offsets)
    index.wait()
    assert whole.table_bytes


def test_importing_needs_no_compiler() -> None:
    code = """if 1:
        import sys
        import numpy as np
        from lookalike.indexes.explain import explain
        from lookalike.indexes.hamming import HammingIndex
        from lookalike.indexes.kept import KeptIndex
        codes = np.zeros((100_000, 32), np.uint8)
        for index in (KeptIndex(codes, 256), HammingIndex(codes, 256)):
            index.within(codes[:1], 31)
            index.search(codes[:1], 3)
        explain(10**7, 256)
        print("numba" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_errors_name_the_value() -> None:
    codes = members(3, 64)
    index = KeptIndex(codes, 64)
    wrong = [
        (lambda: KeptIndex(codes, 72), r"\(n, 9\), not \(3, 8\)"),
        (lambda: KeptIndex(codes, 64, np.arange(2)), r"\(2,\)"),
        (lambda: KeptIndex(codes, 64, radius=-1), "-1"),
        (lambda: KeptIndex(codes, 64, threads=0), "not 0"),
        (lambda: index.extended(codes[:2]), "2 codes can't extend 3"),
        (lambda: index.search(codes, 0), "not 0"),
        (lambda: index.search(codes[:, :7], 1), r"\(3, 7\)"),
        (lambda: index.within(codes, -1), "-1"),
        (lambda: index.within(codes, 1, allowed=np.ones(2, bool)), r"\(2,\)"),
        (lambda: index.pairs(-1), "-1"),
        (lambda: index.pairs(1, allowed=np.ones(2, bool)), r"\(2,\)"),
    ]
    for call, message in wrong:
        with pytest.raises(UsageError, match=message):
            call()
