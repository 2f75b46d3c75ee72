"""Which pictures of a group show it otherwise than most of them: mirrored, turned, lit otherwise.

Of two pictures nothing tells which one is mirrored. Of three, two that agree are likely the older
way: copies are made of the original more often than of each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final

from lookalike.match import NamedEdit
from lookalike.types import ContentId

__all__ = ["odd_ones"]

_TONES: Final = ("grey", "brightness", "contrast", "colour")


def odd_ones(named: Mapping[ContentId, Iterable[NamedEdit]]) -> set[ContentId]:
    """Those that differ from more than half of all in how they lie, or in their tones.

    Args:
        named: of each content what was done to one and the same picture of the group to get it;
            nothing for that picture itself.
    """
    every = {content: tuple(edits) for content, edits in named.items()}
    return _apart(every, _pose) | _apart(every, _tones)


def _apart(
    every: Mapping[ContentId, tuple[NamedEdit, ...]],
    told: Callable[[tuple[NamedEdit, ...]], Hashable],
) -> set[ContentId]:
    how = {content: told(edits) for content, edits in every.items()}
    if not how:
        return set()
    most, count = Counter(how.values()).most_common(1)[0]
    if 2 * count <= len(how):
        return set()
    return {content for content, own in how.items() if own != most}


def _pose(edits: tuple[NamedEdit, ...]) -> Hashable:
    """Mirrored or not, and quarters of a turn."""
    mirrored = any(edit.name == "mirror" for edit in edits)
    degrees = sum(edit.degrees or 0 for edit in edits if edit.name == "rotate")
    return mirrored, round(degrees / 90) % 4


def _tones(edits: tuple[NamedEdit, ...]) -> Hashable:
    """Which tones differ, and which way."""
    return frozenset((edit.name, _is_more(edit)) for edit in edits if edit.name in _TONES)


def _is_more(edit: NamedEdit) -> bool | None:
    if edit.amount is None:
        return None
    return edit.amount > (1 if edit.name == "contrast" else 0)
