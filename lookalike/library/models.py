"""The encoders of a library: those that made its codes, and those that a new library would get."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from lookalike.encoders import registry
from lookalike.encoders.fits import Fit
from lookalike.encoders.fitted import FittedEncoder, StoredRecipe
from lookalike.encoders.hub import is_commit
from lookalike.encoders.origins import Origin, Recipe
from lookalike.encoders.perceptual import PDQ
from lookalike.encoders.text import TextTower
from lookalike.errors import EncoderMismatchError, ModelError, UsageError
from lookalike.library.catalog import Catalog
from lookalike.library.rows import EncoderRow
from lookalike.types import Encoder, InputSpec

__all__ = ["Models"]

SLOTS = ("pdq", "photo")


class Models:
    """Encoders by slot, loaded at first use and kept.

    A library keeps the ONNX file of its photo encoder, or of a large one of other people where it
    is, with its checksum. So after an upgrade of lookalike the codes
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
        self._texts: dict[str, tuple[TextTower, Fit]] = {}
        self._lock = threading.Lock()
        if not catalog.read_only and not self.current():
            # Before the transaction: a model may have to be fetched.
            made = [self.open(source) for source in ("pdq", photo)]
            with catalog.writing():
                for slot, (source, encoder) in zip(SLOTS, made, strict=True):
                    self.add(slot, source, encoder, current=True)

    def current(self) -> Mapping[str, EncoderRow]:
        """By slot the encoder that answers."""
        return {row.slot: row for row in self._catalog.encoders() if row.current}

    def open(self, source: str) -> tuple[str, Encoder]:
        """The encoder that ``source`` stands for now, under a name that won't change."""
        name = registry.resolve(source)
        return name, registry.load(name)

    def add(self, slot: str, source: str, encoder: Encoder, *, current: bool) -> EncoderRow:
        """Make an encoder known; in a transaction."""
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

    def renewed(self, row: EncoderRow) -> EncoderRow:
        """The newest version of an encoder, made known; in a transaction.

        That is ``row`` itself where its source is gone, or where it is fitted on the library.
        """
        if registry.fingerprint(row.source) in (None, row.fingerprint):
            return row
        return self.add(row.slot, *self.open(row.source), current=False)

    def recipe(self, row: EncoderRow) -> StoredRecipe | None:
        """What is kept of a fitted encoder; ``None`` of others."""
        card = self._catalog.card(row.id)
        return StoredRecipe(card) if card is not None and StoredRecipe.is_one(card) else None

    def unfinished(self, slot: str, recipe: Recipe) -> EncoderRow | None:
        """A fitted encoder of this model whose codes are yet to be completed."""
        for row in self._catalog.encoders():
            if row.slot == slot and not row.current:
                stored = self.recipe(row)
                if stored is not None and stored.recipe == recipe:
                    return row
        return None

    def forget(self) -> None:
        """Let go of what fitting left in memory."""
        for encoder in self._loaded.values():
            if isinstance(encoder, FittedEncoder):
                encoder.tower.forget()

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

    def check(
        self,
        row: EncoderRow,
        name: str,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Make sure that an encoder is the one of a name, and that its files are here.

        Raises:
            EncoderMismatchError: it is another.
            UsageError: there is no encoder of this name.
            ModelError: the files can't be read, or fetched.
        """
        source = registry.foreign(name)
        if source is not None:
            self._check_source(row, source, progress)
            return
        wanted = registry.card(name)
        if row.fingerprint != wanted.fingerprint:
            raise EncoderMismatchError(
                f"{self._catalog.path} holds codes of '{row.name}' ({row.fingerprint}), not of "
                f"{name} ({wanted.fingerprint}): 'lookalike reindex --model {name}' makes them anew"
            )

    def _check_source(
        self,
        row: EncoderRow,
        source: Origin,
        progress: Callable[[int, int], object] | None,
    ) -> None:
        stored = self.recipe(row)
        if source.revision is not None and not is_commit(source.revision):
            source = source.pinned(progress)
        if stored is None or not source.same_as(stored.recipe.origin):
            raise EncoderMismatchError(
                f"{self._catalog.path} holds codes of {row.source}, not of {source}: "
                f"'lookalike reindex --model {source}' makes them anew"
            )
        if not stored.kept:
            stored.recipe.origin.pinned(progress)
            stored.check()

    def text(
        self, row: EncoderRow, progress: Callable[[int, int], object] | None = None
    ) -> tuple[TextTower, Fit]:
        """The text tower of an encoder, and its fit, which texts are compared by.

        Raises:
            UsageError: the encoder knows no texts.
            ModelError: the tower can't be fetched, or is damaged.
            MissingExtraError: ``tokenizers`` isn't installed.
        """
        with self._lock:
            if row.fingerprint not in self._texts:
                stored, kept = self.recipe(row), self._catalog.model(row.id)
                if stored is None or not stored.recipe.text or kept is None:
                    raise UsageError(
                        f"'{row.name}', the photo model of {self._catalog.path}, knows no texts: "
                        "'lookalike reindex --model hub:Xenova/clip-vit-base-patch32' brings one "
                        "that does"
                    )
                self._texts[row.fingerprint] = stored.text(kept[1], progress)
            return self._texts[row.fingerprint]

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
            stored = self.recipe(row)
            if stored is not None:
                return stored.encoder_input
        return self.encoder(row).input

    def can_make(self, row: EncoderRow) -> bool:
        """Whether :meth:`encoder` has the encoder of a row."""
        stored = None if row.id in self._loaded else self.recipe(row)
        if stored is not None:
            try:
                stored.check()
            except ModelError:
                return False
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
