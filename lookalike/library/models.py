"""The encoders of a library: those that made its codes, and those that a new library would get."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from lookalike.encoders import registry
from lookalike.errors import EncoderMismatchError
from lookalike.library.catalog import Catalog, EncoderRow
from lookalike.types import Encoder

__all__ = ["Models"]

SLOTS = ("pdq", "photo")


class Models:
    """Encoders by slot, loaded at first use and kept.

    A library keeps the ONNX file of its photo encoder. So after an upgrade of lookalike the codes
    that are there can still be asked, and new pictures get codes of the same kind, until
    ``reindex`` makes them all anew.

    Args:
        catalog: of the library.
        photo: name of the encoder that a new library gets, see :mod:`lookalike.encoders.registry`.
    """

    def __init__(self, catalog: Catalog, photo: str) -> None:
        self._catalog = catalog
        self._photo = photo
        self._loaded: dict[int, Encoder] = {}
        self._lock = threading.Lock()
        if not catalog.read_only and not self.current():
            with catalog.writing():
                for slot in SLOTS:
                    self.add(slot, self._name(slot), current=True)

    def current(self) -> Mapping[str, EncoderRow]:
        """By slot the encoder that answers."""
        return {row.slot: row for row in self._catalog.encoders() if row.current}

    def add(self, slot: str, name: str, *, current: bool) -> EncoderRow:
        """Make the encoder that ``name`` stands for now known to the library; in a transaction."""
        encoder = registry.load(name)
        stored = registry.stored(encoder)
        key = self._catalog.add_encoder(
            slot,
            encoder.name,
            encoder.fingerprint,
            encoder.bits,
            encoder.embedding_size,
            current=current,
            card=None if stored is None else stored[0],
            model=None if stored is None else stored[1],
        )
        self._loaded[key] = encoder
        return next(row for row in self._catalog.encoders() if row.id == key)

    def wanted(self, photo: str | None = None) -> dict[str, str]:
        """By slot the name of the encoder that a reindex would use."""
        return {"pdq": "pdq", "photo": photo or self._photo}

    def encoder(self, row: EncoderRow) -> Encoder:
        """The encoder of a row.

        Raises:
            EncoderMismatchError: it is neither installed nor kept in the library.
        """
        with self._lock:
            if row.id not in self._loaded:
                self._loaded[row.id] = self._load(row)
            return self._loaded[row.id]

    def _load(self, row: EncoderRow) -> Encoder:
        if registry.fingerprint(row.name) == row.fingerprint:
            return registry.load(row.name)
        kept = self._catalog.model(row.id)
        if kept is None:
            raise EncoderMismatchError(
                f"{self._catalog.path} holds '{row.name}' codes of version {row.fingerprint}, which"
                f" this lookalike can't make: run 'lookalike reindex'"
            )
        return registry.load_stored(*kept)

    def _name(self, slot: str) -> str:
        return self.wanted()[slot]
