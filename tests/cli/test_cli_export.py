"""``lookalike export`` and ``lookalike import`` in a shell."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.encoders import registry
from lookalike.library.local.store import LocalStore
from lookalike.library.records import ContentKey, FileEntry, Member, StoredCode
from lookalike.library.verdict_store import Rejection
from lookalike.types import Decoded

Run = Any
N = 8_000


@pytest.fixture
def many(tmp_path: Path) -> Path:
    store = LocalStore(tmp_path / "l.lookalike")
    encoder = store.put_encoder("pdq", "pdq", registry.load("pdq"), current=True)
    codes = np.random.default_rng(0).integers(0, 256, (N, 32), dtype=np.uint8)
    with store.writing():
        made = [Decoded({}, n.to_bytes(32, "big"), None, 4, 3, "PNG", 9) for n in range(N)]
        ids = store.put_contents(made)
        rows = zip(ids, codes, strict=True)
        store.put_codes([StoredCode(encoder.id, i, code.tobytes()) for i, code in rows])
        store.put_files([FileEntry(f"/p/{i}.png", 9, i, (Member("", i),)) for i in ids])
    key = ContentKey(bytes(32)), ContentKey(bytes(31) + b"\1")
    store.put_rejections([Rejection(*key, "2024-01-01T00:00:00+00:00")])
    store.close()
    return tmp_path / "l.lookalike"


def written(folder: Path, target: str) -> int:
    """Bytes that are there of a target, in its log or its folder."""
    name = target.rstrip("/")
    found = [*folder.glob(f"{name}*"), *(folder / name).rglob("*.parquet")]
    return sum(path.stat().st_size for path in found if path.is_file())


@pytest.mark.parametrize(
    ("target", "kills"),
    [("other.lookalike", (1_500_000, 2_200_000)), ("archive/", (100_000, 250_000))],
)
def test_killed_and_run_again(
    run: Run, many: Path, tmp_path: Path, target: str, kills: tuple[int, ...]
) -> None:
    pytest.importorskip("pyarrow")
    command = [sys.executable, "-P", "-m", "lookalike", "export", target, "--library", str(many)]
    for most in kills:
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as child:
            while child.poll() is None and written(tmp_path, target) < most:
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
    done = run("export", target, "--json")
    assert done.code == 0, done.err
    assert (done.json["moved"]["pictures"], done.json["moved"]["files"]) == (N, N)
    assert done.json["moved"]["resumed"] > 0
    done = run("import", target, "--library", tmp_path / "back")
    verified = f"verified {N:,} pictures, {N:,} files, 1 encoder: equal\n"
    assert done.out == f"{verified}written: {tmp_path / 'back'}\n"
    done = run("import", target, "--library", tmp_path / "back")
    assert done.out.splitlines()[1] == verified.strip()
    assert done.out.splitlines()[0].endswith(" rows were there from before")


def test_decisions_and_pairs(run: Run, many: Path, tmp_path: Path) -> None:
    assert run("export", "d.json").out == f"1 decision: {tmp_path / 'd.json'}\n"
    assert len(json.loads((tmp_path / "d.json").read_text())["rejected"]) == 1
    assert run("export", "d.json").code == 0  # the same
    LocalStore(tmp_path / "new").close()
    told = tmp_path / "new"
    assert run("import", "d.json", "--library", told).out == f"1 new decision: {told}\n"
    assert run("import", "d.json", "--library", told).out == f"0 new decisions: {told}\n"
    assert run("export", "p.csv").out == f"0 pairs: {tmp_path / 'p.csv'}\n"
    assert (tmp_path / "p.csv").read_text() == "first,second,kind,agreement,code,distance\n"
    done = run("import", "p.csv")
    assert (done.code, "aren't imported" in done.err) == (2, True)


def test_what_is_refused_gets_one_line(run: Run, many: Path, tmp_path: Path) -> None:
    before = many.read_bytes()
    for words, said in [
        (("export", "l.lookalike"), "is the library itself: name another place"),
        (("export", ":memory:"), "would be gone when this ends"),
        (("export", "x", "--library", tmp_path / "none"), "there is no library at"),
        (("import", "none.npz"), "there is nothing at"),
        (("import", "none", "--library", tmp_path / "n"), "there is no library at"),
        (("import", f"{tmp_path}/"), "is no archive of a library: manifest.json is missing"),
        (("export", "a.npz", "--slot", "photo"), "has no photo codes"),
        (("export", "a/b/c.npz"), "No such file"),
        (("export", "nobody://here/a"), "names no library that this lookalike can open"),
    ]:
        done = run(*words)
        assert done.code in (1, 2)
        assert said in done.err, done.err
        assert len(done.err.splitlines()) == 1
        assert not done.out
    assert many.read_bytes() == before
    assert not (tmp_path / "n").exists()
