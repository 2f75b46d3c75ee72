"""``lookalike encode``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.encoders.registry import load
from lookalike.images.pool.pool import DecodePool

Run = Callable[..., Any]


@pytest.mark.parametrize("code", ["pdq", "photo"])
def test_rows_are_the_codes_of_the_pictures(
    run: Run, photos: Path, tmp_path: Path, code: str
) -> None:
    done = run("encode", "photos", "--code", code, "--out", "codes.npz")
    assert done.code == 0
    assert done.out.startswith("8 pictures, 256 bits each: ")
    encoder = load(code)
    with np.load(tmp_path / "codes.npz") as file:
        codes, paths = file["codes"], file["paths"]
        assert (codes.shape, codes.dtype) == ((8, encoder.bits // 8), np.uint8)
        assert ("embeddings" in file) == (encoder.embedding_size > 0)
        if encoder.embedding_size:
            embeddings = file["embeddings"]
            assert embeddings.dtype == np.float32
            assert embeddings.shape == (8, encoder.embedding_size)
            assert np.allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    assert sorted(paths) == [str(path) for path in sorted(photos.iterdir())]
    with DecodePool({"x": encoder.input}, workers=1) as pool:
        for path, row in zip(paths, codes, strict=True):
            pixels = pool.decode(str(path)).inputs["x"]
            assert np.array_equal(encoder.encode([pixels]).codes[0], row)


def test_unreadable_files_are_named_and_counted(run: Run, photos: Path, tmp_path: Path) -> None:
    (photos / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    done = run(
        "encode", photos, "missing.jpg", photos / "coins.jpg", "--code", "pdq", "--out", "c.npz",
        "--json",
    )  # fmt: skip
    assert done.code == 0
    assert done.json == {
        "code": "pdq", "bits": 256, "rows": 9, "unreadable": 2, "out": str(tmp_path / "c.npz"),
    }  # fmt: skip
    first, second, last = done.err.splitlines()
    assert str(photos / "bad.jpg") in first + second
    assert str(tmp_path / "missing.jpg") in first + second
    assert last == "2 files left out"


def test_nothing_readable_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "codes.npz").write_bytes(b"precious")
    assert run("encode", "missing.jpg", "--code", "pdq", "--out", "codes.npz").code == 1
    assert (tmp_path / "codes.npz").read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="devices of Unix")
def test_devices_are_not_replaced(run: Run, photos: Path) -> None:
    done = run("encode", photos, "--code", "pdq", "--out", "/dev/null")
    assert done.code == 2
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
def test_names_that_are_not_utf_8_come_back(run: Run, photos: Path, tmp_path: Path) -> None:
    odd = os.fsencode(photos) + b"/caf\xe9.jpg"
    os.rename(photos / "coins.jpg", odd)
    run("encode", "photos", "--code", "pdq", "--out", "c.npz")
    with np.load(tmp_path / "c.npz") as file:
        assert odd in [os.fsencode(str(path)) for path in file["paths"]]


def test_codes_are_not_written_over_a_picture(run: Run, photos: Path) -> None:
    target = photos / "coffee.jpg"
    before = target.read_bytes()
    for paths in ([photos], [target], [photos / "chelsea.jpg", target]):
        done = run("encode", *paths, "--code", "pdq", "--out", target)
        assert done.code == 2
        assert "files to be read" in done.err
        assert len(done.err.splitlines()) == 1
    assert target.read_bytes() == before
    for _ in range(2):  # its own file it may write again
        assert run("encode", photos, "--code", "pdq", "--out", photos / "codes.npz").code == 0
