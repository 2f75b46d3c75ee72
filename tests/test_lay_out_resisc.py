"""scripts/lay_out_resisc.py: class folders of several places as one data set."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "lay_out_resisc.py"


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lay_out_resisc", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pictures(folder: Path, name: str, count: int, first: int = 1) -> None:
    (folder / name).mkdir(parents=True)
    for number in range(first, first + count):
        (folder / name / f"{name}_{number:03}.jpg").write_bytes(f"{name} {number}".encode())


def names(folder: Path) -> dict[str, int]:
    return {entry.name: len(list(entry.iterdir())) for entry in folder.iterdir()}


def test_parts_lie_in_the_merged_class_where_there_is_one(
    script: ModuleType, tmp_path: Path
) -> None:
    pictures(tmp_path / "a", "farmland", 3)
    pictures(tmp_path / "a", "beach", 2)
    pictures(tmp_path / "b", "circular_farmland", 2)
    pictures(tmp_path / "b", "dense_residential", 1)
    pictures(tmp_path / "b", "beach", 1, first=3)
    to = tmp_path / "data" / "resisc45"
    sizes = script.lay_out([tmp_path / "a", tmp_path / "b"], to)
    # No merged class "residential" is there: its part stays a class.
    assert sizes == names(to) == {"beach": 3, "farmland": 5, "dense_residential": 1}
    assert (to / "farmland" / "circular_farmland_002.jpg").read_bytes() == b"circular_farmland 2"


def test_no_picture_is_written_over(script: ModuleType, tmp_path: Path) -> None:
    pictures(tmp_path / "a", "beach", 2)
    pictures(tmp_path / "b", "beach", 1, first=2)
    with pytest.raises(FileExistsError, match=r"beach_002\.jpg would be written twice"):
        script.lay_out([tmp_path / "a", tmp_path / "b"], tmp_path / "to")
