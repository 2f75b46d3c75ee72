"""Hostile files: what can be read is indexed, the rest is in the ledger with its reason."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import psutil
import pytest
from contract_view import contract_of
from PIL import Image

from lookalike.library import Library

# Whole in the same process: parent, decoding children, and the encoders.
MOST_MEMORY = 1_610_612_736  # 1.5 GiB

FORMATS = {
    "jpg": ("JPEG", {}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {}),
    "gif": ("GIF", {}),
    "tiff": ("TIFF", {}),
    "bmp": ("BMP", {}),
    "avif": ("AVIF", {}),
    "heic": ("HEIF", {}),
    "jp2": ("JPEG2000", {}),
}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """A whole PNG of side x side black pixels, 1 bit each: some 300 kB for 50,000."""
    packer = zlib.compressobj(9)
    line = bytes(1 + -(-side // 8))
    data = b"".join(packer.compress(line * 100) for _ in range(side // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def endless_gif(picture: Image.Image, frames: int) -> bytes:
    """A GIF of very many frames that loops for ever and never ends."""
    file = io.BytesIO()
    small = picture.resize((200, 150)).quantize()
    small.save(file, "GIF", save_all=True, append_images=[small.rotate(1)], loop=0, duration=10)
    whole = file.getvalue()
    second = whole.index(b"\x21\xf9", whole.index(b"\x21\xf9") + 2)
    return whole[:second] + whole[second:-1] * frames  # no trailer


@pytest.fixture
def hostile(photos: Path) -> Path:
    """Readable files whose names begin with ``good``, and all others."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    folder = photos.parent / "hostile"
    folder.mkdir()
    with Image.open(photos / "coffee.jpg") as image:
        picture = image.convert("RGB").resize((320, 240))
    for ending, (name, options) in FORMATS.items():
        file = io.BytesIO()
        picture.save(file, name, **options)
        whole = file.getvalue()
        (folder / f"good.{ending}").write_bytes(whole)
        (folder / f"truncated.{ending}").write_bytes(whole[: len(whole) // 2])
        (folder / f"head.{ending}").write_bytes(whole[:24])
        (folder / f"zero.{ending}").write_bytes(b"")
        (folder / f"text.{ending}").write_text("This is no picture.\n" * 50)
    png = (folder / "good.png").read_bytes()
    at = png.index(b"IDAT") + 40
    (folder / "checksum.png").write_bytes(png[:at] + bytes([png[at] ^ 1]) + png[at + 1 :])
    (folder / "bomb.png").write_bytes(bomb(50_000))
    (folder / "good-endless.gif").write_bytes(endless_gif(picture, 2000))
    (folder / "._good.jpg").write_bytes(b"AppleDouble")
    (folder / "notes.txt").write_text("not looked at")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "fifo.jpg")
    names = [b"good\xff\xfe.jpg", b"good\nline.jpg", b'good\'"".jpg', "good🐱.jpg".encode()]
    names.append(b"good" + b"x" * 247 + b".jpg")
    for i, name in enumerate(names):
        file = io.BytesIO()
        picture.rotate(i * 3 + 3).save(file, "JPEG")
        try:
            with open(os.path.join(os.fsencode(folder), name), "wb") as out:
                out.write(file.getvalue())
        except OSError:
            continue  # this file system refuses the name
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    return folder


def test_what_can_be_read_is_indexed_and_the_rest_has_a_reason(
    hostile: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; from lookalike.library import Library\n"
        "with Library.open(sys.argv[1]) as library: print(library.index(sys.argv[2]))"
    )
    path = tmp_path / "hostile.lookalike"
    peak = 0
    with subprocess.Popen([sys.executable, "-c", script, str(path), str(hostile)]) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            total = 0
            try:
                for one in (watched, *watched.children(recursive=True)):
                    total += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            peak = max(peak, total)
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
    assert process.returncode == 0
    assert 0 < peak < MOST_MEMORY

    everything = [
        os.path.join(os.fsencode(hostile), name)
        for name in os.listdir(os.fsencode(hostile))
        if not name.startswith(b"._") and name not in (b"loop", b"notes.txt")
    ]
    good = {p for p in everything if os.path.basename(p).startswith(b"good")}
    with Library.open(path) as library:
        status = library.status()
        ledger = {os.fsencode(entry.path): entry for entry in status.ledger}
        with contract_of(library) as (store, _):
            found = {os.fsencode(f.path) for f in store.files_under(str(hostile))}
        # What is cut may be shown as far as it goes; that is noted.
        lossy = {os.fsencode(entry.path) for entry in status.losses}
        cut = (b"truncated.", b"good-endless")
        assert all(os.path.basename(path).startswith(cut) for path in lossy), lossy
        assert found == good | lossy
        assert set(ledger) == set(everything) - found
        assert all(e.reason and "\n" not in e.reason for e in ledger.values())
        kinds = {os.path.basename(os.fsdecode(p)): e.status for p, e in ledger.items()}
        assert kinds["bomb.png"] == "skipped"
        assert kinds["text.jpg"] == "skipped"
        assert kinds["checksum.png"] == "failed"
        assert kinds["truncated.jpg"] == "failed"
        # Everything is known by now: nothing is decoded again, and nothing is counted otherwise.
        again = library.index()
        assert (again.unchanged, again.added, again.updated) == (len(found), 0, 0)
        assert again.lossy == len(lossy)
        assert again.skipped + again.failed == len(ledger)
        assert again.pictures_per_second == 0


def test_a_folder_that_cant_be_read(photos: Path, tmp_path: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        pytest.skip("root can read every folder")
    shut = photos / "shut"
    shut.mkdir()
    (photos / "coins.jpg").rename(shut / "coins.jpg")
    with Library.open(tmp_path / "l.lookalike") as library:
        library.index(photos)
        shut.chmod(0)
        try:
            report = library.index()
            assert (report.missing, report.failed) == (0, 1)
            assert library.status().pictures == 8
        finally:
            shut.chmod(0o755)
        library.index()
        assert library.status().ledger == ()
