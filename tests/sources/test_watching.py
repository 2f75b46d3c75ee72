"""What happens in folders, as the system tells it."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import watchfiles

from lookalike.errors import MissingExtraError, UsageError
from lookalike.sources.watching import Happened, Watcher

PATIENCE = 30.0


class Listening:
    """A watcher's events, asked until something was heard."""

    def __init__(self, *folders: Path, poll: float | None = None) -> None:
        self.stop = threading.Event()
        self.watcher = Watcher([str(folder) for folder in folders], self.stop, poll=poll)
        self.events: Iterator[Happened] = iter(self.watcher)
        next(self.events)

    def until(self, heard: Callable[[Happened], bool]) -> Happened:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            happened = next(self.events)
            if heard(happened):
                return happened
        raise AssertionError("nothing was heard")

    def path(self, path: Path) -> None:
        self.until(lambda happened: str(path) in happened.paths)


@pytest.mark.parametrize("poll", [None, 0.1])
def test_files_that_come_change_and_go(tmp_path: Path, poll: float | None) -> None:
    folder = tmp_path / "photos"
    (folder / "2020").mkdir(parents=True)
    listening = Listening(folder, poll=poll)
    assert listening.watcher.polls == (poll is not None)
    file = folder / "2020" / "a.jpg"
    file.write_bytes(b"1")
    # That the folder was modified is not told.
    assert str(folder / "2020") not in listening.until(lambda h: str(file) in h.paths).paths
    file.write_bytes(b"22")
    # Looking tells times of change apart by the second only.
    os.utime(file, (time.time() + 5, time.time() + 5))
    listening.path(file)
    file.rename(folder / "b.jpg")
    listening.path(folder / "b.jpg")
    (folder / "b.jpg").unlink()
    listening.path(folder / "b.jpg")
    listening.stop.set()
    assert list(listening.events) == []


def test_a_folder_that_comes_back_is_heard_again(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    listening = Listening(folder)
    folder.rename(tmp_path / "unplugged")
    while folder in listening.watcher._there():
        next(listening.events)
    assert next(listening.events) == Happened(frozenset())
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"1")
    assert listening.until(lambda happened: happened.lost)
    (folder / "b.jpg").write_bytes(b"1")
    listening.path(folder / "b.jpg")


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are Unicode there")
def test_a_name_that_is_not_utf8_is_not_the_end(tmp_path: Path) -> None:
    listening = Listening(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).write_bytes(b"1")
    assert listening.until(lambda happened: happened.lost)
    (tmp_path / "a.jpg").write_bytes(b"1")
    listening.path(tmp_path / "a.jpg")
    with pytest.raises(UsageError, match="not UTF-8: rename it"):
        Watcher([os.fsdecode(b"/photos/\xff")], threading.Event())


def test_a_system_that_refuses_to_tell_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watchfiles.watch

    def refusing(*folders: str, force_polling: bool, **options: object) -> Iterator[object]:
        if not force_polling:
            raise OSError(errno.ENOSPC, "no more watches")
        return real(*folders, force_polling=True, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watchfiles, "watch", refusing)
    listening = Listening(tmp_path)
    assert listening.watcher.polls
    assert listening.watcher.why == os.strerror(errno.ENOSPC).lower()

    def refusing_all(*_folders: str, **_options: object) -> Iterator[object]:
        raise OSError(errno.EMFILE, "too many files")

    monkeypatch.setattr(watchfiles, "watch", refusing_all)
    with pytest.raises(UsageError, match="can't be watched: "):
        Listening(tmp_path)


def test_without_the_package_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(MissingExtraError, match=r"pip install '.+\[watch\]'"):
        Watcher([str(tmp_path)], threading.Event())
