"""What can be said of the Dockerfile without Docker; scripts/check_dockerfile.py carries it out."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from click import Option

from lookalike.cli import program
from lookalike.cli.options import LIBRARY_VARIABLE
from lookalike.cli.serve import DEFAULT_PORT
from lookalike.server.routes import public_paths

ROOT = Path(__file__).resolve().parent.parent


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


dockerfile = script("dockerfile")
STAGES = {s.name: s for s in dockerfile.read_stages((ROOT / "Dockerfile").read_text("utf-8"))}
IMAGES = ("notebook", "server")


def all_steps(name: str) -> list[tuple[str, str]]:
    """The instructions of a stage and of those that it stands on."""
    stage = STAGES[name]
    return (all_steps(stage.base) if stage.base in STAGES else []) + stage.steps


def test_the_linter_finds_nothing() -> None:
    beside = Path(sys.executable).parent / "hadolint"
    linter = str(beside) if beside.exists() else shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint isn't installed")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_both_targets_are_there_and_the_notebook_is_the_default() -> None:
    assert set(IMAGES) <= set(STAGES)
    assert list(STAGES)[-1] == "notebook"


def test_the_base_is_pinned_to_a_version() -> None:
    foreign = {stage.base for stage in STAGES.values() if stage.base not in STAGES}
    assert len(foreign) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", foreign.pop())


def test_what_is_copied_is_there_and_gets_into_the_context() -> None:
    copied = set()
    for name, stage in STAGES.items():
        for word, rest in stage.steps:
            assert word != "ADD"
            if word != "COPY":
                continue
            flags, sources, _ = dockerfile.read_copy(rest)
            if "from" in flags:
                assert list(STAGES).index(flags["from"]) < list(STAGES).index(name)
                continue
            for source in sources:
                assert (ROOT / source).exists(), source
                assert dockerfile.context_files(source), f".dockerignore keeps {source} out"
                copied.add(source)
    # And nothing else is sent to the engine.
    assert {rule[1:] for rule in dockerfile.read_rules() if rule.startswith("!")} == copied


def test_no_rubbish_gets_into_the_context() -> None:
    rules = dockerfile.read_rules()
    sent = dockerfile.context_files("lookalike")
    assert "lookalike/cli/serve.py" in sent
    assert not [name for name in sent if "__pycache__" in name]
    for name in (".git/config", "data/cifar-10-batches-py/data_batch_1", ".venv/pyvenv.cfg"):
        assert dockerfile.ignored(name, rules)


def test_whatever_is_installed_is_pinned() -> None:
    installs = [
        line
        for stage in STAGES.values()
        for word, rest in stage.steps
        if word == "RUN"
        for line in rest.split("&&")
        if re.search(r"\bpip\b.* install ", line)
    ]
    assert len(installs) == 3
    for line in installs:
        assert "-c constraints.txt" in line
    # The names in brackets are extras.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [e for line in installs for e in re.findall(r"\[(.*)\]", line)]
    assert {name for e in extras for name in e.split(",")} <= set(project["optional-dependencies"])
    assert len(extras) == 2


@pytest.mark.parametrize("name", IMAGES)
def test_it_runs_as_a_numbered_user_without_tools_of_building(name: str) -> None:
    steps = all_steps(name)
    assert STAGES[name].last("USER") == "1000:1000"
    assert any("useradd --uid 1000 " in rest for word, rest in steps if word == "RUN")
    ran = " ".join(rest for word, rest in steps if word == "RUN")
    assert not re.search(r"\b(pip|apt-get|curl)\b", ran)


@pytest.mark.parametrize("name", IMAGES)
def test_its_command_listens_where_its_health_is_asked_for(name: str) -> None:
    stage = STAGES[name]
    port = stage.last("EXPOSE")
    command = " ".join(json.loads(stage.last("CMD")))
    assert re.search(rf"--port[= ]{port}\b", command)
    assert "0.0.0.0" in command
    # Whoever comes from outside needs a token; neither image switches that off.
    assert "token" not in command
    assert "password" not in command
    path = {"notebook": "/api", "server": "/api/v1/health"}[name]
    words = json.loads(stage.last("HEALTHCHECK").partition("CMD ")[2])
    assert f"'http://127.0.0.1:{port}{path}'" in words[-1]


def test_the_server_is_started_as_it_can_be() -> None:
    stage = STAGES["server"]
    assert json.loads(stage.last("ENTRYPOINT")) == ["lookalike"]
    command, *words = json.loads(stage.last("CMD"))
    options = {
        name: parameter
        for parameter in program.commands[command].params
        if isinstance(parameter, Option)
        for name in parameter.opts
    }
    assert {word for word in words if word.startswith("-")} <= set(options)
    assert f"{LIBRARY_VARIABLE}=/data/library.lookalike " in stage.last("ENV")
    assert str(DEFAULT_PORT) == stage.last("EXPOSE")
    assert "/api/v1/health" in public_paths()


def test_a_dockerignore_is_read_as_docker_reads_it() -> None:
    rules = ["*", "!src", "!docs/a.md", "**/__pycache__"]
    for name, kept_out in {
        "README.md": True,
        "src/a.py": False,
        "src/deep/b.py": False,
        "src/__pycache__/a.pyc": True,
        "docs/a.md": False,
        "docs/b.md": True,
        "other/src": True,
    }.items():
        assert dockerfile.ignored(name, rules) == kept_out, name


def test_a_dockerfile_is_read_as_docker_reads_it() -> None:
    text = 'ARG A=one\n\n# no\nFROM ${A}:1 AS x\nRUN a \\\n  # no\n  && b\nFROM x\nCMD ["c", "d"]\n'
    first, second = dockerfile.read_stages(text)
    assert (first.name, first.base) == ("x", "one:1")
    assert [(word, rest.split()) for word, rest in first.steps] == [("RUN", ["a", "&&", "b"])]
    assert (second.base, second.last("CMD"), second.last("RUN")) == ("x", '["c", "d"]', "")
    assert dockerfile.read_copy("--from=x a b c/") == ({"from": "x"}, ["a", "b"], "c/")
