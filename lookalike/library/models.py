"""The encoders of a library: those that made its codes, and those that a new library would get."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

from lookalike.encoders import registry
from lookalike.encoders.perceptual import PDQ
from lookalike.errors import EncoderMismatchError
from lookalike.library.catalog import Catalog
from lookalike.library.rows import EncoderRow
from lookalike.types import Encoder, InputSpec

__all__ = ["Models"]

SLOTS = ("pdq", "photo")


class Models:
    """Encoders by slot, loaded at first use and kept.

    A library keeps the ONNX file of its photo encoder. So after an upgrade of lookalike the codes
    that are there can still be asked, and new pictures get codes of the same kind, until
    ``reindex`` makes them all anew.

    Args:
        catalog: of the library.
        photo: the photo encoder that a new library gets: a name or a path, see
            :mod:`lookalike.encoders.registry`.
    """

    def __init__(self, catalog: Catalog, photo: str) -> None:
        self._catalog = catalog
        self._loaded: dict[int, Encoder] = {}
        self._lock = threading.Lock()
        if not catalog.read_only and not self.current():
            with catalog.writing():
                for slot, source in zip(SLOTS, ("pdq", photo), strict=True):
                    self.add(slot, source, current=True)

    def current(self) -> Mapping[str, EncoderRow]:
        """By slot the encoder that answers."""
        return {row.slot: row for row in self._catalog.encoders() if row.current}

    def add(self, slot: str, source: str, *, current: bool) -> EncoderRow:
        """Make the encoder that ``source`` stands for now known; in a transaction."""
        if source.lower().endswith(".onnx"):
            source = os.path.abspath(source)
        encoder = registry.load(source)
        stored = registry.stored(encoder)
        key = self._catalog.add_encoder(
            slot,
            source,
            encoder,
            current=current,
            card=None if stored is None else stored[0],
            model=None if stored is None else stored[1],
        )
        self._loaded[key] = encoder
        return next(row for row in self._catalog.encoders() if row.id == key)

    def renewed(self, row: EncoderRow, source: str | None = None) -> EncoderRow:
        """The encoder that a reindex replaces ``row`` by, made known; in a transaction.

        Args:
            row: the current one.
            source: another encoder; by default the newest version of the same, which is ``row``
                itself where its source is gone.
        """
        wanted = source or row.source
        if source is None and registry.fingerprint(wanted) in (None, row.fingerprint):
            return row
        return self.add(row.slot, wanted, current=False)

    def is_stale(self, row: EncoderRow) -> bool:
        """Whether there is another version of the encoder."""
        return registry.fingerprint(row.source) not in (None, row.fingerprint)

    def encoder(self, row: EncoderRow) -> Encoder:
        """The encoder of a row.

        Raises:
            EncoderMismatchError: it is neither installed nor kept in the library.
        """
        with self._lock:
            if row.id not in self._loaded:
                self._loaded[row.id] = self._load(row)
            return self._loaded[row.id]

    def is_loaded(self, row: EncoderRow) -> bool:
        """Whether :meth:`encoder` answers at once."""
        return row.id in self._loaded

    def input(self, row: EncoderRow) -> InputSpec:
        """What the encoder of a row takes in, without loading its model where that is possible."""
        if row.id not in self._loaded:
            if row.slot == "pdq":
                return PDQ.input
            if registry.fingerprint(row.source) == row.fingerprint:
                return registry.card(row.source).input
        return self.encoder(row).input

    def can_make(self, row: EncoderRow) -> bool:
        """Whether :meth:`encoder` has the encoder of a row."""
        return not self.is_stale(row) or self._catalog.model(row.id) is not None

    def _load(self, row: EncoderRow) -> Encoder:
        if registry.fingerprint(row.source) == row.fingerprint:
            return registry.load(row.source)
        kept = self._catalog.model(row.id)
        if kept is None:
            raise EncoderMismatchError(
                f"{self._catalog.path} holds '{row.name}' codes of version {row.fingerprint}, which"
                f" this lookalike can't make: run 'lookalike reindex'"
            )
        return registry.load_stored(*kept)
