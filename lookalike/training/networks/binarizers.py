"""From real features to bits inside a network, with a gradient, in each of the published ways.

Every one of them gives the bit 1 exactly where the feature is above 0, so that a trained network's
code is the signs of its features, however it was trained.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor

from lookalike.errors import UsageError
from lookalike.training.networks.noise import Noise

__all__ = [
    "BINARIZERS",
    "Binarize",
    "Binarizer",
    "bi_half",
    "hard_sigmoid",
    "sign",
    "stochastic",
]

Binarizer: TypeAlias = Literal["real", "hard-sigmoid", "sign", "bi-half", "stochastic"]
BINARIZERS: tuple[Binarizer, ...] = get_args(Binarizer)

TEMPERATURE = 0.1
"""t of the hard sigmoid's gradient."""

BALANCE = 3.0
"""Weight of the pull towards the balanced code in the gradient of :func:`bi_half`."""


class _HardSigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        y = torch.sigmoid(x / TEMPERATURE)
        return gradient * y * (1 - y) / TEMPERATURE


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return torch.where(x > 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


class _BiHalf(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        rows = len(x)
        order = x.argsort(dim=0, descending=True)
        values = torch.ones_like(x)
        values[rows // 2 :] = -1
        codes = torch.empty_like(x).scatter_(0, order, values)
        ctx.save_for_backward(x, codes)
        return codes

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x, codes = ctx.saved_tensors
        pull: Tensor = BALANCE * (x - codes) / x.numel()
        return gradient + pull


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


def stochastic(x: Tensor, uniform: Tensor) -> Tensor:
    """-1 or 1, which is 1 with probability ``sigmoid(x)``; the gradient is the probability's.

    Args:
        x: features.
        uniform: drawn from 0 to 1, of the same shape.

    Source: Z. Qiu et al., "Unsupervised Hashing with Contrastive Information Bottleneck" (2021),
    section 3.2.
    """
    probability = torch.sigmoid(x)
    drawn = torch.where(uniform < probability, 1.0, -1.0)
    soft = 2 * probability - 1
    return soft + (drawn - soft).detach()


class Binarize(Noise):
    """Features to codes, both (n, width).

    Args:
        kind: ``real`` changes nothing. Outside training, what looks at the whole batch or draws is
            the plain sign.

    Raises:
        UsageError: no such kind.
    """

    def __init__(self, kind: Binarizer) -> None:
        super().__init__()
        if kind not in BINARIZERS:
            raise UsageError(f"no way to bits is called {kind!r}: use {', '.join(BINARIZERS)}")
        self.kind: Binarizer = kind

    def forward(self, features: Tensor) -> Tensor:
        """As the class says."""
        if self.kind == "real":
            return features
        if self.kind == "hard-sigmoid":
            return hard_sigmoid(features)
        if self.kind == "bi-half" and self.training:
            return bi_half(features)
        if self.kind == "stochastic" and self.training:
            return stochastic(features, self.uniform(features))
        return sign(features)
