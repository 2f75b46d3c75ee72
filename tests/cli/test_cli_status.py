"""``lookalike status``: the files without a code, by cause, and what was read with a loss."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pictures import encode, png_bomb, scene

Run = Callable[..., Any]


def names(lines: list[str], first: str) -> list[str]:
    """Of the lines that begin with a word, the names of their files."""
    return [Path(line.split()[1]).name for line in lines if line.startswith(first)]


def test_the_ledger_by_cause(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    whole = encode(scene(64, 48), "animated GIF")
    (folder / "torn.gif").write_bytes(whole[: -len(whole) // 5])
    (folder / "good.png").write_bytes(encode(scene(65, 48), "PNG"))
    (folder / "cut.jpg").write_bytes(encode(scene(64, 48), "JPEG")[:400])
    (folder / "bomb.png").write_bytes(png_bomb(50_000, 50_000))
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.png").write_bytes(b"")
    told = run("index", folder, "--members", 5).out
    assert "read with a loss: 1 file; lookalike status says what is lost" in told
    out = run("status").out
    groups = [part.splitlines() for part in out.split("\n\n")[1:]]
    assert groups[0] == ["Files and folders without a code (4):"]
    heads = [group[0].split(" (")[0] for group in groups[1:]]
    assert heads == ["Beyond a limit", "Damaged", "No picture", "Read with a loss"]
    limit, damaged, none, loss = groups[1:]
    assert names(limit, "skipped") == ["bomb.png"]
    assert names(damaged, "failed") == ["cut.jpg"]
    assert names(none, "skipped") == ["empty.png", "text.jpg"]
    assert names(loss, "read") == ["torn.gif"]

    found = run("status", "--json").json
    ledger = found["ledger"]
    assert all(list(e) == ["path", "status", "cause", "reason"] for e in ledger)
    assert {Path(e["path"]).name: (e["status"], e["cause"]) for e in ledger} == {
        "bomb.png": ("skipped", "limit"),
        "cut.jpg": ("failed", "file"),
        "empty.png": ("skipped", "file"),
        "text.jpg": ("skipped", "file"),
    }
    (lost,) = found["losses"]
    assert lost["path"] == str(folder / "torn.gif")
    assert [(g["name"], g["files"]) for g in found["groups"]] == [
        ("limit", 1), ("damaged", 1), ("no picture", 2), ("loss", 1)
    ]  # fmt: skip
    assert all(g["title"] and g["advice"] for g in found["groups"])


def test_only_losses(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    whole = encode(scene(64, 48), "animated GIF")
    (folder / "torn.gif").write_bytes(whole[: -len(whole) // 5])
    run("index", folder, "--members", 5)
    out = run("status").out
    assert "without a code" not in out
    assert "Read with a loss (1)" in out


def test_long_groups_are_cut(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(103):
        (folder / f"{number:03}.jpg").write_text("no picture")
    (folder / "z.jpg").write_bytes(encode(scene(64, 48), "JPEG")[:400])
    run("index", folder)
    lines = run("status").out.splitlines()
    assert len(names(lines, "skipped")) == 100
    assert names(lines, "failed") == ["z.jpg"]  # each group for itself
    assert lines[-1] == "... and 3 more: lookalike status --all names them"
    assert any(line.startswith("No picture (103): ") for line in lines)
    lines = run("status", "--all").out.splitlines()
    assert len(names(lines, "skipped")) == 103
    assert "more:" not in lines[-1]
    assert len(run("status", "--json").json["ledger"]) == 104
