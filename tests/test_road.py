"""One road: the same picture gets the same codes by whatever way it comes to be encoded."""

from __future__ import annotations

import importlib.util
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import hub_models
import numpy as np
import pytest
from contract_view import contract_of
from hypothesis import given
from hypothesis import strategies as st
from pictures import encode, scene
from PIL import Image

from lookalike.cli import main
from lookalike.datasets import Subset
from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder
from lookalike.encoders.perceptual import PDQ
from lookalike.errors import PictureError, PictureFailed, PictureSkipped, UsageError
from lookalike.evaluation.copy_peers import open_peers
from lookalike.evaluation.model_codes import open_maker
from lookalike.evaluation.selftest import find_originals, indexed
from lookalike.images.parts.nine import PARTS
from lookalike.library import Library
from lookalike.road import FULL_SIZE, Item, LazyEncoder, Made, Road, draw
from lookalike.types import Decoded, Encoder, InputSpec

# By slot.
CODES = {"pdq": registry.PERCEPTUAL, "photo": "photo"}


def _raw_module() -> ModuleType:
    """The tests of camera raw, which make such a file by hand."""
    (path,) = Path(__file__).parent.joinpath("images").rglob("test_raw.py")
    spec = importlib.util.spec_from_file_location("camera_raw_by_hand", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clear_png() -> bytes:
    """On clear ground, whose colour is black."""
    image = scene(300, 200).convert("RGBA")
    mask = Image.new("L", image.size)
    mask.paste(255, (60, 40, 240, 160))
    pixels = np.array(image)
    pixels[np.asarray(mask) == 0] = 0
    return encode(Image.fromarray(pixels), "PNG")


def cmyk_jpeg() -> bytes:
    return encode(scene(300, 200).convert("CMYK"), "JPEG")


def deep_tiff() -> bytes:
    values = np.asarray(scene(300, 200).convert("L")).astype(np.uint16) * 257
    return encode(Image.fromarray(values), "TIFF")


def turned_jpeg() -> bytes:
    """Larger than any encoder takes, so that it is decoded at a fraction of its size."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(scene(1600, 1200), "JPEG", exif=exif)


def heic() -> bytes:
    return encode(scene(300, 200), "HEIF")


def camera_raw() -> bytes:
    pytest.importorskip("rawpy", reason="the extra raw isn't installed")
    image = scene(1600, 1200)
    made = _raw_module().dng(encode(image, "JPEG", quality=92), image.size, 6)
    assert isinstance(made, bytes)
    return made


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "clear PNG": ("clear.png", clear_png),
    "CMYK JPEG": ("cmyk.jpg", cmyk_jpeg),
    "16-bit TIFF": ("deep.tif", deep_tiff),
    "turned JPEG": ("turned.jpg", turned_jpeg),
    "HEIC": ("shot.heic", heic),
    "camera raw": ("shot.dng", camera_raw),
}


@pytest.fixture(scope="module")
def encoders() -> dict[str, Encoder]:
    return {slot: registry.load(name) for slot, name in CODES.items()}


def rows(made: Made[str] | PictureError) -> dict[str, bytes]:
    assert isinstance(made, Made)
    return {key: found.code.tobytes() for key, found in made.codes.items()}


@pytest.mark.parametrize("kind", FILES)
def test_the_same_code_by_every_way(
    kind: str, tmp_path: Path, encoders: dict[str, Encoder]
) -> None:
    name, make = FILES[kind]
    folder = tmp_path / "p"
    folder.mkdir()
    path = folder / name
    path.write_bytes(make())
    # By an index.
    file = tmp_path / "l.lookalike"
    with Library.open(file) as library:
        assert library.index(folder).added == 1
        hit = library.search(path, k=1).hits[0]
        assert (hit.kind, hit.distance) == ("same-bytes", 0)
        with contract_of(library) as (store, _):
            expected = {
                row.slot: code.code for row in store.encoders() for code in store.codes(row.id)
            }
    assert set(expected) == set(CODES)
    # By path, by bytes with their name, and one encoder at a time.
    with Road(encoders) as road:
        assert rows(road.code(path)) == expected
        assert rows(road.code(Item(path.read_bytes(), name=name))) == expected
        ((key, made),) = road.codes([("one", str(path))])
        assert key == "one"
        assert rows(made) == expected
    for key, encoder in encoders.items():
        with Road({key: encoder}, workers=1) as road:
            assert rows(road.code(path)) == {key: expected[key]}
            question = road.question(path)
            asked = question.pdq if key == "pdq" else question.photo and question.photo.codes
            assert asked is not None
            assert expected[key] in [row.tobytes() for row in np.asarray(asked)]
    # By encode and by what evaluates.
    for key, code in CODES.items():
        out = tmp_path / f"{key}.npz"
        assert main(["encode", str(path), "--code", code, "--out", str(out)]) == 0
        with np.load(out) as written:
            assert written["codes"].tobytes() == expected[key]
        made_codes = open_maker(code).of(Subset((str(path),), None, (name,)))
        assert made_codes.codes.tobytes() == expected[key]


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "camera raw"])
def test_pixels_in_memory_get_the_code_of_their_file(
    kind: str, encoders: dict[str, Encoder]
) -> None:
    name, make = FILES[kind]
    data = make()
    with Image.open(io.BytesIO(data)) as image:
        image.load()
    if image.format == "JPEG" and image.width > 512:
        # Its file is decoded at a half; what is opened in memory has all its pixels.
        image = Image.open(io.BytesIO(data))
        image.draft(None, (512, 384))
    with Road(encoders) as road:
        by_file, by_image = road.code(Item(data, name=name)), road.code(image)
    assert rows(by_image) == rows(by_file)
    assert by_image.picture.content_digest != by_file.picture.content_digest


@pytest.mark.parametrize("kind", FILES)
def test_the_self_test_reads_what_is_indexed(kind: str, tmp_path: Path) -> None:
    """An untouched copy of what it reads is found by each code, at a distance of nothing much."""
    name, make = FILES[kind]
    (tmp_path / name).write_bytes(make())
    with Road({"pdq": PDQ()}) as road:
        indexed_code = road.code(tmp_path / name).codes["pdq"].code
        full = road.picture(tmp_path / name, more={"full": FULL_SIZE}).inputs["full"]
        again = road.code(full).codes["pdq"].code
    assert int(np.bitwise_count(indexed_code ^ again).sum()) <= 4
    if kind == "clear PNG":
        assert (full[0, 0] == 255).all()  # on white, as where it is indexed


def test_the_self_test_survives_camera_raw_and_damage(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rawpy", reason="the extra raw isn't installed")
    (photos / "shot.dng").write_bytes(camera_raw())
    (photos / "clear.png").write_bytes(clear_png())
    (photos / "broken.jpg").write_bytes(encode(scene(200, 100), "JPEG")[:2000])
    few = ["--pictures", "20", "--edit", "jpeg-20", "--edit", "collage-4", "--peers", "pdq-alone"]
    assert main(["benchmark", "edits", str(photos), *few]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "10 pictures, looked for among 10; recall at 1"
    row = next(line.split() for line in lines if line.startswith("jpeg-20"))
    assert row == ["jpeg-20", "1.000", "1.000", "1.000", "1.000"]


@pytest.mark.parametrize("peers", [(), ("pdq-alone",)])
def test_what_cant_be_read_any_more_is_left_out(photos: Path, peers: tuple[str, ...]) -> None:
    with indexed(photos) as (library, paths):
        gone = paths[2]
        Path(gone).write_bytes(b"\xff\xd8\xff\xe0 no more")
        found = find_originals(
            library,
            paths,
            queries=8,
            edits=["collage-4"],
            codes=["pdq"],
            peers=open_peers(peers)[0],
        )
    assert found.queries == 7
    assert [path for path, _ in found.unread] == [gone]
    assert "damaged JPEG" in found.unread[0][1]


def test_what_is_left_out_of_a_benchmark_is_said(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that is small enough to be indexed at a fraction, and too large for an edit."""

    def read(self: Road[str], item: object, **settings: object) -> Decoded:
        if str(item).endswith("coins.jpg") and settings.get("more"):
            raise PictureFailed("needs more than 5 bytes of memory")
        return usual(self, item, **settings)  # type: ignore[arg-type]

    usual = Road.picture
    monkeypatch.setattr(Road, "picture", read)
    few = ["--pictures", "8", "--edit", "grey", "--peers", "none", "--no-alarms", "--json"]
    assert main(["benchmark", "edits", str(photos), *few]) == 0
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert f"left out: {photos / 'coins.jpg'}: needs more than 5 bytes of memory" in lines
    told = json.loads(printed.out)
    assert told["queries"] == 7
    assert [Path(path).name for path, _ in told["unread"]] == ["coins.jpg"]


def test_an_encoder_is_loaded_once_and_only_when_needed(photos: Path) -> None:
    loaded: list[int] = []

    def load() -> Encoder:
        loaded.append(1)
        return PDQ()

    paths = sorted(photos.iterdir())
    with Road({"a": LazyEncoder(PDQ.input, load)}) as road:
        road.picture(paths[0])
        assert road.code(paths[0], lambda picture: []).codes == {}
        assert not loaded
        made = list(road.codes(zip(paths, paths, strict=True)))
        assert len(loaded) == 1
    assert [name for name, _ in made] == paths
    laps: list[str] = []
    with Road({"a": LazyEncoder(PDQ.input, load)}) as road:
        question = road.question(paths[0], lap=laps.append)
    assert len(loaded) == 2
    assert laps == ["decode"]
    assert question.photo is None
    assert question.pdq is not None
    assert len(question.pdq) % 8 == 0


def test_parts_are_encoded_with_their_picture(photos: Path, encoders: dict[str, Encoder]) -> None:
    path = photos / "coffee.jpg"
    with Road(encoders, parts=["photo"]) as road:
        made = road.code(path)
        question = road.question(path)
    assert made.picture.inputs == {}
    assert made.codes["pdq"].parts.shape == (0, 32)
    parts = made.codes["photo"].parts
    assert parts.shape == (len(PARTS), 32)
    assert question.parts is not None
    assert np.array_equal(question.parts.codes, parts)
    with Image.open(path) as image:
        width, height = image.size
        left, top, right, bottom = (
            round(share * side) for share, side in zip(PARTS[4], (width, height) * 2, strict=True)
        )
        part = image.crop((left, top, right, bottom))
        part.load()
    with Road({"photo": encoders["photo"]}) as road:
        assert road.code(part).codes["photo"].code.tobytes() == parts[4].tobytes()
    with pytest.raises(UsageError, match="no encoder 'other'"):
        Road(encoders, parts=["other"])


def test_files_come_in_order_with_their_errors(photos: Path) -> None:
    (photos / "b.jpg").write_bytes(b"no picture")
    paths = sorted(photos.iterdir())
    with Road({"pdq": PDQ()}) as road:
        made = dict(road.codes(enumerate(paths)))
        assert list(made) == list(range(len(paths)))
        assert isinstance(made[paths.index(photos / "b.jpg")], PictureSkipped)
        # One that stops early leaves nothing running.
        for number, _ in road.codes(enumerate(paths)):
            assert number == 0
            break
    assert not [t for t in threading.enumerate() if t.name.startswith("lookalike-road")]


def test_a_bug_in_the_work_isnt_taken_for_a_damaged_picture(photos: Path) -> None:
    def work(path: Path) -> int:
        raise ZeroDivisionError

    with Road[str]({}) as road, pytest.raises(ZeroDivisionError):
        list(road.each([("a", photos)], work))


def test_members_of_a_file(tmp_path: Path) -> None:
    data = encode(scene(120, 90), "animated GIF")
    with Road({"pdq": PDQ()}) as road:
        found = list(road.pictures(Item(data, name="a.gif"), 2))
        assert [picture.member for picture in found] == ["", "frame-2"]
        codes = [road.coded(picture).codes["pdq"].code.tobytes() for picture in found]
        assert codes[0] != codes[1]
        assert len(list(road.pictures(Item(data), 10))) == 3
        assert len(list(road.pictures(scene(60, 50), 10))) == 1


def test_a_fit_draws_and_remembers_what_is_encoded_next(tmp_path: Path) -> None:
    encoder = registry.load(f"hub:{hub_models.clip(tmp_path / 'clip')}")
    assert isinstance(encoder, FittedEncoder)
    folder = tmp_path / "p"
    folder.mkdir()
    for number in range(6):
        size = (1500, 1100) if number == 5 else (90 + number, 70)
        (folder / f"{number}.jpg").write_bytes(encode(scene(*size), "JPEG"))
    (folder / "6.jpg").write_bytes(b"no picture")
    paths = sorted(folder.iterdir())
    failed: list[Path] = []
    counted: list[int] = []
    with Road({"clip": encoder}) as road:
        features = road.features(
            "clip",
            zip(paths, paths, strict=True),
            failed=lambda path, error: failed.append(path),
            progress=counted.append,
        )
        assert features is not None
        assert features.shape == (6, encoder.tower.size)
        assert failed == [folder / "6.jpg"]
        assert sum(counted) == 7
        with pytest.raises(UsageError, match="isn't fitted"):
            Road({"pdq": PDQ()}).features("pdq", [])
        stop = threading.Event()
        stop.set()
        assert road.features("clip", zip(paths, paths, strict=True), stop=stop) is None
    # What a library decodes for two encoders is what the fit saw: nothing is run a second time.
    encoder.tower._run = None  # type: ignore[method-assign, assignment]
    with Road({"pdq": PDQ(), "clip": encoder}) as road:
        for path in paths[:6]:
            road.code(path)


@given(st.integers(0, 300), st.integers(1, 40))
def test_draw_is_a_fair_sample_that_stays_the_same(count: int, most: int) -> None:
    drawn, seen = draw(iter(range(count)), most)
    assert seen == count
    assert len(drawn) == len(set(drawn)) == min(count, most)
    assert set(drawn) <= set(range(count))
    assert draw(range(count), most) == (drawn, count)
    if count <= most:
        assert drawn == list(range(count))


def test_draw_takes_each_item_as_often() -> None:
    """Over many positions, items of the first and of the last tenth come equally often."""
    drawn, _ = draw(range(100_000), 10_000)
    tenths = np.bincount(np.asarray(drawn) // 10_000, minlength=10)
    assert abs(tenths - 1000).max() < 120  # four standard deviations
    stop = threading.Event()
    stop.set()
    assert draw(range(10), 5, stop) == ([], 0)


def test_what_else_is_wanted_of_a_picture(photos: Path) -> None:
    with Road({"pdq": PDQ()}) as road, Image.open(photos / "rocket.jpg") as image:
        more = {"full": FULL_SIZE, "small": InputSpec(20, "stretch")}
        made = road.picture(photos / "rocket.jpg", more=more)
        assert np.array_equal(made.inputs["full"], np.asarray(image.convert("RGB")))
        assert made.inputs["small"].shape == (20, 20, 3)
        assert made.inputs["pdq"].shape[1] == 512
    with Road[str]({}) as road, pytest.raises(PictureError):
        road.picture(photos / "missing.jpg")
