"""From real features to bits inside a network, with a gradient: one function a published way.

Every one of them gives the bit 1 exactly where the feature is above 0, so that a trained network's
code is the signs of its features, however it was trained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor

from lookalike.errors import UsageError

__all__ = ["BINARIZERS", "Binarizer", "bi_half", "binarizer", "hard_sigmoid", "sign", "stochastic"]

Binarizer: TypeAlias = Literal["real", "hard-sigmoid", "sign", "bi-half", "stochastic"]
BINARIZERS: tuple[Binarizer, ...] = get_args(Binarizer)

TEMPERATURE = 0.1
"""t of the hard sigmoid's gradient."""

BALANCE = 3.0
"""Weight of the pull towards the balanced code in the gradient of :func:`bi_half`."""


class _HardSigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        (x,) = ctx.saved_tensors
        y = torch.sigmoid(x / TEMPERATURE)
        return gradient * y * (1 - y) / TEMPERATURE


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # type: ignore[override]
        return torch.where(x > 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return gradient


class _BiHalf(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # type: ignore[override]
        rows = len(x)
        order = x.argsort(dim=0, descending=True)
        values = torch.ones_like(x)
        values[rows // 2 :] = -1
        codes = torch.empty_like(x).scatter_(0, order, values)
        ctx.save_for_backward(x, codes)
        return codes

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        x, codes = ctx.saved_tensors
        return gradient + BALANCE * (x - codes) / x.numel()


def hard_sigmoid(x: Tensor) -> Tensor:
    """0 or 1: ``sigmoid(x) > 0.5`` forwards, the gradient of ``sigmoid(x / 0.1)`` backwards.

    Source: the discrete feature layer of the thesis that lookalike grew out of.
    """
    found: Tensor = _HardSigmoid.apply(x)  # type: ignore[no-untyped-call]
    return found


def sign(x: Tensor) -> Tensor:
    """-1 or 1 forwards, the identity backwards.

    Source: S. Su et al., "Greedy Hash: Towards Fast Optimization for Accurate Hash Coding in CNN"
    (2018), section 3.2.
    """
    found: Tensor = _Sign.apply(x)  # type: ignore[no-untyped-call]
    return found


def bi_half(x: Tensor) -> Tensor:
    """-1 for the lower half of a batch and 1 for the upper, bit by bit: the most of entropy.

    Backwards the identity, and a pull of x towards its code.

    Source: Y. Li, J. van Gemert, "Deep Unsupervised Image Hashing by Maximizing Bit Entropy"
    (2021), section 3.2.
    """
    found: Tensor = _BiHalf.apply(x)  # type: ignore[no-untyped-call]
    return found


def stochastic(x: Tensor) -> Tensor:
    """-1 or 1, drawn with probability ``sigmoid(x)`` of 1; the gradient is the probability's.

    Source: Z. Qiu et al., "Unsupervised Hashing with Contrastive Information Bottleneck" (2021),
    section 3.2.
    """
    probability = torch.sigmoid(x)
    drawn = torch.where(torch.rand_like(probability) < probability, 1.0, -1.0)
    soft = 2 * probability - 1
    return soft + (drawn - soft).detach()


def _real(x: Tensor) -> Tensor:
    return x


_TRAINING: dict[Binarizer, Callable[[Tensor], Tensor]] = {
    "real": _real,
    "hard-sigmoid": hard_sigmoid,
    "sign": sign,
    "bi-half": bi_half,
    "stochastic": stochastic,
}


def binarizer(kind: Binarizer, *, training: bool) -> Callable[[Tensor], Tensor]:
    """The function of a name.

    Args:
        kind: ``real`` changes nothing.
        training: outside training, what looks at the batch or draws is the plain sign.

    Raises:
        UsageError: no such kind.
    """
    if kind not in _TRAINING:
        raise UsageError(f"no way to bits is called {kind!r}: use {', '.join(BINARIZERS)}")
    if not training and kind in ("bi-half", "stochastic"):
        return sign
    return _TRAINING[kind]
