"""The record of what a model learned from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import registry
from lookalike.encoders.cards import Card
from lookalike.encoders.learned_from import DIGEST_BYTES, LearnedFrom, record_path
from lookalike.errors import ModelError
from lookalike.types import InputSpec


def digests(*numbers: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in numbers]


def codes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def test_it_knows_its_pictures_in_any_order(tmp_path: Path) -> None:
    record = LearnedFrom.of(digests(3, 1, 2, 2), codes(3))
    assert len(record) == 3
    assert record.has(digests(1, 9, 3)).tolist() == [True, False, True]
    told = record.write(tmp_path / "a.learned.npz")
    again = LearnedFrom.of(digests(2, 3, 1), codes(3)[::-1])
    assert again.write(tmp_path / "b.learned.npz")["sha256"] == told["sha256"]
    assert (told["pictures"], told["complete"], told["file"]) == (3, True, "a.learned.npz")
    assert told["bytes"] == (tmp_path / "a.learned.npz").stat().st_size
    read = LearnedFrom.read(tmp_path / "a.learned.npz", str(told["sha256"]))
    assert np.array_equal(read.codes, record.codes)
    assert read.digests.shape == (3, DIGEST_BYTES)


def test_an_earlier_training_counts_too(tmp_path: Path) -> None:
    first, second = LearnedFrom.of(digests(1, 2), codes(2)), LearnedFrom.of(digests(2, 3), codes(1))
    both = second.joined(first)
    assert (len(both), len(both.codes), both.complete) == (3, 2, True)
    lost = second.joined(None)
    assert (len(lost), lost.complete) == (2, False)
    assert not first.joined(lost).complete
    lost.write(tmp_path / "lost.learned.npz")
    assert not LearnedFrom.read(tmp_path / "lost.learned.npz").complete


def test_no_pictures_and_no_codes() -> None:
    empty = LearnedFrom.of([], np.empty((0, 32), np.uint8))
    assert len(empty) == 0
    assert empty.has(digests(1)).tolist() == [False]
    assert len(empty.joined(LearnedFrom.of(digests(1), codes(0)))) == 1


def test_a_damaged_or_missing_record_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.learned.npz"
    with pytest.raises(ModelError, match="put it beside the model"):
        LearnedFrom.read(path)
    LearnedFrom.of(digests(1), codes(1)).write(path)
    with pytest.raises(ModelError, match="isn't the record"):
        LearnedFrom.read(path, "0" * 64)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelError, match="no record"):
        LearnedFrom.read(path)
    np.savez(path, digests=np.zeros((2, 3)), codes=codes(1), complete=np.array(True))
    with pytest.raises(ModelError, match="no sense"):
        LearnedFrom.read(path)


def test_a_card_names_it(tmp_path: Path) -> None:
    told = LearnedFrom.of(digests(1, 2), codes(2)).write(record_path(tmp_path / "mine.onnx"))
    card = Card("mine", 8, 0, InputSpec(16, "crop"), learned_from=told)
    (tmp_path / "mine.json").write_text(card.to_json(), encoding="utf-8")
    assert Card.read(tmp_path / "mine.json").learned_from == told
    found = registry.learned_from(str(tmp_path / "mine.onnx"))
    assert found is not None
    assert len(found) == 2
    bare = Card("mine", 8, 0, InputSpec(16, "crop"))
    assert "learned_from" not in bare.to_json()
    (tmp_path / "mine.json").write_text(bare.to_json(), encoding="utf-8")
    assert registry.learned_from(str(tmp_path / "mine.onnx")) is None
    hashed = registry.learned_from("pdq-area")
    assert hashed is not None
    assert len(hashed) == 0
    assert registry.learned_from(str(tmp_path / "codes.npz")) is None


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("cifar10-48", 50_000),
        ("cifar10-real-32", 50_000),
        ("resisc-512", 4_056),
        ("resisc-real-32", 4_056),
    ],
)
def test_the_shipped_models_have_one(name: str, pictures: int) -> None:
    record = registry.learned_from(name)
    assert record is not None
    assert (len(record), record.complete) == (pictures, True)
    told = registry.card(name).learned_from
    # 8 bytes of each digest, 32 of each perceptual code, and the container.
    assert told["bytes"] < 40 * pictures + 1000
    assert registry.learned_from(str(registry.MODELS / f"{name}.npz")) is not None
