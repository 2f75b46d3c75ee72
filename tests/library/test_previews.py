"""Previews beside a library: kept, found, forgotten with what they show, and never in the way."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.images.preview import pixels_of
from lookalike.library import Library
from lookalike.library.previews import Previews, previews_file
from lookalike.library.records import ContentKey

SECRET = b"a preview that must go " * 40


def key(number: int, member: str = "") -> ContentKey:
    return ContentKey(hashlib.sha256(number.to_bytes(4)).digest(), member)


def picture(path: Path, seed: int) -> Path:
    noise = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), np.uint8)
    Image.fromarray(noise).resize((360, 240), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.lookalike-previews"


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("where", ["file", "memory"])
def test_what_is_kept_is_found(file: Path, where: str) -> None:
    previews = Previews(file if where == "file" else None)
    assert previews.get([key(1)]) == {}
    previews.put({key(1): b"one", key(1, "page-2"): b"two", key(3): b"three"})
    previews.put_features({key(3): b"features", key(4): b"of nothing"})
    found = previews.get([key(3), key(1), key(1), key(9)])
    assert found == {key(1): (b"one", None), key(3): (b"three", b"features")}
    assert previews.get([key(1, "page-2")]) == {key(1, "page-2"): (b"two", None)}
    assert previews.count() == (3, 1)
    assert previews.size > 0
    previews.put({key(3): b"another"})
    assert previews.get([key(3)]) == {key(3): (b"three", b"features")}
    previews.drop([key(3), key(8)])
    assert previews.count() == (2, 0)
    previews.close()
    assert previews.get([key(1)]) == {}
    assert Previews(file).count() == ((2, 0) if where == "file" else (0, 0))


def test_many_keys_at_once(file: Path) -> None:
    previews = Previews(file)
    all_of_them = {
        ContentKey(hashlib.sha256(i.to_bytes(4)).digest()): i.to_bytes(4) for i in range(1500)
    }
    previews.put(all_of_them)
    found = previews.get(all_of_them)
    assert {k: preview for k, (preview, _) in found.items()} == all_of_them


def test_nothing_is_made_for_reading(file: Path) -> None:
    previews = Previews(file, read_only=True)
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {}
    assert not file.exists()
    Previews(file).put({key(1): b"one"})
    assert Previews(file, read_only=True).get([key(1)]) == {key(1): (b"one", None)}


@pytest.mark.parametrize(
    "bytes_", [b"no database", b"SQLite format 3\0" + b"x" * 5000, b"", b"\0" * 9000]
)
def test_a_damaged_file_is_made_anew(file: Path, bytes_: bytes) -> None:
    file.write_bytes(bytes_)
    previews = Previews(file)
    assert previews.get([key(1)]) == {}
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {key(1): (b"one", None)}


def test_damage_inside_is_no_error(file: Path) -> None:
    previews = Previews(file)
    previews.put({key(i): os.urandom(3000) for i in range(50)})
    previews.close()
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)
    previews = Previews(file)
    previews.get([key(i) for i in range(50)])
    previews.put({key(1): b"one"})
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {key(1): (b"one", None)}


def test_another_programs_database_is_replaced(file: Path) -> None:
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE previews (id)")
    other.close()
    previews = Previews(file)
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {key(1): (b"one", None)}


def test_no_more_than_the_limit(file: Path) -> None:
    previews = Previews(file, limit=300_000)
    for i in range(100):
        previews.put({key(i): os.urandom(10_000)})
    kept, _ = previews.count()
    assert 20 < kept < 35
    previews.put_features({key(i): os.urandom(10_000) for i in range(20)})
    assert previews.count() == (kept, 0)
    previews.close()  # brings its log into it
    assert file.stat().st_size < 400_000


def test_what_is_forgotten_leaves_no_bytes(file: Path) -> None:
    previews = Previews(file)
    previews.put({key(1): SECRET, key(2): b"stays"})
    previews.drop([key(1)])
    for name in names(file.parent):
        assert SECRET[:23] not in (file.parent / name).read_bytes()
    assert previews.get([key(1), key(2)]) == {key(2): (b"stays", None)}


def test_pruning_asks_once_a_state(file: Path) -> None:
    previews = Previews(file)
    previews.put({key(i): b"x" for i in range(6)})
    asked: list[ContentKey] = []

    def known(keys: list[ContentKey]) -> list[int | None]:
        asked.extend(keys)
        return [None if k in (key(2), key(5)) else 1 for k in keys]

    previews.prune("first", known)  # type: ignore[arg-type]
    assert len(asked) == 6
    assert set(previews.get(key(i) for i in range(6))) == {key(0), key(1), key(3), key(4)}
    previews.prune("first", known)  # type: ignore[arg-type]
    assert len(asked) == 6
    previews.prune("second", known)  # type: ignore[arg-type]
    assert len(asked) == 10


def test_threads_and_processes_share_it(file: Path) -> None:
    first, second = Previews(file), Previews(file)

    def write(previews: Previews, start: int) -> None:
        for i in range(start, start + 40):
            previews.put({key(i): bytes([i]) * 500})
            previews.get([key(max(i - 1, 0))])

    threads = [
        threading.Thread(target=write, args=(previews, start))
        for previews, start in ((first, 0), (second, 40), (first, 80), (second, 120))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.count() == (160, 0)
    assert second.get([key(7)]) == {key(7): (bytes([7]) * 500, None)}


# In a library


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
