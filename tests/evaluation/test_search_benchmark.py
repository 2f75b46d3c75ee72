"""The harness trusts no index: wrong answers are seen, ties are counted, slow ones left out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from lookalike.codes.bits import hamming, pack, unpack
from lookalike.datasets.cifar10 import Batch
from lookalike.errors import LookalikeError, UsageError
from lookalike.evaluation import ground_truth, picture_codes, search_benchmark
from lookalike.evaluation.code_sets import CodeSet, clustered, clustered_features, split, uniform
from lookalike.evaluation.contenders import Contender, Unavailable
from lookalike.evaluation.ground_truth import (
    Truth,
    judge,
    judge_radius,
    nearest_truth,
    radius_truth,
)
from lookalike.evaluation.limits import MachineLimits, measure_shares
from lookalike.evaluation.picture_codes import cifar10_codes, file_codes, pdq_codes
from lookalike.evaluation.plots import plot_searches
from lookalike.evaluation.search_benchmark import CONTENDERS, choose_contenders, run
from lookalike.evaluation.search_report import Plan, Report, as_json
from lookalike.indexes.scan import Scan
from lookalike.types import Codes, Encoded, InputSpec, Pixels

QUICK = Plan(k=5, runs=2, threads=2, singles=5)


def row(*bits: int) -> list[int]:
    return [*bits, *[0] * (8 - len(bits))]


# To the query of zeros: distances 0, 1, 1, 1, 2.
CODES = pack([row(), row(1), row(0, 1), row(0, 0, 1), row(1, 1)])
QUERY = pack([row()])


@pytest.mark.parametrize(
    ("rows", "recall", "exact", "rejected"),
    [
        ([0, 1, 2], 1.0, True, 0),
        ([3, 2, 0], 1.0, True, 0),  # any two of those that tie, in any order
        ([0, 1, 4], 2 / 3, False, 0),
        ([0, 1, -1], 2 / 3, False, 0),
        ([0, 1, 1], 2 / 3, False, 1),
        ([0, 1, 5], 2 / 3, False, 1),
        ([0, -7, 2], 2 / 3, False, 1),
        ([3, 2, 1], 1.0, False, 0),  # all within the limit, but the nearest is missing
    ],
)
def test_answers_by_hand(rows: list[int], recall: float, exact: bool, rejected: int) -> None:
    truth = nearest_truth(CODES, QUERY, 8, 3, 1)
    assert (truth.limits.tolist(), truth.source) == ([1], "numpy")
    answer = judge(truth, CODES, QUERY, np.array([rows]))
    assert (answer.recall, answer.exact, answer.rejected) == (
        pytest.approx(recall),
        exact,
        rejected,
    )


@pytest.mark.parametrize(
    ("rows", "recall", "exact", "rejected"),
    [
        ([0, 1, 2, 3], 1.0, True, 0),
        ([0, 1], 0.5, False, 0),
        ([0, 1, 2, 3, 4], 1.0, False, 0),
        ([0, 1, 2, 3, 3], 1.0, False, 1),
    ],
)
def test_radius_answers_by_hand(rows: list[int], recall: float, exact: bool, rejected: int) -> None:
    truth = radius_truth(CODES, QUERY, 8, 1, 1)
    answer = judge_radius(truth, CODES, QUERY, np.array([0, len(rows)]), np.array(rows))
    assert (answer.recall, answer.exact, answer.rejected) == (recall, exact, rejected)


def test_faiss_and_numpy_agree_on_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    data = clustered(500, 44, 20)
    small = nearest_truth(data.codes, data.queries, 44, 7, 2)
    small_radius = radius_truth(data.codes, data.queries, 44, 8, 2)
    monkeypatch.setattr(ground_truth, "_SMALL", 0)
    large = nearest_truth(data.codes, data.queries, 44, 7, 2)
    large_radius = radius_truth(data.codes, data.queries, 44, 8, 2)
    assert (small.source, large.source) == ("numpy", "faiss")
    assert np.array_equal(small.limits, large.limits)
    assert np.array_equal(small_radius.totals, large_radius.totals)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(LookalikeError, match="faiss isn't installed"):
        nearest_truth(data.codes, data.queries, 44, 7, 2)


def test_a_wrong_scan_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(Scan):
        def __init__(self, codes: Codes, bits: int, threads: int) -> None:
            super().__init__(codes[1:], bits, threads=threads)

    monkeypatch.setattr(ground_truth, "Scan", Short)
    with pytest.raises(LookalikeError, match="query 0"):
        nearest_truth(CODES, QUERY, 8, 3, 1)
    with pytest.raises(LookalikeError, match="query 0"):
        radius_truth(CODES, QUERY, 8, 1, 1)


class Twice(Contender):
    """Returns the nearest again and again."""

    name = "twice"

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        self.scan = Scan(codes, bits)

    def search(self, queries: Codes, k: int) -> npt.NDArray[np.int64]:
        return np.repeat(self.scan.search(queries, 1).ids, k, axis=1)


class Liar(Twice):
    name = "liar"
    claims_exact = True


class Slow(Twice):
    name = "slow"

    def search(self, queries: Codes, k: int) -> npt.NDArray[np.int64]:
        time.sleep(0.01 * len(queries))
        return super().search(queries, k)


class SlowToBuild(Twice):
    name = "slow-to-build"

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        time.sleep(1e-5 * len(codes))
        super().build(codes, bits, radius=radius)


class Missing(Twice):
    name = "missing"

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        raise Unavailable("isn't installed")


def test_what_comes_twice_is_rejected() -> None:
    report = run(uniform(200, 32, 10), QUICK, [CONTENDERS["scan"], Twice])
    twice = report.methods[1]
    assert twice.rejected == 40
    assert twice.recall == pytest.approx(0.2)
    assert not twice.exact
    assert report.methods[0].exact


def test_what_claims_to_be_exact_must_be() -> None:
    with pytest.raises(LookalikeError, match="liar claims to be exact"):
        run(uniform(200, 32, 10), QUICK, [Liar])


def test_what_cannot_take_part_is_named_with_the_reason() -> None:
    plan = Plan(k=5, runs=2, singles=5, budget=0.2)
    report = run(uniform(25_000, 32, 500), plan, [Missing, SlowToBuild, Slow])
    reasons = {skipped.name: skipped.reason for skipped in report.skipped}
    assert reasons["missing"] == "isn't installed"
    assert "building it would take about" in reasons["slow-to-build"]
    assert "searching would take about" in reasons["slow"]
    assert report.methods == []
    assert report.ratios() == {"batch": {}, "single": {}}


def test_fewer_queries_where_the_budget_allows_no_more() -> None:
    report = run(uniform(200, 32, 300), Plan(k=2, runs=1, singles=1, budget=2.0), [Slow])
    assert 20 <= report.methods[0].queries < 300


@pytest.mark.parametrize("bits", [48, 64])
def test_all_contenders(bits: int) -> None:
    for package in ("faiss", "usearch", "datasketch", "sklearn"):
        pytest.importorskip(package)
    data = clustered(3000, bits, 30)
    report = run(data, QUICK, choose_contenders(["all"]))
    assert report.skipped == []
    assert [method.name for method in report.methods] == list(CONTENDERS)
    for method in report.methods:
        kind = CONTENDERS[method.name]
        assert method.rejected == 0
        assert method.exact or not kind.claims_exact
        assert method.recall > 0.3, method.name
        assert method.single_us > 0
        assert method.batch_us > 0
        assert len(method.batch_runs_us) == len(method.single_runs_us) == 2
        assert method.bytes_per_code is None or method.bytes_per_code >= 0


def test_contenders_at_a_radius() -> None:
    pytest.importorskip("faiss")
    data = clustered(3000, 256, 20)
    plan = Plan(radius=31, runs=1, singles=2)
    report = run(data, plan, choose_contenders(["multihash", "faiss"]))
    measured = {method.name: method for method in report.methods}
    assert set(measured) == {"scan", "multihash", "faiss-flat", "faiss-multihash"}
    assert all(method.exact for method in measured.values())
    assert as_json(report)["radius"] == 31
    assert "k" not in as_json(report)


def test_the_json_is_that_of_the_documentation() -> None:
    report = run(uniform(300, 40, 10), QUICK, choose_contenders(["hamming-neighbors"]))
    made = json.loads(json.dumps(as_json(report)))
    assert (made["size"], made["bits"], made["k"]) == (300, 40, 5)
    assert [method["name"] for method in made["methods"]] == ["scan", "hamming-neighbors"]
    keys = {"name", "build_seconds", "bytes_per_code", "single_us", "batch_us", "recall"}
    assert all(keys <= set(method) for method in made["methods"])
    scan, other = made["methods"]
    assert set(made["ratios"]["batch"]) == {"hamming-neighbors"}
    assert made["ratios"]["batch"]["hamming-neighbors"] == other["batch_us"] / scan["batch_us"]
    assert made["ratios"]["single"]["hamming-neighbors"] == other["single_us"] / scan["single_us"]
    page = Path(__file__).parents[2] / "docs" / "commands" / "benchmark.md"
    text = page.read_text(encoding="utf-8")
    for key in (*made, *scan):
        assert f"`{key}`" in text, key
    for name in CONTENDERS:
        assert f"`{name}`" in text, name


def test_choosing_contenders() -> None:
    assert [kind.name for kind in choose_contenders(["none"])] == ["scan"]
    chosen = [kind.name for kind in choose_contenders(["usearch", "multihash"])]
    assert chosen == ["scan", "multihash", "multihash-budget", "usearch", "usearch-exact"]
    with pytest.raises(UsageError, match="'annoy'"):
        choose_contenders(["annoy"])


def test_plots(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("faiss")
    plan = Plan(k=3, runs=1, singles=2, sweep=True)
    reports: list[Report] = [
        run(uniform(size, 64, 10), plan, choose_contenders(["faiss-hnsw", "multihash-budget"]))
        for size in (200, 400)
    ]
    settings = [method.setting for method in reports[0].methods if method.name == "faiss-hnsw"]
    assert settings == [f"efSearch={value}" for value in (16, 32, 64, 128, 256)]
    files = plot_searches(reports, tmp_path / "plots")
    assert [file.name for file in files] == [
        "recall-uniform-200-64-k3.png",
        "recall-uniform-400-64-k3.png",
        "size-uniform-64-k3-batch.png",
        "size-uniform-64-k3-single.png",
    ]
    for file in files:
        with Image.open(file) as picture:
            assert picture.width > 600


def test_the_plot_of_gains(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    reports = [
        run(clustered(size, 64, 10), plan, choose_contenders(["multihash"]))
        for size in (200, 400)
        for plan in (Plan(k=3, runs=1, singles=2), Plan(radius=4, runs=1, singles=2))
    ]
    files = [file.name for file in plot_searches(reports, tmp_path)]
    assert files[-2:] == ["gain-clustered-64-batch.png", "gain-clustered-64-single.png"]
    assert all((tmp_path / file).stat().st_size > 10_000 for file in files)


@pytest.mark.parametrize("bits", [13, 48, 64, 256])
@pytest.mark.parametrize("make", [uniform, clustered])
def test_code_sets(make: Any, bits: int) -> None:
    data: CodeSet = make(1000, bits, 20, seed=3)
    again: CodeSet = make(1000, bits, 20, seed=3)
    assert np.array_equal(data.codes, again.codes)
    assert np.array_equal(data.queries, again.queries)
    assert not np.array_equal(data.codes, make(1000, bits, 20, seed=4).codes)
    assert data.codes.shape == (1000, -(-bits // 8))
    assert 0.4 < unpack(data.codes, bits).mean() < 0.6  # also checks the padding
    nearest = hamming(data.queries, data.codes).min(1).mean() / bits
    if make is clustered and bits >= 48:
        assert nearest < 0.12
    elif bits == 256:
        assert nearest > 0.3


def test_clusters_and_features() -> None:
    data = clustered(2000, 256, 10)
    near = np.sort(hamming(data.queries, data.codes), axis=1)
    assert 25 < near[:, :50].mean() < 35  # about 2 * 1/16 * 15/16 of the bits
    features = clustered_features(500, 20)
    assert (features.rows.shape, features.rows.dtype) == ((500, 32), np.float32)
    assert np.array_equal(features.queries, clustered_features(500, 20).queries)


def test_splitting_keeps_queries_out() -> None:
    codes = np.arange(250, dtype=np.uint8)[:, None]
    data = split("numbers", 8, codes, 200, 50, 1)
    assert not set(data.codes[:, 0]) & set(data.queries[:, 0])
    with pytest.raises(UsageError, match="too few for 240 and 11"):
        split("numbers", 8, codes, 240, 11, 1)


def test_codes_of_pictures_and_files(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    done: list[int] = []
    data = pdq_codes(photos, 20, 4, progress=done.append)
    assert (data.codes.shape, data.queries.shape, data.bits) == ((20, 32), (4, 32), 256)
    assert "8 pictures, 3 random crops each" in data.description
    again = pdq_codes(photos, 20, 4)
    assert np.array_equal(again.codes, data.codes)
    with pytest.raises(LookalikeError, match="no picture"):
        pdq_codes(tmp_path / "cache", 5, 1)

    file = tmp_path / "codes.npz"
    np.savez(file, codes=data.codes)
    assert file_codes(file, None, 15, 5, 0).bits == 256
    (tmp_path / "codes.npy").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="holds no codes"):
        file_codes(tmp_path / "codes.npy", None, 1, 1, 0)


def test_kept_codes_are_those_of_the_files_as_they_are(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the files hold, not by their names; and a damaged file of codes is made again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = pdq_codes(photos, 6, 2)
    (kept,) = (tmp_path / "cache").rglob("pdq-*.npy")
    status = (photos / "coins.jpg").stat()
    (photos / "coins.jpg").write_bytes((photos / "rocket.jpg").read_bytes())
    os.utime(photos / "coins.jpg", ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = pdq_codes(photos, 6, 2)
    both = [np.concatenate([found.codes, found.queries]) for found in (made, changed)]
    assert [len(np.unique(codes, axis=0)) for codes in both] == [8, 7]
    photos.rename(tmp_path / "moved")  # another place, the same pictures
    monkeypatch.setattr(picture_codes, "_of_files", None)
    assert np.array_equal(pdq_codes(tmp_path / "moved", 6, 2).codes, changed.codes)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for file in (tmp_path / "cache").rglob("pdq-*.npy"):
        file.write_bytes(kept.read_bytes()[:100])
    assert np.array_equal(pdq_codes(tmp_path / "moved", 6, 2).codes, changed.codes)


def test_codes_of_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an encoder that writes down each picture's number."""

    class Numbers:
        name, bits, fingerprint, embedding_size = "numbers", 16, "numbers:1", 0
        input = InputSpec(8, "stretch")

        def encode(self, pictures: Sequence[Pixels]) -> Encoded:
            assert all(picture.shape == (8, 8, 3) for picture in pictures)
            return Encoded(np.array([picture[0, 0, :2] for picture in pictures]))

    def read_batch(path: Path) -> Batch:
        number = 5 if path.name == "test_batch" else int(path.name[-1]) - 1
        numbers = np.arange(10_000) + 10_000 * number
        pictures = np.zeros((10_000, 32, 32, 3), np.uint8)
        pictures[..., 0], pictures[..., 1] = (numbers[:, None, None] // c % 256 for c in (256, 1))
        return Batch(pictures, np.zeros(10_000, np.int64), ())

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(picture_codes.registry, "load", lambda _name: Numbers())
    monkeypatch.setattr(picture_codes.cifar10, "read_batch", read_batch)
    data = cifar10_codes(tmp_path, "numbers", None, 100)
    database = data.codes.astype(int) @ [256, 1]
    assert np.array_equal(database, np.arange(50_000))
    queries = data.queries.astype(int) @ [256, 1]
    assert len(set(queries)) == 100
    assert ((queries >= 50_000) & (queries < 60_000)).all()
    monkeypatch.setattr(picture_codes.cifar10, "read_batch", None)  # they are kept
    assert len(cifar10_codes(tmp_path, "numbers", 60_000, 5).codes) == 60_000
    with pytest.raises(UsageError, match="60,000"):
        cifar10_codes(tmp_path, "numbers", 60_001, 5)
    monkeypatch.setattr(picture_codes.registry, "names", lambda: ["pdq"])
    with pytest.raises(UsageError, match="no model of CIFAR-10"):
        cifar10_codes(tmp_path, None, None, 5)


def test_shares_of_the_limits() -> None:
    limits = MachineLimits(bytes_per_second=1e10, popcounts_per_second=2e10, threads=2)
    share = measure_shares(limits, 5000, 100, 3, 20, 2, 1)
    assert share.bytes_per_second == pytest.approx(5000 * 13 / (share.single_us * 1e-6))
    assert share.popcounts_per_second == pytest.approx(5000 * 2 / (share.batch_us * 1e-6))
    assert share.bandwidth_share == share.bytes_per_second / 1e10
    assert share.popcount_share == share.popcounts_per_second / 2e10


def test_kernels_of_the_limits() -> None:
    from lookalike.evaluation import limits

    rng = np.random.default_rng(0)
    words = rng.integers(0, 1 << 64, 100, dtype=np.uint64)
    queries = rng.integers(0, 1 << 64, 8, dtype=np.uint64)
    assert int(limits._sum(words, 2)) == 2 * int(words.sum()) % (1 << 64)
    counted = int(np.bitwise_count(words[:, None] ^ queries[None]).sum())
    assert int(limits._count(words, queries, 3)) == 3 * counted


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"runs": 0}, {"threads": 0}, {"budget": 0.0}, {"radius": -1}]
)
def test_wrong_plans(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Plan(**wrong)


def test_truth_of_the_first_queries() -> None:
    truth = Truth(np.arange(5), np.arange(5), None, "numpy").first(2)
    assert truth.limits.tolist() == truth.totals.tolist() == [0, 1]


def test_nothing_to_measure() -> None:
    with pytest.raises(UsageError, match="at least 1 code"):
        uniform(0, 64, 1)
    with pytest.raises(UsageError, match="at least 1 query"):
        clustered(1, 64, 0)
    empty = CodeSet("empty", 8, CODES[:0], QUERY, "")
    with pytest.raises(UsageError, match="at least 1 query and 1 code"):
        search_benchmark.run(empty, QUICK, [])
