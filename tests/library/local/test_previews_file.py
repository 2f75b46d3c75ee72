"""Previews in a file: kept, found, forgotten without a trace, and never in the way."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from lookalike.library.local.previews import PreviewsFile
from lookalike.library.records import ContentKey

SECRET = b"a preview that must go " * 40


def key(number: int, member: str = "") -> ContentKey:
    return ContentKey(hashlib.sha256(number.to_bytes(4)).digest(), member)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.lookalike-previews"


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("where", ["file", "memory"])
def test_what_is_kept_is_found(file: Path, where: str) -> None:
    previews = PreviewsFile(file if where == "file" else None)
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
    assert PreviewsFile(file).count() == ((2, 0) if where == "file" else (0, 0))


def test_many_keys_at_once(file: Path) -> None:
    previews = PreviewsFile(file)
    all_of_them = {
        ContentKey(hashlib.sha256(i.to_bytes(4)).digest()): i.to_bytes(4) for i in range(1500)
    }
    previews.put(all_of_them)
    found = previews.get(all_of_them)
    assert {k: preview for k, (preview, _) in found.items()} == all_of_them


def test_nothing_is_made_for_reading(file: Path) -> None:
    previews = PreviewsFile(file, read_only=True)
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {}
    assert not file.exists()
    PreviewsFile(file).put({key(1): b"one"})
    assert PreviewsFile(file, read_only=True).get([key(1)]) == {key(1): (b"one", None)}


@pytest.mark.parametrize(
    "bytes_", [b"no database", b"SQLite format 3\0" + b"x" * 5000, b"", b"\0" * 9000]
)
def test_a_damaged_file_is_made_anew(file: Path, bytes_: bytes) -> None:
    file.write_bytes(bytes_)
    previews = PreviewsFile(file)
    assert previews.get([key(1)]) == {}
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {key(1): (b"one", None)}


def test_damage_inside_is_no_error(file: Path) -> None:
    previews = PreviewsFile(file)
    previews.put({key(i): os.urandom(3000) for i in range(50)})
    previews.close()
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)
    previews = PreviewsFile(file)
    previews.get([key(i) for i in range(50)])
    previews.put({key(1): b"one"})
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {key(1): (b"one", None)}


def test_another_programs_database_is_replaced(file: Path) -> None:
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE previews (id)")
    other.close()
    previews = PreviewsFile(file)
    previews.put({key(1): b"one"})
    assert previews.get([key(1)]) == {key(1): (b"one", None)}


def test_no_more_than_the_limit(file: Path) -> None:
    previews = PreviewsFile(file, limit=300_000)
    for i in range(100):
        previews.put({key(i): os.urandom(10_000)})
    kept, _ = previews.count()
    assert 20 < kept < 35
    previews.put_features({key(i): os.urandom(10_000) for i in range(20)})
    assert previews.count() == (kept, 0)
    previews.close()  # brings its log into it
    assert file.stat().st_size < 400_000


def test_what_is_forgotten_leaves_no_bytes(file: Path) -> None:
    previews = PreviewsFile(file)
    previews.put({key(1): SECRET, key(2): b"stays"})
    previews.drop([key(1)])
    for name in names(file.parent):
        assert SECRET[:23] not in (file.parent / name).read_bytes()
    assert previews.get([key(1), key(2)]) == {key(2): (b"stays", None)}


def test_pruning_asks_once_a_state(file: Path) -> None:
    previews = PreviewsFile(file)
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
    first, second = PreviewsFile(file), PreviewsFile(file)

    def write(previews: PreviewsFile, start: int) -> None:
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


def test_many_may_begin_it_together(file: Path) -> None:
    """One found the file half made, took it for one of another version, and deleted it."""
    for begun in range(20):
        path = file.with_name(f"{begun}.lookalike-previews")
        together = [PreviewsFile(path) for _ in range(4)]
        barrier = threading.Barrier(4)

        def write(number: int, barrier: threading.Barrier, previews: PreviewsFile) -> None:
            barrier.wait()
            previews.put({key(number): b"x" * 100})

        threads = [
            threading.Thread(target=write, args=(number, barrier, previews))
            for number, previews in enumerate(together)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {previews.count() for previews in together} == {(4, 0)}


def test_what_another_process_made_anew_is_read(file: Path) -> None:
    first, second = PreviewsFile(file), PreviewsFile(file)
    first.put({key(1): b"one"})
    assert second.count() == (1, 0)
    second.clear()
    second.put({key(2): b"two"})
    assert set(first.get([key(1), key(2)])) == {key(2)}
    first.put({key(3): b"three"})
    assert second.count() == (2, 0)


def test_one_of_another_version_is_made_anew_in_its_place(file: Path) -> None:
    PreviewsFile(file).put({key(1): b"one"})
    reader = PreviewsFile(file)
    assert reader.count() == (1, 0)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    later = PreviewsFile(file)
    later.put({key(2): b"two"})
    assert later.count() == reader.count() == (1, 0)
