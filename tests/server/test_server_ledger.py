"""The ledger over REST and on the page: by cause, with what was read with a loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pictures import encode, scene
from serving import Serve

from lookalike import Library
from lookalike.server.records import LEDGER_SHOWN

FILES = LEDGER_SHOWN + 2


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A library of more files without a code than are told, and one with a loss."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    whole = encode(scene(64, 48), "animated GIF")
    (folder / "torn.gif").write_bytes(whole[: -len(whole) // 5])
    (folder / "a.jpg").write_bytes(encode(scene(64, 48), "JPEG")[:400])
    for number in range(FILES - 1):
        (folder / f"b{number:03}.jpg").write_text("no picture")
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        assert library.index(folder, members=5).lossy == 1
    return tmp_path / "l.lookalike"


def test_the_ledger_over_rest(torn: Path, serve: Serve) -> None:
    with serve(torn, rate=0).client() as client:
        found = client.get("/api/v1/status").json()
    assert (found["skipped"], found["failed"], found["lossy"]) == (FILES - 1, 1, 1)
    assert len(found["ledger"]) == LEDGER_SHOWN
    assert all(set(e) == {"path", "status", "cause", "reason"} for e in found["ledger"])
    assert {e["cause"] for e in found["ledger"]} == {"file"}
    (loss,) = found["losses"]
    assert set(loss) == {"path", "reason"}
    assert loss["path"].endswith("torn.gif")
    groups = [(g["name"], g["files"]) for g in found["groups"]]
    assert groups == [("damaged", 1), ("no picture", FILES - 1), ("loss", 1)]
    assert json.dumps(found["groups"][0]["advice"]) != '""'
