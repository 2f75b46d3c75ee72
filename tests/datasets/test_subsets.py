"""Parts of a data set, and their pictures as a network takes them in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from dataset_files import write_classes, write_picture
from PIL import Image

from lookalike.datasets import Subset, in_memory, joined, load, prepared
from lookalike.datasets.reading import pixel_digests
from lookalike.errors import LookalikeError, UsageError
from lookalike.images.sameness import rgb_digest
from lookalike.types import InputSpec

PICTURES = np.random.default_rng(2).integers(0, 256, (4, 6, 6, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 0, 1])
PART = Subset(PICTURES, LABELS, ("a", "b", "c", "d"))


def files(tmp_path: Path) -> Subset:
    paths = tuple(str(write_picture(tmp_path / f"{n}.png", n, side=40)) for n in range(5))
    return Subset(paths, np.arange(5), tuple("abcde"))


def test_rows_can_be_taken_and_joined() -> None:
    some = PART.take([2, 0])
    assert some.names == ("c", "a")
    assert np.array_equal(some.pictures, PICTURES[[2, 0]])
    whole = joined([PART, some])
    assert len(whole) == 6
    assert whole.labels is not None
    assert whole.labels.tolist() == [0, 1, 0, 1, 0, 0]
    assert joined([PART, PART.take([])]) is PART
    assert len(joined([PART.take([])])) == 0


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="3 names"):
        Subset(PICTURES, LABELS, ("a", "b", "c"))
    with pytest.raises(UsageError, match="int64"):
        Subset(PICTURES, LABELS.astype(np.int32), PART.names)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="uint8"):
        Subset(PICTURES[0], None, PART.names)
    with pytest.raises(UsageError, match="decode the files"):
        joined([PART, files(tmp_path)])
    with pytest.raises(UsageError, match="without"):
        joined([PART, Subset(PICTURES, None, PART.names)])
    with pytest.raises(UsageError, match="different sizes"):
        joined([PART, Subset(PICTURES[:, :5], LABELS, PART.names)])
    with pytest.raises(UsageError, match="at least one"):
        joined([])


def test_digests_are_of_content(tmp_path: Path) -> None:
    assert PART.digests()[1] == rgb_digest(Image.fromarray(PICTURES[1]))
    subset = files(tmp_path)
    assert subset.digests()[2] == hashlib.sha256((tmp_path / "2.png").read_bytes()).digest()
    # The same pixels in another format have the same pixel digest, and in memory too.
    with Image.open(tmp_path / "2.png") as picture:
        picture.save(tmp_path / "2.bmp")
        pixels = np.asarray(picture)[None]
    pair = Subset((subset.pictures[2], str(tmp_path / "2.bmp")), None, ("png", "bmp"))  # type: ignore[arg-type]
    first, second = pixel_digests(pair, workers=1)
    assert first == second == Subset(pixels, None, ("x",)).digests()[0]
    assert len(set(pair.digests())) == 2


def test_files_come_in_order_as_arrays(tmp_path: Path) -> None:
    subset, spec = files(tmp_path), InputSpec(8, "stretch")
    rows = list(prepared(subset, spec, workers=2))
    assert [row for row, _ in rows] == [0, 1, 2, 3, 4]
    told: list[int] = []
    loaded = in_memory(subset, spec, workers=2, progress=told.append)
    assert isinstance(loaded.pictures, np.ndarray)
    assert loaded.pictures.shape == (5, 8, 8, 3)
    assert sum(told) == 5
    assert loaded.names == subset.names
    # Files and pixels in memory take the same way.
    pixels = np.stack([np.asarray(Image.open(path)) for path in subset.pictures])
    same = in_memory(Subset(pixels, subset.labels, subset.names), spec)
    assert np.array_equal(loaded.pictures, same.pictures)
    assert in_memory(loaded, spec) is loaded


def test_sizes_that_differ_are_no_array() -> None:
    with pytest.raises(UsageError, match="within"):
        in_memory(PART, InputSpec(8, "within"))


def test_damaged_files_are_refused_or_left_out(tmp_path: Path) -> None:
    subset, spec = files(tmp_path), InputSpec(8, "crop")
    data = (tmp_path / "2.png").read_bytes()
    (tmp_path / "2.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(LookalikeError, match=r"2\.png"):
        in_memory(subset, spec, workers=1)
    left = in_memory(subset, spec, workers=1, damaged="leave out")
    assert left.names == ("a", "b", "d", "e")
    assert left.labels is not None
    assert left.labels.tolist() == [0, 1, 3, 4]
    assert len(left.pictures) == 4
    only = Subset(subset.pictures[2:3], None, ("c",))
    with pytest.raises(LookalikeError, match="none of the files"):
        in_memory(only, spec, workers=1, damaged="leave out")


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    write_classes(tmp_path, ("cat", "dog"), 3)
    data = load(tmp_path)
    assert isinstance(data.train.pictures, tuple)
    Path(data.train.pictures[0]).unlink()
    with pytest.raises(LookalikeError, match="cat_00"):
        data.train.digests()
