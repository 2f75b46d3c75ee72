"""A library that follows its folders."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import LibraryError, UsageError
from lookalike.library import Library, Watched
from lookalike.library.disk import is_network
from lookalike.library.local.connection import writer_lock
from lookalike.library.updating import Updating

pytestmark = pytest.mark.slow

PATIENCE = 60.0


class Following:
    """What a library says while it follows its folders; in a thread of its own."""

    def __init__(self, library: Library, *folders: Path, poll: float | None = None) -> None:
        self.stop = threading.Event()
        self.told: list[Watched] = []
        self.failure: BaseException | None = None
        events = library.watch(*folders, rest=0.6, poll=poll, stop=self.stop)
        self._thread = threading.Thread(target=self._listen, args=(events,))
        self._thread.start()
        self.until("indexed")

    def _listen(self, events: Iterator[Watched]) -> None:
        try:
            for happened in events:
                self.told.append(happened)
        except BaseException as error:
            self.failure = error

    def until(self, what: str, path: Path | str = "") -> Watched:
        """Wait for one thing that is said of a path."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._thread.is_alive():
            for happened in list(self.told):
                if (happened.what, happened.path) == (what, str(path)):
                    return happened
            time.sleep(0.05)
        raise AssertionError(f"{what} of {path} was not said, but {self.told}") from self.failure

    def end(self) -> None:
        self.stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "l.lookalike") as opened:
        yield opened


@pytest.fixture
def following(library: Library, photos: Path) -> Iterator[Following]:
    one = Following(library, photos)
    yield one
    one.end()


def copy_of(happened: Watched) -> tuple[str, str]:
    assert happened.match is not None
    return happened.match.kind, Path(happened.match.path).name


def halved(source: Path, target: Path) -> None:
    with Image.open(source) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(target, quality=85)


def test_copies_are_told_and_of_what(following: Following, library: Library, photos: Path) -> None:
    (indexed,) = following.told
    assert indexed.report is not None
    assert indexed.report.added == 8
    shutil.copy(photos / "coins.jpg", photos / "again.jpg")
    halved(photos / "chelsea.jpg", photos / "small.jpg")
    with Image.open(photos / "coffee.jpg") as picture:
        picture.save(photos / "coffee.png")
        picture.crop((100, 60, 500, 360)).save(photos / "detail.png")
    assert copy_of(following.until("copy", photos / "again.jpg")) == ("same-bytes", "coins.jpg")
    small = following.until("copy", photos / "small.jpg")
    assert copy_of(small) == ("edited", "chelsea.jpg")
    assert small.match is not None
    assert [(e.name, e.factor) for e in small.match.edits if e.name == "resize"] == [
        ("resize", pytest.approx(0.5, abs=0.01))
    ]
    assert copy_of(following.until("copy", photos / "coffee.png")) == ("same-pixels", "coffee.jpg")
    assert copy_of(following.until("copy", photos / "detail.png"))[0] == "part"
    # Of a picture that is in twice neither the first nor a later look says it again.
    assert [h.path for h in following.told if h.what == "copy"].count(
        str(photos / "again.jpg")
    ) == 1
    assert library.pictures.count() == 12


def test_of_two_copies_that_come_at_once_the_first_is_new(
    following: Following, photos: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    with Image.open(photos / "rocket.jpg") as picture:
        picture.rotate(23).crop((200, 120, 420, 300)).save(whole / "a.jpg", quality=92)
    shutil.copy(whole / "a.jpg", whole / "b.jpg")
    Image.effect_noise((200, 160), 90).save(whole / "c.png")
    whole.rename(photos / "whole")  # of which the system tells the folder alone
    following.until("new", photos / "whole" / "c.png")
    assert copy_of(following.until("copy", photos / "whole" / "b.jpg")) == ("same-bytes", "a.jpg")
    first = [h for h in following.told if h.path == str(photos / "whole" / "a.jpg")]
    assert all(h.match is None or Path(h.match.path).name != "b.jpg" for h in first)


def test_files_that_move_go_and_come_back(following: Following, photos: Path) -> None:
    (photos / "coins.jpg").rename(photos / "money.jpg")
    assert following.until("moved", photos / "money.jpg").source == str(photos / "coins.jpg")
    data = (photos / "grass.jpg").read_bytes()
    (photos / "grass.jpg").unlink()
    following.until("missing", photos / "grass.jpg")
    (photos / "grass.jpg").write_bytes(data)
    following.until("returned", photos / "grass.jpg")
    assert not [h for h in following.told if h.what in ("new", "copy")]


def test_a_file_is_read_when_it_is_whole(following: Following, photos: Path) -> None:
    data = (photos / "astronaut.jpg").read_bytes()
    with (photos / "slow.jpg").open("wb") as file:
        for at in range(0, len(data), len(data) // 8):
            file.write(data[at : at + len(data) // 8])
            file.flush()
            time.sleep(0.3)
            halved(photos / "coins.jpg", photos / "meanwhile.jpg")  # others go on coming
    slow = following.until("copy", photos / "slow.jpg")
    assert copy_of(slow) == ("same-bytes", "astronaut.jpg")
    assert not [h for h in following.told if h.what in ("unread", "unreadable")]


def test_what_can_not_be_read_is_told_once_with_its_reason(
    following: Following, photos: Path
) -> None:
    (photos / "junk.jpg").write_bytes(b"no picture at all")
    assert "not a picture" in following.until("unread", photos / "junk.jpg").reason
    halved(photos / "coins.jpg", photos / "coins.webp")
    following.until("copy", photos / "coins.webp")
    assert [h.what for h in following.told].count("unread") == 1


def test_what_indexing_leaves_out_is_left_out(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.index(photos, exclude=["drafts/", "*.png"])
    following = Following(library, photos)
    looks: list[object] = []
    real = Updating.index

    def counted(self: Updating, *given: object) -> object:
        looks.append(given)
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Updating, "index", counted)
    for folder in ("drafts", "@eaDir", ".hidden"):
        (photos / folder).mkdir()
        shutil.copy(photos / "coins.jpg", photos / folder / "x.jpg")
    halved(photos / "coins.jpg", photos / "x.png")
    halved(photos / "coins.jpg", photos / ".x.jpg")
    (photos / "notes.txt").write_text("notes")
    (photos / "notes.txt").unlink()
    time.sleep(2.5)
    assert looks == []
    shutil.copy(photos / "coins.jpg", photos / "y.jpg")
    following.until("copy", photos / "y.jpg")
    following.end()
    assert library.pictures.count() == 9


@pytest.mark.parametrize("poll", [None, 0.2])
def test_a_library_among_its_pictures_does_not_keep_itself_busy(
    photos: Path, poll: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    real = Updating.index

    def counted(self: Updating, *given: object) -> object:
        looks.append(given)
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Updating, "index", counted)
    with Library.open(photos / "l.lookalike") as library:
        following = Following(library, photos, poll=poll)
        if poll is not None:
            assert following.until("polling").reason == "as asked"
        shutil.copy(photos / "coins.jpg", photos / "y.jpg")
        following.until("copy", photos / "y.jpg")
        time.sleep(2.5)
        following.end()
        assert len(looks) == 2


def test_another_writer_is_waited_for(following: Following, library: Library, photos: Path) -> None:
    with writer_lock(library.path):
        shutil.copy(photos / "coins.jpg", photos / "y.jpg")
        assert "another process is writing" in following.until("busy").reason
        assert not [h for h in following.told if h.path]
    following.until("copy", photos / "y.jpg")


def test_all_known_folders_are_watched_where_none_is_named(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    library.index(photos, tmp_path / "more")
    following = Following(library)
    shutil.move(photos / "coins.jpg", tmp_path / "more" / "coins.jpg")
    moved = following.until("moved", tmp_path / "more" / "coins.jpg")
    assert moved.source == str(photos / "coins.jpg")
    following.end()


def test_network_drives_are_looked_through(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_network(photos)
    monkeypatch.setattr("lookalike.library.watching.is_network", lambda _folder: True)
    monkeypatch.setattr("lookalike.library.watching.POLL_SECONDS", 0.3)
    following = Following(library, photos)
    assert f"{photos} is on a network drive" in following.until("polling").reason
    shutil.copy(photos / "coins.jpg", photos / "y.jpg")
    following.until("copy", photos / "y.jpg")
    following.end()


def test_wrong_use_is_said_at_once_or_with_the_first_look(library: Library, photos: Path) -> None:
    with pytest.raises(UsageError, match="no folders yet"):
        library.watch()
    for wrong in (-1, True, "1", 1e9):
        with pytest.raises(UsageError, match="rest is 0 to 86400 seconds"):
            library.watch(photos, rest=wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"poll is 0\.1 to 86400 seconds, not 0"):
        library.watch(photos, poll=0)
    library.close()
    with pytest.raises(LibraryError):
        library.watch(photos)


def test_a_folder_that_is_gone_keeps_its_pictures(
    following: Following, library: Library, photos: Path, tmp_path: Path
) -> None:
    photos.rename(tmp_path / "unplugged")
    time.sleep(2.0)
    (tmp_path / "unplugged").rename(photos)
    halved(photos / "coins.jpg", photos / "y.jpg")
    following.until("copy", photos / "y.jpg")
    assert library.pictures.count() == 9
    assert not [h for h in following.told if h.what == "missing"]
    assert os.listdir(tmp_path)
