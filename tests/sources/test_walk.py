from __future__ import annotations

import hashlib
import os
import socket
import sys
from pathlib import Path

import pytest

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.sources.walk import Found, Unreadable, digest, walk

unix = pytest.mark.skipif(os.name == "nt", reason="needs a Unix file system")


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def found(folder: Path, **options: object) -> list[str]:
    return [f.relative for f in walk(folder, **options) if isinstance(f, Found)]  # type: ignore[arg-type]


def unreadable(folder: Path, **options: object) -> list[Unreadable]:
    return [f for f in walk(folder, **options) if isinstance(f, Unreadable)]  # type: ignore[arg-type]


def test_pictures_by_suffix_in_order(tmp_path: Path) -> None:
    for name in (
        "b.JPG",
        "a.png",
        "notes.txt",
        "none",
        "z.NEF",
        ".hidden.jpg",
        "._a.png",
        "c.jpg.txt",
    ):
        put(tmp_path / name)
    for name in ("sub/d.heic", "sub/deeper/e.tiff", ".git/f.jpg", "B/g.webp"):
        put(tmp_path / name)
    assert found(tmp_path) == [
        "a.png",
        "b.JPG",
        "z.NEF",
        "B/g.webp",
        "sub/d.heic",
        "sub/deeper/e.tiff",
    ]
    assert unreadable(tmp_path) == []


def test_a_record_says_what_stat_says(tmp_path: Path) -> None:
    path = put(tmp_path / "sub" / "a.jpg", b"12345")
    os.utime(path, ns=(1, 1_234_567_890_123_456_700))
    (record,) = walk(tmp_path)
    assert isinstance(record, Found)
    status = path.stat()
    assert record.path == str(path)
    assert (record.size, record.mtime_ns) == (5, status.st_mtime_ns)
    if os.name != "nt":
        assert (record.device, record.inode) == (status.st_dev, status.st_ino)


def test_a_file_gives_itself(tmp_path: Path) -> None:
    path = put(tmp_path / "scan")
    (record,) = walk(path)
    assert isinstance(record, Found)
    assert (record.path, record.relative) == (str(path), "scan")


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    (record,) = walk(tmp_path / "gone")
    assert isinstance(record, Unreadable)
    assert record.is_folder
    assert record.reason == "no such file or directory"


@unix
def test_names_of_all_kinds(tmp_path: Path) -> None:
    names = [
        b"new\nline.jpg",
        b"quote'\"`$(x).jpg",
        "emoji \U0001f600.jpg".encode(),
        b"latin \xe9\xff.jpg",
        b"x" * 251 + b".jpg",
        b" leading.jpg",
        b"-rf.jpg",
    ]
    made = []
    for name in names:
        try:
            with open(os.fsencode(tmp_path) + b"/" + name, "wb") as file:
                file.write(b"x")
        except OSError:  # macOS refuses what isn't UTF-8
            continue
        made.append(name)
    records = list(walk(tmp_path))
    assert [os.fsencode(r.relative) for r in records if isinstance(r, Found)] == sorted(made)
    for record in records:
        assert digest(record.path) == hashlib.sha256(b"x").digest()


@unix
def test_circles_of_links_end(tmp_path: Path) -> None:
    put(tmp_path / "a" / "one.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    assert found(tmp_path) == ["a/one.jpg"]
    (record,) = unreadable(tmp_path)
    assert (record.status, record.reason) == ("skipped", "a link that leads in a circle")


@unix
def test_links_to_elsewhere_are_followed_once(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    put(outside / "far.jpg")
    put(outside / "folder" / "two.jpg")
    put(inside / "here.jpg")
    put(inside / ".annex" / "blob.jpg")
    put(inside / "data.bin")
    (inside / "1.jpg").symlink_to(outside / "far.jpg")
    (inside / "2.jpg").symlink_to("here.jpg")
    (inside / "3.jpg").symlink_to(".annex/blob.jpg")
    (inside / "4.jpg").symlink_to("data.bin")
    (inside / "5.jpg").symlink_to("nowhere.jpg")
    (inside / "linked").symlink_to(outside / "folder")
    (inside / "again").symlink_to(outside / "folder")
    assert found(inside) == ["1.jpg", "3.jpg", "4.jpg", "here.jpg", "again/two.jpg"]
    assert found(inside, follow_links=False) == ["here.jpg"]
    (record,) = unreadable(inside)
    assert record.reason == "a link to what doesn't exist"
    assert unreadable(inside, exclude=["5.*"]) == []


@unix
def test_a_linked_root_is_walked(tmp_path: Path) -> None:
    put(tmp_path / "real" / "a.jpg")
    (tmp_path / "real" / "b.jpg").symlink_to("a.jpg")
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path / "link", follow_links=False) == ["a.jpg"]
    assert found(tmp_path / "link") == ["a.jpg"]


@unix
def test_what_is_no_file_is_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "null.jpg").symlink_to(os.devnull)
    (tmp_path / "folder.jpg").mkdir()
    reasons = {Path(r.path).name: (r.status, r.reason) for r in unreadable(tmp_path)}
    assert reasons == {
        "pipe.jpg": ("skipped", "not a regular file: a named pipe"),
        "null.jpg": ("skipped", "not a regular file: a character device"),
    }
    with pytest.raises(PictureSkipped, match="a named pipe"):
        digest(tmp_path / "pipe.jpg")  # type: ignore[arg-type]


@unix
def test_a_socket_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may be no longer than about 100 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jpg")
        (record,) = unreadable(tmp_path)
    assert record.reason == "not a regular file: a socket"


@unix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_reported(tmp_path: Path) -> None:
    put(tmp_path / "closed" / "a.jpg")
    put(tmp_path / "open.jpg")
    (tmp_path / "closed").chmod(0)
    try:
        assert found(tmp_path) == ["open.jpg"]
        (record,) = unreadable(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert record == Unreadable(str(tmp_path / "closed"), "permission denied", True, "failed")


@unix
def test_a_path_that_is_too_long_is_reported(tmp_path: Path) -> None:
    # A folder that can't be listed even by root: its path is longer than the system takes.
    deep = os.open(tmp_path, os.O_RDONLY)
    put(tmp_path / "a.jpg")
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=deep)
        deeper = os.open("d" * 250, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = deeper
    os.close(deep)
    assert found(tmp_path) == ["a.jpg"]
    (record,) = unreadable(tmp_path)
    assert record.is_folder
    assert record.status == "failed"
    assert record.reason == "file name too long"


def test_what_vanishes_on_the_way_is_passed_over(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "b/2.jpg", "c/3.jpg"):
        put(tmp_path / name)
    steps = walk(tmp_path)
    assert isinstance(next(steps), Found)
    (tmp_path / "b" / "2.jpg").unlink()
    (tmp_path / "b").rmdir()
    assert [r.relative for r in steps if isinstance(r, Found)] == ["c/3.jpg"]
    with pytest.raises(PictureFailed, match=r"^can't be read: no such file or directory$"):
        digest(str(tmp_path / "b" / "2.jpg"))


def test_deep_trees_need_no_recursion(tmp_path: Path) -> None:
    depth = 300 if sys.platform == "linux" else 40
    put(tmp_path.joinpath(*"a" * depth) / "x.jpg")
    assert len(found(tmp_path)) == 1


def test_excluded_folders_take_all_below_along(tmp_path: Path) -> None:
    for name in ("keep/a.jpg", "thumbs/b.jpg", "keep/thumbs/c.jpg", "keep/d.gif", "thumbs.jpg"):
        put(tmp_path / name)
    assert found(tmp_path, exclude=["thumbs/", "*.gif"]) == ["thumbs.jpg", "keep/a.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="of Unix")
def test_what_a_thing_that_cannot_be_taken_up_is_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "nowhere.jpg").symlink_to("/media/unplugged/a.jpg")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    told = {
        os.path.basename(entry.path): entry.cause
        for root in (tmp_path, tmp_path / "gone")
        for entry in walk(root)
        if isinstance(entry, Unreadable)
    }
    assert told == {
        "pipe.jpg": "file", "nowhere.jpg": "access", "circle.jpg": "access", "gone": "access",
    }  # fmt: skip
