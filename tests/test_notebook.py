"""The notebook: committed without outputs, and what its cells give when it is run.

It is run on small data with the model for photographs, and, where both are there, on the real data
with the models that ship for it.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from lookalike.datasets.cifar10_batches import BATCHES
from lookalike.encoders import registry
from lookalike.thesis import FEATURES, KDTreeSearch, LSHSearch

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "search.ipynb"
GIVEN = os.environ.get("LOOKALIKE_DATA")  # before the tests are kept off it

MODEL = "photo-256"
STAND_IN = f"""
import lookalike.thesis.features
lookalike.thesis.features.MODELS.update(
    dict.fromkeys(("cifar10", "resisc45"), ("{MODEL}", "{MODEL}"))
)
"""
NO_DOWNLOAD = """
read = load


def load(name, folder=None, *, download=False):
    return read(name, folder)


"""
TELL = """
import json
print(json.dumps([[*key, value] for key, value in results.items()]))
"""
EACH = 6
PARTS = {"near": (0, 0), "far": (200, 60)}  # where in a photograph the pictures of a class begin


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def write_data(photos: Path, folder: Path, *, aerial: bool) -> Path:
    """Data sets of the layouts that are looked for, ten classes of one and three of the other."""
    for subject in ("astronaut", "chelsea", "coffee", "coins", "rocket"):
        with Image.open(photos / f"{subject}.jpg") as photograph:
            for part, (x, y) in PARTS.items():
                for n in range(EACH):
                    small = photograph.crop(
                        (x + 4 * n, y + 3 * n, x + 150 + 4 * n, y + 150 + 3 * n)
                    )
                    half = "test" if n == 0 else "train"
                    file = folder / "cifar10" / half / f"{subject}-{part}" / f"{n}.png"
                    file.parent.mkdir(parents=True, exist_ok=True)
                    small.resize((32, 32)).save(file)
                    if aerial and part == "near" and subject < "coins":
                        file = folder / "resisc45" / subject / f"{subject}_{n}.png"
                        file.parent.mkdir(parents=True, exist_ok=True)
                        small.save(file)
    return folder


def run(folder: Path, data: Path, monkeypatch: pytest.MonkeyPatch, stand_in: str = "") -> Any:
    """The notebook with its outputs, and with a last cell that tells its results."""
    monkeypatch.setenv("LOOKALIKE_DATA", str(data))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    notebook = read()
    first = next(n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first + 1, nbformat.v4.new_code_cell(stand_in))
    notebook.cells.append(nbformat.v4.new_code_cell(TELL))
    client = NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(folder)}})
    return client.execute()


def printed(notebook: Any, name: str = "stdout") -> str:
    return "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == name
    )


def figures(notebook: Any, start: str) -> list[Image.Image]:
    """The figures of the cell that starts so."""
    (cell,) = (c for c in notebook.cells if c.source.startswith(start))
    return [
        Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
        for output in cell.outputs
        if output.output_type == "display_data"
    ]


def results(notebook: Any) -> dict[tuple[str, str], dict[str, float]]:
    told = json.loads(notebook.cells[-1].outputs[0].text)
    return {(data, method): value for data, method, value in told}


def check_figures(notebook: Any, searches: int) -> None:
    """Two rows of neighbours for each search, those of the new picture, and the comparisons."""
    rows = figures(notebook, "for search in searches.values()")
    mirrored = figures(notebook, "first = next(iter(searches))")
    compared = figures(notebook, "names = ")
    by_class = figures(notebook, "for data, shares in by_class")
    assert [len(rows), len(mirrored), len(compared)] == [2 * searches, 2, 1]
    assert len(by_class) == searches // 2
    for row in (*rows, *mirrored):
        assert row.width > 3 * row.height
    for figure in (*rows, *mirrored, *compared, *by_class):
        # A plot that shows something, and not only its frame.
        assert np.asarray(figure.convert("L")).std() > 10
    assert len({figure.tobytes() for figure in (*rows, *mirrored)}) == len(rows) + len(mirrored)


def test_it_is_kept_without_outputs() -> None:
    notebook = read()
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.slow
def test_it_measures_what_the_searches_measure(
    original_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_data(original_photos, tmp_path / "data", aerial=True)
    notebook = run(tmp_path, data, monkeypatch, STAND_IN)
    assert printed(notebook, "stderr") == ""
    check_figures(notebook, 4)
    found = results(notebook)
    assert len(found) == 4
    for (name, method), result in found.items():
        dataset, k = {"CIFAR-10": ("cifar10", 10), "RESISC45": ("resisc45", 100)}[name]
        kind = KDTreeSearch if method == "k-d tree" else LSHSearch
        search = kind(dataset, model=MODEL, data_dir=data)
        accuracy = search.performance(k=k)[-2]
        assert result["accuracy"] == pytest.approx(accuracy)
        assert result["queries a second"] * result["seconds"] == pytest.approx(len(search))
        line = f"{name:9} {method:9} {k:<5}{accuracy:7.3f} "
        assert line in printed(notebook)
        assert f"{name}, {method}: {len(search)} pictures, built in " in printed(notebook)


@pytest.mark.slow
def test_it_goes_on_without_aerial_pictures(
    original_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_data(original_photos, tmp_path / "data", aerial=False)
    notebook = run(tmp_path, data, monkeypatch, STAND_IN)
    check_figures(notebook, 2)
    assert set(results(notebook)) == {("CIFAR-10", "k-d tree"), ("CIFAR-10", "codes")}
    (line,) = (line for line in printed(notebook).splitlines() if "Going on" in line)
    assert str(data / "resisc45") in line
    assert "https://" in line


@pytest.mark.slow
def test_it_goes_on_with_aerial_pictures_alone(
    original_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_data(original_photos, tmp_path / "data", aerial=True)
    shutil.rmtree(data / "cifar10")
    notebook = run(tmp_path, data, monkeypatch, STAND_IN + NO_DOWNLOAD)
    check_figures(notebook, 2)
    assert set(results(notebook)) == {("RESISC45", "k-d tree"), ("RESISC45", "codes")}
    (line,) = (line for line in printed(notebook).splitlines() if "Going on" in line)
    assert line.startswith("Going on without CIFAR-10: ")


@pytest.mark.slow
def test_it_goes_on_with_any_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "none").mkdir()
    notebook = run(tmp_path, tmp_path / "none", monkeypatch, NO_DOWNLOAD)
    check_figures(notebook, 2)
    found = results(notebook)
    assert set(found) == {("pictures", "k-d tree"), ("pictures", "codes")}
    # The parts of a photograph are alike.
    assert all(result["accuracy"] > 0.8 for result in found.values())
    assert f"Going on with {tmp_path}" in printed(notebook)


@pytest.fixture
def real_data(tmp_path: Path) -> Path:
    """A folder with both data sets, as far as they are there."""
    folders = [Path(GIVEN)] if GIVEN else []
    folders += [ROOT / "data"]
    cifar = [folder / "cifar-10-batches-py" for folder in folders]
    aerial = [folder / "resisc45" for folder in folders]
    linked = tmp_path / "data"
    linked.mkdir()
    for places, name, wanted in (
        (cifar, "cifar-10-batches-py", BATCHES[0]),
        (aerial, "resisc45", "."),
    ):
        there = next((place for place in places if (place / wanted).exists()), None)
        if there is None:
            pytest.skip(f"the data set {name} is in none of {', '.join(map(str, places))}")
        (linked / name).symlink_to(there.resolve())
    missing = [name for name in FEATURES if registry.features_path(name) is None]
    if missing:
        pytest.skip(f"the features {', '.join(missing)} aren't part of this installation")
    return linked


@pytest.mark.data
@pytest.mark.slow
def test_the_shipped_models_find_the_right_classes(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = run(tmp_path, real_data, monkeypatch)
    assert printed(notebook, "stderr") == ""
    check_figures(notebook, 4)
    found = results(notebook)
    assert len(found) == 4
    # Right by chance: a tenth with CIFAR-10, less with the aerial pictures.
    assert all(0.8 < result["accuracy"] <= 1 for result in found.values())
