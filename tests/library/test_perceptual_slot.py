"""The slot pdq: libraries of before go on with PDQ and its limits until they are reindexed."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_view import contract_of
from PIL import Image
from small_model import make_model

from lookalike.cli import main
from lookalike.codes.bits import pack, unpack
from lookalike.encoders import registry
from lookalike.encoders.pdq_area import PDQArea
from lookalike.encoders.perceptual import PDQ
from lookalike.errors import UsageError
from lookalike.library import Library
from lookalike.library.merging import listed, propose
from lookalike.library.models import Models
from lookalike.road import Question

Contents = Callable[..., dict[str, Any]]


@pytest.fixture
def photo(tmp_path: Path) -> str:
    return str(make_model(tmp_path / "small.onnx", 0))


@pytest.fixture
def old(tmp_path: Path, photos: Path, photo: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library as they were made before: PDQ answers for its slot."""
    path = tmp_path / "old.lookalike"
    with monkeypatch.context() as before:
        before.setattr(registry, "PERCEPTUAL", "pdq")
        with Library.open(path, photo=photo, workers=1) as library:
            library.index(photos)
    with sqlite3.connect(path) as raw:
        rows = raw.execute(
            "SELECT name, source, fingerprint FROM encoders WHERE slot = 'pdq'"
        ).fetchall()
    raw.close()
    assert rows == [("pdq", "pdq", "pdq:1:512-within-bilinear")]  # in every library of before
    return path


def encoders(path: Path) -> list[tuple[str, int, int]]:
    """Fingerprint, whether it answers, and number of codes of each encoder of the slot."""
    with sqlite3.connect(path) as raw:
        found = raw.execute(
            "SELECT e.fingerprint, e.current, count(c.content) FROM encoders e LEFT JOIN codes c"
            " ON c.encoder = e.id WHERE slot = 'pdq' GROUP BY e.id ORDER BY e.id"
        ).fetchall()
    raw.close()
    return found


def test_a_new_library_gets_the_new_hash(tmp_path: Path, photos: Path, photo: str) -> None:
    path = tmp_path / "new.lookalike"
    with Library.open(path, photo=photo, workers=1) as library:
        library.index(photos)
        hit = library.search(photos / "coins.jpg", k=1, code="pdq").hits[0]
    assert (hit.code, hit.distance) == ("pdq-area", 0)
    assert encoders(path) == [(PDQArea.fingerprint, 1, 8)]


def test_it_is_searched_and_added_to_with_its_own(
    old: Path, photos: Path, tmp_path: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = tmp_path / "late.png"
    with Image.open(photos / "chelsea.jpg") as image:
        image.resize((127, 85)).save(late)
    queries = [late, *sorted(photos.iterdir())]
    copied = tmp_path / "copied.lookalike"
    shutil.copy(old, copied)

    def answers(path: Path) -> list[Any]:
        with Library.open(path, workers=1) as library:
            library.index()
            return [library.search(q, k=5, code=c).hits for q in queries for c in ("pdq", "both")]

    found = answers(old)
    assert {hit.code for hits in found for hit in hits} >= {"pdq"}
    shutil.copy(late, photos / "late.png")
    added = answers(old)
    assert encoders(old) == [(PDQ.fingerprint, 1, 9)]
    monkeypatch.setattr(registry, "PERCEPTUAL", "pdq")  # as the lookalike of before would do
    (photos / "late.png").unlink()
    assert answers(copied) == found
    shutil.copy(late, photos / "late.png")
    assert answers(copied) == added
    assert contents(copied) == contents(old)


def test_reindex_moves_it_to_the_new_one(old: Path, photos: Path, photo: str) -> None:
    with Library.open(old, workers=1) as library:
        assert [(c.name, c.stale) for c in library.status().codes] == [("pdq", 8), ("small", 0)]
        report = library.reindex()
        assert (report.added, report.failed) == (0, 0)
        assert [(c.name, c.stale) for c in library.status().codes] == [
            ("pdq-area", 0),
            ("small", 0),
        ]
        assert library.search(photos / "coins.jpg", k=1).hits[0].kind == "same-bytes"
        with Image.open(photos / "chelsea.jpg") as image:
            hit = library.search(image.resize((100, 67)), k=1).hits[0]
        assert (Path(hit.path).name, hit.kind, hit.code) == ("chelsea.jpg", "edited", "pdq-area")
        assert hit.distance <= 10
    assert encoders(old) == [(PDQArea.fingerprint, 1, 8)]


def test_the_codes_are_those_of_a_new_library(
    old: Path, tmp_path: Path, photos: Path, photo: str, contents: Contents
) -> None:
    with Library.open(old, workers=1) as library:
        library.reindex()
    new = tmp_path / "new.lookalike"
    with Library.open(new, photo=photo, workers=1) as library:
        library.index(photos)
    assert contents(old)["codes"] == contents(new)["codes"]


def test_until_it_is_complete_the_old_one_answers(old: Path, photos: Path) -> None:
    stop = threading.Event()
    stop.set()
    with Library.open(old, workers=1) as library:
        assert library.reindex(stop=stop).interrupted
        hit = library.search(photos / "coins.jpg", k=1, code="pdq").hits[0]
        assert (hit.code, hit.distance) == ("pdq", 0)
        shutil.copy(photos / "coins.jpg", photos / "again.jpg")
        with Image.open(photos / "rocket.jpg") as image:
            image.crop((0, 0, 200, 200)).save(photos / "late.png")
        assert library.index().added == 2
        assert encoders(old)[0] == (PDQ.fingerprint, 1, 9)
        library.reindex()
        assert library.search(photos / "late.png", k=1, code="pdq").hits[0].code == "pdq-area"
    assert encoders(old) == [(PDQArea.fingerprint, 1, 9)]


def test_by_the_command_line(old: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = ["--library", str(old)]
    assert main(["status", *library]) == 0
    assert "pdq: 256 bits, 8 pictures, 8 old: run lookalike reindex" in capsys.readouterr().out
    assert main(["reindex", *library]) == 0
    assert main(["search", str(photos / "coins.jpg"), "--code", "pdq", "-k", "1", *library]) == 0
    assert "pdq-area" in capsys.readouterr().out


@pytest.mark.parametrize("made", [PDQ, PDQArea])
def test_each_hash_has_its_own_limits(
    made: type[PDQ] | type[PDQArea],
    tmp_path: Path,
    photos: Path,
    photo: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "PERCEPTUAL", made.name)
    with Library.open(tmp_path / "l.lookalike", photo=photo, workers=1) as library:
        library.index(photos)
        with contract_of(library) as (store, engine):
            monkeypatch.undo()
            row = next(e for e in store.encoders() if e.slot == "pdq")
            table = engine.tables([row])[row.id]
            stored = table.stored(table.sample(1000)[:1]).words.view(np.uint8)[:, :32]

            def kind(bits: int, quality: int) -> str | None:
                """What a question so many bits away, of this quality, is told."""
                code = unpack(stored, 256)
                code[0, :bits] ^= True
                asked = np.repeat(pack(code), 2, axis=0)
                question = Question(b"", None, asked, np.full(2, quality, np.uint8))
                [hits] = listed(store, propose(store, {"pdq": table}, [question], 1, [[]]), 1)
                assert hits[0].distance == bits
                return hits[0].kind

            limits = made.limits
            assert kind(limits.edited, limits.quality) == "edited"
            assert kind(limits.edited + 1, limits.quality) == "alike"
            assert kind(limits.edited, limits.quality - 1) == "alike"


def test_the_limits_differ() -> None:
    assert PDQ.limits.edited == 31  # as its authors recommend
    assert PDQ.limits.quality == 50
    assert PDQArea.limits != PDQ.limits


def test_what_it_takes_in_is_known_without_loading_anything(
    old: Path, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(old, workers=1) as library, contract_of(library) as (store, _):
        models = Models(store, photo)
        row = models.current()["pdq"]
        assert models.input(row) == PDQ.input
        assert not models.is_loaded(row)
        assert isinstance(models.encoder(row), PDQ)


@pytest.mark.parametrize("name", ["pdq", "pdq-area"])
def test_no_perceptual_hash_is_a_photo_model(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is none"):
        Library.open(tmp_path / "l.lookalike", photo=name)
    assert not (tmp_path / "l.lookalike").exists()
