"""A training that takes a second: small pictures of noise, and settings for them."""

from __future__ import annotations

import numpy as np

from lookalike.training.augment import Augmentation
from lookalike.training.config import Config
from lookalike.training.examples import Examples

SIDE = 16


def examples(count: int = 48, classes: int = 3, seed: int = 0) -> Examples:
    """Noise over a colour of the class: easily told apart."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    colours = np.random.default_rng(9).integers(40, 216, (classes, 1, 1, 3))
    noise = random.integers(-40, 41, (count, SIDE, SIDE, 3))
    pictures = np.clip(colours[labels] + noise, 0, 255).astype(np.uint8)
    return Examples("noise", pictures, labels.astype(np.int64), tuple("abcdef"[:classes]))


SMALL = Config(
    network="thesis-cnn",
    width=8,
    side=SIDE,
    epochs=3,
    batch=16,
    part=8,
    optimizer="adamw",
    learning_rate=3e-3,
    augmentation=Augmentation(shift=2, cutout=4),
    seed=5,
)
