"""Muon: gradient steps whose matrices are made orthogonal, so that all directions move alike.

Source: K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), in the
form for convolutions: weights are brought back to a fixed norm at each step, which makes the
learning rate the angle that a layer turns by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Muon", "orthogonal"]

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of the iteration: the steepest at 0, which brings every singular value to about 1
in few rounds rather than to 1 in many."""

ROUNDS = 3


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix (r, c) of about the same singular vectors, with singular values from 0.5 to 1.5.

    What is far smaller than the largest singular value stays smaller after so few rounds.
    """
    a, b, c = QUINTIC
    x: Tensor = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """The optimiser, for the weights of convolutions.

    Args:
        parameters: of at least two dimensions; the first one is that of the outputs.
        lr: the angle of a step, in radians, about.
        momentum: of the gradients, after Nesterov.
        dtype: that the matrices are made orthogonal in.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 0.1,
        momentum: float = 0.6,
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step for every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._turn(weight, group)

    def _turn(self, weight: nn.Parameter, group: dict[str, Any]) -> None:
        gradient, state = weight.grad, self.state[weight]
        if gradient is None:
            return
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(gradient)
        average: Tensor = state["momentum"]
        average.mul_(group["momentum"]).add_(gradient)
        ahead = gradient.add(average, alpha=group["momentum"])
        weight.mul_(len(weight) ** 0.5 / weight.norm())
        turn = orthogonal(ahead.reshape(len(ahead), -1).to(self.dtype)).reshape(ahead.shape)
        weight.add_(turn.to(weight.dtype), alpha=-group["lr"])
