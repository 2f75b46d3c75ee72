"""Metrics against cases worked out by hand, brute force over all orders, and scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from lookalike.codes.bits import hamming, pack
from lookalike.errors import UsageError
from lookalike.metrics import (
    Counts,
    average_precision,
    bit_balance,
    bit_correlation,
    count_distances,
    count_neighbours,
    mean_correlation,
    nmrr,
    precision_at,
    precision_recall_curve,
    precision_within,
    rank_counts,
    recall_at,
    unique_codes,
)

# A ranking as groups of (codes, relevant codes) at distances 0, 1, ...
Groups = list[tuple[int, int]]


def counts(*queries: Groups) -> Counts:
    width = max(len(groups) for groups in queries)
    padded = [[*groups, *[(0, 0)] * (width - len(groups))] for groups in queries]
    array = np.array(padded, np.int32)
    return Counts(array[:, :, 0].copy(), array[:, :, 1].copy())


def orders(groups: Groups) -> list[list[bool]]:
    """Every order of the codes that keeps groups in order, as whether each code is relevant."""
    whole: list[list[bool]] = [[]]
    for total, relevant in groups:
        members = [True] * relevant + [False] * (total - relevant)
        whole = [start + list(end) for start in whole for end in permutations(members)]
    return whole


def plain_ap(hits: list[bool], at: int | None = None) -> float:
    """Average precision of one order, as the definition says."""
    limit = len(hits) if at is None else at
    gained = [sum(hits[: i + 1]) / (i + 1) for i, hit in enumerate(hits[:limit]) if hit]
    return sum(gained) / max(1, min(sum(hits), limit))


def plain_nmrr(hits: list[bool], most: int) -> float:
    sought = sum(hits)
    bound = min(4 * sought, 2 * most)
    ranks = [i + 1 if i + 1 <= bound else 1.25 * bound for i, hit in enumerate(hits) if hit]
    ideal = 0.5 * (1 + sought)
    return (sum(ranks) / sought - ideal) / (1.25 * bound - ideal)


group = st.integers(0, 3).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
rankings = st.lists(group, min_size=1, max_size=4).filter(lambda g: 0 < sum(n for n, _ in g) <= 6)


@given(rankings, st.integers(1, 9))
def test_ties_are_averaged_over_all_orders(groups: Groups, at: int) -> None:
    made, every = counts(groups), orders(groups)
    assert average_precision(made)[0] == pytest.approx(np.mean([plain_ap(o) for o in every]))
    assert average_precision(made, at)[0] == pytest.approx(
        np.mean([plain_ap(o, at) for o in every])
    )
    sought = sum(r for _, r in groups)
    found = np.mean([sum(o[:at]) for o in every])
    assert recall_at(made, at)[0] == pytest.approx(found / max(1, sought))
    if at <= sum(n for n, _ in groups):
        assert precision_at(made, at)[0] == pytest.approx(found / at)
    if sought:
        assert nmrr(made)[0] == pytest.approx(np.mean([plain_nmrr(o, sought) for o in every]))


@given(st.lists(st.booleans(), min_size=1, max_size=40).filter(any))
def test_without_ties_it_is_the_one_of_scikit_learn(hits: list[bool]) -> None:
    made = counts([(1, int(hit)) for hit in hits])
    expected = average_precision_score(hits, -np.arange(len(hits)))
    assert average_precision(made)[0] == pytest.approx(expected)


def test_average_precision_by_hand() -> None:
    # Relevant at ranks 1, 3 and 6.
    made = counts([(1, 1), (1, 0), (1, 1), (1, 0), (1, 0), (1, 1)])
    assert average_precision(made)[0] == pytest.approx((1 + 2 / 3 + 3 / 6) / 3)
    # Two codes at one distance, one of them relevant: rank 1 or 2.
    assert average_precision(counts([(2, 1)]))[0] == pytest.approx((1 + 1 / 2) / 2)


def test_at_k_is_divided_by_what_k_ranks_could_hold() -> None:
    # Of 3 relevant ones only the first is among the first 2: not 1 / 1, but 1 / 2.
    made = counts([(1, 1), (1, 0), (1, 1), (1, 1)])
    assert average_precision(made, 2)[0] == pytest.approx(1 / 2)
    # At 10 there are only 3 to find: divided by 3, not by 10.
    whole = average_precision(made)[0]
    assert average_precision(made, 10)[0] == pytest.approx(whole)
    assert whole == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_at_r_each_query_has_its_own_cut() -> None:
    made = counts([(1, 0), (1, 1)], [(1, 1), (1, 1)])
    assert average_precision(made, made.relevant.sum(1)).tolist() == [0.0, 1.0]


def test_queries_without_a_hit_count_nothing_and_are_not_left_out() -> None:
    made = counts([(1, 1), (1, 0)], [(1, 0), (1, 1)], [(2, 0), (0, 0)])
    assert average_precision(made, 1).tolist() == [1.0, 0.0, 0.0]
    assert precision_at(made, 1).tolist() == [1.0, 0.0, 0.0]
    assert recall_at(made, 1).tolist() == [1.0, 0.0, 0.0]
    assert len(average_precision(made)) == 3
    assert average_precision(made)[2] == 0.0
    assert nmrr(made)[2] == 1.0


def test_within_a_radius_nothing_found_counts_nothing() -> None:
    made = counts(
        [(0, 0), (0, 0), (0, 0), (5, 5)],
        [(1, 1), (1, 0), (0, 0), (9, 9)],
    )
    assert precision_within(made, 2).tolist() == [0.0, 0.5]
    with pytest.raises(UsageError, match="-1"):
        precision_within(made, -1)


def test_nmrr_by_hand() -> None:
    best, worst = [(2, 2), (20, 0)], [(20, 0), (2, 2)]
    assert nmrr(counts(best))[0] == 0.0
    assert nmrr(counts(worst))[0] == 1.0
    # NG = 1 beside another query with NG = 4: K = min(4, 8) = 4; found at rank 3.
    made = counts([(2, 0), (1, 1), (9, 0)], [(4, 4), (8, 0), (0, 0)])
    assert nmrr(made)[0] == pytest.approx((3 - 1) / (5 - 1))
    # K of the larger one is min(16, 8) = 8.
    made = counts([(2, 0), (1, 1), (9, 0)], [(8, 0), (4, 4), (0, 0)])
    assert nmrr(made)[1] == 1.0


def test_precision_recall_curve_by_hand() -> None:
    made = counts([(0, 0), (2, 1), (0, 0), (2, 0)], [(0, 0), (2, 2), (2, 1), (0, 0)])
    precision, recall = precision_recall_curve(made)
    assert precision.tolist() == pytest.approx([3 / 4, 4 / 6, 4 / 8])
    assert recall.tolist() == pytest.approx([3 / 4, 1.0, 1.0])


def test_what_is_asked_wrongly_is_refused() -> None:
    made = counts([(3, 1)])
    with pytest.raises(UsageError, match="database of 3"):
        precision_at(made, 4)
    with pytest.raises(UsageError, match="not 0"):
        average_precision(made, 0)
    with pytest.raises(UsageError, match="not 0"):
        recall_at(made, 0)
    with pytest.raises(UsageError, match="at most"):
        Counts(np.array([[1]], np.int32), np.array([[2]], np.int32))
    with pytest.raises(UsageError, match="both kinds"):
        Counts(np.zeros((1, 2), np.int32), np.zeros((1, 3), np.int32))


def plain_counts(
    queries: np.ndarray, database: np.ndarray, bits: int, ql: np.ndarray, dl: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    distances = hamming(queries, database)
    same = ql[:, None] == dl[None, :]
    totals = [np.bincount(row, minlength=bits + 1) for row in distances]
    found = [
        np.bincount(row[hit], minlength=bits + 1) for row, hit in zip(distances, same, strict=True)
    ]
    return np.array(totals), np.array(found)


@pytest.mark.parametrize("bits", [1, 7, 8, 48, 64, 65, 130, 512])
@pytest.mark.parametrize("kind", ["random", "zeros", "ones", "opposite"])
@pytest.mark.parametrize("threads", [1, 3])
def test_counts_are_those_of_numpy(bits: int, kind: str, threads: int) -> None:
    rng = np.random.default_rng(bits)
    q, n = 7, 2500  # more than a block
    values = {
        "random": (rng.integers(0, 2, (q, bits)), rng.integers(0, 2, (n, bits))),
        "zeros": (np.zeros((q, bits), int), np.zeros((n, bits), int)),
        "ones": (np.ones((q, bits), int), np.ones((n, bits), int)),
        "opposite": (np.zeros((q, bits), int), np.ones((n, bits), int)),
    }[kind]
    queries, database = pack(values[0]), pack(values[1])
    ql, dl = rng.integers(-1, 6, q), rng.integers(0, 5, n)  # labels that the database lacks too
    made = count_distances(queries, database, bits, ql, dl, threads=threads)
    totals, found = plain_counts(queries, database, bits, ql, dl)
    assert np.array_equal(made.totals, totals)
    assert np.array_equal(made.relevant, found)


@pytest.mark.parametrize("q", [0, 3])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_counts_of_few_or_none(q: int, n: int) -> None:
    made = count_distances(
        np.zeros((q, 1), np.uint8),
        np.zeros((n, 1), np.uint8),
        8,
        np.zeros(q, np.int64),
        np.zeros(n, np.int64),
    )
    assert made.totals.shape == (q, 9)
    assert made.totals.sum() == q * n
    assert len(made) == q
    assert made.database == (n if q else 0)


def test_the_order_of_the_database_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    queries, database = (
        rng.integers(0, 4, (20, 1), np.uint8),
        rng.integers(0, 4, (300, 1), np.uint8),
    )
    ql, dl = rng.integers(0, 3, 20), rng.integers(0, 3, 300)
    figures = []
    for order in (np.arange(300), rng.permutation(300), np.argsort(dl), np.argsort(-dl)):
        made = count_distances(queries, database[order], 8, ql, dl[order])
        figures.append(
            [
                average_precision(made),
                average_precision(made, 10),
                precision_at(made, 7),
                nmrr(made),
            ]
        )
    assert all(np.array_equal(figures[0], other) for other in figures[1:])


def test_queries_in_the_database_can_be_left_out() -> None:
    # Each code has a label of its own: nothing but itself is there to be found.
    codes = np.arange(6, dtype=np.uint8)[:, None]
    labels = np.arange(6)
    with_itself = count_distances(codes, codes, 8, labels, labels)
    assert average_precision(with_itself).tolist() == [1.0] * 6
    honest = count_distances(codes, codes, 8, labels, labels, own_rows=np.arange(6))
    assert average_precision(honest).tolist() == [0.0] * 6
    assert honest.database == 5
    # A row that is left out is that one, and no other at its distance.
    codes, labels = np.zeros((4, 1), np.uint8), np.array([0, 0, 1, 1])
    some = count_distances(
        codes[:2], codes, 8, labels[:2], labels, own_rows=np.array([1, -1], np.int64)
    )
    assert some.totals[:, 0].tolist() == [3, 4]
    assert some.relevant[:, 0].tolist() == [1, 2]
    with pytest.raises(UsageError, match="own_rows"):
        count_distances(codes, codes, 8, labels, labels, own_rows=np.arange(1, 5))


def test_counts_refuse_what_does_not_fit() -> None:
    codes, labels = np.zeros((3, 1), np.uint8), np.zeros(3, np.int64)
    with pytest.raises(UsageError, match="labels"):
        count_distances(codes, codes, 8, labels[:2], labels)
    with pytest.raises(UsageError, match="labels"):
        count_distances(codes, codes, 8, labels, labels.astype(float))
    with pytest.raises(UsageError, match="database"):
        count_distances(codes, np.zeros((3, 2), np.uint8), 8, labels, labels)
    with pytest.raises(UsageError, match="thread"):
        count_distances(codes, codes, 8, labels, labels, threads=0)


@pytest.mark.parametrize("k", [1, 4, 60])
def test_classes_of_neighbours_are_those_of_numpy(k: int) -> None:
    rng = np.random.default_rng(k)
    queries, database = rng.integers(0, 8, (30, 1), np.uint8), rng.integers(0, 8, (60, 1), np.uint8)
    ql, dl = rng.integers(0, 3, 30), rng.integers(0, 4, 60)
    found = count_neighbours(queries, database, 8, ql, dl, k, 5, threads=2)
    expected = np.zeros((5, 5))
    for query, distances in enumerate(hamming(queries, database)):
        limit = np.sort(distances)[k - 1]
        weights = (distances < limit).astype(float)
        weights[distances == limit] = (k - weights.sum()) / (distances == limit).sum()
        np.add.at(expected[ql[query]], dl, weights)
    sums = expected.sum(1, keepdims=True)
    assert found == pytest.approx(expected / np.where(sums == 0, 1, sums))
    with pytest.raises(UsageError, match="between 1 and 60"):
        count_neighbours(queries, database, 8, ql, dl, 61, 5)


def test_real_distances_are_counted_with_their_ties() -> None:
    made = rank_counts(
        np.array([[0.5, 0.1, 0.5], [3.0, 2.0, 1.0]]),
        np.array([[True, False, False], [False, False, True]]),
    )
    assert made.totals.tolist() == [[1, 2, 0], [1, 1, 1]]
    assert made.relevant.tolist() == [[0, 1, 0], [1, 0, 0]]
    rng = np.random.default_rng(0)
    codes, labels = rng.integers(0, 256, (40, 2), np.uint8), rng.integers(0, 3, 40)
    same = labels[:5, None] == labels
    ranked = rank_counts(hamming(codes[:5], codes), same)
    counted = count_distances(codes[:5], codes, 16, labels[:5], labels)
    assert average_precision(ranked) == pytest.approx(average_precision(counted))


def test_unique_codes() -> None:
    assert unique_codes(np.array([[1, 2], [1, 2], [1, 3], [0, 2]], np.uint8)) == 0.75
    with pytest.raises(UsageError):
        unique_codes(np.zeros((0, 2), np.uint8))


def test_balance_and_correlation() -> None:
    bits = np.array([[0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 1, 0]])
    bits = np.column_stack([bits, np.ones(4, int)])  # a bit that never changes
    codes = pack(bits)
    assert bit_balance(codes, 5).tolist() == [0.5, 0.5, 0.5, 0.5, 1.0]
    correlation = bit_correlation(codes, 5)
    assert correlation[0].tolist() == pytest.approx([1, -1, 0, 0, 0])
    assert correlation[4].tolist() == [0, 0, 0, 0, 1]
    assert mean_correlation(codes, 5) == pytest.approx(4 / 20)
    assert mean_correlation(codes[:, :1] & 128, 1) == 0.0


def test_correlation_is_that_of_numpy() -> None:
    bits = np.random.default_rng(5).integers(0, 2, (20_000, 20))
    bits[:, 3] = bits[:, 4] | bits[:, 5]
    assert bit_correlation(pack(bits), 20) == pytest.approx(np.corrcoef(bits.T), abs=1e-6)
