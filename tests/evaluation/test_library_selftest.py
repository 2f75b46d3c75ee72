"""A library tested on copies of its own pictures."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import LibraryError, UsageError
from lookalike.evaluation.edits import EDITS
from lookalike.evaluation.library_selftest import run_selftest
from lookalike.evaluation.sampled_library import Facts, SampledLibrary
from lookalike.evaluation.selftest_advice import advice
from lookalike.evaluation.selftest_plot import plot_selftest
from lookalike.evaluation.selftest_report import (
    CalibrationPoint,
    Exactness,
    FalseAlarms,
    SelfTest,
    Suspect,
    Way,
)
from lookalike.library import Library

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of eight photographs, one of them twice, and of a mirrored copy of another."""
    folder = tmp_path_factory.mktemp("selftest")
    photos = Path(shutil.copytree(original_photos, folder / "photos"))
    with Image.open(photos / "coffee.jpg") as image:
        EDITS["mirror"](image).save(photos / "mirrored.png")
    shutil.copyfile(photos / "rocket.jpg", photos / "again.jpg")
    (photos / "tiny.png").write_bytes(b"")
    Image.new("RGB", (20, 20), "red").save(photos / "tiny.png")
    with Library.open(folder / "l.lookalike", photo="photo-fast-256") as library:
        library.index(photos)
    return folder / "l.lookalike"


@pytest.fixture(scope="module")
def found(place: Path) -> SelfTest:
    return run_selftest(str(place), sample=50, edits=["jpeg-20", "crop-50", "collage-4"])


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.name
    }


def test_copies_and_originals_find_each_other(found: SelfTest) -> None:
    assert (found.pictures, found.sampled) == (11, 9)
    assert [reason for _, reason in found.left_out] == ["20 x 20: too small to be edited"]
    assert list(found.edits) == ["jpeg-20", "crop-50", "collage-4"]
    plain = found.edits["jpeg-20"]
    assert (plain.by_copy.recall_at_1, plain.by_original.recall_at_1) == (1, 1)
    for way in (plain.by_copy, plain.by_original):
        assert way.asked == sum(way.kinds.values()) == 9
        assert way.kinds["edited"] >= 8
    assert found.edits["collage-4"].by_copy.asked == 9
    crops = found.edits["crop-50"].by_copy
    assert 0 < crops.first <= 9
    assert crops.kinds.get("edited", 0) < 9
    assert not found.interrupted
    assert found.seconds > 0


def test_copies_that_nobody_knew_of_are_listed(found: SelfTest) -> None:
    """The mirrored one is called edited, as it is; what is there twice is no news."""
    (pair,) = found.false_alarms.suspects
    assert {Path(pair.query).stem, Path(pair.hit).stem} == {"coffee", "mirrored"}
    assert (pair.edit, pair.kind) == (None, "edited")
    assert found.false_alarms.pairs == found.false_alarms.searches * 11
    assert any("look at it with 'lookalike search'" in told for told in found.advice)


def test_the_index_is_compared(found: SelfTest) -> None:
    assert [(one.code, one.queries, one.equal) for one in found.exact] == [
        ("pdq-area", 10, 10),
        ("photo-fast-256", 10, 10),
    ]


def test_nothing_is_written(place: Path) -> None:
    before = digest(place.parent)
    run_selftest(str(place), sample=4, edits=["jpeg-20"])
    assert digest(place.parent) == before


def test_the_same_seed_gives_the_same(place: Path) -> None:
    first, second, third = (
        run_selftest(str(place), sample=5, edits=["noise", "crop-30"], seed=seed)
        for seed in (1, 1, 2)
    )
    assert replace(first, seconds=0) == replace(second, seconds=0)
    assert {one.query for one in first.false_alarms.suspects} or first.edits != third.edits


def test_it_can_be_stopped(place: Path) -> None:
    stop = threading.Event()

    def told(done: int, total: int) -> None:
        assert done <= total == 2 * 10 * len(EDITS)
        if done >= 5:
            stop.set()

    found = run_selftest(str(place), sample=50, progress=told, stop=stop)
    assert found.interrupted
    assert 0 < sum(one.by_copy.asked for one in found.edits.values()) < 9 * len(EDITS)
    assert all(one.by_original.asked == 0 for one in found.edits.values())
    assert found.edits["grey"].by_original.recall_at_1 is None


def test_progress_ends_with_all(place: Path) -> None:
    told: list[tuple[int, int]] = []
    run_selftest(str(place), sample=5, edits=["grey"], progress=lambda *both: told.append(both))
    assert told[-1] == (10, 10)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_pictures_that_are_gone_are_no_failures(place: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(place.parent, tmp_path / "c")
    with Library.open(copied / "l.lookalike") as library:
        library.index(copied / "photos")
        library.remove(place.parent / "photos")
    shutil.move(copied / "photos", copied / "elsewhere")
    (copied / "photos").mkdir()
    for name in ("grass", "gravel", "coins", "camera"):
        shutil.copyfile(copied / "elsewhere" / f"{name}.jpg", copied / "photos" / f"{name}.jpg")
    found = run_selftest(str(copied / "l.lookalike"), edits=["grey"])
    assert (found.sampled, found.pictures) == (4, 11)
    assert found.edits["grey"].by_copy.first == 4
    assert any("drawn pictures are gone" in told for told in found.advice)


def test_parts_are_made_of_the_copies_too(original_photos: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.lookalike", photo="photo-fast-256") as library:
        library.index(original_photos, parts=True)
    with SampledLibrary.open(str(tmp_path / "l.lookalike")) as sampled:
        chosen, _ = sampled.draw(3, 0, 0)
        (tmp_path / "copies").mkdir()
        shutil.copyfile(chosen[0].path, tmp_path / "copies" / "a.jpg")
        stop = threading.Event()
        with sampled.beside(tmp_path / "copies", chosen[1:], stop, lambda _: None) as beside:
            assert beside.status().pictures == 3
            hits = beside.search(chosen[1].path).hits
            assert hits[0].kind == "same-bytes"
            assert sampled.distractor(hits[0].path) == (chosen[1].path, "")
            assert sampled.distractor(str(tmp_path / "copies" / "a.jpg")) is None
        assert sampled.facts().parts


def test_what_cant_be_tested(place: Path, tmp_path: Path, photos: Path) -> None:
    with pytest.raises(UsageError, match="no edit 'sepia'"):
        run_selftest(str(place), edits=["sepia"])
    with pytest.raises(LibraryError):
        run_selftest(str(tmp_path / "none.lookalike"))
    for path in sorted(photos.iterdir())[3:]:
        path.unlink()
    with Library.open(tmp_path / "few.lookalike", photo="photo-fast-256") as library:
        library.index(photos)
    with pytest.raises(UsageError, match="holds 3 different pictures, and a test takes 4"):
        run_selftest(str(tmp_path / "few.lookalike"))


# What is made of the findings

GOOD = Way(100, 99, {"edited": 99, "missing": 1})
POOR = Way(100, 40, {"alike": 90, "missing": 10})


@pytest.fixture(scope="module")
def facts(place: Path) -> Iterator[Facts]:
    with SampledLibrary.open(str(place)) as sampled:
        yield sampled.facts()


@pytest.fixture
def good(found: SelfTest) -> SelfTest:
    """Findings without a fault."""
    outcome = replace(found.edits["jpeg-20"], by_copy=GOOD, by_original=GOOD)
    return replace(
        found,
        edits=dict.fromkeys(EDITS, outcome),
        false_alarms=FalseAlarms(100, 1000, ()),
        exact=(Exactness("pdq", "scan", 20, 20, True),),
        left_out=(),
    )


def test_where_all_is_well_there_is_nothing_to_do(good: SelfTest, facts: Facts) -> None:
    assert advice(good, facts) == (
        "Nothing to do: copies are found, and nothing else is taken for one.",
    )


def test_each_fault_has_its_advice(good: SelfTest, facts: Facts) -> None:
    def with_poor(*names: str, reverse: bool = False) -> SelfTest:
        way = {"by_original" if reverse else "by_copy": POOR}
        return replace(
            good, edits={n: replace(o, **way) if n in names else o for n, o in good.edits.items()}
        )

    def told(one: SelfTest, about: Facts = facts) -> str:
        (sentence,) = advice(one, about)
        return sentence

    crops = with_poor("crop-70", "crop-50", "crop-30")
    assert "lookalike index --parts" in told(crops)
    assert "reindex --model hub:" in told(crops, replace(facts, parts=True))
    assert "plain copies" in told(with_poor("jpeg-20", "grey", "half-size"))
    assert "strongly edited" in told(with_poor("noise", "blur", "meme", "posterise", "screenshot"))
    assert "collages" in told(with_poor("collage-4", "screenshot", reverse=True))
    wrong = (Exactness("pdq", "tables", 20, 18, True),)
    assert "2 of 20 searches: run 'lookalike check-library" in told(replace(good, exact=wrong))
    inexact = (Exactness("pdq", "a forest", 20, 18, False),)  # it never said that it was
    assert advice(replace(good, exact=inexact), facts)[0].startswith("Nothing to do")
    flat = replace(good, flat=5, flat_asked=100, flat_missed=30)
    assert "5 of 9 sampled pictures are flat" in told(flat)
    pair = Suspect("/a.jpg", None, "/b.jpg", "edited", 9)
    assert "1 pair of pictures was" in told(replace(good, false_alarms=FalseAlarms(9, 9, (pair,))))
    status = facts.status
    stale = replace(status, codes=tuple(replace(code, stale=7) for code in status.codes[:1]))
    assert "lookalike reindex" in told(good, replace(facts, status=stale))
    away = replace(status, folders=(replace(status.folders[0], online=False),))
    assert "plug in" in told(good, replace(facts, status=away))
    assert "lookalike index" in told(good, replace(facts, absent=3))
    point = CalibrationPoint("pdq", 40, 0.1, 0.5, 100)
    assert "At 40 bits of pdq, 0.5 chance hits" in told(replace(good, calibration=(point,)))
    near = replace(point, observed=0.15)
    few = replace(point, queries=10)
    for one in (near, few):
        assert advice(replace(good, calibration=(one,)), facts)[0].startswith("Nothing to do")


def test_the_plot_shows_all(good: SelfTest, found: SelfTest, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    points = tuple(CalibrationPoint("pdq", d, 10 ** (d / 10 - 6), 10 ** (d / 10 - 6), 50)
                   for d in range(30, 70, 5))  # fmt: skip
    sizes = []
    for one in (found, replace(good, calibration=()), replace(good, calibration=points)):
        with Image.open(plot_selftest(one, tmp_path / "plot.png")) as drawn:
            sizes.append(drawn.size)
            assert len(np.unique(np.asarray(drawn.convert("RGB")).reshape(-1, 3), axis=0)) > 50
    assert sizes[2][0] > sizes[1][0]


def test_json_has_its_keys(found: SelfTest) -> None:
    told = found.as_json()
    assert {"edits", "false_alarms", "exact", "calibration", "advice"} <= set(told)
    edits = told["edits"]
    assert isinstance(edits, dict)
    assert set(edits["grey" if "grey" in edits else "jpeg-20"]) == {
        "recall_at_1", "kinds", "copies", "reverse",
    }  # fmt: skip
