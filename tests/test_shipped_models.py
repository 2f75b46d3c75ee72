"""The models of the thesis: their features are theirs, and give the figures of their cards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lookalike.codes.bits import hamming
from lookalike.datasets import Dataset, load
from lookalike.datasets.reading import pixel_digests
from lookalike.datasets.splits import Split
from lookalike.encoders import registry
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.model_codes import open_maker
from lookalike.evaluation.protocols import encode_split, prepare_split
from lookalike.thesis import FEATURES, KDTreeSearch, LSHSearch, load_features

PROTOCOLS = {"cifar10": "cifar10-full", "resisc": "resisc-80-20"}
LARGEST = 10_000_000
SAMPLE = 48
QUERIES = 1012  # all of those of the aerial pictures


def data_of(name: str) -> str:
    return "cifar10" if name.startswith("cifar10") else "resisc45"


@pytest.fixture(scope="module")
def loaded(data_sets: Path) -> dict[str, Dataset]:
    return {name: load(name, data_sets) for name in ("cifar10", "resisc45")}


@pytest.mark.parametrize("name", FEATURES)
def test_each_is_small_and_has_a_card(name: str) -> None:
    assert registry.model_path(name).stat().st_size <= LARGEST
    card = registry.card(name)
    assert card.bits == int(name.rpartition("-")[2])
    assert (card.embedding_size > 0) == ("real" in name)
    assert card.licence == "Apache-2.0"
    assert card.command.startswith(f"lookalike train {data_of(name)} ")
    if name.startswith("resisc"):
        assert "of 42 classes" in card.fitted_on
        assert "EfficientNet-Lite0" in card.attribution
    features = load_features(name)
    assert features.bits == card.bits
    assert features.digests is not None
    assert len(np.unique(features.digests, axis=0)) == len(features)
    if card.embedding_size:
        assert features.embeddings is not None
        assert features.embeddings.dtype == np.float16
        assert features.embeddings.shape == (len(features), card.embedding_size)
    else:
        assert features.embeddings is None


@pytest.mark.parametrize("name", FEATURES)
def test_features_are_what_the_model_gives(name: str, loaded: dict[str, Dataset]) -> None:
    part = loaded[data_of(name)].test
    rows = np.random.default_rng(0).permutation(len(part))[:SAMPLE]
    part = part.take(np.sort(rows))
    features = load_features(name)
    places = features.rows(pixel_digests(part))
    assert (places >= 0).all()
    made = open_maker(name).of(part)
    different = [
        hamming(made.codes[row : row + 1], features.codes[place : place + 1]).item()
        for row, place in enumerate(places)
    ]
    # Another processor rounds otherwise: a feature close to 0 may change its sign.
    assert np.mean(different) < 0.002 * features.bits
    if features.embeddings is not None:
        assert made.embeddings is not None
        units = made.embeddings / np.linalg.norm(made.embeddings.astype(float), axis=1)[:, None]
        cosines = (units * features.embeddings[places].astype(float)).sum(1)
        assert cosines.min() > 0.999


@pytest.mark.parametrize("name", FEATURES)
def test_features_give_the_figures_of_the_card(name: str, loaded: dict[str, Dataset]) -> None:
    card = registry.card(name)
    protocol = PROTOCOLS[name.partition("-")[0]]
    told = card.figures["retrieval"][protocol]
    split = prepare_split(loaded[data_of(name)], protocol)
    assert (told["queries"], told["database"]) == (len(split.queries), len(split.database))
    rows = np.random.default_rng(0).permutation(len(split.queries))[:QUERIES]
    source = open_maker(str(registry.MODELS / f"{name}.npz"))
    sample: Split = replace(split, queries=split.queries.take(np.sort(rows)))
    coded = encode_split(source, loaded[data_of(name)], sample)
    found, _ = evaluate(coded, by="embedding" if card.embedding_size else "code")
    # All queries give the figure itself, a sample one near to it.
    allowed = 1e-4 if len(rows) == told["queries"] else 0.025
    assert found.map == pytest.approx(told["map"], abs=allowed)
    assert found.precision_at["100"] == pytest.approx(told["precision_at"]["100"], abs=allowed)


@pytest.mark.parametrize("name", ["cifar10-48", "resisc-512", "resisc-real-32"])
def test_the_searches_of_the_thesis_use_them(
    name: str, data_sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("features were computed, although they are shipped")

    monkeypatch.setattr(registry, "load", refuse)
    kind = KDTreeSearch if "real" in name else LSHSearch
    search = kind(data_of(name).removesuffix("10").removesuffix("45"), data_dir=data_sets)
    assert search.model == name
    told = registry.card(name).figures["retrieval"]["thesis"]
    assert len(search) == told["pictures"]
    assert search.query(image_idx=5, k=1, plot=False)[0].distance == pytest.approx(0, abs=1e-3)
    accuracy = search.performance(k=10)[-2]
    assert accuracy == pytest.approx(told["accuracy_at"]["10"], abs=1e-4)
