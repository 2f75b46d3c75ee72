"""Multi-index hashing against a NumPy twin and against the scan."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_twin import add_and_remove, same, same_within

from lookalike.codes.bits import bytes_for, pack, to_words, unpack
from lookalike.errors import (
    LibraryDamagedError,
    LibraryNotFoundError,
    LibraryVersionError,
    UsageError,
)
from lookalike.indexes import changes, multihash_layout, multihash_search
from lookalike.indexes.multihash import MultiHash
from lookalike.indexes.multihash_layout import Layout, allowances, choose, order_bits
from lookalike.indexes.multihash_tables import reordered
from lookalike.indexes.scan import Scan
from lookalike.types import Index, RadiusHits

Codes = npt.NDArray[np.uint8]

WIDTHS = [1, 3, 8, 9, 48, 63, 64, 65, 100, 130, 256, 257, 1000]
KINDS = ["random", "zeros", "ones", "ties", "clustered", "constant bits"]


@pytest.fixture(params=["tables", "as it costs"])
def tables_first(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With small data a scan is cheaper; "tables" makes it so dear that it is the last resort."""
    if request.param == "tables":
        monkeypatch.setattr(multihash_layout, "WORD_BATCH", 10**6)
        monkeypatch.setattr(multihash_layout, "WORD_SINGLE", 10**6)


def make(kind: str, n: int, bits: int, seed: int = 0) -> Codes:
    rng = np.random.default_rng([seed, n, bits])
    if kind == "zeros":
        return np.zeros((n, bytes_for(bits)), np.uint8)
    if kind == "ones":
        return pack(np.ones((n, bits), np.uint8))
    if kind == "ties":
        return pack(rng.integers(0, 2, (3, bits)))[rng.integers(0, 3, n)]
    if kind == "clustered":
        centres = rng.integers(0, 2, (5, bits))[rng.integers(0, 5, n)]
        return pack(centres ^ (rng.random((n, bits)) < 0.05))
    if kind == "constant bits":
        return pack(rng.integers(0, 2, (n, bits)) & (np.arange(bits) % 3 > 0))
    return pack(rng.integers(0, 2, (n, bits)))


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_equals_twin(bits: int, kind: str, tables_first: None) -> None:
    codes = make(kind, 300, bits)
    ids = np.arange(300)
    queries = np.concatenate([make("random", 2, bits, seed=1), make("zeros", 1, bits), codes[-1:]])
    for radius in sorted({0, 1, 3, bits // 8, bits // 3}):
        index = MultiHash(codes, bits, radius=radius, threads=2)
        same_within(index.within(queries, radius), codes, ids, queries, radius)
    index = MultiHash(to_words(codes), bits, threads=2)
    for radius in (0, 2, bits // 5, bits, bits + 1):
        same_within(index.within(queries, radius), codes, ids, queries, radius)
    for k in (1, 10, 301):
        same(index.search(queries, k), codes, ids, queries, k)


@settings(deadline=None, max_examples=150)
@given(
    bits=st.integers(1, 200),
    n=st.integers(0, 500),
    batch=st.integers(0, 40),
    k=st.integers(1, 30),
    laid_out=st.integers(0, 60),
    radius=st.integers(0, 60),
    tables=st.integers(1, 20) | st.none(),
    spread=st.sampled_from([0.0, 0.02, 0.1, 0.5]),
    masked=st.booleans(),
    dear=st.booleans(),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_equals_twin(
    bits: int,
    n: int,
    batch: int,
    k: int,
    laid_out: int,
    radius: int,
    tables: int | None,
    spread: float,
    masked: bool,
    dear: bool,
    threads: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2, (4, bits))
    codes = pack(centres[rng.integers(0, 4, n)] ^ (rng.random((n, bits)) < spread))
    queries = pack(centres[rng.integers(0, 4, batch)] ^ (rng.random((batch, bits)) < spread))
    allowed = rng.random(n) < 0.5 if masked else None
    ids = np.cumsum(rng.integers(1, 9, n))
    some = slice(None) if allowed is None else allowed
    tables = None if tables is None else min(tables, bits)
    with pytest.MonkeyPatch.context() as patch:
        if dear:
            patch.setattr(multihash_layout, "WORD_BATCH", 10**6)
            patch.setattr(multihash_layout, "WORD_SINGLE", 10**6)
        index = MultiHash(codes, bits, ids, laid_out, tables, threads)
        hits = index.search(queries, k, allowed=allowed)
        found = index.within(queries, radius, allowed=allowed)
    same(hits, codes[some], ids[some], queries, k)
    same_within(found, codes[some], ids[some], queries, radius)


@pytest.mark.parametrize(("bits", "radius"), [(64, 4), (64, 9), (256, 31), (100, 12)])
def test_equals_scan_where_tables_pay(bits: int, radius: int) -> None:
    rng = np.random.default_rng(0)
    centres = rng.integers(0, 2, (3000, bits), np.uint8)
    codes = pack(centres[np.arange(30_000) % 3000] ^ (rng.random((30_000, bits)) < 0.03))
    queries = pack(unpack(codes[:200], bits) ^ (rng.random((200, bits)) < 0.03))
    index, scan = MultiHash(codes, bits, radius=radius, threads=2), Scan(codes, bits, threads=2)
    for some in (queries, queries[:1], queries[:9]):
        hits, expected = index.within(some, radius), scan.within(some, radius)
        np.testing.assert_array_equal(hits.offsets, expected.offsets)
        np.testing.assert_array_equal(hits.ids, expected.ids)
        np.testing.assert_array_equal(hits.distances, expected.distances)
        for k in (1, 10, 50):
            near, expected_near = index.search(some, k), scan.search(some, k)
            np.testing.assert_array_equal(near.ids, expected_near.ids)
            np.testing.assert_array_equal(near.distances, expected_near.distances)


def test_rows_added_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "LEAST", 60)
    monkeypatch.setattr(multihash_layout, "WORD_BATCH", 10**5)
    rng = np.random.default_rng(0)
    bits = 100
    pool = make("clustered", 2000, bits)
    queries = np.concatenate([pool[:3], make("random", 2, bits)])
    ids = np.arange(0, 600, 2)
    index = MultiHash(pool[ids], bits, ids, threads=2)
    add_and_remove(index, pool, queries, 20, 40, rng)
    before = index.within(queries, 30)
    index.merge()
    assert len(index._state.tail_ids) == 0
    np.testing.assert_array_equal(index.within(queries, 30).ids, before.ids)


def test_add_gives_the_next_ids_and_all_can_go() -> None:
    index = MultiHash(make("random", 0, 64), 64)
    index.add(make("random", 3, 64))
    index.add(make("random", 2, 64, seed=1))
    assert index.ids.tolist() == [0, 1, 2, 3, 4]
    index.merge()
    index.remove([4, 0, 1, 3, 2])
    assert len(index) == 0
    assert index.search(make("random", 1, 64), 2).ids.tolist() == [[-1, -1]]
    assert index.within(make("random", 1, 64), 64).offsets.tolist() == [0, 0]
    index.merge()
    assert len(index) == 0
    index.add(make("random", 2, 64), np.array([7, 9]))
    assert index.ids.tolist() == [7, 9]


def test_no_codes_and_no_queries() -> None:
    empty = MultiHash(np.empty((0, 8), np.uint8), 64)
    hits = empty.search(np.zeros((2, 8), np.uint8), 3)
    assert hits.ids.tolist() == hits.distances.tolist() == [[-1] * 3] * 2
    assert empty.within(np.zeros((2, 8), np.uint8), 3).offsets.tolist() == [0, 0, 0]
    full = MultiHash(np.zeros((3, 8), np.uint8), 64)
    assert full.search(np.empty((0, 8), np.uint8), 3).ids.shape == (0, 3)
    assert full.within(np.empty((0, 8), np.uint8), 3).offsets.tolist() == [0]
    assert (len(empty), len(full), full.bits) == (0, 3, 64)
    assert isinstance(full, Index)


@pytest.mark.parametrize("bits", [48, 256])
def test_arrays_of_any_kind(bits: int, tmp_path: Path) -> None:
    codes = make("clustered", 1500, bits)
    ids = np.arange(1500)
    queries = codes[:3] ^ np.uint8(1)
    words = to_words(codes)
    readonly = codes.copy()
    readonly.setflags(write=False)
    shifted = np.empty(words.nbytes + 3, np.uint8)[3:].view()
    shifted[:] = words.view(np.uint8).reshape(-1)
    unaligned = np.frombuffer(shifted, np.uint64).reshape(words.shape)
    words.tofile(tmp_path / "words")
    mapped = np.memmap(tmp_path / "words", np.uint64, "r", shape=words.shape)
    strided = np.repeat(words, 2, axis=0)[::2]
    for array in (readonly, unaligned, mapped, strided, np.asfortranarray(codes)):
        index = MultiHash(array, bits)
        same_within(index.within(queries, bits // 8), codes, ids, queries, bits // 8)
        same(index.search(np.asfortranarray(queries), 5), codes, ids, queries, 5)


def test_budget_says_what_it_is() -> None:
    codes = make("clustered", 60_000, 256)
    queries = codes[:50]
    index = MultiHash(codes, 256, radius=31, threads=2)
    scan = Scan(codes, 256)
    little = index.within(queries, 31, budget=40)
    full = scan.within(queries, 31)
    assert not little.exact
    for q in range(50):
        some, all_ = little[q], full[q]
        assert 1 <= len(some) <= 40
        assert set(some) <= set(all_)
        assert some == sorted(some, key=lambda hit: (hit.distance, hit.id))
    assert index.within(queries, 31, budget=60_000).exact
    near = index.search(queries, 5, budget=40)
    assert not near.exact
    assert (near.distances[:, 0] >= 0).all()
    sparse = make("random", 60_000, 256)
    index = MultiHash(sparse, 256, radius=31, threads=2)
    enough = index.within(sparse[:20], 31, budget=30_000)
    assert enough.exact
    assert enough.ids.tolist() == list(range(20))
    assert index.search(sparse[:20], 1, budget=1).distances.max() <= 0
    certain = index.search(sparse[:20], 1, budget=30_000)
    assert certain.exact
    assert certain.ids[:, 0].tolist() == list(range(20))


def test_queries_that_cost_too_much_are_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the codes are equal: their queries give up, the others don't."""
    scanned: list[int] = []

    class Watched(Scan):
        def within(self, queries: Codes, *args: object, **keywords: object) -> RadiusHits:
            scanned.append(len(queries))
            return super().within(queries, *args, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(multihash_search, "Scan", Watched)
    codes = make("random", 60_000, 256)
    codes[::2] = codes[0]
    ids = np.arange(60_000)
    index = MultiHash(codes, 256, radius=31, threads=2)
    queries = codes[[1, 0, 3, 2, 5, 7, 9, 11, 4, 13]]
    same_within(index.within(queries, 31), codes, ids, queries, 31)
    assert scanned == [3]


def test_save_and_load(tmp_path: Path) -> None:
    codes = make("clustered", 3000, 130)
    ids = np.arange(3000) * 3 + 1
    queries = codes[:4]
    index = MultiHash(codes, 130, ids, radius=12)
    index.add(make("clustered", 50, 130, seed=1))
    index.remove(ids[::7])
    index.save(tmp_path / "index")
    index.save(tmp_path / "index")  # again, in its place
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    again = MultiHash.load(tmp_path / "index", threads=2, verify=True)
    assert (len(again), again.bits, again.layout) == (len(index), 130, index.layout)
    np.testing.assert_array_equal(again.ids, index.ids)
    for one, other in (
        (again.within(queries, 20), index.within(queries, 20)),
        (again.search(queries, 9), index.search(queries, 9)),
    ):
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(one.distances, other.distances)
    again.add(make("random", 1, 130), np.array([10**6]))
    again.merge()
    assert again.ids[-1] == 10**6
    empty = MultiHash(codes[:0], 130)
    empty.save(tmp_path / "empty")
    assert len(MultiHash.load(tmp_path / "empty")) == 0


def test_damaged_folders(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    index = MultiHash(make("random", 500, 64), 64)
    index.save(folder)
    manifest = (folder / "manifest.json").read_text()
    rows = (folder / "rows.npy").read_bytes()

    with pytest.raises(LibraryNotFoundError, match=r"manifest\.json is missing"):
        MultiHash.load(tmp_path / "other")
    (folder / "rows.npy").write_bytes(rows[:-4])
    with pytest.raises(LibraryDamagedError, match=r"rows\.npy has"):
        MultiHash.load(folder)
    (folder / "rows.npy").write_bytes(bytes(len(rows)))
    with pytest.raises(LibraryDamagedError, match="isn't an array"):
        MultiHash.load(folder)
    (folder / "rows.npy").unlink()
    with pytest.raises(LibraryDamagedError, match="is missing"):
        MultiHash.load(folder)
    # Rows that don't exist: found by checksums, and harmless without.
    (folder / "rows.npy").write_bytes(rows[:128] + b"\xff" * (len(rows) - 128))
    with pytest.raises(LibraryDamagedError, match="CRC-32"):
        MultiHash.load(folder, verify=True)
    MultiHash.load(folder).within(make("random", 500, 64), 3)
    (folder / "rows.npy").write_bytes(rows)

    (folder / "manifest.json").write_text(manifest.replace('"radius": 7', '"radius": 8'))
    with pytest.raises(LibraryDamagedError, match="was changed"):
        MultiHash.load(folder)
    (folder / "manifest.json").write_text(manifest[:-20])
    with pytest.raises(LibraryDamagedError, match="can't be read"):
        MultiHash.load(folder)
    newer = json.loads(manifest)
    newer["version"] = 99
    (folder / "manifest.json").write_text(json.dumps(newer))
    with pytest.raises(LibraryVersionError, match="99"):
        MultiHash.load(folder)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="choose another folder"):
        index.save(tmp_path / "mine")


def test_callers_in_many_threads() -> None:
    codes = make("clustered", 20_000, 256)
    queries = codes[:64]
    index = MultiHash(codes, 256, radius=31, threads=2)
    expected = index.within(queries, 31)
    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(lambda _: index.within(queries, 31), range(12)):
            np.testing.assert_array_equal(found.ids, expected.ids)
        for q, found in enumerate(
            pool.map(lambda q: index.within(queries[q : q + 1], 31), range(64))
        ):
            assert found[0] == expected[q]


def test_pigeons() -> None:
    assert allowances(16, 31).tolist() == [2] * 16
    assert allowances(3, 7).tolist() == [3, 3, 2]
    assert allowances(5, 1).tolist() == [1, 1, 0, 0, 0]
    # Key and signature cover a block and the next one: 2 + 2 pigeons, so at most 3 bits.
    assert Layout(256, 16, 16).limits(31).tolist() == [3] * 16
    # The signature stays within the block.
    assert Layout(256, 4, 12).limits(7).tolist() == [1] * 4
    # One block that goes round into itself.
    assert Layout(20, 1, 12).limits(3).tolist() == [3]


@pytest.mark.parametrize(("n", "bits", "radius"), [(0, 8, 1), (10, 1, 1), (10**6, 256, 31)])
def test_layouts_are_possible(n: int, bits: int, radius: int) -> None:
    layout = choose(n, bits, radius)
    assert 1 <= layout.prefix <= bits // layout.tables
    assert choose(n, bits, radius, tables=1).tables == 1


@pytest.mark.parametrize("bits", [5, 64, 100, 257])
def test_order_of_bits(bits: int) -> None:
    """Every bit has one place, and adjacent copies of a bit go to different blocks."""
    rng = np.random.default_rng(0)
    sample = rng.integers(0, 2, (500, bits), np.uint8)
    layout = Layout(bits, min(4, bits), 1)
    if bits >= 64:
        sample[:, 1:4] = sample[:, :1]
        sample[:, 9] = 1
    order = order_bits(sample, layout)
    assert sorted(order.tolist()) == list(range(bits))
    if bits >= 64:
        place = np.argsort(order)
        blocks = np.searchsorted(layout.starts(), place[:4], side="right")
        assert len(set(blocks.tolist())) == 4
        assert place[9] not in layout.starts()


def test_bits_are_reordered() -> None:
    codes = make("random", 40, 100)
    index = MultiHash(codes, 100)
    tables = index._state.tables
    words = reordered(codes, tables.places)
    found = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    np.testing.assert_array_equal(found[:, :100], unpack(codes, 100)[:, tables.order])
    assert not found[:, 100:].any()
    index.merge()
    tables = index._state.tables
    found = np.unpackbits(tables.codes.view(np.uint8), axis=1, bitorder="little")
    np.testing.assert_array_equal(found[:, :100], unpack(codes, 100)[:, tables.order])


def test_errors_name_the_value() -> None:
    codes = np.zeros((3, 8), np.uint8)
    index = MultiHash(codes, 64)
    query = codes[:1]
    wrong = [
        (lambda: MultiHash(codes.astype(np.float32), 64), "float32"),
        (lambda: MultiHash(codes, 72), r"\(n, 9\), not \(3, 8\)"),
        (lambda: MultiHash(codes, 64, ids=np.array([1, 2, 2])), "2 after 2 at row 2"),
        (lambda: MultiHash(codes, 64, radius=-1), "-1"),
        (lambda: MultiHash(codes, 64, radius=1.5), "1.5"),
        (lambda: MultiHash(codes, 64, tables=0), "not 0"),
        (lambda: MultiHash(codes, 64, tables=65), "not 65"),
        (lambda: MultiHash(codes, 64, threads=0), "not 0"),
        (lambda: index.search(query, 0), "not 0"),
        (lambda: index.search(query[:, :7], 1), r"\(1, 7\)"),
        (lambda: index.search(query.view(np.uint64), 1), "uint64"),
        (lambda: index.search(query, 1, budget=0), "not 0"),
        (lambda: index.within(query, -1), "-1"),
        (lambda: index.within(query, 2, budget=1.5), "1.5"),
        (lambda: index.within(query, 1, allowed=np.ones(2, bool)), r"\(2,\)"),
        (lambda: index.within(query, 1, allowed=np.ones(3)), "bool"),
        (lambda: index.add(codes[:, :7]), r"\(3, 7\)"),
        (lambda: index.add(codes, np.array([5, 4, 6])), "4 after 5"),
        (lambda: index.add(codes[:1], np.array([2])), "id 2 already"),
        (lambda: index.remove([1, 77]), "no id 77"),
    ]
    for call, message in wrong:
        with pytest.raises(UsageError, match=message):
            call()
    assert len(index) == 3
