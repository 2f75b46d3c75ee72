"""Previews of a library: of what it holds, and of nothing else."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.images.preview import pixels_of
from lookalike.library import Library
from lookalike.library.local.previews import previews_file
from lookalike.library.records import ContentKey


def picture(path: Path, seed: int) -> Path:
    noise = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), np.uint8)
    Image.fromarray(noise).resize((360, 240), Image.Resampling.BICUBIC).save(path)
    return path


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def kept(library: Library) -> int:
    return library.status().previews


def test_an_index_makes_them(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    paths = [picture(folder / f"{i}.png", i) for i in range(3)]
    with Library.open(tmp_path / "x.lookalike") as library:
        library.index(folder)
        assert kept(library) == 3
        assert library.status().previews_bytes > 0
        digest = hashlib.sha256(paths[1].read_bytes()).digest()
        preview, features = library._previews.get([ContentKey(digest)])[ContentKey(digest)]
        assert features is None
        pixels = pixels_of(preview)
        assert pixels.shape == (171, 256, 3)
        with Image.open(paths[1]) as image:
            small = np.asarray(image.resize((256, 171), Image.Resampling.BILINEAR), int)
        assert np.abs(pixels.astype(int) - small).mean() < 3
        paths[0].unlink()
        library.index(folder)  # missing ones may come back
        assert kept(library) == 3
        picture(paths[1], 77)
        os.utime(paths[1], ns=(5, 5))
        library.index(folder)
        assert kept(library) == 3
        assert library._previews.get([ContentKey(digest)]) == {}
        library.remove(folder)
        assert kept(library) == 0
    Library.delete(tmp_path / "x.lookalike")
    assert names(tmp_path) == ["p"]


def test_without_previews(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    picture(folder / "a.png", 1)
    location = tmp_path / "x.lookalike"
    with Library.open(location) as library:
        library.index(folder, previews=False)
        assert kept(library) == 0
        assert not previews_file(location).exists()
        picture(folder / "b.png", 2)
        library.index()
        assert kept(library) == 0
        library.index(previews=True)
        picture(folder / "c.png", 3)
        library.index()
        assert kept(library) == 1
        library.index(previews=False)
        assert kept(library) == 0
        assert not previews_file(location).exists()


def test_deleted_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    picture(folder / "a.png", 1)
    location = tmp_path / "x.lookalike"
    with Library.open(location) as library:
        library.index(folder)
    previews_file(location).unlink()
    with Library.open(location) as library:
        assert kept(library) == 0
        hits = library.search(folder / "a.png").hits
        assert [hit.kind for hit in hits] == ["same-bytes"]


def test_in_memory(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 1)
    with Library.open(":memory:") as library:
        library.index(tmp_path)
        assert kept(library) == 1
    assert names(tmp_path) == ["a.png"]
