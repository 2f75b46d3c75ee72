"""A multi-index hash as a folder of arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.indexes.array_folder import ArrayFolder, damaged
from lookalike.indexes.multihash_lanes import LANES
from lookalike.indexes.multihash_layout import Layout
from lookalike.indexes.multihash_state import State
from lookalike.indexes.multihash_tables import Tables

__all__ = ["load", "save"]

Array = npt.NDArray[Any]

_FOLDER = ArrayFolder(
    "lookalike multihash",
    1,
    {
        "order": (np.int64, 1),
        "codes": (np.uint64, 2),
        "offsets": (np.uint32, 2),
        "rows": (np.uint32, 1),
        "signatures": (np.uint16, 1),
        "ids": (np.int64, 1),
        "removed": (np.int64, 1),
        "tail": (np.uint64, 2),
        "tail_ids": (np.int64, 1),
    },
)


def save(folder: Path, state: State, radius: int, settled: int | None) -> None:
    """Write an index, in the place of one that is there: see :meth:`ArrayFolder.save`.

    Args:
        folder: where to.
        state: what the index holds.
        radius: that its tables are laid out for.
        settled: the number of tables, if it was given.
    """
    tables = state.tables
    arrays: dict[str, Array] = {
        "order": tables.order,
        "codes": tables.codes,
        "offsets": tables.offsets,
        "rows": tables.rows,
        "signatures": tables.signatures,
        "ids": state.ids,
        "removed": state.removed(),
        "tail": state.tail,
        "tail_ids": state.tail_ids,
    }
    facts = {
        "bits": tables.layout.bits,
        "tables": tables.layout.tables,
        "prefix": tables.layout.prefix,
        "radius": radius,
        "settled": settled,
    }
    _FOLDER.save(folder, facts, arrays)


def load(folder: Path, verify: bool) -> tuple[State, int, int | None]:
    """Map an index: see :meth:`ArrayFolder.load`.

    Returns:
        What :func:`save` was given.

    Raises:
        LibraryDamagedError: something is missing, changed or doesn't fit together.
    """
    facts, arrays = _FOLDER.load(folder, verify)
    _fit(folder, facts, arrays)
    layout = Layout(facts["bits"], facts["tables"], facts["prefix"])
    tables = Tables.of(
        layout, *(arrays[name] for name in ("order", "codes", "offsets", "rows", "signatures"))
    )
    alive = None
    if len(arrays["removed"]):
        alive = np.ones(len(arrays["ids"]), bool)
        alive[arrays["removed"]] = False
    state = State(arrays["ids"], alive, arrays["tail"], arrays["tail_ids"], tables)
    return state, facts["radius"], facts["settled"]


def _fit(folder: Path, facts: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Sizes that belong together. What kernels read out of tables they check themselves."""
    n, words = arrays["codes"].shape
    tables, bits, prefix = facts["tables"], facts["bits"], facts["prefix"]
    fits = (
        words == -(-bits // 64)
        and len(arrays["order"]) == bits
        and arrays["offsets"].shape == (tables, 2**prefix + 1)
        and len(arrays["rows"]) == tables * n
        and len(arrays["signatures"]) == tables * (n + LANES)
        and len(arrays["ids"]) == n
        and arrays["tail"].shape == (len(arrays["tail_ids"]), words)
        and np.array_equal(np.sort(arrays["order"]), np.arange(bits))
        and np.all((arrays["removed"] >= 0) & (arrays["removed"] < n))
    )
    if not fits:
        raise damaged(folder, "its arrays don't fit together")
