"""Edits in plain words, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from lookalike.match import EditName, NamedEdit

__all__ = ["words"]

_MUCH = 60.0  # levels of 255


def words(edits: Iterable[NamedEdit]) -> str:
    """What was done to the hit to get the query, such as "mirrored, 40 % of the size, darker".

    Args:
        edits: in any order, which the words keep.

    Returns:
        Empty for no edits.
    """
    every = list(edits)
    names = {edit.name for edit in every}
    is_flip = "mirror" in names and any(e.name == "rotate" and e.degrees == 180 for e in every)
    told = []
    for edit in every:
        if is_flip and edit.name == "rotate":
            continue  # said with the mirror
        said = (
            "flipped top to bottom"
            if is_flip and edit.name == "mirror"
            else _WORDS[edit.name](edit)
        )
        if said not in told:
            told.append(said)
    return ", ".join(told)


def _rotate(edit: NamedEdit) -> str:
    degrees = edit.degrees or 0.0
    if abs(degrees) == 180:
        return "upside down"
    way = "clockwise" if degrees > 0 else "counterclockwise"
    return f"turned by {abs(degrees):g} degrees {way}"


def _resize(edit: NamedEdit) -> str:
    factor = edit.factor or 1.0
    return (
        f"{factor:.0%} of the size".replace("%", " %")
        if factor < 1
        else f"{factor:.3g} times the size"
    )


def _stretch(edit: NamedEdit) -> str:
    factor = edit.factor or 1.0
    if factor > 1:
        return f"stretched to {factor:.3g} times the width"
    return f"stretched to {1 / factor:.3g} times the height"


def _brightness(edit: NamedEdit) -> str:
    amount = edit.amount or 0.0
    word = "brighter" if amount > 0 else "darker"
    return f"much {word}" if abs(amount) > _MUCH else word


def _either(query: str, hit: str, neither: str = "") -> Callable[[NamedEdit], str]:
    """Words for what the query shows, for what the hit shows, and where that isn't known."""
    return lambda edit: {"query": query, "hit": hit}.get(edit.of or "", neither or query)


def _signed(more: str, less: str, middle: float = 0.0) -> Callable[[NamedEdit], str]:
    return lambda edit: less if edit.amount is not None and edit.amount < middle else more


_WORDS: Final[dict[EditName, Callable[[NamedEdit], str]]] = {
    "mirror": lambda _: "mirrored",
    "rotate": _rotate,
    "resize": _resize,
    "stretch": _stretch,
    "border": _either("a border around it", "without its border"),
    "screenshot": _either("a screenshot of it", "without the screen around it"),
    "overlay": _either("something laid over it", "without what is laid over it"),
    "grey": _either("without colour", "in colour"),
    "brightness": _brightness,
    "contrast": _signed("more contrast", "less contrast", 1.0),
    "colour": lambda _: "other colours",
    "blur": _signed("blurred", "sharper"),
    "noise": _signed("noisier", "less noise"),
    "recompress": _either("compressed more", "compressed less", "saved anew"),
}
