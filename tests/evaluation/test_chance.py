from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import UsageError
from lookalike.evaluation.chance import LEAST_HITS, ChanceReport, ChanceRow, held_out_chance
from lookalike.evaluation.chance_halves import chance_of_halves
from lookalike.evaluation.chance_plot import plot_chance
from lookalike.evaluation.hidden_share import hidden_share
from lookalike.evaluation.library_codes import read_codes
from lookalike.library import Library
from lookalike.library.calibration_measuring import measure
from lookalike.library.opening import open_library

N = 120


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of pictures of coarse noise, some of them in a frame."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number in range(N):
        coarse = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC)
        if number % 10 == 0:
            framed = Image.new("RGB", (140, 140), "white")
            framed.paste(picture, (22, 22))
            picture = framed
        picture.save(folder / f"{number:03}.png")
    path = folder.parent / "chance.lookalike"
    with Library.open(path, photo="photo-fast-256") as made:
        made.index(folder)
    return path


def test_what_half_predicts_the_other_half_shows(library: Path) -> None:
    reports = held_out_chance(library)
    assert [(r.code, r.by) for r in reports] == [
        ("pdq-area", "distance"),
        ("photo-fast-256", "distance"),
        ("photo-fast-256", "cosine"),
    ]
    for report in reports:
        assert report.fitted == report.asked == N // 2
        assert report.among == N // 2 - 1
        assert report.views > 1  # those in a frame are asked without it, too
        assert report.rows[-1].hits == report.asked * report.among
        assert all(row.hits >= LEAST_HITS for row in report.rows)
        observed = [row.observed for row in report.rows]
        assert observed == sorted(observed)
    # Noise is nothing like what ships was measured on; what is frequent, sixty pictures tell.
    assert reports[0].worst(0.15, 0.9) < 2


def test_the_mean_of_halves_counts_all_of_them(library: Path) -> None:
    (one, *_), (three, *_) = chance_of_halves(library, 1), chance_of_halves(library, 3)
    pairs = N // 2 * (N // 2 - 1) // 2
    assert one.rows[-1].hits == pairs
    assert three.rows[-1].hits == 3 * pairs
    assert three.rows[-1].observed == 1
    assert three.rows[-1].predicted == pytest.approx(1, abs=0.01)
    assert chance_of_halves(library, 3)[0].rows == three.rows


def test_the_worst_is_the_largest_factor_either_way() -> None:
    rows = (ChanceRow(1, 1e-6, 8e-6, 20), ChanceRow(2, 3e-4, 1e-4, 99), ChanceRow(3, 0.5, 0.4, 999))
    report = ChanceReport("pdq", "distance", 10, 10, 9, 1.0, rows)
    assert report.worst() == pytest.approx(8)
    assert report.worst(1e-5) == pytest.approx(3)
    assert report.worst(1e-2) == 1
    assert report.worst(1e-2, 1.0) == pytest.approx(1.25)


def test_a_plot_is_drawn(library: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = plot_chance(chance_of_halves(library, 1), tmp_path / "chance.png")
    with Image.open(file) as drawn:
        assert min(drawn.size) > 300


def test_a_small_library_is_not_halved(tmp_path: Path) -> None:
    path = tmp_path / "small.lookalike"
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    with Library.open(path, photo="photo-fast-256") as made:
        made.index(tmp_path)
    for ask in (held_out_chance, chance_of_halves):
        with pytest.raises(UsageError, match="fewer than 100"):
            ask(path)


def test_hidden_hits_are_counted_by_kind(library: Path) -> None:
    store, engine = open_library(str(library), create=False, read_only=True)
    hashes, photos = read_codes(store, engine)
    engine.close()
    store.close()
    assert photos.paths == hashes.paths
    calibration = measure(photos.table(np.arange(N)), hashes.table(np.arange(N)))
    kinds = [str(number % 2) for number in range(N)]
    found = hidden_share(photos, calibration, kinds, np.arange(0, N, 4))
    assert found.same + found.others == 10 * found.asked == 10 * N // 4
    assert found.same_hidden <= found.same
    # By hand, of the first one.
    units = np.asarray(photos.embeddings, np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    near = np.argsort(-(units @ units[0]), kind="stable")
    best = [row for row in near.tolist() if row != 0][:10]
    usual = calibration.usual([0] * 10, (units @ units[0])[best])
    one = hidden_share(photos, calibration, kinds, np.array([0]))
    assert one.same == sum(row % 2 == 0 for row in best)
    hidden = [row for row, is_usual in zip(best, usual.tolist(), strict=True) if is_usual]
    assert one.same_hidden == sum(row % 2 == 0 for row in hidden)
    assert one.others_hidden == sum(row % 2 for row in hidden)


def test_kinds_have_to_be_as_many_as_pictures(library: Path) -> None:
    store, engine = open_library(str(library), create=False, read_only=True)
    _hashes, photos = read_codes(store, engine)
    engine.close()
    store.close()
    calibration = measure(photos.table(np.arange(N)), None)
    for kinds, asked in ((["a"], [0]), (["a"] * N, [])):
        with pytest.raises(UsageError, match="kind of each"):
            hidden_share(photos, calibration, kinds, np.array(asked, np.int64))
