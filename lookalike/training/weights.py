"""Weights that a backbone starts from: a file, or one on a model hub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lookalike.encoders import hub
from lookalike.encoders.origins import DEFAULT_REVISION, Origin, parse
from lookalike.errors import ModelError, UsageError

__all__ = ["FILE", "IMAGENET", "located", "pinned"]

FILE = "model.safetensors"
"""Where models on the hub have their weights."""

IMAGENET = "hub:timm/resnet50.a1_in1k"
"""ResNet-50 trained on ImageNet (R. Wightman et al., "ResNet strikes back", 2021; Apache-2.0)."""


def pinned(given: str, progress: Callable[[int, int], object] | None = None) -> str:
    """Weights as settings name them: what is on the hub with its commit, once it has been fetched.

    Args:
        given: the path of a file, or ``hub:OWNER/NAME``, also with ``@REVISION``.
        progress: called with the bytes that are there and the bytes in all.

    Raises:
        UsageError: a name of another form.
        ModelError: there is no such model, it has no such file, or it can't be fetched. Its
            SHA-256 has to be the one that the hub states.
    """
    if not given.startswith("hub:"):
        return given
    source = _source(given)
    found = hub.snapshot(source.place, source.revision or DEFAULT_REVISION)
    if FILE not in found.files:
        raise ModelError(f"{given} has no {FILE}, which is where weights are looked for")
    found.fetch([FILE], progress)
    return str(replace(source, revision=found.commit))


def located(given: str) -> Path:
    """The file of weights that settings name.

    Raises:
        ModelError: it is on the hub, and no longer in the cache, or damaged there.
    """
    if not given.startswith("hub:"):
        return Path(given)
    source = _source(given)
    found = hub.snapshot(source.place, source.revision or DEFAULT_REVISION, ask=False)
    if found.wrong([FILE]):
        raise ModelError(
            f"{given} is damaged or no longer in the cache: run with --weights {given} again"
        )
    return found.folder / FILE


def _source(given: str) -> Origin:
    source = parse(given)
    if source is None or source.kind != "hub":
        raise UsageError(f"{given}: give the file itself, such as FOLDER/{FILE}")
    return source
