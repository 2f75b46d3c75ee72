from __future__ import annotations

import numpy as np
import pytest
import torch

from lookalike.errors import UsageError
from lookalike.training.networks.binarizers import (
    BALANCE,
    BINARIZERS,
    Binarize,
    Binarizer,
    bi_half,
    hard_sigmoid,
    sign,
    stochastic,
)

VALUES = torch.tensor([[-2.0, -0.05, 0.0, 0.05, 2.0]])


def gradient(function, x: torch.Tensor) -> torch.Tensor:  # type: ignore[no-untyped-def]
    x = x.clone().requires_grad_()
    function(x).sum().backward()
    assert x.grad is not None
    return x.grad


def test_hard_sigmoid_thresholds_forwards_and_is_steep_backwards() -> None:
    assert hard_sigmoid(VALUES).tolist() == [[0, 0, 0, 1, 1]]
    # The gradient of sigmoid(x / 0.1), worked out with NumPy.
    y = 1 / (1 + np.exp(-VALUES.numpy().astype(np.float64) / 0.1))
    np.testing.assert_allclose(
        gradient(hard_sigmoid, VALUES), y * (1 - y) / 0.1, rtol=1e-4, atol=1e-7
    )
    assert gradient(hard_sigmoid, VALUES)[0, 2] == pytest.approx(2.5)


def test_sign_passes_the_gradient_through() -> None:
    assert sign(VALUES).tolist() == [[-1, -1, -1, 1, 1]]
    assert gradient(sign, VALUES).tolist() == [[1, 1, 1, 1, 1]]


@pytest.mark.parametrize("rows", [4, 5])
def test_bi_half_sets_each_bit_for_the_upper_half(rows: int) -> None:
    x = torch.randn(rows, 3, generator=torch.Generator().manual_seed(2)) + 5.0
    codes = bi_half(x)
    assert (codes == 1).sum(0).tolist() == [rows // 2] * 3
    for column in range(3):
        assert x[codes[:, column] == 1, column].min() > x[codes[:, column] == -1, column].max()
    expected = 1 + BALANCE * (x - codes) / x.numel()
    torch.testing.assert_close(gradient(bi_half, x), expected)


def test_stochastic_draws_with_the_probability_and_has_its_gradient() -> None:
    x = torch.full((20000, 2), 0.7)
    uniform = torch.rand(x.shape, generator=torch.Generator().manual_seed(0))
    codes = stochastic(x, uniform)
    assert set(codes.unique().round(decimals=5).tolist()) == {-1.0, 1.0}
    assert (codes > 0).float().mean().item() == pytest.approx(1 / (1 + np.exp(-0.7)), abs=0.01)
    p = torch.sigmoid(torch.tensor(0.7))
    found = gradient(lambda v: stochastic(v, uniform), x)
    torch.testing.assert_close(found, torch.full_like(x, float(2 * p * (1 - p))))


@pytest.mark.parametrize("kind", BINARIZERS)
def test_outside_training_the_code_is_the_signs(kind: Binarizer) -> None:
    codes = Binarize(kind).eval()(VALUES)
    assert (codes > (0.5 if kind == "hard-sigmoid" else 0)).tolist() == (VALUES > 0).tolist()


def test_drawn_bits_depend_on_the_seed_alone() -> None:
    layer = Binarize("stochastic").train()
    x = torch.zeros(4, 64)
    layer.seed = 1
    first, again = layer(x), layer(x)
    layer.seed = 2
    assert torch.equal(first, again)
    assert not torch.equal(first, layer(x))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="round"):
        Binarize("round")  # type: ignore[arg-type]
