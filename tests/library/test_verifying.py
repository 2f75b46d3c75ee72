"""What size and time don't tell: other bytes behind them, and files that bring up odd errors."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import EncoderMismatchError, UsageError
from lookalike.library import Library
from lookalike.library.verifying import Verifying
from lookalike.road import Road
from lookalike.sources.source import Found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "test.lookalike", workers=1) as library:
        yield library


def in_place(path: Path, data: bytes) -> None:
    """Write other bytes of the same number, at the same time of change."""
    status = path.stat()
    assert len(data) == status.st_size
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Four uncompressed pictures of the same size in bytes."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for n, colour in enumerate(("red", "green", "blue", "white")):
        image = Image.linear_gradient("L").convert("RGB")
        image.paste(colour, (10 * n, 20, 100, 60 + 20 * n))
        image.save(folder / f"{colour}.bmp")
    return folder


def test_a_silent_change_is_told_when_files_are_read(library: Library, scans: Path) -> None:
    library.index(scans)
    white = (scans / "white.bmp").read_bytes()
    in_place(scans / "red.bmp", white)  # known, of another file
    turned = bytearray((scans / "blue.bmp").read_bytes())
    turned[-30_000:] = bytes(30_000)
    in_place(scans / "blue.bmp", bytes(turned))  # not known
    in_place(scans / "green.bmp", b"XX" + (scans / "green.bmp").read_bytes()[2:])  # no picture
    report = library.index()
    assert (report.unchanged, report.changes) == (4, ())
    report = library.index(verify=True)
    assert (report.unchanged, report.updated, report.skipped + report.failed) == (1, 2, 1)
    assert [(c.what, Path(c.path).name) for c in report.changes] == [
        ("changed silently", "green.bmp"),
        ("changed silently", "blue.bmp"),
        ("changed silently", "red.bmp"),
    ]
    assert library.status().changes == report.changes
    hits = {Path(h.path).name for h in library.search(white).hits if h.kind == "same-bytes"}
    assert hits == {"red.bmp", "white.bmp"}
    # What was told once is known.
    report = library.index(verify=True)
    assert (report.unchanged, report.changes) == (3, ())
    # What holds no picture any more isn't taken for one when it comes back.
    (scans / "green.bmp").rename(scans.parent / "green.bmp")
    library.index()
    (scans.parent / "green.bmp").rename(scans / "green.bmp")
    report = library.index()
    assert (report.unchanged, report.skipped + report.failed) == (3, 1)


def test_reading_can_be_slow_and_stopped(library: Library, scans: Path) -> None:
    library.index(scans)
    size = (scans / "red.bmp").stat().st_size
    began = time.monotonic()
    assert library.index(verify=True, verify_rate=size * 10).unchanged == 4
    assert time.monotonic() - began >= 0.3  # three files' time before the fourth


@pytest.mark.parametrize("size", [2**40, 2**63 - 1])
def test_no_wait_is_longer_than_a_platform_takes(size: int) -> None:
    stop, waits = threading.Event(), list[float]()

    def wait(seconds: float | None = None) -> bool:
        assert seconds is not None
        waits.append(seconds)
        return len(waits) == 3

    stop.wait = wait  # type: ignore[method-assign]
    verifying = Verifying(1, stop)
    verifying.digest(Found("/nowhere", "nowhere", size, 0, 0, 0))
    verifying.digest(Found("/nowhere", "nowhere", size, 0, 0, 0))
    assert len(waits) == 3
    assert max(waits) <= 3600


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"verify_rate": 5}, "give verify=True"),
        ({"verify": True, "verify_rate": 0}, "1 or more, not 0"),
        ({"verify": True, "verify_rate": 1e-300}, "1 or more, not 1e-300"),
        ({"verify": True, "verify_rate": "fast"}, "not 'fast'"),
        ({"verify": True, "verify_rate": float("nan")}, "1 or more"),
        ({"verify": None}, "verify is True or False, not None"),
        ({"gone": "yes"}, "gone is True, False or None, not 'yes'"),
        ({"everything": 3}, "everything is True, False or None, not 3"),
    ],
)
def test_wrong_use(library: Library, scans: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        library.index(scans, **given)  # type: ignore[arg-type]
    assert library.status().folders == ()


def test_whatever_one_file_brings_up_is_its_own_line(
    library: Library, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded = Road.coded

    def odd(road: Road[int], picture: object, *rest: object) -> object:
        if getattr(picture, "width", 0) == 20:
            raise OverflowError("int too\nlarge to convert")
        return coded(road, picture, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Road, "coded", odd)
    Image.new("RGB", (20, 20), "pink").save(scans / "odd.bmp")
    report = library.index(scans)
    assert (report.added, report.failed) == (4, 1)
    (entry,) = library.status().ledger
    assert entry.reason == "unexpected OverflowError: int too large to convert"
    monkeypatch.undo()  # it may have been a fault of something else: it is tried again
    assert library.index().added == 1


def test_what_every_file_brings_up_is_no_file_s_fault(
    library: Library, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("no such device")

    monkeypatch.setattr(Road, "coded", broken)
    for n in range(30):
        Image.new("RGB", (20 + n, 20), "pink").save(scans / f"{n}.bmp")
    with pytest.raises(RuntimeError, match="no such device"):
        library.index(scans)

    def other(*_: object) -> object:
        raise EncoderMismatchError("of another version")

    monkeypatch.setattr(Road, "coded", other)
    with pytest.raises(EncoderMismatchError):
        library.index(scans)
