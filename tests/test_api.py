"""The public API is what the documentation says it is, name by name."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parent.parent / "docs" / "python-api.md"
DIRECTIVE = re.compile(r"^\.\. auto(?:class|exception|function|data):: (\S+)\.(\w+)$", re.MULTILINE)
MODULE = re.compile(r"^## `([\w.]+)`$", re.MULTILINE)

DOCUMENTED = DIRECTIVE.findall(PAGE.read_text(encoding="utf-8"))
MODULES = MODULE.findall(PAGE.read_text(encoding="utf-8"))


def test_the_page_has_modules() -> None:
    assert "lookalike" in MODULES
    assert {module for module, _ in DOCUMENTED} == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_public_names_are_documented(module: str) -> None:
    public = set(importlib.import_module(module).__all__) - {"__version__"}
    assert {name for home, name in DOCUMENTED if home == module} == public


@pytest.mark.parametrize("module", MODULES)
def test_public_names_exist(module: str) -> None:
    loaded = importlib.import_module(module)
    for name in loaded.__all__:
        assert getattr(loaded, name) is not None


def test_unknown_names_are_refused() -> None:
    import lookalike

    with pytest.raises(AttributeError, match="Libary"):
        lookalike.Libary  # noqa: B018


@pytest.mark.parametrize("module", ["lookalike", "lookalike.cli"])
def test_importing_is_light(module: str) -> None:
    heavy = "numba numpy onnxruntime PIL pillow_heif sqlite3 sklearn skimage tqdm torch"
    code = f"import sys, {module}; print([m for m in {heavy!r}.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
