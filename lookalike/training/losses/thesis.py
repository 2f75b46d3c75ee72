"""The loss of the thesis that lookalike grew out of: cross-entropy on bits of the hard sigmoid."""

from __future__ import annotations

from lookalike.training.losses.softmax import Softmax

__all__ = ["Thesis"]


class Thesis(Softmax):
    """Cross-entropy of a class layer that sees 0 and 1, without label smoothing."""

    binarizer = "hard-sigmoid"
    smoothing = 0.0
