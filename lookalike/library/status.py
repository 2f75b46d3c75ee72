"""A library at a glance."""

from __future__ import annotations

import os

from lookalike.errors import LibraryNotFoundError
from lookalike.library.engine import Engine
from lookalike.library.ledger import groups_of
from lookalike.library.models import Models
from lookalike.library.offline import why_absent
from lookalike.library.previews import Previews
from lookalike.library.records import EncoderInfo, Folder
from lookalike.library.reports import CodeStatus, FolderStatus, LedgerEntry, Status
from lookalike.library.store import Store
from lookalike.sources.naming import is_address, split

__all__ = ["describe"]


def describe(
    store: Store, engine: Engine, models: Models, previews: Previews, *, measure: bool
) -> Status:
    """As :meth:`lookalike.library.library.Library.status` says."""
    try:
        counts = store.counts()
    except FileNotFoundError as error:
        raise LibraryNotFoundError(
            f"the library {store.location} was deleted while it was open: open another"
        ) from error
    changes, changes_count = store.changes()
    ledger = tuple(LedgerEntry(r.path, r.status, r.cause, r.reason) for r in store.ledger())
    losses = tuple(store.losses())
    return Status(
        path=store.location,
        version=store.version,
        read_only=store.read_only,
        pictures=counts.pictures,
        distinct=counts.distinct,
        missing=counts.missing,
        library_bytes=counts.store_bytes,
        cache_bytes=engine.bytes,
        codes=tuple(_code(store, engine, models, e, measure) for e in models.current().values()),
        folders=tuple(_folder(store, folder) for folder in store.folders()),
        ledger=ledger,
        changes=tuple(changes),
        changes_count=changes_count,
        losses=losses,
        groups=groups_of(ledger, losses),
        previews_bytes=previews.size,
        previews=previews.count()[0],
    )


def _folder(store: Store, folder: Folder) -> FolderStatus:
    own = why_absent(folder.path) if not _is_there(folder.path) else ""
    notes = [own] if own else []
    for place in folder.offline:
        if place.path == folder.path:
            own = own or place.why
            notes = [own]
        elif not own:
            notes.append(f"{os.path.relpath(place.path, folder.path)} {place.why}")
    return FolderStatus(
        path=folder.path,
        online=not own,
        pictures=store.count_pictures(folder.path),
        exclude=folder.exclude,
        everything=folder.everything,
        note="; ".join(notes),
    )


def _is_there(path: str) -> bool:
    """Whether a folder, or an archive, is on this machine; a store elsewhere isn't asked."""
    return is_address(path) or os.path.isdir(path) or os.path.isfile(split(path)[0])


def _code(
    store: Store, engine: Engine, models: Models, encoder: EncoderInfo, measure: bool
) -> CodeStatus:
    pictures = store.count_codes(encoder.id)
    stored = models.recipe(encoder)
    return CodeStatus(
        name=encoder.name,
        bits=encoder.bits,
        fingerprint=encoder.fingerprint,
        pictures=pictures,
        stale=pictures if models.is_stale(encoder) else 0,
        index=engine.explain(encoder) + (_measured(pictures, encoder.bits) if measure else ""),
        model=encoder.origin,
        fitted_on=None if stored is None else stored.pictures,
        texts=stored is not None and bool(stored.recipe.text),
    )


def _measured(codes: int, bits: int) -> str:
    """What a question within the usual radius takes on this machine, by scan and by tables."""
    # Here, not above: compiled kernels.
    from lookalike.indexes.choose import choose
    from lookalike.indexes.costs import machine_costs
    from lookalike.indexes.multihash_layout import usual_radius

    return f"; {choose(codes, bits, radius=usual_radius(bits), costs=machine_costs()).reason}"
