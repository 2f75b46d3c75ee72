"""Codes by protocol: where they come from, and what may not be measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.cli.evaluate import PROTOCOLS as OFFERED
from lookalike.datasets import Dataset, Subset, load
from lookalike.encoders import registry
from lookalike.errors import LookalikeError, UsageError
from lookalike.evaluation.model_codes import open_maker
from lookalike.evaluation.protocols import PROTOCOLS, encode_split, prepare_split

NAMES = ("grain", "stripes")


def pictures(seed: int, each: int) -> Subset:
    """Noise, and stripes with noise: two kinds of pictures of 64 x 64."""
    rng = np.random.default_rng(seed)
    made, labels = [], []
    for label in range(2):
        for _ in range(each):
            noise = rng.integers(0, 120, (64, 64, 3))
            stripes = 130 * (np.arange(64) // 8 % 2)[None, :, None] if label else 0
            made.append((noise + stripes).astype(np.uint8))
            labels.append(label)
    names = tuple(f"{seed}-{n}" for n in range(2 * each))
    return Subset(np.stack(made), np.array(labels), names)


def dataset(train: Subset, test: Subset) -> Dataset:
    return Dataset("kinds", "folder", Path("kinds"), NAMES, train, test)


def write(subset: Subset, folder: Path) -> Path:
    assert subset.labels is not None
    for picture, label, name in zip(subset.pictures, subset.labels, subset.names, strict=True):
        (folder / NAMES[label]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(picture)).save(folder / NAMES[label] / f"{name}.png")
    return folder


def test_the_command_offers_every_protocol() -> None:
    assert OFFERED == PROTOCOLS


def test_codes_are_those_of_the_encoder() -> None:
    data = dataset(pictures(0, 5), pictures(1, 2))
    coded = encode_split(open_maker("pdq"), data, prepare_split(data, "resisc-80-20"))
    assert (coded.model, coded.bits, coded.data) == ("pdq", 256, "kinds")
    assert coded.queries.shape == (4, 32)
    assert coded.database.shape == (10, 32)
    assert coded.embeddings is None
    encoder = registry.load("pdq")
    assert np.array_equal(coded.queries[2], encoder.encode([data.test.pictures[2]]).codes[0])
    assert coded.query_labels.tolist() == [0, 0, 1, 1]


def test_each_picture_is_encoded_once_where_it_is_on_both_sides() -> None:
    data = dataset(pictures(0, 3), pictures(1, 1))
    told: list[int] = []
    coded = encode_split(open_maker("pdq"), data, prepare_split(data, "thesis"), told.append)
    assert sum(told) == 8
    assert coded.queries is coded.database


def test_queries_inside_the_database_are_refused() -> None:
    train, test = pictures(0, 3), pictures(1, 2)
    assert isinstance(train.pictures, np.ndarray)
    assert isinstance(test.pictures, np.ndarray)
    both = np.concatenate([test.pictures[:3], train.pictures[:1]])
    data = dataset(train, replace(test, pictures=both))
    with pytest.raises(LookalikeError, match="1 queries are also in the database, such as 1-3"):
        prepare_split(data, "resisc-80-20")
    assert prepare_split(data, "thesis").queries_inside


def test_nothing_to_ask_about_is_refused() -> None:
    train = pictures(0, 1)
    with pytest.raises(UsageError, match="0 queries"):
        prepare_split(dataset(train, train.take([])), "resisc-80-20")


def keep(file: Path, data: Dataset, **arrays: np.ndarray) -> Path:
    whole = data.everything()
    made = open_maker("pdq").of(whole)
    order = np.random.default_rng(5).permutation(len(whole))  # never found by position
    arrays = {name: values[order] for name, values in arrays.items()}
    np.savez(file, codes=made.codes[order], **arrays)
    return file


def test_codes_are_found_by_the_digest_of_the_pixels(tmp_path: Path) -> None:
    data = dataset(pictures(0, 4), pictures(1, 2))
    split = prepare_split(data, "resisc-80-20")
    wanted = encode_split(open_maker("pdq"), data, split)
    digests = np.array([list(d) for d in data.everything().digests()], np.uint8)
    file = keep(tmp_path / "kept.npz", data, digests=digests)
    found = encode_split(open_maker(str(file)), data, split)
    assert (found.model, found.bits) == ("kept", 256)
    assert np.array_equal(found.queries, wanted.queries)
    assert np.array_equal(found.database, wanted.database)
    # The same pictures as files are found too.
    files = load(write(data.everything(), tmp_path / "kinds"))
    kept = open_maker(str(file)).of(files.test)
    assert np.array_equal(kept.codes, open_maker("pdq").of(files.test).codes)
    with pytest.raises(LookalikeError, match="no code of 2 of 2 pictures"):
        open_maker(str(file)).of(pictures(9, 1))


def test_codes_are_found_by_path(tmp_path: Path) -> None:
    data = load(write(pictures(0, 5), tmp_path / "kinds"))
    paths = data.everything().pictures
    assert isinstance(paths, tuple)
    file = keep(tmp_path / "kept.npz", data, paths=np.array(paths))
    found = open_maker(str(file)).of(data.test)
    assert np.array_equal(found.codes, open_maker("pdq").of(data.test).codes)
    with pytest.raises(UsageError, match="names files"):
        open_maker(str(file)).of(pictures(0, 1))
    Path(paths[0]).rename(Path(paths[0]).with_name("moved.png"))
    moved = load(tmp_path / "kinds")
    with pytest.raises(LookalikeError, match=r"no code of 1 of 10.*moved\.png"):
        open_maker(str(file)).of(moved.everything())


def test_files_without_codes_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.npz"
    np.savez(file, features=np.zeros((3, 4)))
    with pytest.raises(UsageError, match="holds no packed codes"):
        open_maker(str(file))
    np.savez(file, codes=np.zeros((3, 4), np.uint8), paths=np.array(["a"]))
    with pytest.raises(UsageError, match="1 paths"):
        open_maker(str(file))
    np.savez(file, codes=np.array([object()]))
    with pytest.raises(UsageError, match="no file of codes"):
        open_maker(str(file))
    for content in (b"PK damaged", b"PK\x03\x04 damaged", b""):
        file.write_bytes(content)
        with pytest.raises(UsageError, match="no file of codes"):
            open_maker(str(file))
    with pytest.raises(UsageError, match="no encoder is named"):
        open_maker("pdk")
