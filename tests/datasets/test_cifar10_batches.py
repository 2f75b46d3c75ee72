"""Batches of CIFAR-10 are read as published, and no other pickle is."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.datasets.cifar10_batches import read_batch, read_class_names
from lookalike.errors import LookalikeError

PICTURES = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
LABELS = [3, 0, 9, 1, 3]


def fields(data: Any) -> dict[bytes, Any]:
    return {
        b"batch_label": b"testing batch",
        b"labels": LABELS,
        b"data": data,
        b"filenames": [b"cat_%d.png" % n for n in range(5)],
    }


def flat() -> np.ndarray:
    return PICTURES.transpose(0, 3, 1, 2).reshape(5, -1)


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("order", ["C", "F"])
def test_batches_are_read(tmp_path: Path, protocol: int, order: str) -> None:
    data = np.array(flat(), order=order)
    path = tmp_path / "test_batch"
    path.write_bytes(pickle.dumps(fields(data), protocol=protocol))
    batch = read_batch(path)
    assert np.array_equal(batch.pictures, PICTURES)
    assert batch.pictures.shape == (5, 32, 32, 3)
    assert batch.labels.tolist() == LABELS
    assert batch.names[1] == "cat_1.png"


def test_a_batch_as_python_2_wrote_it(tmp_path: Path) -> None:
    # Protocol 2 as of Python 2, where strings are bytes: opcode U (SHORT_BINSTRING).
    def string(text: bytes) -> bytes:
        return (
            b"U" + bytes([len(text)]) + text
            if len(text) < 256
            else (b"T" + len(text).to_bytes(4, "little") + text)
        )

    dtype = (
        b"cnumpy\ndtype\n"
        + string(b"u1")
        + b"K\x00K\x01\x87R"
        + b"(K\x03"
        + string(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85"
        + string(b"b")
        + b"\x87R"
        + b"(K\x01K\x01M\x00\x0c\x86"
        + dtype
        + b"\x89"
        + string(flat()[0].tobytes())
        + b"tb"
    )
    raw = (
        b"\x80\x02}("
        + string(b"data")
        + array
        + string(b"labels")
        + b"]K\x07a"
        + string(b"filenames")
        + b"]"
        + string(b"a.png")
        + b"au."
    )
    path = tmp_path / "data_batch_1"
    path.write_bytes(raw)
    batch = read_batch(path)
    assert np.array_equal(batch.pictures, PICTURES[:1])
    assert batch.labels.tolist() == [7]
    assert batch.names == ("a.png",)


def test_class_names(tmp_path: Path) -> None:
    names = [b"c%d" % n for n in range(10)]
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": names}))
    assert read_class_names(tmp_path) == tuple(f"c{n}" for n in range(10))
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": names[:9]}))
    with pytest.raises(LookalikeError, match="ten classes"):
        read_class_names(tmp_path)


class Evil:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_that_runs_code_does_not(tmp_path: Path, protocol: int) -> None:
    made = tmp_path / "made"
    path = tmp_path / "test_batch"
    path.write_bytes(pickle.dumps(fields(Evil(made)), protocol=protocol))
    with pytest.raises(LookalikeError, match="mkdir"):
        read_batch(path)
    assert not made.exists()


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((5, 3072), np.int64),
        np.zeros((4, 3072), np.uint8),
        np.zeros((5, 3071), np.uint8),
        np.array([None, "x"], object),
        [1, 2, 3],
        None,
    ],
    ids=["ints", "too few", "too short", "objects", "list", "nothing"],
)
def test_other_content_is_refused(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "test_batch"
    path.write_bytes(pickle.dumps(fields(data), protocol=4))
    with pytest.raises(LookalikeError):
        read_batch(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04", b"not a pickle", b"\x80\x04N.", b"\x80\x04]."]
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "test_batch"
    path.write_bytes(content)
    with pytest.raises(LookalikeError, match="test_batch"):
        read_batch(path)


def test_truncation_at_any_place_is_refused(tmp_path: Path) -> None:
    whole = pickle.dumps(fields(flat()), protocol=4)
    path = tmp_path / "test_batch"
    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        with pytest.raises(LookalikeError):
            read_batch(path)
