"""A short run of scripts/fuzz_formats.py, and that it would notice what must not happen."""

from __future__ import annotations

import importlib
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lookalike.errors import PictureError, PictureFailed
from lookalike.images.pool.pool import DecodePool

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    names = ("fuzz_formats", "fuzz_mutations", "fuzz_samples", "fuzz_tiffs")
    monkeypatch.syspath_prepend(SCRIPTS)
    yield importlib.import_module("fuzz_formats")
    for name in names:
        sys.modules.pop(name, None)


def test_every_file_gets_an_answer(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    script = str(SCRIPTS / "fuzz_formats.py")
    command = [sys.executable, script, "--count", "330", "--seed", "3", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    assert found["faults"] == []
    assert len(found["formats"]) == 11
    names = ("read", "loss", "file", "time", "memory", "extra", "limit", "kind")
    for name, row in found["formats"].items():
        assert row["files"] == sum(row[answer] for answer in names) == 30
        # All damage and no damage at all would both say little.
        assert 0 < row["file"] + row["kind"] < 30 or name == "ISO"
        assert f"{name} " in done.stdout
    assert len(found["slowest"]) == 20


def test_a_file_follows_from_seed_and_number(script: ModuleType) -> None:
    made = []
    for seed in (1, 1, 2):
        fuzzing = script.Fuzzing(seed, ["PNG", "TIFF"], 1)
        made.append([fuzzing.file(number) for number in range(40)])
        fuzzing.close()
    assert made[0] == made[1] != made[2]
    assert [name for name, _ in made[0][:3]] == ["PNG", "TIFF", "PNG"]
    assert len({data for _, data in made[0]}) > 35


def test_every_sample_is_sound_or_said_not_to_be_read(script: ModuleType) -> None:
    """Damage of what is refused anyway would try nothing."""
    from fuzz_samples import SUFFIXES, make_samples  # type: ignore[import-not-found]

    read = 0
    with DecodePool(script.INPUTS, workers=1) as pool:
        samples = make_samples()
        assert samples.keys() == SUFFIXES.keys()
        for name, some in samples.items():
            answers = []
            for data in some:
                try:
                    answers.append(pool.decode(data, name="x" + SUFFIXES[name], count=True))
                except PictureError:
                    continue
            read += len(answers)
            assert answers or name == "ISO"
    assert read > 55


@pytest.mark.parametrize("kind", [RuntimeError, KeyError])
def test_an_exception_fails_the_run(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    kind: type[Exception],
) -> None:  # fmt: skip
    def broken(*_: Any, **__: Any) -> None:
        raise kind("out of the pool")

    monkeypatch.setattr(DecodePool, "decode", broken)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--count", "3", "--formats", "BMP"])
    with pytest.raises(SystemExit) as ended:
        script.main()
    assert ended.value.code == 1
    assert capsys.readouterr().out.count(kind.__name__) == 3


def test_a_cause_that_bytes_cant_have_fails_the_run(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PictureFailed("two\nlines", cause="access")

    monkeypatch.setattr(DecodePool, "decode", refused)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--count", "1", "--formats", "BMP"])
    with pytest.raises(SystemExit) as ended:
        script.main()
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "'access'" in out
    assert "no line for a ledger" in out


def test_a_hang_ends_the_run(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = threading.Event()
    monkeypatch.setattr(DecodePool, "decode", lambda *_, **__: release.wait())
    monkeypatch.setattr(script, "PATIENCE", 0.005)

    def end(code: int) -> None:
        release.set()
        raise SystemExit(code)

    monkeypatch.setattr(script.os, "_exit", end)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--count", "1", "--formats", "BMP"])
    with pytest.raises(SystemExit) as ended:
        script.main()
    assert ended.value.code == 1
    assert "no answer: [0]" in capsys.readouterr().err


def test_mutations_change_files_and_keep_their_size_in_bounds(script: ModuleType) -> None:
    from fuzz_mutations import mutate  # type: ignore[import-not-found]

    others = [b"other" * 100]
    rng = random.Random(1)
    for data in (b"x", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0", bytes(5000), b"RIFF" + bytes(40)):
        made = [mutate(rng, data, others) for _ in range(300)]
        assert all(0 < len(one) <= 4_000_000 for one in made)
        assert sum(one != data for one in made) > 150
