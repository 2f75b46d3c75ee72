"""What a wheel of lookalike holds, and what describes it: citation, licences, models' cards."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import lookalike
from lookalike.encoders import registry

ROOT = Path(__file__).resolve().parent.parent
MODELS = "lookalike/encoders/models"
NAMES = [name for name in registry.names() if name not in registry.HASHES]


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built as pip builds it."""
    wheels = pytest.importorskip("hatchling.builders.wheel", reason="hatchling isn't installed")
    folder = tmp_path_factory.mktemp("dist")
    (built,) = wheels.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(built)


def test_a_wheel_has_what_runs_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for name in NAMES:
        assert {f"{MODELS}/{name}{end}" for end in (".onnx", ".json", ".md")} <= names
    assert {"lookalike/py.typed", f"{MODELS}/licences/Apache-2.0.txt"} <= names
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / "lookalike").rglob("*.py")}
    assert kept <= names
    others = [n for n in names if not n.startswith(("lookalike/", "lookalike-"))]
    assert others == []  # no tests, no scripts, no pictures
    assert [n for n in names if "__pycache__" in n or n.endswith((".pyc", ".nbi", ".nbc"))] == []


def test_a_wheel_says_its_licences_and_its_command(wheel: zipfile.ZipFile) -> None:
    info = f"lookalike-{lookalike.__version__}.dist-info"
    told = wheel.read(f"{info}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in told
    for name in ("LICENSE", "NOTICE", f"{MODELS}/licences/README.md"):
        assert f"License-File: {name}\n" in told
        assert f"{info}/licenses/{name}" in wheel.namelist()
    # What uvx and pipx look for.
    assert "lookalike = lookalike.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == lookalike.__version__
    assert cited["license"] == project()["license"]
    assert cited["abstract"] == project()["description"]
    assert cited["keywords"] == project()["keywords"]
    assert [a["name"] for a in cited["authors"]] == [a["name"] for a in project()["authors"]]


def test_every_shipped_model_has_its_licence() -> None:
    folder = ROOT / MODELS / "licences"
    table = (folder / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+`) \| (\S+) \|", table, re.MULTILINE)
    told = {name: licence for names, licence in rows for name in re.findall(r"`([^`]+)`", names)}
    assert told == {name: registry.card(name).licence for name in NAMES}
    for licence in told.values():
        assert (folder / f"{licence}.txt").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    pytest.importorskip("huggingface_hub")
    file = ROOT / "scripts" / "write_model_cards.py"
    spec = importlib.util.spec_from_file_location("write_model_cards", file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_cards_for_the_hub_are_those_of_the_models(name: str, writer: ModuleType) -> None:
    file = registry.MODELS / f"{name}.md"
    text = file.read_text(encoding="utf-8")
    assert text == writer.page(registry.card(name)), "run scripts/write_model_cards.py"


@pytest.mark.parametrize("name", NAMES)
def test_the_hub_reads_the_cards(name: str) -> None:
    cards = pytest.importorskip("huggingface_hub.repocard")
    read = cards.ModelCard.load(registry.MODELS / f"{name}.md").data
    card = json.loads((registry.MODELS / f"{name}.json").read_text(encoding="utf-8"))
    assert read.license == card["licence"].lower()
    assert {"image-retrieval", "onnx"} <= set(read.tags)
    assert read.datasets
    values = {result.metric_value for result in read.eval_results}
    for protocol in card["figures"].get("retrieval", {}).values():
        assert protocol.get("map", next(iter(values))) in values
    assert read.eval_results
    assert {result.metric_type for result in read.eval_results} == set(read.metrics)
