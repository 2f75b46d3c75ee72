from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lookalike.library import calibrations as module
from lookalike.library.calibration_hubs import DOUBTFUL
from lookalike.library.calibrations import Calibrations
from lookalike.library.engine import Engine
from lookalike.library.look_store import Look
from lookalike.library.opening import open_library
from lookalike.library.store import Store
from lookalike.shot import Shot
from tests.calibrated import fill, tables_of, unlike_codes

Opened = tuple[Store, Engine]


@pytest.fixture(params=["memory", "file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    location = ":memory:" if request.param == "memory" else str(tmp_path / "l.lookalike")
    store, engine = open_library(location, create=True, read_only=False)
    yield store, engine
    engine.close()
    store.close()


def pairs_of(opened: Opened) -> dict[str, int]:
    """Measured pairs by slot, as another process would have them."""
    store, engine = opened
    known = Calibrations(store, engine)
    return {slot: known.of(table).pairs for slot, table in tables_of(store, engine).items()}


def test_it_is_measured_once_and_kept(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _engine = opened
    fill(store, 60)
    stamp = store.stamp()
    assert pairs_of(opened) == {"pdq": 1770, "photo": 1770}
    assert store.stamp() == stamp  # no search is answered otherwise for it
    monkeypatch.setattr(Calibrations, "_measured", None)  # would be called
    assert pairs_of(opened) == {"pdq": 1770, "photo": 1770}


def test_it_is_renewed_when_the_library_has_doubled(opened: Opened) -> None:
    fill(opened[0], 60)
    pairs_of(opened)
    fill(opened[0], 40, first=1000)
    assert pairs_of(opened)["pdq"] == 1770
    fill(opened[0], 40, first=2000)
    assert pairs_of(opened)["pdq"] == 140 * 139 // 2


@pytest.mark.parametrize("seconds", [2, 3600])
def test_frames_of_a_burst_are_no_unrelated_pictures(opened: Opened, seconds: int) -> None:
    """They come near each other; what was taken an hour apart and does so counts."""
    frames = np.repeat(unlike_codes(20, seed=3), 2, axis=0)
    frames[::2, :6] ^= 255  # 48 bits: too far to be copies
    codes = np.concatenate([frames, unlike_codes(60, seed=4)])
    start = datetime(2024, 5, 1, 12)
    taken = [
        start + timedelta(days=i // 2 if i < 40 else i, seconds=seconds * (i % 2))
        for i in range(len(codes))
    ]
    shots = [Shot(moment.isoformat(), camera="Canon EOS") for moment in taken]
    fill(opened[0], len(codes), codes=codes, shots=shots)
    without = len(codes) if seconds > 10 else len(codes) - 20
    assert pairs_of(opened)["photo"] == without * (without - 1) // 2


def test_what_was_seen_to_be_a_copy_is_no_unrelated_picture(opened: Opened) -> None:
    store, _engine = opened
    codes = np.repeat(unlike_codes(20, seed=3), 2, axis=0)
    codes[::2, :6] ^= 255  # 48 bits: too far to be copies by their codes
    fill(store, len(codes), codes=codes)
    (table, *_) = tables_of(*opened).values()
    contents = table.sample(len(codes), 0).tolist()
    pairs = list(zip(contents[::2], contents[1::2], strict=True))
    kinds = ["edited", "part", "alike", ""]
    store.put_looks([Look(a, b, "photo", 48, 1, 1, kinds[i % 4]) for i, (a, b) in enumerate(pairs)])
    assert pairs_of(opened)["photo"] == 30 * 29 // 2  # one of each pair that is a copy or a part


def test_what_is_kept_of_another_encoder_is_measured_anew(opened: Opened) -> None:
    store, _engine = opened
    fill(store, 30)
    pairs_of(opened)
    for encoder in store.encoders():
        key = f"calibration-{encoder.id}"
        kept = json.loads(store.setting(key) or "")
        store.put_setting(key, json.dumps({**kept, "fingerprint": "another", "pairs": 7}))
    assert pairs_of(opened)["photo"] == 435


def test_renewing_measures_all_codes(opened: Opened) -> None:
    store, engine = opened
    fill(store, 30)
    Calibrations(store, engine).renew()
    assert all(store.setting(f"calibration-{encoder.id}") for encoder in store.encoders())


def test_a_library_that_is_not_to_be_written_to_is_measured_in_memory(tmp_path: Path) -> None:
    path = str(tmp_path / "l.lookalike")
    store, engine = open_library(path, create=True, read_only=False)
    fill(store, 30)
    engine.close()
    store.close()
    store, engine = open_library(path, create=False, read_only=True)
    known = Calibrations(store, engine)
    table = tables_of(store, engine)["photo"]
    assert known.of(table) is known.of(table)
    assert store.setting(f"calibration-{table.encoder.id}") is None
    engine.close()
    store.close()


def test_tiny_pictures_are_held_to_a_stricter_rule(opened: Opened) -> None:
    store, engine = opened
    fill(store, 20)
    fill(store, 20, first=500, side=20)
    known = Calibrations(store, engine)
    for table in tables_of(store, engine).values():
        factors = known.factors(table, table.sample(100))
        assert factors.tolist() == [1.0] * 20 + [DOUBTFUL] * 20


def test_an_empty_library_is_no_error(opened: Opened) -> None:
    store, engine = opened
    fill(store, 0)
    assert pairs_of(opened) == {"pdq": 0, "photo": 0}
    table = tables_of(store, engine)["photo"]
    assert Calibrations(store, engine).factors(table, np.zeros(0, np.int64)).tolist() == []


def test_the_module_names_no_measuring_until_it_is_needed() -> None:
    assert not hasattr(module, "measure")
