"""The parts of a picture that get codes of their own, so that a piece of it finds it."""

from __future__ import annotations

from dataclasses import replace

from lookalike.types import InputSpec, Part

__all__ = ["PARTS", "part_inputs"]

_SHARE = 0.4  # of each side
_PLACES = (0.0, 0.3, 0.6)

PARTS: tuple[Part, ...] = tuple(
    (x, y, round(x + _SHARE, 6), round(y + _SHARE, 6)) for y in _PLACES for x in _PLACES
)
"""Nine parts in three rows, each overlapping its neighbours by a quarter."""


def part_inputs(name: str, spec: InputSpec) -> dict[str, InputSpec]:
    """What an encoder takes in of each of the parts, in their order, as ``name/0`` and so on."""
    return {f"{name}/{n}": replace(spec, part=part) for n, part in enumerate(PARTS)}
