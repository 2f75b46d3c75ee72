"""What the tests of checking and repairing share: a library that may be damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from damaging import make

from lookalike.library.mapped import cache_folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that no test changes."""
    return make(tmp_path_factory.mktemp("whole") / "a.lookalike")


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(cache_folder(whole), cache_folder(tmp_path / "a.lookalike"))
    return Path(shutil.copyfile(whole, tmp_path / "a.lookalike"))
