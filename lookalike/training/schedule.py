"""Learning rates over time, as factors of the highest."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Plateau", "one_cycle"]


def one_cycle(progress: float, warmup: float) -> float:
    """From nearly 0 to 1 in the share ``warmup`` of the training, then to 0, linearly.

    Source: L. N. Smith, N. Topin, "Super-Convergence" (2018), without the momentum's cycle.
    """
    if progress < warmup:
        return max(progress / warmup, 0.01)
    return (1 - progress) / (1 - warmup)


@dataclass(slots=True)
class Plateau:
    """Halves when the validation loss hasn't fallen for some epochs, as the thesis did.

    Attributes:
        patience: epochs without a new lowest loss until it halves.
        factor: of the learning rate, by now.
        best: lowest loss so far.
        waited: epochs since the lowest loss or the last halving.
        stale: epochs since the lowest loss.
    """

    patience: int
    factor: float = 1.0
    best: float = float("inf")
    waited: int = 0
    stale: int = 0

    def see(self, loss: float) -> bool:
        """Take in an epoch's validation loss; true if it is the lowest."""
        if loss < self.best:
            self.best, self.waited, self.stale = loss, 0, 0
            return True
        self.waited += 1
        self.stale += 1
        if self.waited >= self.patience:
            self.factor /= 2
            self.waited = 0
        return False
