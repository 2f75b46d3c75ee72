"""The command that installs what is missing."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import pytest

from lookalike.system.installing import install_command

ELSEWHERE = "pip install '.[server]' in lookalike's source folder"


class Installed:
    """A distribution as pip left it."""

    def __init__(self, noted: str | None) -> None:
        self.noted = noted

    def read_text(self, _name: str) -> str | None:
        return self.noted


@pytest.mark.parametrize("noted", [None, "", "[1", "[]", '{"url": "https://example.org/a.whl"}'])
def test_where_nobody_noted_a_folder(noted: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: Installed(noted))
    assert install_command("server") == ELSEWHERE


def test_the_folder_that_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "my clone"
    noted = json.dumps({"url": source.as_uri(), "dir_info": {}})
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: Installed(noted))
    assert install_command("server") == ELSEWHERE  # it is gone
    source.mkdir()
    (source / "pyproject.toml").touch()
    assert install_command("raw", "tiff") == f"pip install '{source}[raw,tiff]'"
    assert install_command() == f"pip install '{source}'"


@pytest.mark.parametrize(
    ("marker", "place", "command"),
    [
        ("", "venv", "pip install '{}'"),
        ("pipx_metadata.json", "venvs/lookalike", "pipx install --force '{}'"),
        ("uv-receipt.toml", "tools/lookalike", "uv tool install --force '{}'"),
        ("", "archive-v0/9RkrIGqcRr4P", "uvx --from '{}' lookalike"),
    ],
)
def test_the_wheel_that_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str, place: str, command: str
) -> None:
    wheel = tmp_path / "my wheels" / "lookalike-1.0-py3-none-any.whl"
    noted = json.dumps({"url": wheel.as_uri(), "archive_info": {}})
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: Installed(noted))
    monkeypatch.setattr("sys.prefix", str(tmp_path / place))
    assert install_command("server") == ELSEWHERE  # it is gone
    wheel.parent.mkdir()
    wheel.touch()
    (tmp_path / place).mkdir(parents=True)
    if marker:
        (tmp_path / place / marker).touch()
    assert install_command("server") == command.format(f"{wheel}[server]")
