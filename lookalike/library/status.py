"""A library at a glance."""

from __future__ import annotations

import os

from lookalike.library import cache, schema
from lookalike.library.catalog import Catalog
from lookalike.library.models import Models
from lookalike.library.reports import CodeStatus, FolderStatus, LedgerEntry, Status
from lookalike.library.rows import EncoderRow

__all__ = ["describe"]

TYPICAL_HITS = 10  # what a search asks for if nothing else is said


def describe(catalog: Catalog, models: Models, *, measure: bool) -> Status:
    """As :meth:`lookalike.library.library.Library.status` says."""
    present = "SELECT count(DISTINCT content) FROM files WHERE present = 1"
    return Status(
        path=str(catalog.path),
        version=len(schema.MIGRATIONS),
        read_only=catalog.read_only,
        pictures=catalog.count_present(),
        distinct=catalog.count(present),
        missing=catalog.count("SELECT count(*) FROM files WHERE present = 0"),
        library_bytes=catalog.path.stat().st_size,
        cache_bytes=cache.size(catalog.path),
        codes=tuple(_code(catalog, models, row, measure) for row in models.current().values()),
        folders=tuple(
            FolderStatus(path, os.path.isdir(path), catalog.count_present(path), patterns)
            for path, patterns in catalog.folders()
        ),
        ledger=tuple(LedgerEntry(*entry) for entry in catalog.ledger()),
    )


def _code(catalog: Catalog, models: Models, row: EncoderRow, measure: bool) -> CodeStatus:
    pictures = catalog.count("SELECT count(*) FROM codes WHERE encoder = ?", [row.id])
    stored = models.recipe(row)
    return CodeStatus(
        name=row.name,
        bits=row.bits,
        fingerprint=row.fingerprint,
        pictures=pictures,
        stale=pictures if models.is_stale(row) else 0,
        index=_explain(pictures, row.bits, measure),
        model=row.source,
        fitted_on=None if stored is None else stored.pictures,
    )


def _explain(codes: int, bits: int, measure: bool) -> str:
    """Which index answers, and what it costs beside the other: measured, not guessed."""
    # Here, not above: they bring in compiled kernels, and indexing needs none of them.
    from lookalike.indexes.choose import choose
    from lookalike.indexes.costs import kept_costs, machine_costs

    costs = machine_costs() if measure else kept_costs()
    if costs is None:
        return "exact scan"
    return f"exact scan; {choose(codes, bits, k=TYPICAL_HITS, costs=costs).reason}"
