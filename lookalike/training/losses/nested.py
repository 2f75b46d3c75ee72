"""Nested widths: the first bits of a code are a code of their own.

A loss is summed over prefixes of the feature layer, each with a class layer of its own. So one
training gives codes of many widths, and one library can be searched by short ones and checked by
long ones.

Source: A. Kusupati et al., "Matryoshka Representation Learning" (2022), section 3, equation 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lookalike.training.losses.interface import Loss
from lookalike.training.networks.hash_network import Outputs

__all__ = ["Nested"]


class Nested(Loss):
    """The mean of a loss over the nested widths and the whole one.

    Args:
        kind: the loss.
        nested: the narrower widths, ascending.
        width: of the whole code.
        classes: among the labels.
        seed: of what the loss draws once.
    """

    def __init__(
        self, kind: type[Loss], nested: Sequence[int], width: int, classes: int, *, seed: int = 0
    ) -> None:
        super().__init__(width, classes, seed=seed)
        self.parts = nn.ModuleList(kind(each, classes, seed=seed) for each in (*nested, width))

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Each prefix counts the same, however many bits it has."""
        logits = (*outputs.nested, outputs.logits)
        losses = [
            part(
                outputs._replace(
                    features=outputs.features[:, : part.width],
                    codes=outputs.codes[:, : part.width],
                    logits=told,
                    nested=(),
                ),
                labels,
                progress,
            )
            for part, told in zip(self.parts, logits, strict=True)
        ]
        return torch.stack(losses).mean()
