"""Looking for originals of edited copies, on few pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import UsageError
from lookalike.evaluation.copy_peers import open_peers
from lookalike.evaluation.edit_plot import plot_edits
from lookalike.evaluation.edits import EDITS
from lookalike.evaluation.false_alarms import alarm_sheet, find_alarms
from lookalike.evaluation.selftest import find_originals, indexed
from lookalike.library import Library

pytestmark = pytest.mark.slow

Opened = tuple[Library, list[str]]


@pytest.fixture(scope="module")
def opened(original_photos: Path) -> Iterator[Opened]:
    with indexed(original_photos) as found:
        yield found


def test_copies_of_eight_photographs(opened: Opened, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    peers, left_out = open_peers(("pdq-alone", "imagededup-dhash"))
    report = find_originals(
        *opened,
        queries=3,
        edits=["jpeg-20", "rotate-90", "collage-4"],
        peers=peers,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert not left_out
    assert (report.database, report.queries) == (8, 3)
    assert list(report.recall_at_1) == ["jpeg-20", "rotate-90", "collage-4"]
    columns = ["pdq", "photo", "both", "pdq-alone", "imagededup-dhash"]
    assert [list(shares) for shares in report.recall_at_1.values()] == [columns] * 3
    assert report.recall_at_1["jpeg-20"] == dict.fromkeys(columns, 1.0)
    assert report.recall_at_1["rotate-90"]["both"] == 1.0
    assert report.recall_at_1["rotate-90"]["pdq-alone"] < 1
    assert report.recall_at_1["collage-4"]["both"] == 1.0
    for column in columns:
        shares = [report.recall_at_1[name][column] for name in report.recall_at_1]
        assert report.mean[column] == pytest.approx(np.mean(shares))
    assert report.missed == ()
    assert seen == [(1, 3), (2, 3), (3, 3)]
    pytest.importorskip("matplotlib")
    with Image.open(plot_edits(report, tmp_path / "edits.png")) as plot:
        assert plot.width > plot.height > 200


def test_a_copy_that_cant_be_found_is_counted_as_missed(photos: Path) -> None:
    # Two pictures with the same pixels: the first hit can't be the right file for both.
    with Image.open(photos / "coffee.jpg") as image:
        image.save(photos / "a.png")
        image.save(photos / "b.png", compress_level=1)
    peers, _ = open_peers(("pdq-alone",))
    with indexed(photos) as (library, paths):
        report = find_originals(
            library, paths, queries=10, edits=["jpeg-20"], codes=["both"], peers=peers
        )
        alarms = find_alarms(library, paths)
    assert report.queries == 10
    assert 0.5 < report.recall_at_1["jpeg-20"]["both"] < 1
    assert {Path(path).name for path, _, _ in report.missed} <= {"a.png", "b.png", "coffee.jpg"}
    assert report.recall_at_1["jpeg-20"]["pdq-alone"] == 1  # a tie doesn't count against a peer
    assert (alarms.pictures, alarms.pairs, alarms.identical) == (10, 45, 3)
    assert alarms.alarms == ()
    assert alarms.share == 0


def test_the_seed_draws(opened: Opened) -> None:
    first, second = (
        find_originals(*opened, queries=2, edits=["border-20"], codes=["pdq"], seed=3)
        for _ in range(2)
    )
    assert first == second


def test_alarms_are_the_pairs_that_search_calls_edited(photos: Path) -> None:
    """In either direction, and by a part of a query: a page that shows one of the pictures."""
    with Image.open(photos / "chelsea.jpg") as image:
        EDITS["mirror"](image).save(photos / "mirrored.png")
    with Image.open(photos / "coffee.jpg") as image:
        page = Image.new("RGB", (640, 480), "white")
        page.paste(image.resize((480, 320)), (20, 30))
        page.paste(image.resize((90, 60)).rotate(180), (520, 30))
    page.save(photos / "page.png")
    with indexed(photos) as (library, paths):
        found = find_alarms(library, paths)
    names = [(Path(alarm.first).name, Path(alarm.second).name) for alarm in found.alarms]
    assert sorted(names) == [("chelsea.jpg", "mirrored.png"), ("coffee.jpg", "page.png")]
    distances = [alarm.distance for alarm in found.alarms]
    assert distances == sorted(distances)
    assert max(distances) <= 31
    assert found.pairs == 45
    assert found.share == pytest.approx(2 / 45)
    sheet = alarm_sheet(found.alarms)
    assert sheet.width > 1600
    Path(found.alarms[0].second).unlink()  # gone since: drawn as missing
    assert alarm_sheet(found.alarms).size == sheet.size
    with pytest.raises(UsageError, match="no alarm"):
        alarm_sheet([])


def test_wrong_use(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no edit 'sepia'"):
        find_originals(*opened, edits=["sepia"])
    with pytest.raises(UsageError, match="collage-4 takes 4 pictures, not 3"):
        find_originals(opened[0], opened[1][:3], edits=["collage-4"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no pictures"), indexed(tmp_path / "empty"):
        pass
