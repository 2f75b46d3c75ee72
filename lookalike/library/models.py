"""The encoders of a library: those that made its codes, and those that a new library would get."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from lookalike.encoders import registry
from lookalike.encoders.fits import Fit
from lookalike.encoders.fitted import FittedEncoder, StoredRecipe
from lookalike.encoders.origins import Origin
from lookalike.encoders.recipes import Recipe
from lookalike.encoders.text import TextTower
from lookalike.errors import EncoderMismatchError, ModelError, NoTextError
from lookalike.library.arguments import check_name
from lookalike.library.records import EncoderInfo
from lookalike.library.store import Store
from lookalike.road import LazyEncoder
from lookalike.types import Encoder, EncoderId, InputSpec, Slot

__all__ = ["Models", "Opened", "first"]

SLOTS: tuple[Slot, ...] = ("pdq", "photo")

Opened: TypeAlias = tuple[str, Encoder]
"""A name that won't change its meaning, and the encoder of that name."""


def first(photo: str) -> list[Opened]:
    """The encoders of a new library, by slot.

    Raises:
        UsageError: there is no photo encoder of this name.
        ModelError: its file is damaged, or can't be fetched.
    """
    return [_opened(origin) for origin in (registry.PERCEPTUAL, photo)]


def _opened(origin: str) -> Opened:
    name = registry.resolve(origin)
    is_hash = origin == registry.PERCEPTUAL
    return name, registry.load(name) if is_hash else registry.load_photo(name)


def _newest(row: EncoderInfo) -> str:
    """What the newest version of an encoder is loaded by."""
    return registry.PERCEPTUAL if row.slot == "pdq" else row.origin


class Models:
    """Encoders by slot, loaded at first use and kept.

    A library keeps the ONNX file of its photo encoder, or of a large third-party one where it
    is, with its checksum. So after an upgrade of lookalike the codes that are there can still be
    asked, and new pictures get codes of the same kind, until ``reindex`` makes them all anew.

    Args:
        store: of the library.
        photo: the photo encoder that a new library gets: a name or a path, see
            :mod:`lookalike.encoders.registry`.
        made: the encoders of a new library, where :func:`first` made them before its file.
    """

    def __init__(self, store: Store, photo: str, made: Sequence[Opened] | None = None) -> None:
        self._store = store
        self._loaded: dict[EncoderId, Encoder] = {}
        self._texts: dict[str, tuple[TextTower, Fit]] = {}
        self._lock = threading.Lock()
        self._texts_lock = threading.Lock()  # held while a tower is fetched: others go on asking
        current = self.current()
        # All of a new library; and those that a repair couldn't save.
        lacking = [slot for slot in SLOTS if slot not in current]
        if lacking and not store.read_only:
            # Before the transaction: a model may have to be fetched.
            opened = dict(zip(SLOTS, first(photo) if made is None else made, strict=True))
            with store.writing():
                for slot in lacking:
                    self.add(slot, *opened[slot], current=True)

    def current(self) -> Mapping[Slot, EncoderInfo]:
        """By slot the encoder that answers."""
        return {row.slot: row for row in self._store.encoders() if row.current}

    def open(self, origin: str) -> Opened:
        """The encoder that ``origin`` stands for now, under a name that won't change."""
        return _opened(origin)

    def add(self, slot: Slot, origin: str, encoder: Encoder, *, current: bool) -> EncoderInfo:
        """Make an encoder known; in a transaction."""
        stored = registry.stored(encoder)
        made = self._store.put_encoder(
            slot,
            origin,
            encoder,
            current=current,
            card=None if stored is None else stored[0],
            data=None if stored is None else stored[1],
        )
        with self._lock:
            self._loaded[made.id] = encoder
        return made

    def renewed(self, row: EncoderInfo) -> EncoderInfo:
        """The newest version of an encoder, made known; in a transaction.

        That is ``row`` itself where its origin is gone, or where it is fitted on the library. A
        perceptual hash is replaced by the one that a new library gets.
        """
        if not self.is_stale(row):
            return row
        return self.add(row.slot, *self.open(_newest(row)), current=False)

    def recipe(self, row: EncoderInfo) -> StoredRecipe | None:
        """What is kept of a fitted encoder; ``None`` of others."""
        card = self._store.encoder_card(row.id)
        return StoredRecipe(card) if card is not None and StoredRecipe.is_one(card) else None

    def unfinished(self, slot: Slot, recipe: Recipe) -> EncoderInfo | None:
        """A fitted encoder of this model whose codes are yet to be completed."""
        for row in self._store.encoders():
            if row.slot == slot and not row.current:
                stored = self.recipe(row)
                if stored is not None and stored.recipe == recipe:
                    return row
        return None

    def forget(self) -> None:
        """Let go of what fitting left in memory."""
        with self._lock:
            loaded = list(self._loaded.values())
        for encoder in loaded:
            if isinstance(encoder, FittedEncoder):
                encoder.tower.forget()

    def is_stale(self, row: EncoderInfo) -> bool:
        """Whether there is another version of the encoder, or a newer perceptual hash."""
        return registry.fingerprint(_newest(row)) not in (None, row.fingerprint)

    def encoder(self, row: EncoderInfo) -> Encoder:
        """The encoder of a row.

        Raises:
            EncoderMismatchError: it is neither installed nor kept in the library.
        """
        with self._lock:
            if row.id not in self._loaded:
                self._loaded[row.id] = self._load(row)
            return self._loaded[row.id]

    def lazy(self, row: EncoderInfo) -> Encoder | LazyEncoder:
        """The encoder of a row, loaded only when a picture needs it."""
        if self.is_loaded(row):
            return self.encoder(row)
        return LazyEncoder(self.input(row), lambda: self.encoder(row))

    def check(
        self,
        row: EncoderInfo,
        name: str,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Make sure that an encoder is the one of a name, and that its files are here.

        Raises:
            EncoderMismatchError: it is another.
            UsageError: there is no encoder of this name.
            ModelError: the files can't be read, or fetched.
        """
        source = registry.foreign(check_name("photo", name))
        if source is not None:
            self._check_source(row, source, progress)
            return
        wanted = registry.card(name)
        if row.fingerprint != wanted.fingerprint:
            raise EncoderMismatchError(
                f"{self._store.location} holds codes of '{row.name}' ({row.fingerprint}), not of "
                f"{name} ({wanted.fingerprint}): 'lookalike reindex --model {name}' makes them anew"
            )

    def _check_source(
        self,
        row: EncoderInfo,
        source: Origin,
        progress: Callable[[int, int], object] | None,
    ) -> None:
        # Here, not above: libraries whose models aren't from the hub need no HTTP.
        from lookalike.encoders.hub import is_commit

        stored = self.recipe(row)
        if source.revision is not None and not is_commit(source.revision):
            source = source.pinned(progress)
        if stored is None or not source.same_as(stored.recipe.origin):
            raise EncoderMismatchError(
                f"{self._store.location} holds codes of {row.origin}, not of {source}: "
                f"'lookalike reindex --model {source}' makes them anew"
            )
        if not stored.kept:
            stored.recipe.origin.pinned(progress, anew=False)
            stored.check()

    def text(
        self, row: EncoderInfo, progress: Callable[[int, int], object] | None = None
    ) -> tuple[TextTower, Fit]:
        """The text tower of an encoder, and its fit, which texts are compared by.

        Raises:
            NoTextError: the encoder knows no texts.
            ModelError: the tower can't be fetched, or is damaged.
            MissingExtraError: ``tokenizers`` isn't installed.
        """
        with self._texts_lock:
            if row.fingerprint not in self._texts:
                stored, kept = self.recipe(row), self._store.encoder_data(row.id)
                if stored is None or not stored.recipe.text or kept is None:
                    raise NoTextError(
                        f"'{row.name}', the photo model of {self._store.location}, knows no texts:"
                        " 'lookalike reindex --model hub:Xenova/clip-vit-base-patch32' brings one"
                        " that does"
                    )
                self._texts[row.fingerprint] = stored.text(kept[1], progress)
            return self._texts[row.fingerprint]

    def is_loaded(self, row: EncoderInfo) -> bool:
        """Whether :meth:`encoder` answers at once."""
        return row.id in self._loaded

    def input(self, row: EncoderInfo) -> InputSpec:
        """What the encoder of a row takes in, without loading its model where that is possible."""
        if row.id not in self._loaded:
            perceptual = registry.perceptual(row.fingerprint)
            if perceptual is not None:
                return perceptual.input
            if registry.fingerprint(row.origin) == row.fingerprint:
                return registry.card(row.origin).input
            stored = self.recipe(row)
            if stored is not None:
                return stored.encoder_input
        return self.encoder(row).input

    def can_make(self, row: EncoderInfo) -> bool:
        """Whether :meth:`encoder` has the encoder of a row."""
        if registry.perceptual(row.fingerprint) is not None:
            return True
        stored = None if row.id in self._loaded else self.recipe(row)
        if stored is not None:
            try:
                stored.check()
            except ModelError:
                return False
        return not self.is_stale(row) or self._store.encoder_data(row.id) is not None

    def _load(self, row: EncoderInfo) -> Encoder:
        perceptual = registry.perceptual(row.fingerprint)
        if perceptual is not None:
            return perceptual()
        if registry.fingerprint(row.origin) == row.fingerprint:
            return registry.load(row.origin)
        kept = self._store.encoder_data(row.id)
        if kept is None:
            raise EncoderMismatchError(
                f"{self._store.location} holds '{row.name}' codes of version {row.fingerprint},"
                f" which this lookalike can't make: run 'lookalike reindex'"
            )
        return registry.load_stored(*kept)
