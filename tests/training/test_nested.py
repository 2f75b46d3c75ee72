"""Codes whose first bits are codes: losses over prefixes, and trainings with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_training import SMALL, examples

from lookalike.codes.bits import pack
from lookalike.errors import UsageError
from lookalike.metrics import average_precision, count_distances
from lookalike.training.build import restored
from lookalike.training.checkpoint import read_checkpoint
from lookalike.training.config import Config
from lookalike.training.finish import layers_on
from lookalike.training.loop import train
from lookalike.training.losses import LOSSES, loss_named, loss_of
from lookalike.training.networks.hash_network import Outputs

WIDTHS = (4, 6)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in a training: several threads for products as small as these wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def outputs(width: int) -> Outputs:
    """Of eight pictures, with class scores for each of the widths."""
    random = torch.Generator().manual_seed(0)
    features = torch.randn(8, width, generator=random)
    scores = [torch.randn(8, 3, generator=random) for _ in (*WIDTHS, width)]
    return Outputs(
        torch.randn(8, 10, generator=random),
        features,
        torch.where(features > 0, 1.0, -1.0),
        scores[-1],
        tuple(scores[:-1]),
    )


@pytest.mark.parametrize("name", ["greedyhash", "csq", "orthohash", "hashnet", "softmax"])
def test_it_is_the_mean_of_the_losses_of_all_prefixes(name: str) -> None:
    whole, labels = outputs(8), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    wanted = []
    for width, scores in zip((*WIDTHS, 8), (*whole.nested, whole.logits), strict=True):
        first = Outputs(whole.pooled, whole.features[:, :width], whole.codes[:, :width], scores)
        wanted.append(loss_named(name)(width, 3, seed=2)(first, labels, 0.5))
    found = loss_of(name, 8, 3, nested=WIDTHS, seed=2)(whole, labels, 0.5)
    assert found.item() == pytest.approx(torch.stack(wanted).mean().item(), rel=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss: str) -> None:
    made = train(examples(), replace(SMALL, loss=loss, nested=WIDTHS, epochs=1))
    assert np.isfinite(made.epochs[0].loss)
    assert (made.epochs[0].accuracy is None) == (not LOSSES[loss].classifies)


def test_a_checkpoint_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "m.checkpoint"
    config = replace(SMALL, nested=WIDTHS, epochs=2)
    whole = train(examples(), config)
    train(examples(), replace(config, finish=0), checkpoint=path)
    known = read_checkpoint(path)
    assert known.config.nested == WIDTHS
    for name, value in restored(known).state_dict().items():
        assert torch.equal(value, whole.network.state_dict()[name])
    # As JSON has it, which knows no tuples.
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert Config.from_dict({}).nested == ()


def test_the_first_bits_find_as_a_training_of_their_width_does() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(300) % 6
    pooled = (random.normal(size=(6, 24))[labels] + random.normal(size=(300, 24))).astype("f4")

    def found(width: int, nested: tuple[int, ...], first: int) -> float:
        layer, _ = layers_on(
            pooled, labels, "greedyhash", width, 6, steps=80, seed=1, nested=nested
        )
        with torch.inference_mode():
            codes = pack(np.asarray(layer(torch.from_numpy(pooled)))[:, :first] > 0)
        counts = count_distances(codes[:100], codes[100:], first, labels[:100], labels[100:])
        return float(average_precision(counts).mean())

    for width in (8, 16):
        assert found(32, (8, 16), width) > found(width, (), width) - 0.05
    # Without them the first bits know less than a code of their own does.
    assert found(32, (8, 16), 8) > found(32, (), 8) + 0.02


@pytest.mark.parametrize("nested", [(0, 4), (4, 4), (6, 4), (8,), (4, 9)])
def test_widths_that_do_not_nest(nested: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=r"have to rise from 1 on, and stay below the 8 bits"):
        replace(SMALL, nested=nested)
