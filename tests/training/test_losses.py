from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from lookalike.errors import UsageError
from lookalike.training.losses import LOSSES, loss_named
from lookalike.training.losses.centres import class_centres, hadamard
from lookalike.training.losses.cibhash import divergence
from lookalike.training.networks.binarizers import Binarize
from lookalike.training.networks.hash_network import Outputs

WIDTH, CLASSES, COUNT = 16, 4, 24


def outputs(features: Tensor, kind: str = "sign", pooled: Tensor | None = None) -> Outputs:
    layer = Binarize(kind).train()  # type: ignore[arg-type]
    codes = layer(features)
    weights = torch.randn(CLASSES, WIDTH, generator=torch.Generator().manual_seed(5))
    return Outputs(features if pooled is None else pooled, features, codes, codes @ weights.T)


def labels() -> Tensor:
    return torch.arange(COUNT) % CLASSES


@pytest.mark.parametrize("name", LOSSES)
def test_descending_lowers_the_loss(name: str) -> None:
    """Free features, moved by the gradient, come to a lower loss than they started from."""
    kind = loss_named(name)
    loss = kind(WIDTH, CLASSES, seed=1)
    generator = torch.Generator().manual_seed(3)
    features = torch.randn(kind.views * COUNT, WIDTH, generator=generator).requires_grad_()
    pooled = torch.randn(COUNT, 40, generator=generator).abs()
    pooled = pooled.repeat(kind.views, 1)
    optimizer = torch.optim.Adam([features], 0.05)
    values = []
    for _ in range(60):
        value = loss(outputs(features, kind.binarizer, pooled), labels(), 0.5)
        assert value.shape == ()
        assert value.dtype == torch.float32
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert min(values[-5:]) < 0.95 * values[0]


@pytest.mark.parametrize("name", ["csq", "orthohash", "hashnet"])
def test_codes_of_a_class_come_together(name: str) -> None:
    loss = loss_named(name)(WIDTH, CLASSES, seed=1)
    generator = torch.Generator().manual_seed(3)
    features = torch.randn(COUNT, WIDTH, generator=generator).requires_grad_()
    optimizer = torch.optim.Adam([features], 0.1)
    for _ in range(200):
        value = loss(outputs(features), labels(), 0.5)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    bits = (features > 0).numpy()
    distances = (bits[:, None] != bits).sum(2)
    same = labels()[:, None].numpy() == labels().numpy()
    assert distances[same].max() < distances[~same].min()


def test_greedyhash_is_cross_entropy_and_a_pull() -> None:
    features = torch.tensor([[0.5, -1.0], [2.0, -0.25]])
    found = Outputs(features, features, torch.sign(features), torch.tensor([[2.0, 0], [1.0, 3.0]]))
    wanted = torch.tensor([0, 1])
    entropy = functional.cross_entropy(found.logits, wanted, label_smoothing=0.2)
    # |0.5 - 1|, 0, |2 - 1| and |-0.25 + 1|, cubed
    pull = (0.125 + 0 + 1 + 0.421875) / 4
    value = loss_named("greedyhash")(2, 2)(found, wanted, 0.0)
    assert value.item() == pytest.approx(entropy.item() + 0.1 * pull)


def test_hashnet_by_hand() -> None:
    """Two classes of two: pairs counted one by one, like and unlike ones weighted alike."""
    features = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    own = torch.tensor([0, 0, 1, 1])
    codes = np.tanh(features.numpy() * 10**0.5)
    alike, unlike = [], []
    for i in range(4):
        for j in range(4):
            if i != j:
                odds = 10 / 2 * codes[i] @ codes[j]
                if own[i] == own[j]:
                    alike.append(np.log1p(np.exp(odds)) - odds)
                else:
                    unlike.append(np.log1p(np.exp(odds)))
    value = loss_named("hashnet")(2, 2)(outputs_of(features), own, 0.5)
    assert value.item() == pytest.approx((np.mean(alike) + np.mean(unlike)) / 2, rel=1e-5)


def outputs_of(features: Tensor) -> Outputs:
    return Outputs(features, features, torch.sign(features), features)


def test_divergence_by_hand() -> None:
    assert divergence(torch.zeros(2, 3), torch.zeros(2, 3)).item() == 0
    first, second = torch.tensor([[0.0]]), torch.tensor([[np.log(3.0)]])  # 1/2 and 3/4
    expected = 0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(0.5 / 0.25)
    assert divergence(first, second).item() == pytest.approx(expected, rel=1e-5)


def test_contrast_wants_the_two_views_alike() -> None:
    kind = loss_named("cibhash")
    loss = kind(WIDTH, 1)
    first = torch.sign(torch.randn(COUNT, WIDTH, generator=torch.Generator().manual_seed(1)))
    alike = torch.cat([first, first])
    mixed = torch.cat([first, first.roll(1, 0)])
    none = torch.full((COUNT,), -1)
    good = loss(Outputs(alike, alike, alike, alike), none, 0.0)
    bad = loss(Outputs(mixed, mixed, mixed, mixed), none, 0.0)
    assert good < bad


@pytest.mark.parametrize("order", [1, 2, 4, 8, 12, 16, 20, 24, 32, 48, 64, 128])
def test_hadamard_rows_are_orthogonal(order: int) -> None:
    matrix = hadamard(order)
    assert matrix is not None
    assert set(np.unique(matrix)) <= {-1.0, 1.0}
    np.testing.assert_array_equal(matrix @ matrix.T, order * np.eye(order))


@pytest.mark.parametrize("order", [3, 6, 10, 28 + 1, 36 + 2])
def test_other_orders_are_not_made_up(order: int) -> None:
    assert hadamard(order) is None


@pytest.mark.parametrize(("classes", "width"), [(10, 12), (10, 16), (10, 48), (45, 512), (10, 30)])
def test_centres_are_far_from_each_other(classes: int, width: int) -> None:
    centres = class_centres(classes, width, seed=4)
    assert centres.shape == (classes, width)
    likeness = centres @ centres.T - 2 * width * np.eye(classes)
    if hadamard(width) is not None:
        assert likeness.max() <= 0  # at least half of the bits differ
    else:
        assert likeness.max() < width / 2
    np.testing.assert_array_equal(centres, class_centres(classes, width, seed=4))
    assert (centres != class_centres(classes, width, seed=5)).any()


def test_too_many_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="use more bits"):
        class_centres(10, 3)


def test_unknown_losses_are_refused() -> None:
    with pytest.raises(UsageError, match="triplet"):
        loss_named("triplet")
