"""``lookalike index``, ``reindex`` and ``remove``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

KEYS = {
    "added", "updated", "moved", "unchanged", "missing", "skipped", "failed", "seconds",
    "pictures_per_second", "offline", "interrupted", "reread", "replaced", "left_out",
    "unconfirmed", "same_place", "patterns", "changes", "changes_count", "lossy",
    "shard", "waiting",
}  # fmt: skip

Run = Callable[..., Any]


def test_json_has_its_keys_and_nothing_else_is_printed(run: Run, photos: Path) -> None:
    (photos / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 truncated")
    done = run("index", photos, "--json")
    assert done.code == 0
    assert done.err == ""
    report = done.json
    assert set(report) == KEYS
    assert report["added"] == 8
    assert report["failed"] + report["skipped"] == 1
    again = run("index", "--json").json
    assert (again["added"], again["unchanged"]) == (0, 8)


def test_it_says_what_it_did_and_where(run: Run, photos: Path, tmp_path: Path) -> None:
    done = run("index", photos)
    first, last = done.out.splitlines()
    assert first.startswith("8 added in ")
    assert last == f"library: {tmp_path / 'l.lookalike'}"
    (photos / "coins.jpg").unlink()
    (photos / "moved").mkdir()
    (photos / "grass.jpg").rename(photos / "moved" / "lawn.jpg")
    assert run("index", photos).out.startswith("1 moved, 6 unchanged, 1 missing in ")


def test_library_option_beats_the_environment(run: Run, photos: Path, tmp_path: Path) -> None:
    assert run("index", photos, "--library", tmp_path / "other").code == 0
    assert not (tmp_path / "l.lookalike").exists()
    assert run("status", "--library", tmp_path / "other", "--json").json["pictures"] == 8


def test_the_default_library_is_in_the_users_data_folder(
    run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOKALIKE_LIBRARY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert run("index", photos).code == 0
    if sys.platform.startswith("linux"):
        assert (tmp_path / "data" / "lookalike" / "library.lookalike").is_file()


def test_excluded_files_stay_out(run: Run, photos: Path) -> None:
    assert run("index", photos, "--exclude", "g*.jpg", "--json").json["added"] == 6
    kept = run("index", photos, "--json").json  # the folder keeps its patterns
    assert (kept["added"], kept["unchanged"]) == (0, 6)
    wrong = run("index", photos, "--exclude", "[")
    assert wrong.code == 2


def test_what_is_no_folder_is_wrong_use(run: Run, photos: Path, tmp_path: Path) -> None:
    assert run("index", tmp_path / "nothing").code == 2
    assert run("index", photos / "coins.jpg").code == 2


def test_reindex_makes_no_difference_with_the_same_models(run: Run, photos: Path) -> None:
    run("index", photos)
    report = run("reindex", "--json").json
    assert set(report) == KEYS
    assert report["failed"] == 0
    assert run("status", "--json").json["pictures"] == 8


def test_remove_forgets_a_folder_and_leaves_the_files(run: Run, photos: Path) -> None:
    run("index", photos)
    refused = run("remove", photos, "nowhere")
    assert (refused.code, refused.out) == (2, "")
    assert "nowhere" in refused.err
    assert run("remove", photos, "--json").json == {"removed": 8}
    assert len(list(photos.iterdir())) == 8
    assert run("status", "--json").json["folders"] == []
    assert run("remove", photos).code == 2


def test_remove_all_deletes_the_library(
    run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", photos)
    with open(os.devnull) as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        refused = run("remove", "--all")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert run("remove", "--all", "--yes").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_ctrl_c_keeps_what_is_done(tmp_path: Path, original_photos: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    with Image.open(original_photos / "astronaut.jpg") as picture:
        for number in range(400):
            picture.rotate(number).save(folder / f"{number:03}.jpg", quality=70)
    library = tmp_path / "l.lookalike"
    command = [sys.executable, "-m", "lookalike", "index", folder, "--library", library, "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "l.lookalike-wal").exists():
        time.sleep(0.02)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)  # the children get it too, as from a terminal
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "kept" in err.splitlines()[-1]
    assert "Traceback" not in err
    report = json.loads(out)
    assert report["interrupted"] is True
    assert report["failed"] == 0
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    again = json.loads(done.stdout)
    assert again["unchanged"] == report["added"]
    assert again["added"] + again["unchanged"] == 400
