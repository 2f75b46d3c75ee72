"""Whether the cache of mapped files says what the library says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.errors import LookalikeError
from lookalike.indexes.table_folder import TableFolder
from lookalike.library import mapped
from lookalike.library.arrays import Fields, blocks, fields_of, visible_mask
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.records import EncoderInfo
from lookalike.library.store import Store
from lookalike.library.tables import index_stamp
from lookalike.types import ContentId

__all__ = ["check_cache"]

_REMEDY = "--repair deletes the cache, and the next search makes it anew; nothing is lost"


def check_cache(
    store: Store, folder: Path, encoder: EncoderInfo, progress: OnCheck | None
) -> Iterator[Problem]:
    """What is wrong with the cached codes of one encoder; an old cache is not wrong.

    Args:
        store: which is sound.
        folder: of the cache.
        encoder: whose codes are compared, one by one.
        progress: called now and then.
    """
    where = f"cache of {encoder.slot}"
    stamp = store.stamp()
    manifest = mapped.manifest(folder, encoder)
    if not mapped.matches(manifest, encoder, stamp):
        if manifest:
            yield Problem(where, "older than the library", 0, "a search renews it", harmless=True)
        return
    fields, rows = fields_of(store, encoder), int(manifest["rows"])
    try:
        cached = mapped.arrays(folder, encoder, stamp, fields, rows)
    except (OSError, ValueError):
        yield Problem(where, "not complete", 0, "a search makes it anew", harmless=True)
        return
    fresh = manifest["generation"] == stamp.generation
    wrong = _differing(store, encoder, fields, cached, progress, where, fresh=fresh)
    if fresh and not wrong:
        try:
            visible = mapped.visible(folder, encoder, stamp, rows)
        except (OSError, ValueError):
            yield Problem(where, "not complete", 0, "a search makes it anew", harmless=True)
            return
        wrong = int(np.count_nonzero(visible != visible_mask(store, cached["contents"])))
    if store.stamp() != stamp:
        what = "not compared: somebody is writing to the library"
        yield Problem(where, what, 0, "check again later", harmless=True)
        return
    if wrong:
        yield Problem(where, "codes that are not those of the library", wrong, _REMEDY)
    yield from _tables(folder, encoder, index_stamp(encoder, stamp), rows)


def _differing(
    store: Store,
    encoder: EncoderInfo,
    fields: Fields,
    cached: dict[str, Any],
    progress: OnCheck | None,
    where: str,
    *,
    fresh: bool,
) -> int:
    """How many codes of the file are otherwise in the cache, or aren't in it.

    The cache may hold codes that the file has no more: they are not visible, and their ids are
    never given out again. Of a cache that isn't fresh, what came later may be missing.
    """
    contents = cached["contents"]
    if len(contents) and not (np.diff(contents) > 0).all():
        return len(contents)
    last = contents[-1] if len(contents) else 0
    done = wrong = 0
    for block in blocks(store, encoder, ContentId(0), fields):
        if not fresh:
            block = {ending: array[block["contents"] <= last] for ending, array in block.items()}
        rows = np.searchsorted(contents, block["contents"])
        inside = rows < len(contents)
        rows = np.where(inside, rows, 0)
        bad = ~inside
        for ending in fields if len(contents) else ():
            made = block[ending].reshape(len(rows), -1)
            bad |= (cached[ending][rows].reshape(len(rows), -1) != made).any(axis=1)
        wrong += int(np.count_nonzero(bad))
        done += len(rows)
        if progress is not None:
            progress(where, done)
    return wrong


def _tables(folder: Path, encoder: EncoderInfo, stamp: str, rows: int) -> Iterator[Problem]:
    """Hash tables have checksums of their own, and a name that says which codes are in them."""
    path = TableFolder(mapped.table_folder(folder, encoder), stamp).find(rows)
    if path is None:
        return
    from lookalike.indexes.multihash import MultiHash

    try:
        MultiHash.load(path, threads=1, verify=True)
    except (LookalikeError, OSError, KeyError) as error:
        yield Problem(f"hash tables of {encoder.slot}", f"damaged ({error})", 0, _REMEDY)
