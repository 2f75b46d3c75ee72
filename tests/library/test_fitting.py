"""Models of other people in a library: fitted on its pictures, stored in it, never mixed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import pytest
from PIL import Image

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder
from lookalike.errors import EncoderMismatchError, ModelError
from lookalike.library import Library
from lookalike.library.fitting import draw_files as draw
from lookalike.sources.folders import Folder

Contents = Callable[..., Any]


def paint(folder: Path, count: int, seed: int = 0) -> Path:
    """Pictures of smooth colours, no two alike."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        small = Image.fromarray(rng.integers(0, 256, (3, 4, 3), np.uint8))
        small.resize((48, 36), Image.Resampling.BICUBIC).save(folder / f"{seed}-{number:03}.png")
    return folder


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return f"hub:{hub_models.clip(tmp_path / 'clip')}"


def fits(library: Library) -> tuple[str, int | None, int]:
    """Fingerprint, pictures fitted on, and codes of the photo encoder."""
    code = library.status().codes[1]
    return code.fingerprint, code.fitted_on, code.pictures


def test_the_first_indexing_fits_before_it_encodes(
    tmp_path: Path, clip: str, contents: Contents
) -> None:
    folder = paint(tmp_path / "p", 20)
    stages: list[tuple[str, int | None, int]] = []
    with Library.open(tmp_path / "l.lookalike", photo=clip) as library:
        before, on, codes = fits(library)
        assert (on, codes) == (0, 0)
        library.index(folder, progress=lambda p: stages.append((p.stage, p.total, p.done)))
        after, on, codes = fits(library)
        assert after != before
        assert (on, codes) == (20, 20)
        assert stages[1] == ("fitting", 20, 20)
        assert stages[-1][0] == "indexing"
        assert library.index().unchanged == 20
        assert fits(library) == (after, 20, 20)
        hit = library.search(folder / "0-007.png", k=1, code="photo").hits[0]
        assert (hit.kind, hit.code, hit.bits, hit.distance) == ("same-bytes", "clip", 64, 0)
    # The codes are those of the model, fitted on these pictures and stored.
    assert {row[2] for row in contents(tmp_path / "l.lookalike")["codes"]} >= {after}
    with Library.open(tmp_path / "m.lookalike", photo=clip) as other:
        other.index(folder)
        assert fits(other)[0] == after  # the same pictures, the same fit
    one, two = (contents(tmp_path / f"{name}.lookalike")["codes"] for name in "lm")
    assert one == two


def test_later_pictures_and_queries_use_the_fit_that_is_stored(
    tmp_path: Path, clip: str, contents: Contents
) -> None:
    folder = paint(tmp_path / "p", 20)
    path = tmp_path / "l.lookalike"
    with Library.open(path, photo=clip) as library:
        library.index(folder)
        kept = fits(library)[0]
    paint(folder, 5, seed=1)
    shutil.rmtree(tmp_path / "clip")  # a small model is in the library itself
    with Library.open(path) as library:
        assert library.index().added == 5
        assert fits(library) == (kept, 20, 25)
        hits = library.search(folder / "1-003.png", k=3, code="photo").hits
        assert Path(hits[0].path).name == "1-003.png"
        assert hits[1].similarity is not None
    assert {row[2] for row in contents(path)["codes"] if row[1] == "photo"} == {kept}


def test_a_fit_on_few_pictures_is_made_again_as_the_library_grows(
    tmp_path: Path, clip: str, contents: Contents
) -> None:
    path, folder = tmp_path / "l.lookalike", paint(tmp_path / "p", 4)
    with Library.open(path, photo=clip) as library:
        library.index(folder)
        first = fits(library)[0]
        paint(folder, 3, seed=1)
        assert library.index().added == 3
        assert fits(library) == (first, 4, 7)
        more = paint(tmp_path / "q", 150, seed=2)
        report = library.index(more)  # all folders have their codes made again, not this one alone
        assert (report.added, report.unchanged) == (150, 7)
        second, on, codes = fits(library)
        assert (second != first, on, codes) == (True, 157, 157)
        assert library.index().pictures_per_second == 0
    with Library.open(tmp_path / "m.lookalike", photo=clip) as fresh:
        fresh.index(folder, more)
        assert fits(fresh)[0] == second
    one, two = (contents(tmp_path / f"{name}.lookalike")["codes"] for name in "lm")
    assert one == two


def test_an_enough_fitted_library_keeps_its_fit(
    tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.library.fitting.ENOUGH", 10)
    monkeypatch.setattr("lookalike.library.fitting.SAMPLE", 12)
    folder = paint(tmp_path / "p", 20)
    with Library.open(tmp_path / "l.lookalike", photo=clip) as library:
        library.index(folder)
        assert fits(library)[1:] == (12, 20)
        kept = fits(library)[0]
        paint(folder, 40, seed=1)
        library.index()
        assert fits(library) == (kept, 12, 60)
        # Only when it is asked for.
        library.reindex()
        assert fits(library)[0] == kept
        library.reindex(photo=clip)
        assert (fits(library)[0] != kept, fits(library)[1:]) == (True, (12, 60))


def test_what_cant_be_read_is_no_reason_to_fit_again(tmp_path: Path, clip: str) -> None:
    folder = paint(tmp_path / "p", 3)
    for number in range(9):
        (folder / f"bad-{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes([number]) * 50)
    with Library.open(tmp_path / "l.lookalike", photo=clip) as library:
        report = library.index(folder)
        assert (report.added, report.failed + report.skipped) == (3, 9)
        assert fits(library)[1:] == (3, 3)
        stages: list[str] = []
        library.index(progress=lambda p: stages.append(p.stage))
        assert "fitting" not in stages


def test_a_model_takes_the_place_of_another(tmp_path: Path, clip: str, contents: Contents) -> None:
    folder = paint(tmp_path / "p", 20)
    path = tmp_path / "l.lookalike"
    tiny = hub_models.tiny(tmp_path / "tiny.onnx")
    with Library.open(path, photo=str(tiny)) as library:
        library.index(folder)
        library.check_photo(f"onnx:{tiny}")
        with pytest.raises(EncoderMismatchError, match=r"lookalike reindex --model hub:"):
            library.check_photo(clip)
        report = library.reindex(photo=clip)
        assert report.unchanged == 20
        library.check_photo(clip)
        assert fits(library)[1:] == (20, 20)
        with pytest.raises(EncoderMismatchError, match="reindex --model photo-256"):
            library.check_photo("photo-256")
        library.reindex(photo="photo-256")
        library.check_photo("photo-256")
    assert len({row[2] for row in contents(path)["codes"] if row[1] == "photo"}) == 1


def test_an_interrupted_reindex_goes_on_with_its_fit(
    tmp_path: Path, clip: str, contents: Contents
) -> None:
    folder = paint(tmp_path / "p", 90)
    path = tmp_path / "l.lookalike"
    with Library.open(path, photo=str(hub_models.tiny(tmp_path / "tiny.onnx"))) as library:
        library.index(folder)
        stop = threading.Event()
        # Stopped while it fits: nothing happened.
        report = library.reindex(photo=clip, progress=lambda _: stop.set(), stop=stop)
        assert report.interrupted
        assert fits(library)[2] == 90
        # Stopped while it encodes: the old codes answer, and the fit is kept.
        stop = threading.Event()
        report = library.reindex(
            photo=clip, progress=lambda p: stop.set() if p.stage == "indexing" else None, stop=stop
        )
        assert report.interrupted
        hit = library.search(folder / "0-001.png", k=1, code="photo").hits[0]
        assert (hit.code, hit.distance) == ("tiny", 0)
        made = {row[2] for row in contents(path)["codes"] if row[1] == "photo"}
        assert len(made) == 2
        paint(folder, 10, seed=1)  # another fit would look at these too
        stages: list[str] = []
        report = library.reindex(photo=clip, progress=lambda p: stages.append(p.stage))
        assert not report.interrupted
        assert set(stages) == {"indexing"}
        assert fits(library)[0] in made
        assert fits(library)[1:] == (90, 100)


def test_a_large_model_that_is_gone(
    tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.encoders.fitted.STORED_BYTES", 1000)
    folder = paint(tmp_path / "p", 3)
    path = tmp_path / "l.lookalike"
    with Library.open(path, photo=clip) as library:
        library.index(folder)
    assert path.stat().st_size < 300_000
    shutil.move(tmp_path / "clip", tmp_path / "moved")
    with Library.open(path) as library:
        library.status()
        for ask in (library.index, lambda: library.search(folder / "0-001.png")):
            with pytest.raises(ModelError, match="isn't where it was") as error:
                ask()
            assert "\n" not in str(error.value)
        assert library.search(folder / "0-001.png", k=1, code="pdq").hits
        # Another model takes its place.
        library.reindex(photo=f"hub:{tmp_path / 'moved'}")
        assert library.search(folder / "0-001.png", k=1, code="photo").hits


def test_a_sample_is_the_same_each_time_and_fair(tmp_path: Path) -> None:
    folder = paint(tmp_path / "p", 30)
    (folder / "deep").mkdir()
    shutil.move(folder / "0-003.png", folder / "deep")
    both = [Folder(str(folder), ("0-000.png",)), Folder(str(folder / "deep"))]
    paths, count = draw(both, 100)
    assert (len(paths), count) == (29, 29)
    assert len(set(paths)) == 29
    some, count = draw(both, 10)
    assert (len(set(some)), count) == (10, 29)
    assert draw(both, 10) == (some, 29)
    assert draw([Folder(str(tmp_path / "offline"))], 10) == ([], 0)


INDEX = """
import sys
from lookalike.library import Library
with Library.open(sys.argv[1], photo=sys.argv[3]) as library:
    print("open", flush=True)
    library.index(sys.argv[2])
"""


@pytest.mark.slow
def test_killed_between_fitting_and_encoding(tmp_path: Path, clip: str, contents: Contents) -> None:
    """SIGKILL at moments spread over a run: the library always opens, and the end is the same."""
    folder = paint(tmp_path / "p", 40)
    path = tmp_path / "killed.lookalike"
    seen = set()
    for turn in range(12):
        command = [sys.executable, "-c", INDEX, str(path), str(folder), clip]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.15 * turn)
            process.send_signal(signal.SIGKILL)
        if path.exists() and path.stat().st_size:
            with Library.open(path) as library:
                seen.add(fits(library)[1])
        if turn == 5:
            paint(folder, 60, seed=1)  # a fit on the first 40 is made again
    assert seen <= {0, 40, 100}
    with Library.open(path, photo=clip) as library:
        library.index(folder)
        assert fits(library)[1:] == (100, 100)
    with Library.open(tmp_path / "undisturbed.lookalike", photo=clip) as library:
        library.index(folder)
    assert contents(path)["codes"] == contents(tmp_path / "undisturbed.lookalike")["codes"]


def test_the_fit_is_the_one_of_the_features(tmp_path: Path, clip: str, contents: Contents) -> None:
    """The codes in the library, against the model and the fit made by hand."""
    from lookalike.images.pool.pool import DecodePool

    folder = paint(tmp_path / "p", 150)
    with Library.open(tmp_path / "l.lookalike", photo=clip) as library:
        library.index(folder)
    encoder = registry.load(clip)
    assert isinstance(encoder, FittedEncoder)
    files = sorted(folder.iterdir())
    with DecodePool({"x": encoder.input}, workers=2) as pool:
        pictures = [pool.decode(file).inputs["x"] for file in files]
    fitted = encoder.fitted(encoder.tower.features(pictures))
    made = fitted.encode(pictures)
    assert made.embeddings is not None
    rows = [r for r in contents(tmp_path / "l.lookalike")["codes"] if r[1] == "photo"]
    assert {r[2] for r in rows} == {fitted.fingerprint}
    assert {r[3] for r in rows} == {code.tobytes() for code in made.codes}
    assert {r[4] for r in rows} == {row.tobytes() for row in made.embeddings}
