"""``lookalike benchmark engine``: places of this machine pass, and one that errs is found out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lookalike.cli import main
from lookalike.library.opening import MEMORY, open_library
from lookalike.library.tables import ArrayTable
from lookalike.remote.conformance import CHECKS, conformance
from lookalike.types import Codes, Hits


def test_a_file_answers_as_it_has_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.lookalike"
    assert main(["benchmark", "engine", str(file), "--size", "300", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [check["name"] for check in found["checks"]] == list(CHECKS)
    assert all(check["passed"] and check["asked"] for check in found["checks"])
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_is_there_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.lookalike"
    file.write_bytes(b"mine")
    assert main(["benchmark", "engine", str(file)]) != 0
    assert "name a library that isn't" in capsys.readouterr().err
    assert file.read_bytes() == b"mine"


def test_ties_in_another_order_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Milvus itself gives them."""
    right = ArrayTable.nearest

    def wrong(self: ArrayTable, queries: Codes, k: int, **options: object) -> Hits:
        hits = right(self, queries, k + 20, **options)  # type: ignore[arg-type]
        last = hits.distances[:, k - 1 : k]
        if (hits.distances[:, k:] == last).any():
            hits.ids[:, k - 1] = hits.ids[:, k]
        return Hits(hits.ids[:, :k], hits.distances[:, :k], True)

    monkeypatch.setattr(ArrayTable, "nearest", wrong)
    store, engine = open_library(MEMORY, create=True, read_only=False)
    failed = {check.name for check in conformance(store, engine, size=300) if not check.passed}
    assert "ties at the k-th distance" in failed
