"""A photo model of one's own: the last layers fitted on the pictures of a folder, without labels.

The bits of a fitted code follow the pictures that it was fitted on. Where those are one's own, they
tell these apart better than the bits of the model that ships with the package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.datasets.reading import prepared
from lookalike.datasets.subsets import Subset
from lookalike.encoders.cards import Card
from lookalike.errors import UsageError
from lookalike.training.export import checked_export, export
from lookalike.training.networks.efficientnet_lite import Variant
from lookalike.training.networks.hash_head import CodeNetwork
from lookalike.training.photo_head import (
    EMBEDDING,
    FEWEST,
    fit_head,
    photo_network,
    pooled_rows,
    set_head,
    unit,
)
from lookalike.training.shipping import lite_attribution
from lookalike.types import InputSpec, Pixels

__all__ = ["MOST", "Learned", "centred", "learn", "sample", "write_learned"]

MOST = 20_000
"""Pictures that a fit looks at: more say nothing new about a mean, directions and a rotation."""

CHECKED = 64
"""Pictures that the exported graph is compared with the network on."""

MOST_DIFFERENT = 1e-3
"""Largest difference of a unit vector's number between PyTorch and the float32 graph."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was learned from a folder.

    Attributes:
        network: with the fitted head, in evaluation mode.
        variant: of its backbone.
        spec: of its input.
        bits: of its code.
        subset: the pictures that it was fitted on.
        pooled: what its backbone gives for the pictures that it was fitted on, (n, channels).
        data: their number and digest, for the card.
        some: a few of them, uint8 (m, size, size, 3).
    """

    network: CodeNetwork
    variant: Variant
    spec: InputSpec
    bits: int
    subset: Subset
    pooled: Floats
    data: str
    some: Pixels


def learn(
    subset: Subset,
    name: str,
    *,
    network: Variant = "lite0",
    spec: InputSpec,
    bits: int = 256,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Learned:
    """Fit the last layers of a photo model on pictures.

    Args:
        subset: whose pictures; labels aren't looked at.
        name: of the data set, for the card.
        network: the backbone, which stays as it was trained on ImageNet.
        spec: of the model's input.
        bits: of the code, 8 to 256.
        seed: of what is drawn.
        threads: by default as many as there are processors.
        progress: called with a number of pictures that are done.

    Raises:
        UsageError: too few pictures, or bits out of range.
    """
    if not 8 <= bits <= EMBEDDING:
        raise UsageError(f"a code that is fitted without labels has 8 to {EMBEDDING} bits: {bits}")
    chosen = sample(subset, MOST, seed)
    if len(chosen) < FEWEST:
        raise UsageError(
            f"{len(chosen)} pictures are too few to fit {EMBEDDING} directions on: it takes "
            f"{FEWEST} or more; index them with the model that ships with the package"
        )
    whole = photo_network(network, bits)
    kept: list[Pixels] = []
    read: list[int] = []
    every = max(1, len(chosen) // CHECKED)
    digest = hashlib.sha256()

    def pictures() -> Iterator[Pixels]:
        for row, picture in prepared(chosen, spec, damaged="leave out"):
            read.append(row)
            digest.update(picture.tobytes())
            if row % every == 0 and len(kept) < CHECKED:
                kept.append(picture)
            yield picture

    rows = pooled_rows(whole, pictures(), threads=threads, progress=progress)
    if len(rows) < FEWEST:
        raise UsageError(
            f"only {len(rows)} of the pictures can be read: a fit takes {FEWEST} or more"
        )
    set_head(whole, fit_head(rows, bits, seed=seed), rows)
    data = f"{name} ({len(rows):,} pictures, without labels) {digest.hexdigest()}"
    return Learned(whole, network, spec, bits, chosen.take(read), rows, data, np.stack(kept))


def sample(subset: Subset, most: int, seed: int) -> Subset:
    """At most so many different pictures of a subset, in the order of their content.

    The order makes a fit with the same seed the same for every copy of a folder.
    """
    first: dict[bytes, int] = {}
    for row, content in enumerate(subset.digests()):
        first.setdefault(content, row)
    rows = np.asarray([first[content] for content in sorted(first)], np.int64)
    if len(rows) > most:
        chosen = np.random.default_rng(seed).choice(len(rows), most, replace=False)
        rows = rows[np.sort(chosen)]
    return subset.take(rows)


def centred(learned: Learned, pooled: Floats) -> Floats:
    """What the code is to keep: unit vectors of the backbone, centred by the fit's mean."""
    return unit(unit(pooled) - unit(learned.pooled).mean(0))


def write_learned(
    learned: Learned,
    path: Path,
    *,
    command: str,
    licence: str = "",
    learned_from: Mapping[str, Any] | None = None,
) -> Card:
    """Export a fitted network, after comparing the graph with PyTorch.

    Args:
        learned: from :func:`learn`.
        path: of the ``.onnx`` file; the card becomes the ``.json`` of the same name.
        command: that makes the model.
        licence: of the model, an SPDX expression.
        learned_from: what the card says of the record of the pictures.

    Raises:
        ModelError: the graph computes something else than the network; nothing is written.
    """
    network = learned.network
    checked_export(network, learned.spec.size, learned.some, most=MOST_DIFFERENT)
    card = Card(
        name=path.stem,
        bits=learned.bits,
        embedding_size=EMBEDDING,
        input=learned.spec,
        fitted_on=learned.data,
        licence=licence,
        attribution=lite_attribution(learned.variant),
        command=command,
        learned_from=learned_from or {},
    )
    return export(network, card, path)
