"""Wrong, closed and missing things raise errors of lookalike.errors, with one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lookalike
from lookalike import HammingIndex, Library, metrics
from lookalike.errors import (
    LibraryClosedError,
    LibraryDamagedError,
    LibraryNotFoundError,
    LookalikeError,
    PictureError,
    UsageError,
)
from lookalike.types import Limits

WRONG_WHOLE = ["3", None, 2.5, True, [1]]
CODES = np.zeros((4, 4), np.uint8)


def message(call: Callable[[], object], kind: type[LookalikeError] = UsageError) -> str:
    """Of the error that a call must end with, one line."""
    with pytest.raises(kind) as caught:
        call()
    text = str(caught.value)
    assert text
    assert "\n" not in text
    return text


@pytest.fixture(scope="module")
def photo(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The only picture of a folder."""
    folder = tmp_path_factory.mktemp("folder")
    return Path(shutil.copy(original_photos / "astronaut.jpg", folder))


@pytest.fixture(scope="module", params=["a file", ":memory:"])
def library(
    request: pytest.FixtureRequest, photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    """One for all tests here, since none may change it."""
    in_memory = request.param == ":memory:"
    place = ":memory:" if in_memory else tmp_path_factory.mktemp("library") / "l.lookalike"
    with Library.open(place) as made:
        made.index(photo.parent)
        yield made


# What a library is opened by


def test_what_is_no_library_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no library" * 1000)
    assert "text" in message(lambda: Library.open(tmp_path / "text"), LibraryDamagedError)
    missing = tmp_path / "missing"
    message(lambda: Library.open(missing, create=False), LibraryNotFoundError)
    message(lambda: Library.open(missing, read_only=True), LibraryNotFoundError)
    assert not missing.exists()
    message(lambda: Library.open(tmp_path), LookalikeError)
    for wrong in ("missing", "text", ""):
        message(lambda place=tmp_path / wrong: Library.delete(place), LookalikeError)


@pytest.mark.parametrize(
    "place",
    [None, 5, b"x", ["x"], "", "a\0b", "x" * 5000, "milvus://h", "milvus://h/1", "s3://h/c"],
)
def test_what_is_no_location_is_refused(
    place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message(lambda: Library.open(place), LookalikeError)
    message(lambda: Library.delete(place), LookalikeError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        {"limits": 5},
        {"workers": 0},
        {"workers": "2"},
        {"workers": 1.5},
        {"photo": None},
        {"photo": 5},
        {"photo": b"photo"},
        {"photo": "pdq"},  # which every library has besides
    ],
)
def test_wrong_options_make_no_file(options: dict[str, Any], tmp_path: Path) -> None:
    assert next(iter(options)) in message(lambda: Library.open(tmp_path / "l", **options))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [0, -1, "5", None, True, float("nan")])
def test_limits_are_numbers_above_0(value: Any) -> None:
    for name in ("pixels", "file_bytes", "memory_bytes", "seconds"):
        assert name in message(lambda name=name: Limits(**{name: value}))


# What it is asked and told


@pytest.mark.parametrize("k", [*WRONG_WHOLE, 0, -1, 10_001])
def test_wrong_k(library: Library, photo: Path, k: Any) -> None:
    assert "10,000" in message(lambda: library.search(photo, k))
    assert "10,000" in message(lambda: library.search_text("a cat", k))


@pytest.mark.parametrize("code", ["PDQ", "", None, 5, ["pdq"]])
def test_wrong_codes(library: Library, photo: Path, code: Any) -> None:
    assert "'pdq', 'photo' or 'both'" in message(lambda: library.search(photo, code=code))


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (None, UsageError),
        (5, UsageError),
        (["a.jpg"], UsageError),
        (bytearray(b"x"), UsageError),
        (np.full((8, 8, 3), np.nan), UsageError),
        (np.zeros((8, 8, 3), np.int64), UsageError),
        (np.zeros((0, 0, 3), np.uint8), UsageError),
        ("missing.jpg", PictureError),
        ("a\0b", PictureError),
        (b"", PictureError),
        (b"text", PictureError),
    ],
)
def test_what_is_no_picture(library: Library, picture: Any, kind: type[LookalikeError]) -> None:
    message(lambda: library.search(picture), kind)


@pytest.mark.parametrize("text", ["", "  ", None, 5, b"a cat"])
def test_what_is_no_text(library: Library, text: Any) -> None:
    message(lambda: library.search_text(text))


def test_the_name_of_bytes_is_a_name(library: Library, photo: Path) -> None:
    data = photo.read_bytes()
    message(lambda: library.search(data, name=5))  # type: ignore[arg-type]


@pytest.mark.parametrize("folder", [None, 5, b"x", "", "a\0b", ["x"], "missing"])
def test_what_is_no_folder(library: Library, folder: Any) -> None:
    message(lambda: library.index(folder))
    message(lambda: library.remove(folder))


@pytest.mark.parametrize(
    "options",
    [
        {"exclude": "*.png"},
        {"exclude": 5},
        {"exclude": [5]},
        {"parts": "yes"},
        {"parts": 5},
        {"members": 0},
        {"members": 10_001},
        {"members": "3"},
        {"members": 1.5},
        {"members": True},
        {"progress": 5},
        {"stop": 5},
    ],
)
def test_wrong_options_of_a_run_are_not_kept(
    library: Library, photo: Path, options: dict[str, Any]
) -> None:
    assert next(iter(options)) in message(lambda: library.index(photo.parent, **options))
    assert library.index().unchanged == 1  # as before


@pytest.mark.parametrize("name", ["nope", "", "hub:", "pdq", 5, b"x"])
def test_wrong_models(library: Library, name: Any) -> None:
    message(lambda: library.reindex(photo=name), LookalikeError)
    message(lambda: library.check_photo(name), LookalikeError)


@pytest.mark.parametrize("value", [*WRONG_WHOLE[:1], *WRONG_WHOLE[2:], 1 << 70, object()])
def test_wrong_numbers_of_pictures(library: Library, value: Any) -> None:
    pictures = library.pictures
    assert "limit" in message(lambda: pictures.page(limit=value))
    assert "id" in message(lambda: pictures.page(after=value))
    assert "id" in message(lambda: pictures.get(value))
    assert "id" in message(lambda: pictures.copies(value))


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_closed_library_says_so(in_memory: bool, photo: Path, tmp_path: Path) -> None:
    library = Library.open(":memory:" if in_memory else tmp_path / "l.lookalike")
    pictures = library.pictures
    library.close()
    library.close()  # does nothing
    calls: list[Callable[[], object]] = [
        lambda: library.search(photo),
        lambda: library.search_text("a cat"),
        lambda: library.index(photo.parent),
        lambda: library.index(),
        lambda: library.reindex(),
        lambda: library.remove(photo.parent),
        lambda: library.status(),
        lambda: library.check_photo("photo"),
        lambda: library.pictures.page(),
        lambda: pictures.page(),
        lambda: pictures.get(1),
        lambda: pictures.copies(1),
        lambda: pictures.count(),
        lambda: pictures.uuid,
    ]
    for call in calls:
        assert "closed" in message(call, LibraryClosedError)


# Encoders


@pytest.mark.parametrize("name", [None, 5, b"pdq", ["pdq"], Path("a.onnx")])
def test_the_name_of_an_encoder_is_a_str(name: Any) -> None:
    for call in (lookalike.encoders.load, lookalike.encoders.card, lookalike.encoders.resolve):
        assert "str" in message(lambda call=call: call(name))


@pytest.mark.parametrize("threads", [0, "2", 1.5, True])
def test_threads_of_an_encoder(threads: Any) -> None:
    assert "threads" in message(lambda: lookalike.encoders.load("photo", threads=threads))


@pytest.mark.parametrize("name", ["pdq", "photo"])
@pytest.mark.parametrize("pictures", [None, 5, "a.jpg", [5], ["a.jpg"], [np.zeros((8, 8))]])
def test_what_an_encoder_can_not_take(name: str, pictures: Any) -> None:
    message(lambda: lookalike.encoders.load(name).encode(pictures))


# Indexes

INDEXES = ["HammingIndex", "Scan", "MinHashForest"]


@pytest.mark.parametrize("name", INDEXES)
@pytest.mark.parametrize("bits", [None, "32", 32.0, True, 0, 5000, 40])
def test_wrong_widths(name: str, bits: Any) -> None:
    message(lambda: getattr(lookalike.indexes, name)(CODES, bits))


@pytest.mark.parametrize("name", INDEXES)
@pytest.mark.parametrize("codes", [None, [[0, 0, 0, 0]], "x", CODES[0], CODES.astype(float)])
def test_wrong_codes_of_an_index(name: str, codes: Any) -> None:
    kind = getattr(lookalike.indexes, name)
    message(lambda: kind(codes, 32))
    message(lambda: kind(CODES, 32).search(codes, 1))
    message(lambda: kind(CODES, 32).within(codes, 1))


@pytest.mark.parametrize("name", INDEXES)
@pytest.mark.parametrize("ids", ["x", 5, [[1, 2], [3]], np.zeros(4, np.int64), np.arange(4.0)])
def test_wrong_ids(name: str, ids: Any) -> None:
    message(lambda: getattr(lookalike.indexes, name)(CODES, 32, ids))


@pytest.mark.parametrize("value", WRONG_WHOLE)
def test_wrong_k_radius_and_threads_of_an_index(value: Any) -> None:
    index = HammingIndex(CODES, 32)
    message(lambda: index.search(CODES, value))
    message(lambda: index.within(CODES, value))
    message(lambda: index.pairs(value))
    if value is not None:
        message(lambda: HammingIndex(CODES, 32, radius=value))
        message(lambda: HammingIndex(CODES, 32, threads=value))


@pytest.mark.parametrize("ids", [None, "x", 1.5, [1.5], [True], [[1]], [[1, 2], [3]], 99])
def test_what_can_not_be_removed_from_an_index(ids: Any) -> None:
    index = HammingIndex(CODES, 32)
    message(lambda: index.remove(ids))
    assert len(index) == 4


@pytest.mark.parametrize("folder", [None, 5, b"x", "", "a\0b"])
def test_where_no_index_can_be(folder: Any) -> None:
    message(lambda: HammingIndex(CODES, 32).save(folder))
    message(lambda: HammingIndex.load(folder))


def test_where_no_index_is(tmp_path: Path) -> None:
    message(lambda: HammingIndex.load(tmp_path), LibraryNotFoundError)
    (tmp_path / "file").write_text("x")
    message(lambda: HammingIndex(CODES, 32).save(tmp_path))
    message(lambda: HammingIndex(CODES, 32).save(tmp_path / "file"))


@pytest.mark.parametrize("features", [None, "x", [[1, 2], [3]], [[float("nan")]], [1.0]])
def test_wrong_features_of_a_tree(features: Any) -> None:
    pytest.importorskip("sklearn")
    message(lambda: lookalike.indexes.KDTreeIndex(features))


# Estimators


@pytest.mark.parametrize(
    "X", [None, "x", 5, [["a"]], [[None]], [[1, 2], [3]], CODES[0], CODES[:0], CODES[:, :3]]
)
def test_what_an_estimator_can_not_take(X: Any) -> None:
    pytest.importorskip("sklearn")
    fitted = lookalike.HammingNeighbors(1).fit(CODES)
    if X is not None:  # which stands for the fitted codes
        message(lambda: fitted.kneighbors(X))
    if not (isinstance(X, np.ndarray) and X.shape == (4, 3)):
        message(lambda: lookalike.HammingNeighbors().fit(X))
        message(lambda: lookalike.HashingTransformer().fit(X))


@pytest.mark.parametrize(
    "parameters",
    [{"n_neighbors": "3"}, {"n_neighbors": None}, {"radius": [1]}, {"radius": 1j}, {"radius": "3"}],
)
def test_wrong_parameters_of_neighbours(parameters: dict[str, Any]) -> None:
    pytest.importorskip("sklearn")
    message(lambda: lookalike.HammingNeighbors(**parameters).fit(CODES))


@pytest.mark.parametrize(
    "parameters",
    [
        {"bits": "3"},
        {"method": None},
        {"method": ["itq"]},
        {"random_state": "x"},
        {"random_state": -1},
        {"random_state": 1.5},
    ],
)
def test_wrong_parameters_of_hashing(parameters: dict[str, Any]) -> None:
    pytest.importorskip("sklearn")
    X = np.random.default_rng(0).normal(size=(60, 8))
    message(lambda: lookalike.HashingTransformer(**parameters).fit(X))


# Metrics and data sets


@pytest.mark.parametrize("k", WRONG_WHOLE)
def test_wrong_ranks(k: Any) -> None:
    labels = np.arange(4)
    counts = metrics.count_distances(CODES, CODES, 32, labels, labels)
    for at in (metrics.precision_at, metrics.recall_at, metrics.relevant_at):
        message(lambda at=at: at(counts, k))
    message(lambda: metrics.precision_within(counts, k))


def test_what_nothing_can_be_counted_of() -> None:
    labels = np.arange(4)
    for wrong in (None, [0, 1, 2, 3], labels[:1], labels.astype(str)):
        message(lambda wrong=wrong: metrics.count_distances(CODES, CODES, 32, wrong, labels))
    for measure in (metrics.average_precision, metrics.nmrr, metrics.precision_recall_curve):
        message(lambda measure=measure: measure(None))
    for codes in (None, 5, [[1]], CODES.astype(float)):
        message(lambda codes=codes: metrics.unique_codes(codes))
        message(lambda codes=codes: metrics.bit_balance(codes, 32))


@pytest.mark.parametrize("name", [None, 5, b"x", "", "nope", ["x"]])
def test_what_is_no_data_set(name: Any) -> None:
    message(lambda: lookalike.datasets.load(name))
