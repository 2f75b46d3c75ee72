"""What a search calls same-pixels holds of all that both files show, and holds both ways."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from deep_png import deep_png
from pictures import png_chunk, scene
from PIL import Image
from small_model import make_model

from lookalike.images.pool.pool import DecodePool
from lookalike.library import Library, sameness
from lookalike.road import Item

pillow_heif.register_heif_opener(thumbnails=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_model(tmp_path_factory.mktemp("model") / "small.onnx", 0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    return made


@pytest.fixture
def library(tmp_path: Path, model: str) -> Iterator[Library]:
    with Library.open(tmp_path / "l.lookalike", photo=model, workers=2) as library:
        yield library


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of which a digest was asked for."""
    asked: list[str] = []
    make = DecodePool.digest

    def counted(pool: DecodePool, file: Any, *rest: Any, **more: Any) -> Any:
        asked.append(os.path.basename(file.file) if isinstance(file.file, str) else "<bytes>")
        return make(pool, file, *rest, **more)

    monkeypatch.setattr(DecodePool, "digest", counted)
    return asked


def large(seed: int = 0, *, detail: int = 0) -> Image.Image:
    """A picture of which a JPEG is decoded at a half; ``detail`` is seen at full size only."""
    pixels = np.asarray(scene(1200, 1100)).astype(np.int16) * 3 // 4 + 32
    pixels += np.random.default_rng(seed).integers(-9, 10, (1, 1, 3), np.int16)
    if detail:
        pixels[::2, ::2] += detail
        pixels[1::2, 1::2] += detail
        pixels[::2, 1::2] -= detail
        pixels[1::2, ::2] -= detail
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image, comment: bytes = b"", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=97, subsampling=0, comment=comment, **options)
    return file.getvalue()


def save(frames: Sequence[Image.Image], path: Path, **options: Any) -> None:
    frames[0].save(path, save_all=len(frames) > 1, append_images=list(frames[1:]), **options)


def kinds(library: Library, picture: Any, **options: Any) -> dict[str, str]:
    found = library.search(picture, k=50, **options).hits
    return {Path(hit.path).name: hit.kind for hit in found if hit.member is None}


def alike(library: Library, folder: Path, one: str, other: str) -> bool:
    """Whether two files are said to show the same: so in both directions, and of nothing else."""
    there = kinds(library, folder / one)[other] == "same-pixels"
    back = kinds(library, folder / other)[one] == "same-pixels"
    assert there == back
    assert kinds(library, folder / one)[one] == "same-bytes"
    return there


def known(library: Path) -> list[bool]:
    with sqlite3.connect(library) as raw:
        rows = raw.execute("SELECT pixel_digest IS NOT NULL FROM contents ORDER BY id").fetchall()
    raw.close()
    return [bool(row[0]) for row in rows]


def forget(library: Path) -> None:
    """As a library of before is when it was brought to this version."""
    with sqlite3.connect(library) as raw:
        raw.execute("UPDATE contents SET pixel_digest = NULL")
    raw.close()


def test_large_photographs_that_differ_in_fine_detail(library: Library, folder: Path) -> None:
    one, other = large(detail=12), large(detail=-12)
    (folder / "one.jpg").write_bytes(jpeg(one))
    (folder / "copy.jpg").write_bytes(jpeg(one, b"another program's"))
    (folder / "other.jpg").write_bytes(jpeg(other))
    with Image.open(folder / "one.jpg") as decoded:
        decoded.save(folder / "one.png")
    halves = []
    for name in ("one.jpg", "other.jpg"):
        with Image.open(folder / name) as half:
            half.draft(None, (600, 550))
            halves.append(np.asarray(half).astype(int))
    assert abs(halves[0] - halves[1]).max() <= 2  # what the code's road sees of them
    library.index(folder)
    assert alike(library, folder, "one.jpg", "copy.jpg")
    assert alike(library, folder, "one.jpg", "one.png")
    assert alike(library, folder, "copy.jpg", "one.png")
    for name in ("one.jpg", "copy.jpg", "one.png"):
        assert not alike(library, folder, name, "other.jpg")
    assert kinds(library, folder / "one.jpg")["other.jpg"] == "edited"


def frames(*seeds: int) -> list[Image.Image]:
    return [scene(120 + 0 * seed, 90).rotate(20 * seed).convert("RGB") for seed in seeds]


ANIMATED: dict[str, dict[str, Any]] = {
    "a.gif": {},
    "a.png": {},
    "a.webp": {"lossless": True},
    "a.avif": {"quality": 100, "subsampling": "4:4:4"},
    "a.tif": {},
    "a.heic": {"quality": -1},
}


@pytest.mark.parametrize("name", ANIMATED)
def test_files_that_share_their_first_picture_only(
    library: Library, folder: Path, name: str
) -> None:
    made: dict[str, Any] = ANIMATED[name]
    kind = Path(name).suffix
    for file, seeds in (("one", (0, 1, 2)), ("two", (0, 1, 3)), ("three", (0, 2, 1))):
        save(frames(*seeds), folder / f"{file}{kind}", **made)
    save(frames(0, 1, 2), folder / f"copy{kind}", **made)
    save(frames(0), folder / f"still{kind}", **made)
    with (folder / f"copy{kind}").open("ab") as copy:
        copy.write(b"\0\0\0\x10freesome more")  # another file, to none that shows it
    library.index(folder)
    assert alike(library, folder, f"one{kind}", f"copy{kind}")
    for other in ("two", "three", "still"):
        assert not alike(library, folder, f"one{kind}", f"{other}{kind}")


def test_the_same_frames_in_another_format(library: Library, folder: Path) -> None:
    for name in ("a.png", "a.webp"):
        save(frames(0, 1, 2), folder / name, **ANIMATED[name], duration=100)
    # How long each frame stays is left out.
    save(frames(0, 1, 2), folder / "slow.webp", lossless=True, duration=900)
    # Pages of one file are the frames of another.
    save(frames(0, 1, 2), folder / "a.tif", compression="tiff_lzw")
    library.index(folder)
    for other in ("a.webp", "slow.webp", "a.tif"):
        assert alike(library, folder, "a.png", other)


def test_a_later_picture_is_compared_by_itself(library: Library, folder: Path) -> None:
    save(frames(0, 1, 2), folder / "all.tif")
    save(frames(1, 2, 0), folder / "turned.tif")
    frames(1)[0].save(folder / "second.png")
    frames(0)[0].save(folder / "first.png")
    library.index(folder, members=5)

    def found(picture: Any) -> set[tuple[str, str | None]]:
        hits = library.search(picture, k=20).hits
        return {(Path(h.path).name, h.member) for h in hits if h.kind == "same-pixels"}

    assert found(folder / "second.png") == {("all.tif", "page-2")}
    assert found(Item(folder / "all.tif", "page-2")) == {("second.png", None)}
    assert found(folder / "first.png") == {("turned.tif", "page-3")}
    assert found(Item(folder / "turned.tif", "page-3")) == {("first.png", None)}
    assert found(folder / "all.tif") == set()


def sign(shape: int, colour: int = 255) -> Image.Image:
    alpha = np.zeros((64, 64), np.uint8)
    alpha[8 * shape : 8 * shape + 20, 10:50] = 255
    grey = np.full((64, 64), colour, np.uint8)
    return Image.merge("RGBA", [Image.fromarray(c) for c in (grey, grey, grey, alpha)])


@pytest.mark.parametrize("kind", ["png", "webp", "tif", "gif", "heic", "avif"])
def test_signs_on_clear_ground(library: Library, folder: Path, kind: str) -> None:
    options: dict[str, Any] = {"webp": {"lossless": True}, "heic": {"quality": -1}}.get(kind, {})
    for name, shape in (("one", 0), ("two", 2), ("three", 4)):
        sign(shape).save(folder / f"{name}.{kind}", **options)
    save([sign(0)], folder / f"copy.{kind}", **options)
    with (folder / f"copy.{kind}").open("ab") as file:
        file.write(b"\0\0\0\x10freesome more")
    library.index(folder)
    assert alike(library, folder, f"one.{kind}", f"copy.{kind}")
    for other in ("two", "three"):
        assert kinds(library, folder / f"one.{kind}").get(f"{other}.{kind}") != "same-pixels"
        assert kinds(library, folder / f"{other}.{kind}").get(f"one.{kind}") != "same-pixels"


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits(library: Library, folder: Path, channels: int) -> None:
    shape = (90, 120) if channels == 1 else (90, 120, channels)
    labels = np.random.default_rng(0).integers(0, 200, shape).astype(np.uint16)
    wide = np.asarray(scene(120, 90)).astype(np.uint16)[..., :1].repeat(4, 2) * 256
    for name, values in (("labels", labels), ("wide", wide[..., :channels].reshape(shape))):
        changed = values.copy()
        changed.reshape(-1)[-1] += 1
        if channels in (2, 4):
            values[..., -1] |= 1
            changed[..., -1] |= 1
            changed[0, 0, 0] += 1
        (folder / f"{name}.png").write_bytes(deep_png(values))
        (folder / f"{name}-copy.png").write_bytes(deep_png(values, seed=1))
        (folder / f"{name}-other.png").write_bytes(deep_png(changed))
    library.index(folder)
    for name in ("labels", "wide"):
        assert alike(library, folder, f"{name}.png", f"{name}-copy.png")
        assert not alike(library, folder, f"{name}.png", f"{name}-other.png")


def test_it_is_made_once_and_kept(
    library: Library, folder: Path, tmp_path: Path, model: str, decodes: list[str]
) -> None:
    for name in ("a", "b", "c"):
        (folder / f"{name}.jpg").write_bytes(jpeg(large(), name.encode()))
    large(3).resize((1000, 1100)).save(folder / "other-size.jpg")
    library.index(folder)
    path = tmp_path / "l.lookalike"
    assert known(path) == [False] * 4
    assert decodes == []
    first = library.search(folder / "a.jpg", k=9).hits
    assert sorted(decodes) == ["a.jpg", "b.jpg", "c.jpg"]
    assert sum(known(path)) == 3
    decodes.clear()
    assert library.search(folder / "a.jpg", k=9).hits == first
    assert library.search((folder / "b.jpg").read_bytes(), k=9).hits[0].kind == "same-bytes"
    assert decodes == []
    with Library.open(path, photo=model, workers=1) as again:
        assert again.search(folder / "a.jpg", k=9).hits == first
        assert decodes == []
        # A question that isn't in the library costs its own, once.
        asked = jpeg(large(), b"new")
        for _ in range(2):
            found = kinds(again, asked)
            assert [found[f"{n}.jpg"] for n in "abc"] == ["same-pixels"] * 3
        assert decodes == ["<bytes>"]
    assert [match.kind for match in first[:3]] == ["same-bytes", "same-pixels", "same-pixels"]


def test_a_library_of_before(library: Library, folder: Path, tmp_path: Path, model: str) -> None:
    scene(120, 90).save(folder / "a.png")
    scene(120, 90).save(folder / "a.bmp")
    scene(121, 90).save(folder / "b.png")
    library.index(folder)
    path = tmp_path / "l.lookalike"
    assert known(path) == [True] * 3
    forget(path)
    for _ in range(2):
        with Library.open(path, photo=model, workers=1) as old:
            assert kinds(old, folder / "a.png")["a.bmp"] == "same-pixels"
            assert kinds(old, folder / "a.png")["b.png"] != "same-pixels"
    assert known(path) == [True, False, False]  # that of the question came with its codes


def test_what_can_not_be_reached_or_has_changed_is_edited(
    library: Library, folder: Path, tmp_path: Path, model: str
) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jpg").write_bytes(jpeg(large(), name.encode()))
    library.index(folder)
    away = tmp_path / "away.jpg"
    (folder / "b.jpg").rename(away)
    hit = library.search(folder / "a.jpg", k=2).hits[1]
    assert (Path(hit.path).name, hit.kind, hit.distance) == ("b.jpg", "edited", 0)
    # Another picture of the same size and time takes its place.
    status = away.stat()
    data = jpeg(large(detail=9), b"x")
    (folder / "b.jpg").write_bytes(data[: status.st_size].ljust(status.st_size, b"\0"))
    os.utime(folder / "b.jpg", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert kinds(library, folder / "a.jpg")["b.jpg"] == "edited"
    # It comes back: nothing of what was in the way is remembered.
    shutil.move(away, folder / "b.jpg")
    assert kinds(library, folder / "a.jpg")["b.jpg"] == "same-pixels"
    assert kinds(library, folder / "b.jpg")["a.jpg"] == "same-pixels"


def test_what_is_lost_is_not_known(library: Library, folder: Path) -> None:
    save([scene(64, 48)], folder / "whole.png")
    cut = (folder / "whole.png").read_bytes()
    cut = cut[: len(cut) * 4 // 5]
    (folder / "whole.png").unlink()
    at = cut.index(b"IDAT") - 4
    (folder / "a.png").write_bytes(cut)
    (folder / "b.png").write_bytes(cut[:at] + png_chunk(b"tEXt", b"Comment\0here") + cut[at:])
    assert library.index(folder).lossy == 2
    assert not alike(library, folder, "a.png", "b.png")


def test_what_can_not_be_told_is_asked_once(
    library: Library, folder: Path, decodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        save([large(), large(1)], folder / f"{name}.tif", description=name)
    with (folder / "b.tif").open("r+b") as file:  # its second page is damaged
        file.seek(-2_000_000, os.SEEK_END)
        file.truncate()
    library.index(folder)
    if len(library.pictures.page(9)) < 2:
        pytest.skip("a file with a damaged second page isn't read at all")
    for _ in range(2):
        assert kinds(library, folder / "a.tif")["b.tif"] == "edited"
    assert sorted(set(decodes)) == ["a.tif", "b.tif"]
    assert len(decodes) == 2


def test_a_library_that_can_not_be_written_to_answers_the_same(
    library: Library, folder: Path, tmp_path: Path, model: str, decodes: list[str]
) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jpg").write_bytes(jpeg(large(), name.encode()))
    library.index(folder)
    library.close()
    path = tmp_path / "l.lookalike"
    with Library.open(path, photo=model, workers=1, read_only=True) as reader:
        for _ in range(2):
            assert kinds(reader, folder / "a.jpg")["b.jpg"] == "same-pixels"
            assert kinds(reader, folder / "b.jpg")["a.jpg"] == "same-pixels"
    assert sorted(decodes) == ["a.jpg", "b.jpg"]
    assert known(path) == [False, False]


def test_while_somebody_else_writes(
    library: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jpg").write_bytes(jpeg(large(), name.encode()))
    library.index(folder)
    monkeypatch.setattr("lookalike.library.local.connection.BUSY_SECONDS", 0.1)
    with Library.open(tmp_path / "l.lookalike", workers=1) as reader:
        other = sqlite3.connect(tmp_path / "l.lookalike", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert kinds(reader, folder / "a.jpg")["b.jpg"] == "same-pixels"
        other.execute("ROLLBACK")
        other.close()
    assert known(tmp_path / "l.lookalike") == [False, False]


def test_in_memory(folder: Path, model: str, decodes: list[str]) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jpg").write_bytes(jpeg(large(), name.encode()))
    with Library.open(":memory:", photo=model, workers=1) as library:
        library.index(folder)
        assert alike(library, folder, "a.jpg", "b.jpg")
    assert sorted(decodes) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("code", ["pdq", "photo", "both"])
def test_by_whatever_code_it_is_asked(library: Library, folder: Path, code: str) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jpg").write_bytes(jpeg(large(), name.encode()))
    (folder / "c.jpg").write_bytes(jpeg(large(detail=9)))
    library.index(folder)
    found = kinds(library, folder / "a.jpg", code=code)
    assert found.get("b.jpg") == "same-pixels"
    assert found.get("c.jpg") != "same-pixels"


def test_pixels_in_memory_are_questions_too(library: Library, folder: Path) -> None:
    (folder / "a.jpg").write_bytes(jpeg(large()))
    library.index(folder)
    with Image.open(folder / "a.jpg") as image:
        assert kinds(library, image)["a.jpg"] == "same-pixels"
        pixels = np.asarray(image).copy()
    assert kinds(library, pixels)["a.jpg"] == "same-pixels"
    pixels[7, 7, 1] ^= 1
    assert kinds(library, pixels)["a.jpg"] == "edited"
    assert kinds(library, pixels / 256.0)["a.jpg"] == "edited"


def test_many_at_once_get_what_each_gets(library: Library, folder: Path) -> None:
    for n in range(3):
        (folder / f"{n}.jpg").write_bytes(jpeg(large(n), b"one"))
        (folder / f"{n}-copy.jpg").write_bytes(jpeg(large(n), b"two"))
    library.index(folder)
    paths = sorted(folder.iterdir())
    many = [found.hits for found in library.search_many(paths, k=20)]  # type: ignore[union-attr]
    assert many == [library.search(path, k=20).hits for path in paths]
    assert [sum(h.kind == "same-pixels" for h in hits) for hits in many] == [1] * 6


def test_the_work_of_one_search_is_bounded(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, decodes: list[str]
) -> None:
    for n in range(5):
        (folder / f"{n}.jpg").write_bytes(jpeg(large(), bytes([65 + n])))
    library.index(folder)
    monkeypatch.setattr(sameness, "SECONDS", 0.0)
    found = kinds(library, folder / "0.jpg")
    assert set(found.values()) == {"same-bytes", "edited"}
    assert decodes == []
    monkeypatch.undo()
    monkeypatch.setattr(sameness, "MOST_CONTENTS", 2)
    counts = []
    for _ in range(3):  # each search goes on from what the one before kept
        found = kinds(library, folder / "0.jpg")
        counts.append(sum(kind == "same-pixels" for kind in found.values()))
    assert counts == [2, 4, 4]


@pytest.mark.parametrize(
    ("name", "content", "same"),
    [(b"tEXt", b"Comment\0here", True), (b"gAMA", (100_000).to_bytes(4, "big"), False)],
)
def test_chunks_that_are_lost(
    library: Library, folder: Path, name: bytes, content: bytes, same: bool
) -> None:
    save([scene(64, 48)], folder / "whole.png")
    whole = (folder / "whole.png").read_bytes()
    at = whole.index(b"IDAT") - 4
    wrong = len(content).to_bytes(4, "big") + name + content + bytes(4)  # no such checksum
    (folder / "lost.png").write_bytes(whole[:at] + wrong + whole[at:])
    assert library.index(folder).lossy == 1
    assert alike(library, folder, "whole.png", "lost.png") is same
