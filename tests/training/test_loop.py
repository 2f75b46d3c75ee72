from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_training import SMALL, examples

from lookalike.errors import LookalikeError, ModelError, UsageError
from lookalike.training.augment import Augmentation
from lookalike.training.build import build, restored
from lookalike.training.checkpoint import read_checkpoint
from lookalike.training.config import Config, recipe
from lookalike.training.loop import Step, Trained, train
from lookalike.training.losses import LOSSES


def weights(trained: Trained) -> dict[str, torch.Tensor]:
    return trained.network.state_dict()


def same(a: Trained, b: Trained) -> bool:
    return all(torch.equal(weights(a)[name], value) for name, value in weights(b).items())


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(examples(), SMALL)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_seed_gives_the_same_network(trained: Trained, threads: int) -> None:
    before = torch.random.get_rng_state()
    count = torch.get_num_threads()
    assert same(train(examples(), SMALL, threads=threads), trained)
    assert torch.equal(torch.random.get_rng_state(), before)  # nobody else's draws are touched
    assert torch.get_num_threads() == count


def test_another_seed_gives_another(trained: Trained) -> None:
    assert not same(train(examples(), replace(SMALL, seed=6)), trained)


@pytest.mark.parametrize(
    "config",
    [
        SMALL,
        replace(SMALL, network="resnet9", optimizer="muon", learning_rate=0.1, epochs=2),
        replace(SMALL, schedule="plateau", patience=1, optimizer="sgd", momentum=0.9),
        replace(SMALL, loss="cibhash"),
    ],
    ids=["adamw", "muon", "plateau", "two views"],
)
def test_resumed_is_as_if_uninterrupted(config: Config, tmp_path: Path) -> None:
    data = examples()
    held = examples(24, seed=1) if config.schedule == "plateau" else None
    whole = train(data, config, validation=held)
    path = tmp_path / "m.checkpoint"
    steps = 0

    def interrupt(step: Step) -> None:
        nonlocal steps
        steps += 1
        if step.epoch == 2 and step.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, config, validation=held, checkpoint=path, progress=interrupt)
    assert len(read_checkpoint(path).epochs) == 1
    again = train(data, config, validation=held, checkpoint=path, resume=True)
    assert same(again, whole)
    assert [replace(e, seconds=0) for e in again.epochs] == [
        replace(e, seconds=0) for e in whole.epochs
    ]
    # The checkpoint alone rebuilds the network.
    alone = restored(read_checkpoint(path)).state_dict()
    assert all(torch.equal(value, weights(whole)[name]) for name, value in alone.items())


def test_what_is_easily_told_apart_is_learned() -> None:
    config = replace(SMALL, epochs=12, augmentation=Augmentation())
    made = train(examples(96), config)
    test = examples(30, seed=3)
    with torch.inference_mode():
        outputs = made.network(torch.from_numpy(test.pictures))
    assert (outputs.logits.argmax(1).numpy() == test.labels).mean() > 0.9
    accuracy = made.epochs[-1].accuracy
    assert accuracy is not None
    assert accuracy > 0.7
    assert made.epochs[-1].loss < made.epochs[0].loss


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss: str) -> None:
    made = train(examples(), replace(SMALL, loss=loss, epochs=1))
    assert np.isfinite(made.epochs[0].loss)
    assert (made.epochs[0].accuracy is None) == (not LOSSES[loss].classifies)


def test_bfloat16_trains() -> None:
    made = train(examples(), replace(SMALL, bfloat16=True, epochs=1))
    assert all(v.dtype != torch.bfloat16 for v in weights(made).values())


def test_a_plateau_stops_early_and_keeps_the_best() -> None:
    config = replace(
        SMALL, schedule="plateau", patience=1, stop_after=2, epochs=30, learning_rate=0.05
    )
    held = examples(24, seed=1)
    # Labels that nothing can be learned from: the validation loss soon rises.
    random = np.random.default_rng(0)
    data = replace(examples(), labels=random.integers(0, 3, 48))
    made = train(data, config, validation=held)
    assert len(made.epochs) < 30
    losses = [e.validation_loss for e in made.epochs]
    assert int(np.argmin([v or 0 for v in losses])) == len(losses) - 3
    assert made.epochs[-1].learning_rate < made.epochs[0].learning_rate


def test_the_feature_layer_alone_can_be_learned(tmp_path: Path) -> None:
    path = tmp_path / "first.checkpoint"
    first = train(examples(), SMALL, checkpoint=path)
    second = train(examples(), replace(SMALL, width=5, start=str(path), epochs=1))
    backbone = second.network.backbone.state_dict()
    for name, value in first.network.backbone.state_dict().items():
        assert torch.equal(backbone[name], value)
    assert second.network.feature.linear.out_features == 5
    with pytest.raises(UsageError, match="start from one of its kind"):
        train(examples(), replace(SMALL, network="resnet9", start=str(path)))


def test_a_network_is_trained_further(tmp_path: Path) -> None:
    path = tmp_path / "first.checkpoint"
    first = train(examples(), SMALL, checkpoint=path)
    further = replace(SMALL, weights=str(path), width=5, epochs=1, learning_rate=1e-9)
    still = train(examples(), further).network.backbone.state_dict()
    moved = train(examples(), replace(further, learning_rate=3e-3)).network.backbone.state_dict()
    name = next(n for n, v in still.items() if v.dim() == 4)
    begun = first.network.backbone.state_dict()[name]
    torch.testing.assert_close(still[name], begun, atol=1e-5, rtol=0)
    assert not torch.allclose(moved[name], begun, atol=1e-4)
    with pytest.raises(UsageError, match="start from one of its kind"):
        train(examples(), replace(SMALL, network="resnet9", weights=str(path)))
    wider = build(replace(SMALL, side=32, weights=str(path)), 3)
    torch.testing.assert_close(wider.backbone.state_dict()[name], begun)
    with pytest.raises(UsageError, match=r"takes no weights from model\.safetensors"):
        train(examples(), replace(SMALL, weights="model.safetensors"))


def test_a_plateau_may_be_given_more_epochs(tmp_path: Path) -> None:
    path = tmp_path / "m.checkpoint"
    config = replace(SMALL, schedule="plateau", epochs=4, bfloat16=False)
    held = examples(24, seed=3)
    whole = train(examples(), config, validation=held)
    train(examples(), replace(config, epochs=2), validation=held, checkpoint=path)
    more = train(examples(), config, validation=held, checkpoint=path, resume=True)
    assert [e.loss for e in more.epochs] == [e.loss for e in whole.epochs]
    assert same(more, whole)
    # One cycle is another one with another number of epochs.
    cycle = replace(SMALL, epochs=1)
    train(examples(), cycle, checkpoint=path)
    with pytest.raises(UsageError, match="other settings"):
        train(examples(), replace(cycle, epochs=2), checkpoint=path, resume=True)


def test_resuming_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.checkpoint"
    with pytest.raises(UsageError, match="no checkpoint"):
        train(examples(), SMALL, checkpoint=path, resume=True)
    train(examples(), replace(SMALL, epochs=1), checkpoint=path)
    with pytest.raises(UsageError, match="other pictures"):
        train(examples(seed=8), replace(SMALL, epochs=1), checkpoint=path, resume=True)
    with pytest.raises(UsageError, match="other settings"):
        train(examples(), replace(SMALL, epochs=1, seed=1), checkpoint=path, resume=True)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match="damaged"):
        train(examples(), SMALL, checkpoint=path, resume=True)


def test_pictures_that_do_not_fit_are_refused() -> None:
    data = examples()
    with pytest.raises(UsageError, match="takes uint8 pictures"):
        train(data, replace(SMALL, side=32))
    with pytest.raises(UsageError, match="fewer than a batch"):
        train(examples(12), SMALL)
    with pytest.raises(UsageError, match="at least two classes"):
        train(replace(data, classes=("a",), labels=np.zeros(48, np.int64)), SMALL)
    with pytest.raises(UsageError, match="validation pictures"):
        train(data, replace(SMALL, schedule="plateau"))


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    config = replace(SMALL, optimizer="sgd", learning_rate=1e18, head_learning_rate=1e18, warmup=0)
    with pytest.raises(LookalikeError, match="lower the learning rate"):
        train(examples(), replace(config, network="thesis-cnn", loss="softmax", epochs=4))


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch": 1},
        {"part": 3},
        {"part": 32},
        {"learning_rate": 0.0},
        {"seed": -1},
        {"width": 0},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        replace(SMALL, **wrong)  # type: ignore[arg-type]


def test_settings_survive_their_checkpoint() -> None:
    for name in ("resnet9", "thesis-cnn", "lite1", "resnet50"):
        config = recipe(name)  # type: ignore[arg-type]
        assert config.network == name
        assert Config.from_dict(config.to_dict()) == config
    older = SMALL.to_dict()
    del older["start"]
    assert Config.from_dict(older) == SMALL
    with pytest.raises(UsageError, match="newer"):
        Config.from_dict({**SMALL.to_dict(), "momenta": 3})
    with pytest.raises(UsageError, match="no network"):
        recipe("vgg")  # type: ignore[arg-type]
