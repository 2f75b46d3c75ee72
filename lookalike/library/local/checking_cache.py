"""Whether the cache beside a library's file says what the file says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.errors import LookalikeError
from lookalike.indexes.table_folder import TableFolder
from lookalike.library.arrays import Fields, blocks, fields_of, visible_mask
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.local import mapped
from lookalike.library.local.store import LocalStore
from lookalike.library.records import EncoderInfo
from lookalike.library.tables import index_stamp
from lookalike.types import ContentId

__all__ = ["check_cache"]

_REMEDY = "--repair deletes the cache, and the next search makes it anew; nothing is lost"


def check_cache(
    store: LocalStore, encoder: EncoderInfo, progress: OnCheck | None
) -> Iterator[Problem]:
    """What is wrong with the cached codes of one encoder; an old cache is not wrong.

    Args:
        store: whose file is sound.
        encoder: whose codes are compared, one by one.
        progress: called now and then.
    """
    folder = mapped.cache_folder(store.path)
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
    # Codes are only ever added behind the others, or else the epoch is another.
    wrong = _differing(store, encoder, fields, cached, progress, where)
    fresh = manifest["generation"] == stamp.generation
    if fresh and not wrong:
        try:
            visible = mapped.visible(folder, encoder, stamp, rows)
        except (OSError, ValueError):
            yield Problem(where, "not complete", 0, "a search makes it anew", harmless=True)
            return
        wrong = int(np.count_nonzero(visible != visible_mask(store, cached["contents"])))
        wrong += abs(store.count_codes(encoder.id) - rows)
    if store.stamp() != stamp:
        what = "not compared: somebody is writing to the library"
        yield Problem(where, what, 0, "check again later", harmless=True)
        return
    if wrong:
        yield Problem(where, "codes that are not those of the file", wrong, _REMEDY)
    yield from _tables(folder, encoder, index_stamp(encoder, stamp), rows)


def _differing(
    store: LocalStore,
    encoder: EncoderInfo,
    fields: Fields,
    cached: dict[str, Any],
    progress: OnCheck | None,
    where: str,
) -> int:
    """How many rows of the cache are not those of the file."""
    rows, done, wrong = len(cached["contents"]), 0, 0
    for block in blocks(store, encoder, ContentId(0), fields):
        count = min(len(block["contents"]), rows - done)
        bad = np.zeros(count, np.bool_)
        for ending in fields:
            kept = cached[ending][done : done + count].reshape(count, -1)
            made = block[ending][:count].reshape(count, -1)
            bad |= (kept != made).any(axis=1)
        wrong += int(np.count_nonzero(bad))
        done += count
        if progress is not None:
            progress(where, done)
        if done == rows:
            break
    return wrong + rows - done


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
