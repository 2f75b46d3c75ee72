"""The whole of a library on real picture files: index, search, change, move, delete, remove."""

from __future__ import annotations

import math
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_view import contract_of
from PIL import Image, ImageOps

from lookalike.errors import (
    LibraryClosedError,
    LibraryDamagedError,
    LibraryError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    PictureFailed,
    UsageError,
)
from lookalike.library import IndexReport, Library, Progress, mapped_engine
from lookalike.library.local.connection import writer_lock


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "test.lookalike") as library:
        yield library


def counts(report: IndexReport) -> dict[str, int]:
    """The counts that aren't zero."""
    names = ("added", "updated", "moved", "replaced", "unchanged", "missing", "left_out")
    names += ("skipped", "failed")
    return {name: n for name in names if (n := getattr(report, name))}


def names(library: Library, picture: Any, k: int = 10) -> list[str]:
    return [Path(hit.path).name for hit in library.search(picture, k).hits]


def later(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


def test_index_then_search(library: Library, photos: Path) -> None:
    report = library.index(photos)
    assert counts(report) == {"added": 8}
    assert report.pictures_per_second > 0
    for picture in sorted(photos.iterdir()):
        result = library.search(picture, k=3)
        assert result.exact
        assert len(result.hits) == 3
        first = result.hits[0]
        assert (first.path, first.kind, first.distance) == (str(picture), "same-bytes", 0)
        with Image.open(picture) as image:
            assert (first.width, first.height) == image.size
        assert [hit.kind for hit in result.hits[1:]] == ["alike", "alike"]
        assert len({hit.id for hit in result.hits}) == 3


def test_every_kind_of_query(library: Library, photos: Path) -> None:
    library.index(photos)
    path = photos / "coffee.jpg"
    with Image.open(path) as image:
        image.load()
        queries: list[Any] = [
            path,
            str(path),
            path.read_bytes(),
            image,
            np.asarray(image),
            np.asarray(image) / 255,
        ]
    kinds = [library.search(query, k=1).hits[0].kind for query in queries]
    assert kinds == ["same-bytes"] * 3 + ["same-pixels"] * 3
    assert [names(library, query, 1) for query in queries] == [["coffee.jpg"]] * 6


def test_kinds_of_matches(library: Library, photos: Path, tmp_path: Path) -> None:
    library.index(photos)
    with Image.open(photos / "astronaut.jpg") as image:
        image.load()
    image.save(tmp_path / "pixels.png")
    image.save(tmp_path / "edited.jpg", quality=30)
    ImageOps.mirror(image).save(tmp_path / "mirror.jpg")
    image.rotate(90, expand=True).save(tmp_path / "turned.webp")
    image.crop((100, 100, 400, 400)).save(tmp_path / "crop.jpg")
    found = {
        name: library.search(tmp_path / name, k=1).hits[0]
        for name in ("pixels.png", "edited.jpg", "mirror.jpg", "turned.webp", "crop.jpg")
    }
    assert {Path(hit.path).name for hit in found.values()} == {"astronaut.jpg"}
    assert [hit.kind for hit in found.values()] == [
        "same-pixels", "edited", "edited", "edited", "part",
    ]  # fmt: skip
    assert found["edited.jpg"].code == "pdq-area"
    assert found["edited.jpg"].distance <= 31
    assert found["edited.jpg"].bits == 256
    assert found["crop.jpg"].similarity is not None


def test_one_code_alone(library: Library, photos: Path) -> None:
    library.index(photos)
    with Image.open(photos / "rocket.jpg") as image:
        half = image.resize((image.width // 2, image.height // 2))
    pdq = library.search(half, k=8, code="pdq").hits
    photo = library.search(half, k=8, code="photo").hits
    assert {hit.code for hit in pdq} == {"pdq-area"}
    assert {hit.code for hit in photo} == {"photo-256"}
    assert pdq[0].kind == "edited"
    assert [Path(hits[0].path).name for hits in (pdq, photo)] == ["rocket.jpg"] * 2
    assert len(pdq) == len(photo) == 8
    assert [hit.distance for hit in pdq] == sorted(hit.distance for hit in pdq)
    assert photo[0].similarity == max(hit.similarity or -1 for hit in photo)


def test_copies_are_all_listed(library: Library, photos: Path) -> None:
    shutil.copy(photos / "coins.jpg", photos / "another.jpg")
    assert counts(library.index(photos)) == {"added": 9}
    assert library.status().distinct == 8
    hits = library.search(photos / "coins.jpg", k=2).hits
    assert [hit.kind for hit in hits] == ["same-bytes"] * 2
    assert {Path(hit.path).name for hit in hits} == {"coins.jpg", "another.jpg"}


def test_nothing_changed(library: Library, photos: Path) -> None:
    library.index(photos)
    with contract_of(library) as (store, _):
        stamp = store.stamp()
    assert counts(library.index()) == {"unchanged": 8}
    assert counts(library.index(photos)) == {"unchanged": 8}
    with contract_of(library) as (store, _):
        assert store.stamp() == stamp


def test_touched_changed_moved_deleted_and_returned(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    library.index(photos)
    ids = {Path(h.path).name: h.id for h in library.search(photos / "coins.jpg", 8).hits}

    later(photos / "grass.jpg")
    assert counts(library.index()) == {"unchanged": 8}

    (photos / "below").mkdir()
    (photos / "coffee.jpg").rename(photos / "below" / "tea.jpg")
    assert counts(library.index()) == {"moved": 1, "unchanged": 7}
    hit = library.search(photos / "below" / "tea.jpg", 1).hits[0]
    assert (Path(hit.path).name, hit.id) == ("tea.jpg", ids["coffee.jpg"])

    with Image.open(photos / "chelsea.jpg") as image:
        ImageOps.invert(image).save(photos / "chelsea.jpg")
    later(photos / "chelsea.jpg")
    assert counts(library.index()) == {"updated": 1, "unchanged": 7}
    hit = library.search(photos / "chelsea.jpg", 1).hits[0]
    assert (hit.kind, hit.id) == ("same-bytes", ids["chelsea.jpg"])

    away = tmp_path / "away.jpg"
    (photos / "rocket.jpg").rename(away)
    assert counts(library.index()) == {"missing": 1, "unchanged": 7}
    assert "rocket.jpg" not in names(library, away)
    assert library.status().missing == 1
    assert counts(library.index()) == {"unchanged": 7}
    away.rename(photos / "rocket.jpg")
    assert counts(library.index()) == {"unchanged": 8}
    hit = library.search(photos / "rocket.jpg", 1).hits[0]
    assert (hit.kind, hit.id) == ("same-bytes", ids["rocket.jpg"])


def test_a_file_that_breaks_and_is_mended(library: Library, photos: Path) -> None:
    library.index(photos)
    good = (photos / "camera.jpg").read_bytes()
    (photos / "camera.jpg").write_bytes(good[:2000])
    assert counts(library.index()) == {"unchanged": 7, "failed": 1}
    (entry,) = library.status().ledger
    assert (Path(entry.path).name, entry.status) == ("camera.jpg", "failed")
    assert "\n" not in entry.reason
    assert "camera.jpg" not in names(library, good)
    assert counts(library.index()) == {"unchanged": 7, "failed": 1}
    (photos / "camera.jpg").write_bytes(good)
    report = library.index()
    assert (counts(report), report.pictures_per_second) == ({"unchanged": 8}, 0)
    assert [change.what for change in report.changes] == ["returned"]
    assert library.status().ledger == ()
    (photos / "empty.jpg").write_bytes(b"")
    assert len(library.index().offline) == 0
    assert len(library.status().ledger) == 1
    (photos / "empty.jpg").unlink()
    library.index()
    assert library.status().ledger == ()


def test_several_folders_one_of_them_offline(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    (photos / "moon.jpg").write_bytes((photos / "coins.jpg").read_bytes()[:-2] + b"\xff\xd9")
    (photos / "rocket.jpg").rename(disk / "rocket.jpg")
    library.index(photos, disk)
    disk.rename(tmp_path / "unplugged")
    report = library.index()
    assert report.offline == (str(disk),)
    assert report.missing == 0
    assert [folder.online for folder in library.status().folders] == [False, True]
    assert "rocket.jpg" in names(library, tmp_path / "unplugged" / "rocket.jpg")
    (tmp_path / "unplugged").rename(disk)
    assert library.index().offline == ()


def test_folders_in_one_another(library: Library, photos: Path) -> None:
    inner = photos / "inner"
    inner.mkdir()
    (photos / "grass.jpg").rename(inner / "grass.jpg")
    assert counts(library.index(inner)) == {"added": 1}
    assert counts(library.index(photos)) == {"added": 7, "unchanged": 1}
    (inner / "grass.jpg").unlink()
    report = library.index(photos)
    assert (counts(report), report.unconfirmed) == ({"unchanged": 7}, (str(inner),))
    assert counts(library.index(photos, gone=True)) == {"missing": 1, "unchanged": 7}
    assert library.remove(inner) == 0
    assert library.status().pictures == 7


def test_excluded_files_leave(library: Library, photos: Path) -> None:
    library.index(photos)
    assert counts(library.index(photos, exclude=["c*.jpg"])) == {"left_out": 4, "unchanged": 4}
    assert library.status().folders[0].exclude == ("c*.jpg",)
    assert counts(library.index()) == {"unchanged": 4}
    assert counts(library.index(photos, exclude=[])) == {"unchanged": 8}


def test_remove_a_folder(library: Library, photos: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(photos, tmp_path / "other"))
    (other / "grass.jpg").unlink()
    library.index(photos, other)
    assert library.remove(photos) == 8
    assert library.status().pictures == 7
    assert "grass.jpg" not in names(library, photos / "grass.jpg")
    with pytest.raises(UsageError, match="not a folder of this library"):
        library.remove(photos)
    assert library.remove(other) == 7
    assert library.search(photos / "grass.jpg").hits == ()


def test_names_that_are_no_text(library: Library, photos: Path) -> None:
    odd = [
        b"\xff\xfe.jpg",
        b"new\nline.jpg",
        b"quote'\".jpg",
        "🐱.jpg".encode(),
        b"x" * 251 + b".jpg",
    ]
    folder = os.fsencode(photos)
    for i, name in enumerate(odd):
        with (
            open(os.path.join(folder, name), "wb") as file,
            Image.open(photos / "coffee.jpg") as im,
        ):
            im.rotate(i + 1).save(file, "JPEG")
    assert counts(library.index(photos)) == {"added": 8 + len(odd)}
    for name in odd:
        path = os.fsdecode(os.path.join(folder, name))
        hit = library.search(path, 1).hits[0]
        assert (os.fsencode(hit.path), hit.kind) == (os.fsencode(path), "same-bytes")


def test_stop_keeps_what_is_done_and_the_next_run_goes_on(
    library: Library, photos: Path, contents: Callable[..., Any], tmp_path: Path
) -> None:
    stop = threading.Event()
    for i in range(80):
        with Image.open(photos / "coffee.jpg") as image:
            image.crop((i, i, 200 + i, 200)).save(photos / f"part-{i:03}.jpg")
    seen: list[Progress] = []

    def progress(now: Progress) -> None:
        seen.append(now)
        if now.encoded >= 32:
            stop.set()

    report = library.index(photos, progress=progress, stop=stop)
    assert report.interrupted
    assert 32 <= report.added < 88
    assert report.missing == 0
    rest = library.index(photos)
    assert counts(rest) == {"added": 88 - report.added, "unchanged": report.added}
    with Library.open(tmp_path / "whole.lookalike") as whole:
        whole.index(photos)
    library.close()
    assert contents(library.path, ids=True) == contents(tmp_path / "whole.lookalike", ids=True)


def test_progress_knows_the_total(library: Library, photos: Path) -> None:
    seen: list[Progress] = []
    library.index(photos, progress=seen.append)
    assert (seen[-1].done, seen[-1].encoded, seen[-1].total) == (8, 8, 8)


def test_a_second_writer_is_refused_and_readers_are_not(library: Library, photos: Path) -> None:
    library.index(photos)
    with Library.open(library.path) as other, writer_lock(library.path):
        with pytest.raises(LibraryLockedError):
            other.index(photos)
        assert names(other, photos / "grass.jpg", 1) == ["grass.jpg"]
    assert counts(library.index()) == {"unchanged": 8}


def test_threads_share_a_library(library: Library, photos: Path, tmp_path: Path) -> None:
    library.index(photos)
    more = tmp_path / "more"
    more.mkdir()
    for i in range(40):
        with Image.open(photos / "gravel.jpg") as image:
            image.crop((i, 0, 200 + i, 300)).save(more / f"{i:02}.jpg")
    wrong: list[object] = []

    def ask() -> None:
        for name in ("coins.jpg", "chelsea.jpg", "rocket.jpg"):
            found = names(library, photos / name, 3)
            if found[:1] != [name]:
                wrong.append(found)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    library.index(more)
    for thread in threads:
        thread.join()
    assert wrong == []
    assert names(library, more / "07.jpg", 1) == ["07.jpg"]


def test_what_was_indexed_is_found_however_slow_the_tables_are(
    library: Library, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away.jpg"
    (photos / "gravel.jpg").rename(away)
    library.index(photos)
    library.search(photos / "coins.jpg", 1)
    more = tmp_path / "more"
    more.mkdir()
    shutil.copy(photos / "coins.jpg", more / "copy.jpg")
    (photos / "grass.jpg").rename(more / "moved.jpg")
    monkeypatch.setattr(
        mapped_engine, "REFRESH_SHARE", 1e-12
    )  # as if making the tables took so long
    library.index(more)
    assert set(names(library, photos / "coins.jpg", 2)) == {"coins.jpg", "copy.jpg"}
    assert names(library, more / "moved.jpg", 1) == ["moved.jpg"]
    # What somebody else writes may wait.
    with Library.open(library.path) as other:
        away.rename(more / "gravel.jpg")
        other.index()
        assert names(library, more / "gravel.jpg", 1) != ["gravel.jpg"]
        monkeypatch.undo()
        monkeypatch.setattr(mapped_engine, "REFRESH_SHARE", math.inf)
        assert names(library, more / "gravel.jpg", 1) == ["gravel.jpg"]


def test_a_reader_sees_what_another_process_adds(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "coins.jpg").rename(photos.parent / "coins.jpg")
    library.index(photos)
    with Library.open(library.path, read_only=True) as reader:
        assert "coins.jpg" not in names(reader, photos.parent / "coins.jpg")
        shutil.copy(photos.parent / "coins.jpg", photos)
        library.index()
        monkeypatch.setattr(mapped_engine, "REFRESH_SHARE", math.inf)
        assert names(reader, photos / "coins.jpg", 1) == ["coins.jpg"]


def test_wrong_use(library: Library, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folders yet"):
        library.index()
    with pytest.raises(UsageError, match="not a folder"):
        library.index(tmp_path / "nowhere")
    with pytest.raises(UsageError):
        library.index(photos, exclude=[""])
    assert library.status().folders == ()
    with pytest.raises(UsageError, match="from 1 to 10,000, not 0"):
        library.search(photos / "coins.jpg", k=0)
    with pytest.raises(UsageError, match="code is"):
        library.search(photos / "coins.jpg", code="md5")  # type: ignore[arg-type]
    with pytest.raises(PictureFailed):
        library.search(tmp_path / "nowhere.jpg")
    assert library.search(photos / "coins.jpg").hits == ()
    with pytest.raises(LibraryNotFoundError):
        Library.open(tmp_path / "none.lookalike", create=False)


def test_a_link_to_a_library_is_the_library(library: Library, photos: Path, tmp_path: Path) -> None:
    library.index(photos)
    (tmp_path / "sub").mkdir()
    link = tmp_path / "sub" / "link.lookalike"
    link.symlink_to(library.path)
    with Library.open(link) as other, writer_lock(library.path):
        assert other.path == library.path
        with pytest.raises(LibraryLockedError):
            other.remove(photos)
    assert list(link.parent.iterdir()) == [link]
    library.close()
    Library.delete(link)
    assert not library.path.exists()


def test_a_second_name_of_the_file_is_refused(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    """SQLite keeps its log by the name, so that two names would be two logs."""
    library.index(photos)
    library.close()
    os.link(library.path, tmp_path / "second.lookalike")
    with Library.open(tmp_path / "second.lookalike") as other:
        assert names(other, photos / "coins.jpg", 1) == ["coins.jpg"]
        with pytest.raises(LibraryError, match=r"2 names \(hard links\)"):
            other.index()


@pytest.mark.parametrize("away", ["deleted", "moved", "another"])
def test_what_goes_nowhere_is_told(
    library: Library, photos: Path, tmp_path: Path, away: str
) -> None:
    library.index(photos)
    shutil.copy(library.path, tmp_path / "copy")
    if away == "moved":
        library.path.rename(tmp_path / "moved")
    else:
        library.path.unlink()
    if away == "another":
        shutil.copy(tmp_path / "copy", library.path)
    for call in (library.index, library.reindex, lambda: library.remove(photos)):
        with pytest.raises(LibraryNotFoundError, match="deleted or moved away"):
            call()


def test_read_only(library: Library, photos: Path) -> None:
    library.index(photos)
    with Library.open(library.path, read_only=True) as reader:
        assert names(reader, photos / "coins.jpg", 1) == ["coins.jpg"]
        assert reader.status().read_only
        with pytest.raises(LibraryReadOnlyError):
            reader.index(photos)
        with pytest.raises(LibraryReadOnlyError):
            reader.remove(photos)


def test_closing_leaves_one_merged_file(library: Library, photos: Path) -> None:
    library.index(photos)
    assert Path(f"{library.path}-wal").stat().st_size == 0
    library.close()
    library.close()
    left = {p.name for p in library.path.parent.glob("test.lookalike*")}
    beside = {"test.lookalike-cache", "test.lookalike-previews", "test.lookalike.lock"}
    assert left <= {"test.lookalike", *beside}


def test_delete(library: Library, photos: Path, tmp_path: Path) -> None:
    library.index(photos)
    library.close()
    Library.delete(library.path)
    assert list(tmp_path.glob("test.lookalike*")) == []
    assert len(list(photos.iterdir())) == 8
    with pytest.raises(LibraryNotFoundError):
        Library.delete(library.path)
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with pytest.raises(LibraryDamagedError):
        Library.delete(precious)
    assert precious.read_text() == "mine"


def test_status(library: Library, photos: Path) -> None:
    (photos / "not.jpg").write_text("no picture")
    library.index(photos)
    status = library.status()
    assert (status.pictures, status.distinct, status.missing) == (8, 8, 0)
    assert [(c.name, c.bits, c.pictures, c.stale) for c in status.codes] == [
        ("pdq-area", 256, 8, 0),
        ("photo-256", 256, 8, 0),
    ]
    assert status.folders[0].pictures == 8
    assert [(Path(e.path).name, e.status) for e in status.ledger] == [("not.jpg", "skipped")]
    assert status.library_bytes > 0
    assert status.cache_bytes > 0


def test_a_closed_library_says_so(library: Library, photos: Path) -> None:
    library.index(photos)
    library.close()
    library.close()
    for call in (
        lambda: library.search(photos / "coins.jpg"),
        lambda: library.search_text("a cat"),
        lambda: library.index(photos),
        library.reindex,
        lambda: library.remove(photos),
        library.status,
        library.pictures.count,
    ):
        with pytest.raises(LibraryClosedError, match="was closed"):
            call()
