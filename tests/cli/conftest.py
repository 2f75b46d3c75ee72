"""Running commands in this process, with a library of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from lookalike.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What was printed, which has to be one JSON object."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Run: TypeAlias = Callable[..., Outcome]


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels() -> None:
    """Compile before any command says that it does: in a new checkout, one of them would."""
    from lookalike.encoders import pdq_kernels  # noqa: F401
    from lookalike.indexes.exact import load_kernels

    load_kernels()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in ``tmp_path`` with the library ``tmp_path / "l.lookalike"``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOOKALIKE_LIBRARY", str(tmp_path / "l.lookalike"))

    def started(*arguments: object) -> Outcome:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return started
