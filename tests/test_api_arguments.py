"""Whatever is handed to a public function, what it says against it is of lookalike.errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookalike import (
    HammingIndex,
    HammingNeighbors,
    HashingTransformer,
    Library,
    datasets,
    encode,
    encoders,
    indexes,
    metrics,
)
from lookalike.errors import LookalikeError, UsageError
from lookalike.road import Item, Road
from lookalike.types import Limits

WRONG: list[Any] = [
    None,
    5,
    -1,
    10**12,
    10**25,
    "3",
    "",
    float("nan"),
    float("inf"),
    2.5,
    True,
    b"x",
    [],
    [None],
    ["x"],
    ("a",),
    {},
    object(),
    Path("x"),
    np.zeros((0, 0)),
    np.array(3),
    np.array([1, 2]),
    np.array(["a"]),
    np.float32(2),
]

GREY = np.full((64, 64, 3), 90, np.uint8)
CODES = np.array([[row, 0, 0, 0] for row in range(1, 5)], np.uint8)
LABELS = np.arange(4)
MASK = np.ones(4, np.bool_)
FEATURES = np.random.default_rng(0).normal(size=(60, 8))
COUNTS = metrics.count_distances(CODES, CODES, 32, LABELS, LABELS)

Case = tuple[Callable[..., object], dict[str, Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder, with a folder ``p`` of one picture, an index and nothing else."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "p").mkdir()
        Image.linear_gradient("L").save(folder / "p" / "a.png")
        HammingIndex(CODES, 32).save(folder / "saved")
        yield folder


@pytest.fixture(scope="module")
def library(home: Path) -> Iterator[Library]:
    with Library.open(home / "l", workers=1) as library:
        library.index(home / "p")
        yield library


@pytest.fixture(scope="module")
def road() -> Iterator[Road[str]]:
    with Road({"pdq": encoders.load("pdq")}, workers=1) as road:
        yield road


def check(call: Callable[..., object], good: dict[str, Any]) -> None:
    """Hand over one wrong argument after another; some of them are right by chance."""
    call(**good)
    found = []
    for name in good:
        for wrong in WRONG:
            try:
                call(**{**good, name: wrong})
            except LookalikeError as error:
                if not str(error) or "\n" in str(error):
                    found.append((name, wrong, str(error)))
            except Exception as error:
                found.append((name, wrong, repr(error)))
    assert found == []


def index_in(library: Library, folders: Any = "p", **options: Any) -> object:
    return library.index(folders, **options)


IN_A_LIBRARY: dict[str, Case] = {
    "index": (
        index_in,
        {"folders": "p", "exclude": None, "parts": None, "members": None, "progress": None}
        | {"stop": None},
    ),
    "search": (
        Library.search,
        {"picture": GREY, "k": 3, "code": "both", "name": None, "part": (0.1, 0.1, 0.9, 0.9)},
    ),
    "search_together": (
        Library.search_together,
        {"pictures": [GREY], "weights": [2.0], "k": 3},
    ),
    "contains": (Library.contains, {"picture": GREY, "kinds": ["edited"], "name": None}),
    "contains_many": (
        lambda library, **given: list(library.contains_many(**given)),
        {"pictures": [GREY], "kinds": ["edited"]},
    ),
    "search_many": (
        lambda library, **given: list(library.search_many(**given)),
        {"pictures": [GREY], "k": 3, "code": "both"},
    ),
    "one of many": (lambda library, one: list(library.search_many([one])), {"one": GREY}),
    "item": (
        lambda library, **given: library.search(Item(**given)),
        {"file": "p/a.png", "member": "", "name": ""},
    ),
    "check_photo": (Library.check_photo, {"photo": "photo-256", "progress": None}),
    "status": (Library.status, {"measure": False}),
    "get": (lambda library, **given: library.pictures.get(**given), {"picture": 1}),
    "copies": (lambda library, **given: library.pictures.copies(**given), {"picture": 1}),
    "page": (
        lambda library, **given: library.pictures.page(**given),
        {"limit": 1, "after": None, "newest": False},
    ),
}


@pytest.mark.parametrize("name", IN_A_LIBRARY)
def test_what_a_library_is_handed(name: str, library: Library) -> None:
    call, good = IN_A_LIBRARY[name]
    check(lambda **given: call(library, **given), good)


@pytest.mark.parametrize("name", ["remove", "search_text", "reindex"])
def test_what_a_library_refuses_of_every_kind(name: str, library: Library) -> None:
    of = {"remove": "folder", "search_text": "text", "reindex": "photo"}
    for wrong in WRONG[1:]:
        with pytest.raises(LookalikeError) as caught:
            getattr(library, name)(**{of[name]: wrong})
        assert "\n" not in str(caught.value)


def test_what_a_library_is_opened_with(home: Path) -> None:
    def call(**given: Any) -> None:
        Library.open(**given).close()

    good = {"location": ":memory:", "create": True, "read_only": False, "limits": None}
    check(call, {**good, "workers": 1, "photo": "photo-256"})
    # Two of them are paths, so that there are libraries now.
    check(Library.delete, {"location": "x"})
    assert not {"3", "x"} & {path.name for path in home.iterdir()}


ON_A_ROAD: dict[str, Case] = {
    "picture": (Road.picture, {"item": GREY, "more": None, "count": False}),
    "pictures": (lambda road, **given: list(road.pictures(**given)), {"item": GREY, "most": 2}),
    "codes": (lambda road, **given: list(road.codes(**given)), {"items": [(1, GREY)]}),
    "one of codes": (lambda road, one: list(road.codes([(1, one)])), {"one": GREY}),
    "question": (Road.question, {"item": GREY, "lap": None}),
    "encoder": (Road.encoder, {"key": "pdq"}),
}


@pytest.mark.parametrize("name", ON_A_ROAD)
def test_what_a_road_is_handed(name: str, road: Road[str], home: Path) -> None:
    call, good = ON_A_ROAD[name]
    check(lambda **given: call(road, **given), good)


def roads(**given: Any) -> None:
    Road(**given).close()


def fitted(X: Any = FEATURES, **parameters: Any) -> object:
    return HashingTransformer(**parameters).fit(X)


def neighbours(X: Any = CODES, **parameters: Any) -> object:
    return HammingNeighbors(**parameters).fit(X)


def of_index(method: str) -> Callable[..., object]:
    def call(**given: Any) -> object:
        found = getattr(HammingIndex(CODES, 32), method)(**given)
        return list(found) if method == "pairs" else found

    return call


CODES_AND_BITS = {"codes": CODES, "bits": 32, "ids": None}
ASKED = {"queries": CODES, "k": 2, "allowed": MASK}
WITHIN = {"queries": CODES, "radius": 2, "allowed": MASK}
COMPARED = {
    "queries": CODES,
    "database": CODES,
    "bits": 32,
    "query_labels": LABELS,
    "database_labels": LABELS,
    "threads": None,
}
FUNCTIONS: dict[str, Case] = {
    "Road": (
        roads,
        {"encoders": {"pdq": encoders.load("pdq")}, "parts": (), "limits": None, "workers": 1}
        | {"pool": None},
    ),
    "encode": (
        encode,
        {"pictures": GREY, "code": "pdq", "limits": None, "workers": 1, "progress": None},
    ),
    "encode several": (lambda one: encode([one], "pdq"), {"one": GREY}),
    "Limits": (Limits, {"pixels": 1, "file_bytes": 1, "memory_bytes": 1, "seconds": 1}),
    "HammingIndex": (HammingIndex, {**CODES_AND_BITS, "radius": None, "threads": None}),
    "HammingIndex.search": (of_index("search"), ASKED),
    "HammingIndex.within": (of_index("within"), WITHIN),
    "HammingIndex.pairs": (of_index("pairs"), {"radius": 2}),
    "HammingIndex.add": (of_index("add"), {"codes": CODES, "ids": None}),
    "HammingIndex.remove": (of_index("remove"), {"ids": [1]}),
    "HammingIndex.load": (
        HammingIndex.load,
        {"folder": "saved", "threads": None, "verify": False},
    ),
    "Scan": (indexes.Scan, {**CODES_AND_BITS, "threads": None}),
    "Scan.search": (lambda **given: indexes.Scan(CODES, 32).search(**given), ASKED),
    "Scan.within": (lambda **given: indexes.Scan(CODES, 32).within(**given), WITHIN),
    "count_distances": (metrics.count_distances, {**COMPARED, "own_rows": None}),
    "count_neighbours": (metrics.count_neighbours, {**COMPARED, "k": 2, "classes": 4}),
    "rank_counts": (
        metrics.rank_counts,
        {"distances": np.zeros((2, 3)), "relevant": np.zeros((2, 3), np.bool_)},
    ),
    "Counts": (metrics.Counts, {"totals": COUNTS.totals, "relevant": COUNTS.relevant}),
    "average_precision": (metrics.average_precision, {"counts": COUNTS, "at": None}),
    "nmrr": (metrics.nmrr, {"counts": COUNTS, "largest": None}),
    "precision_at": (metrics.precision_at, {"counts": COUNTS, "k": 1}),
    "recall_at": (metrics.recall_at, {"counts": COUNTS, "k": 1}),
    "relevant_at": (metrics.relevant_at, {"counts": COUNTS, "k": 1}),
    "precision_within": (metrics.precision_within, {"counts": COUNTS, "radius": 1}),
    "precision_recall_curve": (metrics.precision_recall_curve, {"counts": COUNTS}),
    "unique_codes": (metrics.unique_codes, {"codes": CODES}),
    "bit_balance": (metrics.bit_balance, {"codes": CODES, "bits": 32}),
    "bit_correlation": (metrics.bit_correlation, {"codes": CODES, "bits": 32}),
    "mean_correlation": (metrics.mean_correlation, {"codes": CODES, "bits": 32}),
    "encoders.load": (encoders.load, {"name": "pdq", "threads": None}),
    "encoders.resolve": (encoders.resolve, {"name": "pdq", "progress": None}),
    "encoders.card": (encoders.card, {"name": "photo-256"}),
    "PDQ.encode": (lambda **given: encoders.load("pdq").encode(**given), {"pictures": [GREY]}),
    "datasets.load": (datasets.load, {"name": "p", "data_dir": None, "seed": 0}),
    "data_folder": (datasets.data_folder, {"given": None}),
}
WITH_SKLEARN: dict[str, Case] = {
    "MinHashForest": (
        lambda **given: indexes.MinHashForest(**given),
        {**CODES_AND_BITS, "permutations": 16, "trees": 8, "seed": 1, "candidates": 1},
    ),
    "MinHashForest.search": (
        lambda **given: indexes.MinHashForest(CODES, 32).search(**given),
        ASKED,
    ),
    "KDTreeIndex": (
        lambda **given: indexes.KDTreeIndex(**given),
        {"features": FEATURES, "ids": None, "leaf_size": 40, "threads": None},
    ),
    "KDTreeIndex.search": (
        lambda **given: indexes.KDTreeIndex(FEATURES).search(**given),
        {"queries": FEATURES, "k": 2, "allowed": None},
    ),
    "KDTreeIndex.within": (
        lambda **given: indexes.KDTreeIndex(FEATURES).within(**given),
        {"queries": FEATURES, "radius": 2, "allowed": None},
    ),
    "HashingTransformer": (
        fitted,
        {"X": FEATURES, "bits": 4, "method": "pca", "packed": True, "random_state": 0},
    ),
    "transform": (lambda **given: fitted(bits=4).transform(**given), {"X": FEATURES}),  # type: ignore[attr-defined]
    "HammingNeighbors": (
        neighbours,
        {"X": CODES, "n_neighbors": 1, "radius": None, "packed": True},
    ),
    "kneighbors": (
        lambda **given: neighbours().kneighbors(**given),  # type: ignore[attr-defined]
        {"X": CODES, "n_neighbors": 1, "return_distance": True},
    ),
    "radius_neighbors": (
        lambda **given: neighbours().radius_neighbors(**given),  # type: ignore[attr-defined]
        {"X": CODES, "radius": 2, "return_distance": True},
    ),
    "kneighbors_graph": (
        lambda **given: neighbours().kneighbors_graph(**given),  # type: ignore[attr-defined]
        {"X": CODES, "n_neighbors": 1, "mode": "connectivity"},
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_is_handed(name: str, home: Path) -> None:
    check(*FUNCTIONS[name])


@pytest.mark.parametrize("name", WITH_SKLEARN)
def test_what_is_handed_to_what_takes_sklearn(name: str, home: Path) -> None:
    pytest.importorskip("sklearn")
    check(*WITH_SKLEARN[name])


def test_more_neighbours_than_memory_holds_are_not_begun_with() -> None:
    for index in (HammingIndex(CODES, 32), indexes.Scan(CODES, 32)):
        with pytest.raises(UsageError, match="100,000,000"):
            index.search(CODES, 10**12)


def test_a_label_beyond_the_classes_writes_nowhere() -> None:
    for labels, classes in ((LABELS, 3), (LABELS + 10**9, 4), (LABELS - 1, 4)):
        with pytest.raises(UsageError, match="labels"):
            metrics.count_neighbours(CODES, CODES, 32, labels, LABELS, 1, classes)
        with pytest.raises(UsageError, match="labels"):
            metrics.count_neighbours(CODES, CODES, 32, LABELS, labels, 1, classes)
