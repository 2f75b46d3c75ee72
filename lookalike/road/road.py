"""From a picture to its codes: for one that is indexed, asked, fitted on or measured alike."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.errors import PictureError
from lookalike.images.decode import prepare
from lookalike.images.formats.registry import members_of
from lookalike.images.parts.nine import part_inputs
from lookalike.images.parts.views import Held, held
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.images.preview import preview_of
from lookalike.road import arguments
from lookalike.road.features import features_of
from lookalike.road.in_order import in_order
from lookalike.road.lazy import LazyEncoder
from lookalike.road.made import Made, PictureCode, encode_picture
from lookalike.road.pictures import Picture
from lookalike.road.question import LARGE, Question, make_question
from lookalike.types import Decoded, Encoder, InputSpec, Limits

__all__ = ["THREADS_A_WORKER", "Road"]

K = TypeVar("K", bound=Hashable)
N = TypeVar("N")
P = TypeVar("P")
T = TypeVar("T")

# For each decoding process a thread that waits for it, and another that encodes meanwhile.
THREADS_A_WORKER = 2

# Names what a question looks for borders and panels in, and what a road without encoders decodes.
_LARGE = ""


class Road(Generic[K]):
    """The one road from a picture to its codes; any number of threads may use one.

    Args:
        encoders: by key. One that takes a while to load may be given as a
            :class:`~lookalike.road.lazy.LazyEncoder`: it is loaded when the first picture needs
            it. Without any the road ends with decoding.
        parts: keys of the encoders that make codes of a picture's nine parts, too.
        limits: what one picture may cost.
        workers: decoding processes; as many as there are processors by default. They start when
            the first picture needs them.
        pool: decodes in place of processes of the road's own; :meth:`close` leaves it open.
        previews: whether :meth:`coded` makes a preview of each picture.
        views: whether :meth:`coded` makes codes of the pictures that a picture holds.

    Raises:
        UsageError: ``parts`` names no encoder, or something is of another type or out of range.
    """

    def __init__(
        self,
        encoders: Mapping[K, Encoder | LazyEncoder],
        *,
        parts: Collection[K] = (),
        limits: Limits | None = None,
        workers: int | None = None,
        pool: DecodePool | None = None,
        previews: bool = False,
        views: bool = False,
    ) -> None:
        arguments.check_road(encoders, parts, pool)
        self._encoders = dict(encoders)
        # What is decoded, by the names that the decoding processes know, and whose names are whose.
        self._specs: dict[str, InputSpec] = {}
        self._names: dict[K, list[str]] = {}
        for key, encoder in self._encoders.items():
            wanted = {str(key): encoder.input}
            if key in parts:
                wanted |= part_inputs(str(key), encoder.input)
            self._specs |= wanted
            self._names[key] = list(wanted)
        self._large = next((n for n, spec in self._specs.items() if spec == LARGE), _LARGE)
        self._previews, self._views = previews, views
        if previews or views:
            self._specs.setdefault(self._large, LARGE)
        self._is_own = pool is None
        self._usual = self._specs or {_LARGE: LARGE}
        self._pool = pool or DecodePool(self._usual, limits=limits, workers=workers)
        self._limits = limits or self._pool.limits

    @property
    def keys(self) -> list[K]:
        """Of its encoders, in their order."""
        return list(self._encoders)

    @property
    def workers(self) -> int:
        """Decoding processes, at most."""
        return self._pool.workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the decoding processes, if they are the road's own."""
        if self._is_own:
            self._pool.close()

    def encoder(self, key: K) -> Encoder:
        """The encoder of a key, loaded; UsageError if there is none."""
        encoder = arguments.found(self._encoders, key)
        return encoder.get() if isinstance(encoder, LazyEncoder) else encoder

    # One picture

    def picture(
        self,
        item: Picture,
        *,
        more: Mapping[str, InputSpec] | None = None,
        count: bool = False,
    ) -> Decoded:
        """Decode a picture and bring it to what the encoders take in.

        Args:
            item: the picture.
            more: what else is wanted of it, by names that are no encoder's;
                :data:`~lookalike.road.pictures.FULL_SIZE` gives all its pixels.
            count: whether to say how many pictures the file holds.

        Raises:
            PictureError: it can't be read, or costs more than the limits allow.
            UsageError: it is no picture at all.
        """
        arguments.check_more(more)
        specs = {**self._specs, **(more or {})} or self._usual
        if isinstance(item, Image.Image | np.ndarray):
            return prepare(item, specs, self._limits)
        # Its own pool knows what is usual.
        inputs = None if self._is_own and specs == self._usual else specs
        if not isinstance(item, Item):
            item = Item(item)
        file = item.file
        if isinstance(file, str | os.PathLike):
            file = os.path.expanduser(os.fspath(file))
        return self._pool.decode(
            file, inputs=inputs, member=item.member, name=item.name, count=count
        )

    def pictures(self, item: Picture, most: int) -> Iterator[Decoded]:
        """Decode the first pictures of a file that may hold several.

        Args:
            item: the file; of pixels in memory there is one picture.
            most: pictures, at most.

        Raises:
            PictureError: one of them can't be read.
        """
        most = arguments.check_most(most)
        first = self.picture(item, count=most > 1)
        yield first
        if most > 1 and not isinstance(item, Image.Image | np.ndarray):
            file = item if isinstance(item, Item) else Item(item)
            for member in members_of(first, most)[1:]:
                yield self.picture(file._replace(member=member))

    def coded(
        self, picture: Decoded, wanted: Callable[[Decoded], Iterable[K]] | None = None
    ) -> Made[K]:
        """Give a picture that :meth:`picture` decoded its codes.

        Args:
            picture: with its inputs.
            wanted: says which encoders' codes it lacks; all by default.
        """
        keys: Iterable[K] = self._encoders if wanted is None else wanted(picture)
        codes: dict[K, PictureCode] = {}
        inner: list[Held] | None = None
        for key in keys:
            inputs = [picture.inputs[name] for name in self._names[key]]
            if inner is None and self._views:
                inner = held(picture.inputs[self._large])
            codes[key] = encode_picture(self.encoder(key), inputs, inner)
        preview = preview_of(picture.inputs[self._large]) if self._previews else None
        return Made(replace(picture, inputs={}), codes, preview)

    def code(
        self, item: Picture, wanted: Callable[[Decoded], Iterable[K]] | None = None
    ) -> Made[K]:
        """Decode and encode one picture: :meth:`picture`, then :meth:`coded`."""
        return self.coded(self.picture(item), wanted)

    def question(self, item: Picture, *, lap: Callable[[str], object] | None = None) -> Question:
        """A picture to look for, as codes of all its views, rotations and parts.

        Of the encoders one may be a perceptual hash, and one another, for the photo codes. Those
        that aren't loaded yet are loaded while the picture is decoded.

        Args:
            item: the picture.
            lap: called with ``decode`` when that is done.
        """
        arguments.check_calls(lap=lap)
        more = {self._large: LARGE}
        if all(e.is_loaded for e in self._encoders.values() if isinstance(e, LazyEncoder)):
            decoded = self.picture(item, more=more)
        else:
            with ThreadPoolExecutor(1, "lookalike-query") as thread:
                coming = thread.submit(self.picture, item, more=more)
                for key in self._encoders:
                    self.encoder(key)
                decoded = coming.result()
        if lap is not None:
            lap("decode")
        inputs = decoded.inputs
        asked = [(self.encoder(k), [inputs[n] for n in ns]) for k, ns in self._names.items()]
        return make_question(decoded, inputs[self._large], asked)

    # Many pictures

    def codes(
        self, items: Iterable[tuple[N, Picture]]
    ) -> Iterator[tuple[N, Made[K] | PictureError]]:
        """Decode and encode many pictures, on all processors.

        Args:
            items: names and pictures.

        Yields:
            Each name with the picture's codes, or the error that stands for it, in the order of
            ``items``.
        """
        return self.each(items, self.code)

    def each(
        self, items: Iterable[tuple[N, P]], work: Callable[[P], T]
    ) -> Iterator[tuple[N, T | PictureError]]:
        """Do something with each of many pictures, some of them at a time, in threads.

        Args:
            items: names and what ``work`` takes, such as pictures; advanced by the caller's own
                thread, and never far ahead.
            work: begins with :meth:`picture` or :meth:`code`.

        Yields:
            Each name with what ``work`` gave, or the error of a picture that can't be read, in the
            order of ``items``.
        """
        arguments.check_items(items)
        arguments.check_calls(work=work)
        return in_order(items, work, THREADS_A_WORKER * self.workers)

    def features(
        self,
        key: K,
        items: Iterable[tuple[N, Picture]],
        *,
        failed: Callable[[N, PictureError], object] | None = None,
        progress: Callable[[int], object] | None = None,
        stop: threading.Event | None = None,
    ) -> npt.NDArray[np.float32] | None:
        """What a third-party model is fitted on: the features of pictures, before any code.

        The model remembers them, since the same pictures get codes afterwards.

        Args:
            key: of a :class:`~lookalike.encoders.fitted.FittedEncoder`.
            items: names and pictures.
            failed: called for a picture that can't be read, which is passed over.
            progress: called with 1 for each picture.
            stop: set it, from any thread, to end early.

        Returns:
            Unit vectors, float32 (n, d), in the order of ``items``; ``None`` if it was stopped.

        Raises:
            UsageError: the encoder takes no fit.
        """
        return features_of(self, key, items, failed, progress, stop)
