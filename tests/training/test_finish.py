"""The last layers, trained alone on a finished backbone's features."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small_training
import torch

from lookalike.errors import UsageError
from lookalike.training.build import restored
from lookalike.training.checkpoint import read_checkpoint
from lookalike.training.config import at_32_pixels, recipe
from lookalike.training.examples import Examples
from lookalike.training.finish import layers_on, pooled_features
from lookalike.training.loop import Step, Trained, train
from lookalike.training.networks.hash_network import Encoding

SMALL = replace(small_training.SMALL, epochs=2, mirror=True, finish=60, bfloat16=False)


def examples(count: int = 60, seed: int = 0) -> Examples:
    return small_training.examples(count, seed=seed)


def same(a: Trained, b: Trained) -> bool:
    states = a.network.state_dict(), b.network.state_dict()
    return all(torch.equal(states[0][name], value) for name, value in states[1].items())


@pytest.fixture(scope="module")
def finished() -> Trained:
    return train(examples(), SMALL)


def test_only_the_last_layers_change(finished: Trained) -> None:
    plain = train(examples(), replace(SMALL, finish=0))
    before, after = plain.network.state_dict(), finished.network.state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert {name.split(".")[0] for name in changed} == {"feature", "classifier"}
    assert "feature.linear.weight" in changed
    assert plain.epochs[-1].loss == finished.epochs[-1].loss


@pytest.mark.parametrize("mirror", [True, False])
@pytest.mark.parametrize("quarters", [True, False])
def test_the_layer_learns_on_what_the_model_gives_it(
    finished: Trained, mirror: bool, quarters: bool
) -> None:
    config = replace(SMALL, mirror=mirror, quarters=quarters)
    pictures = examples().pictures
    with ThreadPoolExecutor(2) as pool:
        pooled = pooled_features(finished.network.backbone, pictures, config, pool)
    model = Encoding(finished.network, mirror=mirror, quarters=quarters)
    with torch.inference_mode():
        wanted = model(torch.from_numpy(pictures)).logits
        found = finished.network.feature(torch.from_numpy(pooled))
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


def test_the_layers_fit_their_pictures(finished: Trained) -> None:
    told = examples()
    with torch.inference_mode():
        logits = finished.network(torch.from_numpy(told.pictures)).logits
    assert np.mean(np.asarray(logits.argmax(1)) == told.labels) == 1.0


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_seed_gives_the_same_layers(finished: Trained, threads: int) -> None:
    assert same(train(examples(), SMALL, threads=threads), finished)
    assert not same(train(examples(), replace(SMALL, seed=6)), finished)


def test_the_checkpoint_holds_the_finished_network_and_can_be_finished_later(
    finished: Trained, tmp_path: Path
) -> None:
    file = tmp_path / "a.checkpoint"
    train(examples(), replace(SMALL, finish=0), checkpoint=file)
    later = train(examples(), SMALL, checkpoint=file, resume=True)
    assert same(later, finished)
    begun = restored(read_checkpoint(file))
    assert torch.equal(begun.feature.linear.weight, finished.network.feature.linear.weight)
    assert same(train(examples(), SMALL, checkpoint=file, resume=True), finished)
    with pytest.raises(UsageError, match="other settings"):
        train(examples(), replace(SMALL, finish=0), checkpoint=file, resume=True)


def test_with_validation_the_best_epoch_is_finished(tmp_path: Path) -> None:
    config = replace(SMALL, schedule="plateau", stop_after=1, epochs=4)
    held = examples(30, seed=1)
    found = train(examples(), config, validation=held)
    plain = train(examples(), replace(config, finish=0), validation=held)
    for name, value in plain.network.backbone.state_dict().items():
        assert torch.equal(value, found.network.backbone.state_dict()[name])


def test_losses_without_labels_have_nothing_to_finish() -> None:
    config = replace(SMALL, loss="cibhash", epochs=1)
    assert same(train(examples(), config), train(examples(), replace(config, finish=0)))


def test_its_pictures_are_counted() -> None:
    steps: list[Step] = []
    train(examples(), SMALL, progress=steps.append)
    assert [(s.step, s.steps) for s in steps if s.finishing] == [(60, 60)]
    assert not any(s.finishing for s in steps[:-1])


def test_bits_of_few_pictures() -> None:
    random = np.random.default_rng(0)
    pooled = random.normal(size=(5, 7)).astype(np.float32)
    layer, classifier = layers_on(
        pooled, np.array([0, 1, 0, 1, 0]), "greedyhash", 4, 2, steps=10, seed=1
    )
    assert layer.linear.weight.shape == (4, 7)
    assert classifier.weight.shape == (2, 4)
    assert not layer.training


def test_recipes() -> None:
    assert recipe("resnet9").finish == 2000
    assert recipe("lite0").finish == 0
    assert at_32_pixels(recipe("lite0")).finish == 2000
    assert recipe("thesis-cnn").finish == 0  # as it was
    with pytest.raises(UsageError, match="finish is -1"):
        replace(SMALL, finish=-1)
