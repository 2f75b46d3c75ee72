"""How closely a pair is looked at, and what was seen of it, as text."""

from __future__ import annotations

import json

import numpy as np

from lookalike.match import Box, NamedEdit
from lookalike.matching.verdict import Verdict

__all__ = ["CLOSE", "LYING", "NAME", "WHOLES", "is_named", "pack_verdict", "unpack_verdict"]

WHOLES, CLOSE = 1, 2
"""How closely to look: at the wholes alone, or at local features, too."""

LYING = 4
"""To look at the wholes as they lie, of two pictures that are near to far too many others."""

NAME = 3
"""To name the edits of a pair whose verdict is known."""

_UNNAMED = ",null]"


def pack_verdict(verdict: Verdict, *, named: bool = False) -> str:
    """A verdict as JSON; the inverse of :func:`unpack_verdict`.

    Args:
        verdict: of a pair.
        named: whether its edits were named; if not, it has none.
    """
    transform = None if verdict.transform is None else verdict.transform.tolist()
    edits = None
    if named:
        edits = [[e.name, e.of, e.degrees, e.factor, e.amount, e.at] for e in verdict.edits]
    boxes = [[box.of, box.at] for box in verdict.boxes]
    return json.dumps(
        [verdict.kind, verdict.agreement, transform, boxes, edits], separators=(",", ":")
    )


def is_named(packed: str) -> bool:
    """Whether the edits of a packed verdict were named, be there any or not."""
    return not packed.endswith(_UNNAMED)


def unpack_verdict(packed: str) -> Verdict:
    """What :func:`pack_verdict` made.

    Raises:
        ValueError, TypeError: it is something else.
    """
    kind, agreement, transform, boxes, edits = json.loads(packed)
    return Verdict(
        kind,
        agreement,
        tuple(
            NamedEdit(name, of, degrees, factor, amount, None if at is None else tuple(at))
            for name, of, degrees, factor, amount, at in edits or ()
        ),
        tuple(Box(of, tuple(at)) for of, at in boxes),
        None if transform is None else np.array(transform, np.float64),
    )
