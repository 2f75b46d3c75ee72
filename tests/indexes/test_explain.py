"""What answers, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_twin import members

from lookalike.indexes import table_keeper
from lookalike.indexes.explain import explain
from lookalike.indexes.kept import KeptIndex


def test_few_codes() -> None:
    assert explain(1000, 256) == "exact scan, which is the fastest for so few codes"


def test_many_codes_without_and_with_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = explain(10**7, 256, folder=tmp_path / "tables")
    assert line.startswith("exact scan; tables for what is within 31 of 256 bits (1.4 GB)")
    codes = members(70_000, 64)
    monkeypatch.setattr(table_keeper, "pays", lambda *_: True)
    KeptIndex(codes, 64, folder=tmp_path / "tables", stamp="a", radius=2).prepare()
    monkeypatch.setattr("lookalike.indexes.explain.pays", lambda *_: True)
    line = explain(70_000, 64, folder=tmp_path / "tables", stamp="a", radius=2)
    assert line.startswith("multi-index hashing within 2 of 64 bits (tables: ")
    assert line.endswith("MB), exact scan for the nearest")
    other = explain(70_000, 64, folder=tmp_path / "tables", stamp="b", radius=2)
    assert other.startswith("exact scan; tables")
