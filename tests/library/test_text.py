"""Texts: ranked by the cosine to the pictures' raw features, exactly."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hub_models
import numpy as np
import pytest
from hub_server import Hub
from PIL import Image

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder
from lookalike.errors import MissingExtraError, ModelError, NoTextError, UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.library import Library
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.tables import ArrayTable
from lookalike.types import EncoderId


def paint(folder: Path) -> Path:
    """Three pictures of each colour, noisy."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, rgb in hub_models.COLOURS.items():
        for number in range(3):
            pixels = np.array(rgb) * 0.7 + 30 + rng.normal(0, 30, (40, 60, 3))
            picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            picture.save(folder / f"{name}-{number}.png")
    return folder


@pytest.mark.parametrize("make", [hub_models.clip, hub_models.siglip])
def test_a_text_finds_what_it_says(tmp_path: Path, make: object) -> None:
    assert callable(make)
    folder = paint(tmp_path / "p")
    with Library.open(tmp_path / "l.lookalike", photo=f"hub:{make(tmp_path / 'm')}") as library:
        library.index(folder)
        for colour in hub_models.COLOURS:
            result = library.search_text(f"a {colour.upper()} picture", k=4)
            assert (result.query, result.exact) == (f"a {colour.upper()} picture", True)
            names = [Path(hit.path).name.split("-")[0] for hit in result.hits]
            assert names[:3] == [colour] * 3
            assert names[3] != colour
            similar = [hit.similarity for hit in result.hits]
            assert None not in similar
            assert similar == sorted(similar, reverse=True)  # type: ignore[type-var]
            assert {(hit.kind, hit.code, hit.distance) for hit in result.hits} == {
                ("alike", "m", None)
            }
        assert [code.texts for code in library.status().codes] == [False, True]
        # What is gone is found no more.
        (folder / "red-1.png").unlink()
        library.index()
        hits = library.search_text("red", k=20).hits
        assert len(hits) == 11
        assert "red-1.png" not in {Path(hit.path).name for hit in hits}


def test_the_order_is_that_of_the_raw_cosines(tmp_path: Path) -> None:
    folder = paint(tmp_path / "p")
    name = f"hub:{hub_models.clip(tmp_path / 'clip')}"
    encoder = registry.load(name)
    assert isinstance(encoder, FittedEncoder)
    text = encoder.recipe.origin.text_tower(16).features("a green picture")
    with DecodePool({"x": encoder.input}, workers=1) as pool:
        raw = {
            str(file): float(encoder.tower.features([pool.decode(file).inputs["x"]])[0] @ text)
            for file in folder.iterdir()
        }
    with Library.open(tmp_path / "l.lookalike", photo=name) as library:
        library.index(folder)
        found = {h.path: h.similarity for h in library.search_text("a green picture", 12).hits}
    assert found == pytest.approx(raw, abs=0.01)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.integers(-127, 128, (50, 8)).astype(np.int8)
    weights = rng.normal(size=8).astype(np.float32)
    expected = embeddings.astype(np.float32) @ weights + 0.5
    monkeypatch.setattr("lookalike.library.tables._BLOCK", 7)
    table = ArrayTable(
        EncoderInfo(EncoderId(1), "photo", "x", "x", "f", 64, 8, True),
        contents=np.arange(1, 51),
        words=np.zeros((50, 1), np.uint64),
        quality=np.zeros(50, np.uint8),
        embeddings=embeddings,
        parts=np.empty((50, 0), np.uint64),
        visible=np.ones(50, np.bool_),
        stamp=Stamp("u", 0, 0),
    )
    contents, cosines = table.by_vector(weights, 0.5, 50)
    np.testing.assert_allclose(cosines, np.sort(expected)[::-1], rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(expected[contents - 1], cosines, rtol=1e-5, atol=1e-3)


def test_equal_pictures_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    folder = paint(tmp_path / "p")
    for number in range(5):
        # Equal pixels in files that differ.
        with Image.open(folder / "blue-0.png") as picture:
            picture.save(folder / f"same-{number}.png", compress_level=number)
    name = f"hub:{hub_models.clip(tmp_path / 'clip')}"
    with Library.open(tmp_path / "l.lookalike", photo=name) as library:
        library.index(folder)
        ids = [h.id for h in library.search_text("blue", 20).hits if "blue-0" in h.path
               or "same" in h.path]  # fmt: skip
        assert ids == sorted(ids)
        assert [h.id for h in library.search_text("blue", 4).hits] == [
            h.id for h in library.search_text("blue", 20).hits[:4]
        ]


def test_a_library_without_a_text_tower_says_so(tmp_path: Path, photos: Path) -> None:
    with Library.open(tmp_path / "a.lookalike", photo="photo-256") as library:
        with pytest.raises(NoTextError, match="knows no texts: 'lookalike reindex --mod") as error:
            library.search_text("a cat")
        assert [code.texts for code in library.status().codes] == [False, False]
        assert "\n" not in str(error.value)
    dino = f"hub:{hub_models.dino(tmp_path / 'dino')}"
    with (
        Library.open(tmp_path / "b.lookalike", photo=dino) as library,
        pytest.raises(NoTextError, match="'dino'"),
    ):
        library.search_text("a cat")


def test_what_is_no_question(tmp_path: Path) -> None:
    name = f"hub:{hub_models.clip(tmp_path / 'clip')}"
    with Library.open(tmp_path / "l.lookalike", photo=name) as library:
        assert library.search_text("red").hits == ()  # an empty library
        for text, message in (("", "empty text"), ("  ", "empty text"), ("\udce9", "UTF-8")):
            with pytest.raises(UsageError, match=message):
                library.search_text(text)
        for k in (0, 10_001):
            with pytest.raises(UsageError, match="k is a whole number from 1 to 10,000"):
                library.search_text("red", k=k)
        # Longer than the model reads: cut, as it was trained.
        assert library.search_text("red " * 500).hits == ()


def test_the_text_tower_comes_when_it_is_asked_for(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.encoders.fitted.STORED_BYTES", 1000)
    hub.models["Ana/clip"] = (hub_models.clip(tmp_path / "served"), "c3" * 20)
    folder = paint(tmp_path / "p")
    path = tmp_path / "l.lookalike"
    with Library.open(path, photo="hub:Ana/clip") as library:
        library.index(folder)
        library.search(folder / "red-0.png")
        assert not any("text_model" in asked for asked in hub.asked)
        told: list[tuple[int, int]] = []
        library.search_text("red", progress=lambda *both: told.append(both))
        assert told[-1][0] == told[-1][1] > 0
        assert library.status().codes[1].model == f"hub:Ana/clip@{'c3' * 20}"
    hub.asked.clear()
    with Library.open(path) as library:
        assert Path(library.search_text("red", 1).hits[0].path).name.startswith("red")
        library.search(folder / "red-0.png")
    assert hub.asked == []
    # The cache is deleted, and nobody can be asked.
    shutil.rmtree(tmp_path / "cache" / "huggingface" / "hub")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with Library.open(path) as library:
        with pytest.raises(ModelError, match="can't be asked") as error:
            library.search_text("red")
        assert "\n" not in str(error.value)
        command = f"'lookalike index --model hub:Ana/clip@{'c3' * 20}'"
        with pytest.raises(ModelError, match="isn't in the cache any more") as error:
            library.search(folder / "red-0.png")
        assert command in str(error.value)
        monkeypatch.delenv("HF_HUB_OFFLINE")
        hub.models["Ana/clip"] = (tmp_path / "served", "c3" * 20)
        library.check_photo("hub:Ana/clip")  # what that command does first
        assert library.search(folder / "red-0.png").hits


def test_without_the_extra_it_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"hub:{hub_models.clip(tmp_path / 'clip')}"
    with Library.open(tmp_path / "l.lookalike", photo=name) as library:
        monkeypatch.setitem(sys.modules, "tokenizers", None)
        with pytest.raises(MissingExtraError, match=r"pip install '.+\[hub\]'"):
            library.search_text("red")


def test_others_are_answered_while_the_text_tower_comes(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.models["Ana/clip"] = (hub_models.clip(tmp_path / "served"), "c3" * 20)
    folder = paint(tmp_path / "p")
    with Library.open(tmp_path / "l.lookalike", photo="hub:Ana/clip", workers=1) as library:
        library.index(folder)
    found: list[str] = []
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:

        def meanwhile(*_of: int) -> None:
            if not found:  # the model is loaded here, by another thread, while this one waits
                with ThreadPoolExecutor(1) as other:
                    asked = other.submit(library.search, folder / "red-0.png", 1)
                    found.append(asked.result(timeout=60).hits[0].path)

        library.search_text("red", progress=meanwhile)
    assert found == [str(folder / "red-0.png")]
