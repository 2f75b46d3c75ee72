"""Why a picture gave no code, as its error says after the way from the child: with real files."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from formats.test_raw import dng
from pictures import FORMATS, encode, png_bomb, scene

from lookalike.errors import Cause, PictureError
from lookalike.images.files import digest
from lookalike.images.pool.child import default_command
from lookalike.images.pool.messages import pack_error, unpack_answer
from lookalike.images.pool.pool import DecodePool
from lookalike.images.reasons import cause_of
from lookalike.types import InputSpec, Limits

INPUTS = {"pdq": InputSpec(512, "within")}
FULL = {"full": InputSpec(4096, "within")}  # so that no decoder may make less of it
AWKWARD = [
    sys.executable,
    "-P",
    str(Path(__file__).parent / "pool" / "awkward_worker.py"),
    *sys.path,
]
# Root reads everything, but for one who has laid that down.
WEAK = ["--bounding-set", "--inh-caps"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="of Unix")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="of Linux")

# Shown as far as they go.
SHOWN_CUT = ("progressive JPEG", "animated PNG", "animated GIF")

Put = Callable[[Path], object]


def cause(
    file: Path | bytes, *, limits: Limits | None = None, command: list[str] | None = None
) -> tuple[Cause, str]:
    with (
        DecodePool(INPUTS, limits=limits, workers=1, command=command) as pool,
        pytest.raises(PictureError) as caught,
    ):
        pool.decode(file)
    assert "\n" not in str(caught.value)
    return caught.value.cause, str(caught.value)


def truncated(kind: str) -> Put:
    def put(path: Path) -> None:
        whole = encode(scene(256, 192), kind)
        path.write_bytes(whole[: len(whole) // 5])

    return put


def unchecked(path: Path) -> None:
    data = bytearray(encode(scene(64, 48), "PNG"))
    data[29] ^= 255
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("put", "expected"),
    [
        *((truncated(kind), "file") for kind in FORMATS if kind not in SHOWN_CUT),
        (unchecked, "file"),
        (lambda path: path.write_bytes(b""), "file"),
        (lambda path: path.write_bytes(b"a letter"), "file"),
        (lambda path: path.mkdir(), "file"),
        (lambda path: path.write_bytes(png_bomb(50_000, 50_000)), "limit"),
        (lambda path: None, "access"),
        pytest.param(lambda path: os.mkfifo(path), "file", marks=POSIX),
        pytest.param(lambda path: path.symlink_to(path), "access", marks=POSIX),
        # A regular file that can be opened, and gives an input/output error.
        pytest.param(lambda path: path.symlink_to("/proc/self/mem"), "access", marks=LINUX),
    ],
)
def test_of_files(put: Put, expected: Cause, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    put(path)
    assert cause(path)[0] == expected


@POSIX
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(encode(scene(64, 48), "PNG"))
    path.chmod(0)
    command = default_command()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root reads everything")
        rights = "-dac_override,-dac_read_search"
        command = ["setpriv", *(f"{option}={rights}" for option in WEAK), *command]
    else:
        with pytest.raises(PictureError) as caught:
            digest(str(path))
        assert caught.value.cause == "access"
    assert cause(path, command=command) == ("access", "can't be read: permission denied")


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(pixels=100), "limit"),
        (Limits(file_bytes=100), "limit"),
        pytest.param(Limits(memory_bytes=30_000_000), "memory", marks=LINUX),
    ],
)
def test_of_limits(limits: Limits, expected: Cause, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    data = png_bomb(8_000, 8_000)
    path.write_bytes(data)
    assert cause(path, limits=limits)[0] == expected
    assert cause(data, limits=limits)[0] == expected


@LINUX
@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "HEIF", "JPEG2000", "GIF", "TIFF"])
def test_the_lack_of_memory_by_any_decoder(kind: str) -> None:
    data = encode(scene(2000, 1500), kind)
    causes = []
    for memory in (20_000_000, 40_000_000, 60_000_000):
        with DecodePool(FULL, limits=Limits(memory_bytes=memory), workers=1) as pool:
            ((_, answer),) = pool.map([("", data)])
        if isinstance(answer, PictureError):
            causes.append(answer.cause)
    assert causes
    assert set(causes) == {"memory"}


@pytest.mark.parametrize(
    ("data", "expected", "told"),
    [
        (b"HANG", "time", "took more than 4 seconds"),
        (b"EXIT", "file", "crashed its decoder"),
        (b"ODD", "file", "RuntimeError"),
        (b"LIE", "file", "crashed its decoder"),
        pytest.param(b"SEGV", "file", "SIGSEGV", marks=POSIX),
        pytest.param(b"HOG", "memory", "needs more than", marks=LINUX),
        pytest.param(b"KILL", "memory", "SIGKILL.*where memory runs out", marks=POSIX),
        pytest.param(b"ABORT", "memory", "SIGABRT.*where memory runs out", marks=POSIX),
        pytest.param(b"ALARM", "time", "SIGALRM", marks=POSIX),
    ],
)
def test_of_decoders(data: bytes, expected: Cause, told: str) -> None:
    limits = Limits(seconds=4, memory_bytes=150_000_000)
    found, reason = cause(data, limits=limits, command=AWKWARD)
    assert found == expected
    assert re.search(told, reason)


@pytest.mark.parametrize(
    ("module", "data"),
    [
        ("rawpy", dng(encode(scene(160, 120), "JPEG"), (160, 120))),
        ("pillow_heif", encode(scene(64, 48), "HEIF")),
    ],
)
def test_what_is_not_installed(module: str, data: bytes) -> None:
    command = default_command()
    at = command.index("-c") + 1
    command[at] = f"import sys; sys.modules[{module!r}] = None; {command[at]}"
    assert cause(data, command=command)[0] == "extra"


def test_no_cause_is_taken_on_trust() -> None:
    packed = pack_error(PictureError("x", cause="time"))
    answer = unpack_answer({**packed, "status": "failed"}, bytearray(), INPUTS)
    assert isinstance(answer, PictureError)
    assert answer.cause == "time"
    with pytest.raises(ValueError, match="not an answer"):
        unpack_answer({**packed, "cause": "the moon"}, bytearray(), INPUTS)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), "memory"),
        (OSError(12, "Cannot allocate memory"), "memory"),
        (ValueError("Failed to decode frame 0: Out of memory"), "memory"),
        (PermissionError(13, "Permission denied"), "access"),
        (OSError(5, "Input/output error"), "access"),
        (OSError("broken data stream"), "file"),
        (ValueError("odd"), "file"),
    ],
)
def test_of_what_is_raised(error: Exception, expected: Cause) -> None:
    assert cause_of(error) == expected
