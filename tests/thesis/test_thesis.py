"""The two searches of the thesis, on a small data set with the model that ships for photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.codes.bits import hamming
from lookalike.datasets import load
from lookalike.encoders import registry
from lookalike.errors import LookalikeError, UsageError
from lookalike.thesis import FEATURES, KDTreeSearch, LSHSearch, Neighbour, load_features

MODEL = "photo-256"
EACH = 6
SUBJECTS = {"cat": "chelsea.jpg", "cup": "coffee.jpg", "woman": "astronaut.jpg"}


@pytest.fixture(scope="session")
def classes(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of three photographs, in a folder for each."""
    folder = tmp_path_factory.mktemp("data") / "classes"
    for name, file in SUBJECTS.items():
        (folder / name).mkdir(parents=True)
        with Image.open(original_photos / file) as picture:
            for n in range(EACH):
                part = picture.crop((n * 8, n * 6, 240 + n * 8, 220 + n * 6))
                part.save(folder / name / f"{name}_{n}.png")
    return folder


@pytest.fixture(scope="session")
def tree(classes: Path) -> KDTreeSearch:
    return KDTreeSearch(classes, model=MODEL)


@pytest.fixture(scope="session")
def lsh(classes: Path) -> LSHSearch:
    return LSHSearch(classes, model=MODEL)


def own_codes(search: LSHSearch | KDTreeSearch) -> tuple[np.ndarray, np.ndarray]:
    """Codes and embeddings by another road: each file through Pillow and the encoder."""
    encoder = registry.load(MODEL)
    pictures = []
    for path in search.pictures.pictures:
        with Image.open(str(path)) as picture:
            side = encoder.input.size
            resized = picture.resize((side, side), Image.Resampling.BILINEAR)
            pictures.append(np.asarray(resized))
    made = encoder.encode(pictures)
    assert made.embeddings is not None
    return made.codes, made.embeddings.astype(np.float64)


def test_codes_find_what_comparing_with_each_finds(lsh: LSHSearch) -> None:
    codes, _ = own_codes(lsh)
    for row in (0, 7, 17):
        found = lsh.query(image_idx=row, k=5, plot=False)
        assert found[0] == Neighbour(row, lsh.pictures.names[row], found[0].class_name, 0)
        assert [hit.distance for hit in found] == sorted(
            hamming(codes[row : row + 1], codes).ravel()
        )[:5]
        for hit in found:
            assert (
                hit.distance
                == hamming(codes[row : row + 1], codes[hit.index : hit.index + 1]).item()
            )
            assert hit.name == lsh.pictures.names[hit.index]
            assert hit.name.startswith(hit.class_name)


def test_real_features_find_what_comparing_with_each_finds(tree: KDTreeSearch) -> None:
    _, embeddings = own_codes(tree)
    units = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    for row in (0, 7, 17):
        found = tree.query(image_idx=row, k=5, plot=False)
        far = np.linalg.norm(units - units[row], axis=1)
        assert found[0].index == row
        # Kept as float16: three digits.
        assert [hit.distance for hit in found] == pytest.approx(np.sort(far)[:5], abs=2e-3)


@pytest.mark.parametrize("kind", ["tree", "lsh"])
def test_a_new_picture_takes_the_same_road(
    kind: str, request: pytest.FixtureRequest, classes: Path
) -> None:
    search = request.getfixturevalue(kind)
    file = classes / "cup" / "cup_3.png"
    row = next(r for r, name in enumerate(search.pictures.names) if name.endswith("cup_3.png"))
    expected = search.query(image_idx=row, k=4, plot=False)
    with Image.open(file) as picture:
        picture.load()
    for image in (file, str(file), picture, np.asarray(picture)):
        found = search.query(image, k=4, plot=False)
        assert [hit.index for hit in found] == [hit.index for hit in expected]
        assert [h.distance for h in found] == pytest.approx([h.distance for h in expected])


def test_performance_is_the_share_of_neighbours_of_the_class(
    lsh: LSHSearch, tree: KDTreeSearch
) -> None:
    for search in (lsh, tree):
        names = search.dataset.class_names
        labels = search.pictures.labels
        assert labels is not None
        shares = {name: [] for name in names}
        for row, label in enumerate(labels):
            found = search.query(image_idx=row, k=8, plot=False)
            shares[names[label]].append(np.mean([h.class_name == names[label] for h in found]))
        expected = {name: float(np.mean(values)) for name, values in shares.items()}
        if isinstance(search, KDTreeSearch):
            per_class, accuracy, seconds = search.performance(k=8)
            assert per_class == pytest.approx(expected)
        else:
            accuracy, seconds = search.performance(k=8)
        assert accuracy == pytest.approx(np.mean(list(expected.values())))
        # Six of a class, so at most six of eight can be right.
        assert 0.5 < accuracy <= 0.75
        assert seconds > 0
        assert search.build_seconds > 0


def test_the_order_of_classes_changes_nothing(classes: Path, tmp_path: Path) -> None:
    accuracies = []
    for turned in (False, True):
        folder = tmp_path / str(turned)
        for n, name in enumerate(sorted(SUBJECTS, reverse=turned)):
            (folder / f"{n}-{name}").mkdir(parents=True)
            for file in (classes / name).iterdir():
                (folder / f"{n}-{name}" / file.name).write_bytes(file.read_bytes())
        search = LSHSearch(folder, model=MODEL)
        # One bit a picture leaves nothing but ties.
        search._index = search._build(np.zeros((len(search), 32), np.uint8), 256)
        search._rows = np.zeros((len(search), 32), np.uint8)
        accuracies.append(search.performance(k=5)[0])
    assert accuracies[0] == accuracies[1]


def test_the_forest_of_the_thesis_is_there_on_request(classes: Path, lsh: LSHSearch) -> None:
    forest = LSHSearch(classes, model=MODEL, index="forest")
    found = forest.query(image_idx=3, k=3, plot=False)
    assert found[0].index == 3
    exact = {hit.index: hit.distance for hit in lsh.query(image_idx=3, k=18, plot=False)}
    assert all(exact[hit.index] == hit.distance for hit in found)
    accuracy, _ = forest.performance(k=3)
    assert 0.3 < accuracy <= 1


def test_features_are_computed_once(classes: Path, lsh: LSHSearch) -> None:
    computed: list[int] = []
    again = LSHSearch(classes, model=MODEL, progress=computed.append)
    assert computed == []
    assert np.array_equal(again._rows, lsh._rows)


def test_two_searches_share_a_data_set(classes: Path) -> None:
    data = load(classes)
    tree, codes = KDTreeSearch(data, model=MODEL), LSHSearch(data, model=MODEL)
    assert tree.pictures is codes.pictures
    assert tree.query(image_idx=4, k=1, plot=False)[0].index == 4


def test_another_picture_among_them_computes_them_anew(classes: Path, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    for name in SUBJECTS:
        (folder / name).mkdir(parents=True)
        for file in (classes / name).iterdir():
            (folder / name / file.name).write_bytes(file.read_bytes())
    Image.new("RGB", (60, 50), "red").save(folder / "cat" / "red.png")
    computed: list[int] = []
    assert len(LSHSearch(folder, model=MODEL, progress=computed.append)) == 3 * EACH + 1
    assert sum(computed) == 3 * EACH + 1


def test_neighbours_are_drawn(lsh: LSHSearch, classes: Path, tmp_path: Path) -> None:
    file = tmp_path / "row.png"
    lsh.query(image_idx=0, k=5, plot=file)
    with Image.open(file) as drawn:
        wide, high = drawn.size
        assert wide > 3 * high
        assert len(drawn.convert("RGB").getcolors(1 << 24)) > 1000
    lsh.query(classes / "cat" / "cat_1.png", k=2, plot=str(tmp_path / "new.png"))
    assert (tmp_path / "new.png").stat().st_size > 1000
    # No screen: nothing is shown, and nothing complains.
    assert len(lsh.query(image_idx=0, k=2)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of image and image_idx"),
        ({"image": "a.png", "image_idx": 1}, "one of image and image_idx"),
        ({"image_idx": 18}, "image_idx is from 0 to 17, not 18"),
        ({"image_idx": -1}, "image_idx is from 0 to 17, not -1"),
        ({"image_idx": 0, "k": 0}, "k"),
    ],
)
def test_wrong_queries_are_refused(
    lsh: LSHSearch, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        lsh.query(plot=False, **arguments)  # type: ignore[arg-type]


def test_wrong_data_and_models_are_refused(classes: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model is shipped for"):
        LSHSearch(str(classes))
    with pytest.raises(UsageError, match="no index 'tree': use scan or forest"):
        LSHSearch(classes, model=MODEL, index="tree")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no encoder is named 'phot-256'"):
        LSHSearch(classes, model="phot-256")
    with pytest.raises(UsageError, match="no real features"):
        KDTreeSearch(classes, model="pdq")
    with pytest.raises(LookalikeError, match=r"missing\.png"):
        LSHSearch(classes, model=MODEL).query(tmp_path / "missing.png", plot=False)


@pytest.mark.parametrize("name", ["cifar", "cifar10"])
def test_the_names_of_the_thesis_are_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match=r"cifar-10"):
        KDTreeSearch(dataset=name, data_dir=tmp_path, download=False)
    with pytest.raises(LookalikeError, match="NWPU-RESISC45"):
        LSHSearch(
            dataset=name.replace("cifar10", "resisc45").replace("cifar", "resisc"),
            data_dir=tmp_path,
        )


def test_unknown_features_are_refused() -> None:
    with pytest.raises(UsageError, match="no features 'cifar10-49'"):
        load_features("cifar10-49")
    assert len(FEATURES) == 4
