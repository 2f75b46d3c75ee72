"""A batch in parts, each computed by one thread on its own copy of the network.

On a processor this beats splitting every operation over the threads: nothing waits at the end of
each layer, which matters most where other programs take a share of the cores; and what is computed
depends on the parts alone, not on how many threads there are or which is first.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

__all__ = ["Replicas"]


class Replicas:
    """Copies of a network that share its weights, and have gradients and statistics of their own.

    Args:
        network: whose weights are optimised.
        count: of copies, one for each part of a batch.
    """

    def __init__(self, network: nn.Module, count: int) -> None:
        self.network = network
        self.copies = [copy.deepcopy(network) for _ in range(count)]
        for twin in self.copies:
            for own, shared in zip(twin.parameters(), network.parameters(), strict=True):
                own.data = shared.data
        self.spread()

    def spread(self) -> None:
        """Give every copy the network's statistics, such as those of batch norm."""
        for twin in self.copies:
            for own, whole in zip(twin.buffers(), self.network.buffers(), strict=True):
                own.copy_(whole)

    @torch.no_grad()
    def merge(self) -> None:
        """Give the network, and then every copy, the mean of the copies' statistics."""
        for whole, *owns in zip(
            self.network.buffers(), *(twin.buffers() for twin in self.copies), strict=True
        ):
            whole.copy_(mean(owns) if whole.is_floating_point() else owns[0])
        self.spread()

    @torch.no_grad()
    def gather(self) -> None:
        """Give the network the mean of the copies' gradients, and clear those."""
        for whole, *owns in zip(
            self.network.parameters(), *(twin.parameters() for twin in self.copies), strict=True
        ):
            gradients = [own.grad for own in owns if own.grad is not None]
            whole.grad = mean(gradients) if gradients else None
            for own in owns:
                own.grad = None


def mean(tensors: list[Tensor]) -> Tensor:
    """Added up in the order given, so that rounding is the same each time."""
    total = tensors[0].clone()
    for tensor in tensors[1:]:
        total += tensor
    return total / len(tensors)
