"""``lookalike watch``: a real process over a real folder."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lookalike.cli.watch import copy_words
from lookalike.match import Box, Match, NamedEdit
from lookalike.system.installing import install_command

Run = Callable[..., Any]
PATIENCE = 90.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")


class Process:
    """``lookalike watch`` as a process of its own, and the lines that it prints."""

    def __init__(self, *arguments: object, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lookalike", "watch", *map(str, arguments)],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._came: queue.Queue[str] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.lines)),
            threading.Thread(target=self._read, args=(self.process.stderr, self.errors)),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))
            self._came.put(line.rstrip("\n"))

    def until(self, begins: str) -> str:
        """Wait for a line, on standard output or standard error."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for line in [*self.lines, *self.errors]:
                if line.startswith(begins):
                    return line
            try:
                self._came.get(timeout=0.2)
            except queue.Empty:
                if self.process.poll() is not None:
                    break
        raise AssertionError(f"{begins!r} was not printed, but {self.lines} and {self.errors}")

    def interrupt(self) -> int:
        """Press Ctrl-C, and wait for the end."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join()
        return code


@pytest.fixture
def watching(run: Run, photos: Path, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start the command in ``tmp_path``, with the library of ``run``; the photos are old."""
    for photo in photos.iterdir():
        os.utime(photo, (1.5e9, 1.5e9))
    started: list[Process] = []

    def start(*arguments: object) -> Process:
        started.append(Process(*arguments, cwd=tmp_path))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        for stream in (one.process.stdout, one.process.stderr):
            assert stream is not None
            stream.close()


def halved(source: Path, target: Path) -> None:
    with Image.open(source) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(target, quality=85)


def test_copies_are_told_as_they_come_and_ctrl_c_loses_nothing(
    run: Run, photos: Path, watching: Callable[..., Process]
) -> None:
    process = watching("photos")
    assert process.until("indexed: ") == "indexed: 8 pictures, 8 of them new"
    process.until("lookalike: watching; Ctrl-C ends it")
    halved(photos / "chelsea.jpg", photos / "small.jpg")
    assert process.until("copy: ") == (
        f"copy: {photos / 'small.jpg'} is edited of {photos / 'chelsea.jpg'} (50 % of the size)"
    )
    (photos / "small.jpg").rename(photos / "little.jpg")
    process.until(f"moved: {photos / 'small.jpg'} -> {photos / 'little.jpg'}")
    Image.effect_noise((200, 160), 90).save(photos / "noise.png")
    process.until(f"new: {photos / 'noise.png'}")
    (photos / "little.jpg").unlink()
    process.until(f"missing: {photos / 'little.jpg'}")
    (photos / "junk.jpg").write_bytes(b"no picture")
    assert "not a picture" in process.until(f"can't be read: {photos / 'junk.jpg'}: ")
    assert process.interrupt() == 0
    # All of it is in the library: another run finds nothing to do.
    done = run("index", "--json")
    assert (done.json["unchanged"], done.json["added"], done.json["updated"]) == (9, 0, 0)


def test_ctrl_c_in_the_first_look_keeps_what_was_done(
    run: Run, photos: Path, watching: Callable[..., Process]
) -> None:
    for number in range(60):
        with Image.open(photos / "coins.jpg") as picture:
            picture.rotate(number).save(photos / f"coins{number}.jpg")
    process = watching("photos")
    while not (photos.parent / "l.lookalike").exists():
        assert process.process.poll() is None
        time.sleep(0.05)
    time.sleep(1.0)
    assert process.interrupt() == 0
    assert "Traceback" not in "\n".join(process.errors)
    done = run("index", photos, "--json")
    assert done.json["added"] + done.json["unchanged"] == 68


def test_json_is_an_object_a_line(run: Run, photos: Path, watching: Callable[..., Process]) -> None:
    run("index", photos)
    process = watching("--json", "--poll", "0.3")
    process.until('{"event": "indexed"')
    shutil.copy(photos / "coins.jpg", photos / "again.jpg")
    process.until('{"event": "copy"')
    assert process.interrupt() == 0
    polling, indexed, copy = map(json.loads, process.lines)
    assert polling == {"event": "polling", "reason": "as asked"}
    assert indexed["report"]["unchanged"] == 8
    assert copy["path"] == str(photos / "again.jpg")
    assert (copy["of"]["kind"], copy["of"]["path"]) == ("same-bytes", str(photos / "coins.jpg"))
    (photos / "again.jpg").rename(photos / "moved.jpg")


@pytest.mark.skipif(sys.platform == "darwin", reason="names are Unicode there")
def test_names_that_are_not_utf8(photos: Path, watching: Callable[..., Process]) -> None:
    process = watching("photos")
    process.until("lookalike: watching")
    odd = os.fsdecode(os.fsencode(photos) + b"/\xff.jpg")
    shutil.copy(photos / "coins.jpg", odd)
    assert process.until("copy: ") == (
        f"copy: {json.dumps(odd)} is same-bytes of {photos / 'coins.jpg'}"
    )
    shutil.copy(photos / "coins.jpg", photos / "b.jpg")
    process.until(f"copy: {photos / 'b.jpg'} is same-bytes of ")
    assert process.interrupt() == 0


def test_wrong_use(run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("watch").code == 1  # there is no library yet
    for given in (["missing"], [photos, "--poll", "0"]):
        done = run("watch", *given)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    done = run("watch", photos)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"lookalike: watching takes watchfiles: {install_command('watch')}\n"


def match(**given: Any) -> Match:
    return Match(
        id=1, path="/p/old.jpg", code="pdq", distance=1, bits=256, similarity=None, width=1,
        height=1, **given,
    )  # fmt: skip


def test_what_is_said_of_a_copy() -> None:
    edits = (NamedEdit("resize", factor=0.4), NamedEdit("mirror"))
    assert copy_words(match(kind="edited", edits=edits)) == (
        "is edited of /p/old.jpg (40 % of the size, mirrored)"
    )
    inside, outside = Box("hit", (0.1, 0.1, 0.5, 0.5)), Box("query", (0.2, 0.2, 0.9, 0.9))
    assert copy_words(match(kind="part", boxes=(inside,))) == "is part of /p/old.jpg"
    assert copy_words(match(kind="part", boxes=(outside,))) == "holds /p/old.jpg"
    both = copy_words(match(kind="part", boxes=(inside, outside)))
    assert both == "shares a part with /p/old.jpg"
