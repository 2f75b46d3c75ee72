"""Every figure of an evaluation against plain NumPy, and the plots of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.codes.bits import hamming, to_words
from lookalike.datasets import Subset
from lookalike.datasets.splits import Split
from lookalike.errors import UsageError
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.neighbour_sheet import choose_queries, plot_neighbours
from lookalike.evaluation.protocols import Coded
from lookalike.evaluation.retrieval_plots import plot_retrieval
from lookalike.ranking.short_list import Rows, in_order

KEYS = (
    "model bits by data protocol queries database map map_at precision_at recall_at "
    "class_precision class_map precision_within found_within map_bounds tied_at unique_codes "
    "collisions seen seconds stages"
)
NAMES = ("one", "two", "three", "four")


def subset(labels: np.ndarray) -> Subset:
    n = len(labels)
    pictures = np.random.default_rng(n).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)
    return Subset(pictures, labels, tuple(f"p{i}.png" for i in range(n)))


def example(queries: int = 30, database: int = 150, bits: int = 16) -> Coded:
    """Codes that lie around a centre for each of three classes; the fourth has no query."""
    rng = np.random.default_rng(0)
    centres = rng.integers(0, 2, (4, bits))

    def codes(labels: np.ndarray) -> np.ndarray:
        flips = rng.random((len(labels), bits)) < 0.2
        return np.packbits(centres[labels] ^ flips, axis=1)

    ql, dl = rng.integers(0, 3, queries), rng.integers(0, 4, database)
    split = Split("resisc-80-20", subset(dl), subset(ql), subset(dl))
    real = centres * 2.0 - 1
    features = (real[ql] + rng.normal(0, 1, (queries, bits))).astype(np.float32)
    known = (real[dl] + rng.normal(0, 1, (database, bits))).astype(np.float32)
    return Coded("m", bits, "d", NAMES, split, codes(ql), codes(dl), (features, known))


def plain_ap(distances: np.ndarray, relevant: np.ndarray, at: int) -> float:
    """Average precision without ties."""
    hits = relevant[np.argsort(distances, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits)[:at].sum() / max(1, min(hits.sum(), at)))


def shuffled(coded: Coded, distances: np.ndarray, at: int, times: int = 200) -> float:
    """Mean average precision over random orders of the database."""
    rng, found = np.random.default_rng(1), []
    same = coded.query_labels[:, None] == coded.database_labels
    for _ in range(times):
        order = rng.permutation(distances.shape[1])
        pairs = zip(distances[:, order], same[:, order], strict=True)
        found.append(np.mean([plain_ap(d, r, at) for d, r in pairs]))
    return float(np.mean(found))


def first_5(distances: np.ndarray, label: int, coded: Coded) -> float:
    """Precision at 5; those at the distance of the fifth share what is left of the five places."""
    limit = np.sort(distances)[4]
    weights = (distances < limit).astype(float)
    weights[distances == limit] = (5 - weights.sum()) / (distances == limit).sum()
    return float(weights[coded.database_labels == label].sum() / 5)


def test_figures_are_those_of_random_orders() -> None:
    coded = example()
    found, details = evaluate(coded, 5, threads=2)
    distances = hamming(coded.queries, coded.database)
    assert " ".join(asdict(found)) == KEYS
    assert (found.queries, found.database, found.bits) == (30, 150, 16)
    assert found.map == pytest.approx(shuffled(coded, distances, 150), abs=2e-3)
    assert found.map_at["10"] == pytest.approx(shuffled(coded, distances, 10), abs=6e-3)
    assert list(found.map_at) == ["1", "10", "100", "R"]
    assert list(found.precision_at) == list(found.recall_at) == ["1", "10", "100"]
    assert list(found.class_precision) == ["one", "two", "three"]
    for label, share in enumerate(found.class_precision.values()):
        rows = coded.query_labels == label
        assert share == pytest.approx(np.mean([first_5(d, label, coded) for d in distances[rows]]))
    sizes = np.bincount(coded.query_labels)
    shares = np.fromiter(found.class_map.values(), float)
    assert (shares * sizes).sum() / 30 == pytest.approx(found.map)
    assert found.unique_codes == len(np.unique(coded.database, axis=0)) / 150
    near = [
        (coded.database_labels[d <= 2] == label).mean() if (d <= 2).any() else 0.0
        for d, label in zip(distances, coded.query_labels, strict=True)
    ]
    assert found.precision_within["2"] == pytest.approx(np.mean(near))
    assert details.distances is not None
    assert details.distances.sum() == 30 * 150
    assert 0 < details.anmrr < 1
    assert found.seconds > 0


@pytest.mark.parametrize("order", ["shuffled", "by class"])
def test_the_order_of_the_database_changes_nothing(order: str) -> None:
    coded = example()
    rows = np.random.default_rng(2).permutation(150)
    if order == "by class":
        rows = np.argsort(coded.database_labels)
    split = replace(coded.split, database=coded.split.database.take(rows))
    turned = replace(coded, split=split, database=coded.database[rows])
    assert without_time(evaluate(turned, 7)[0]) == without_time(evaluate(coded, 7)[0])


def without_time(evaluation: object) -> object:
    return replace(evaluation, seconds=0.0)  # type: ignore[type-var]


def test_a_query_in_the_database_finds_itself_by_the_thesis() -> None:
    # Random codes and labels: nothing is found but each query itself, which counts.
    rng = np.random.default_rng(0)
    labels, codes = rng.integers(0, 4, 60), rng.integers(0, 256, (60, 8), np.uint8)
    both = subset(labels)
    split = Split("thesis", both, both, both, queries_inside=True)
    found, _ = evaluate(Coded("m", 64, "d", NAMES, split, codes, codes), 1)
    assert found.precision_at["1"] == 1.0


def test_blocks_of_queries_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    coded = example()
    whole, details = evaluate(coded, 5)
    monkeypatch.setattr("lookalike.evaluation.evaluate._QUERIES", 7)
    subsets, others = evaluate(coded, 5)
    assert without_time(subsets) == without_time(whole)
    assert others.anmrr == pytest.approx(details.anmrr)


def test_real_features_by_their_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    coded = example()
    assert coded.embeddings is not None
    queries, known = (e / np.linalg.norm(e, axis=1, keepdims=True) for e in coded.embeddings)
    found, details = evaluate(coded, 5, by="embedding")
    assert found.bits is None
    assert found.map == pytest.approx(shuffled(coded, -(queries @ known.T), 150, 1), abs=1e-4)
    assert details.distances is None
    monkeypatch.setattr("lookalike.evaluation.evaluate._PAIRS", 150 * 4)
    monkeypatch.setattr("lookalike.evaluation.evaluate._TREE_WIDTH", 1)
    subsets, _ = evaluate(coded, 5, by="embedding")
    assert subsets.map == pytest.approx(found.map, abs=1e-4)
    assert subsets.precision_at == pytest.approx(found.precision_at, abs=1e-4)
    with pytest.raises(UsageError, match="no embeddings"):
        evaluate(replace(coded, embeddings=None), by="embedding")


@pytest.mark.parametrize("embedded", [True, False])
def test_the_order_of_a_search(embedded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    coded = example(bits=24)
    if not embedded:
        coded = replace(coded, embeddings=None)
    monkeypatch.setattr("lookalike.evaluation.searched.length", lambda k: 8 * k)
    found, details = evaluate(coded, 5, by="search")
    assert (found.by, found.bits, details.distances) == ("search", 24, None)
    queries, database = to_words(coded.queries), to_words(coded.database)
    distances = hamming(coded.queries, coded.database)
    same = coded.query_labels[:, None] == coded.database_labels
    own, known = coded.embeddings or (None, None)
    averages = []
    for row, distance in enumerate(distances):
        near = np.argsort(distance, kind="stable")[:40]
        made = in_order(
            Rows(queries[[row]], None if own is None else own[[row]]),
            Rows(database[near], None if known is None else known[near]),
            24,
        )
        rest = np.setdiff1d(np.arange(150), near)
        shares = []
        for seed in range(100):  # those behind the list are tied
            mixed = np.random.default_rng(seed).permutation(rest)
            behind = mixed[np.argsort(distance[mixed], kind="stable")]
            order = np.concatenate([near[made.order], behind])
            shares.append(plain_ap(np.arange(150), same[row][order], 150))
        averages.append(np.mean(shares))
    assert found.map == pytest.approx(np.mean(averages), abs=2e-3)
    if embedded:  # walks over codes of 24 bits find less than their distances
        assert found.map > evaluate(coded, 5)[0].map
    monkeypatch.setattr("lookalike.evaluation.searched._PAIRS", 150 * 4)
    assert without_time(evaluate(coded, 5, by="search")[0]) == without_time(found)


def test_small_databases_and_wrong_k() -> None:
    found, details = evaluate(example(3, 4), 100)
    assert details.k == 4
    assert list(found.precision_at) == ["1"]
    with pytest.raises(UsageError, match="at least 1"):
        evaluate(example(), 0)


def test_plots_are_pictures(tmp_path: Path) -> None:
    coded = example()
    found, details = evaluate(coded, 5)
    files = plot_retrieval(coded, found, details, tmp_path / "plots")
    files.append(plot_neighbours(coded, choose_queries(coded), tmp_path / "plots" / "near.png"))
    assert sorted(p.name for p in (tmp_path / "plots").iterdir()) == sorted(p.name for p in files)
    for file in files:
        with Image.open(file) as picture:
            assert min(picture.size) > 300
            assert np.asarray(picture.convert("L")).std() > 5


@pytest.mark.parametrize(("bits", "classes"), [(1, 2), (300, 30)])
def test_plots_of_unusual_codes(tmp_path: Path, bits: int, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(3 * classes) % classes
    codes = np.packbits(rng.integers(0, 2, (len(labels), bits)), axis=1)
    both = subset(labels)
    names = tuple(f"class number {n}" for n in range(classes))
    split = Split("thesis", both, both, both, queries_inside=True)
    coded = Coded("m", bits, "d", names, split, codes, codes)
    found, details = evaluate(coded, 5)
    assert len(plot_retrieval(coded, found, details, tmp_path)) == 4
    assert len(choose_queries(coded)) == min(classes, 10)


def test_queries_are_chosen_by_name() -> None:
    coded = example()
    assert choose_queries(coded, ["p7.png", "17.png"]) == [7, 17]
    with pytest.raises(UsageError, match="no query is named"):
        choose_queries(coded, ["cat.png"])
    with pytest.raises(UsageError, match="queries are named"):
        choose_queries(coded, ["5.png"])
    drawn = choose_queries(coded, seed=3)
    assert sorted(coded.query_labels[drawn]) == [0, 1, 2]
    assert drawn == choose_queries(coded, seed=3)
