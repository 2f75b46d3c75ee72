"""``--limit``: what a run may spend on one picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pictures import encode, png_bomb, scene

Run = Callable[..., Any]


def test_limits_hold_for_one_run(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode(scene(64, 48), "PNG"))
    (folder / "b.png").write_bytes(encode(scene(128, 96), "PNG"))
    (folder / "bomb.png").write_bytes(png_bomb(30_000, 30_000))
    report = run("index", folder, "--limit", "pixels=4k", "--json").json
    assert (report["added"], report["skipped"]) == (1, 2)
    told = run("status").out
    assert "Beyond a limit (2): lookalike index --limit pixels=NUMBER allows more" in told
    assert run("index", "--limit", "pixels=4k", "--json").json["skipped"] == 2
    report = run("index", folder, "--json").json
    assert (report["added"], report["unchanged"], report["skipped"]) == (1, 1, 1)
    ledger = run("status", "--json").json["ledger"]
    assert [(Path(e["path"]).name, e["cause"]) for e in ledger] == [("bomb.png", "limit")]
    # What has its codes keeps them; a reindex reads everything again.
    assert run("index", "--limit", "pixels=4k", "--json").json["unchanged"] == 2
    assert run("reindex", "--limit", "pixels=400M", "--json").json["unchanged"] == 2


def test_every_limit_can_be_given(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode(scene(64, 48), "PNG"))
    run("index", folder, "--limit", "file-bytes=0.1k", "--limit", "seconds=2.5")
    (entry,) = run("status", "--json").json["ledger"]
    assert entry["reason"].endswith("bytes: more than the limit of 100")
    assert "--limit file-bytes=NUMBER" in run("status").out
    limits = ("seconds=1", "memory=1G", "file-bytes=1M", "pixels=1M", "seconds=60.5")
    given = [word for limit in limits for word in ("--limit", limit)]
    assert run("index", *given, "--json").json["added"] == 1


@pytest.mark.parametrize(
    "wrong",
    ["pixels", "pixels=", "pixels=-1", "pixels=0", "pixels=1x", "pixel=1", "=1", "pixels=1e9",
     "memory=0.1", "seconds=nan", "Pixels=1", "pixels=1 M", "seconds=0.0"],
)  # fmt: skip
def test_what_is_no_limit(run: Run, tmp_path: Path, wrong: str) -> None:
    done = run("index", tmp_path, "--limit", wrong)
    assert done.code == 2
    assert repr(wrong) in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "l.lookalike").exists()
