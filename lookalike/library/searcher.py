"""From a picture to matches: decoding, encoding and tables that are kept ready between searches."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.encoders.perceptual import PDQ
from lookalike.errors import LibraryNotFoundError, UsageError
from lookalike.images.decode import prepare
from lookalike.images.fitting import fit
from lookalike.images.parts.regions import regions
from lookalike.images.parts.views import views
from lookalike.images.pool.pool import DecodePool
from lookalike.library import cache
from lookalike.library.catalog import Catalog
from lookalike.library.models import SLOTS, Models
from lookalike.library.reports import SearchResult
from lookalike.library.rows import EncoderRow
from lookalike.library.search import CodeChoice, Question, Table, merge
from lookalike.library.text import text_matches
from lookalike.types import Decoded, Encoder, InputSpec, Limits

__all__ = ["MOST_HITS", "Picture", "Searcher"]

Picture: TypeAlias = "str | os.PathLike[str] | bytes | Image.Image | npt.NDArray[np.generic]"

MOST_HITS = 10_000

# A search that finds the library changed renews its tables only if that took less than this share
# of the time since; else a library that is being indexed would be read again for every search.
# What this process itself has finished writing is always seen.
REFRESH_SHARE = 0.1


class Searcher:
    """Answers for one library; any number of threads may ask.

    Args:
        catalog: of the library.
        models: its encoders.
        limits: for decoding a query.
        workers: decoding processes; they start when they are needed, and stay.
    """

    def __init__(
        self, catalog: Catalog, models: Models, limits: Limits, workers: int | None
    ) -> None:
        self._catalog = catalog
        self._models = models
        self._limits = limits
        # PDQ's input is in every query: large enough to look for borders in, whatever is asked.
        self._pool = DecodePool({"pdq": PDQ.input}, limits=limits, workers=workers)
        self._tables: dict[str, Table] = {}
        self._refreshed = (0.0, 0.0)  # when the tables began to be made, and how long it took
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the decoding processes and let go of the mapped files."""
        self._pool.close()
        self._tables.clear()

    def search(self, picture: Picture, k: int, code: CodeChoice) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search` says."""
        if not 1 <= k <= MOST_HITS:
            raise UsageError(f"k is 1 to {MOST_HITS:,}, not {k}")
        if code not in ("pdq", "photo", "both"):
            raise UsageError(f"code is 'pdq', 'photo' or 'both', not {code!r}")
        clock = _Clock()
        rows = self._rows(code)
        specs = {row.slot: self._models.input(row) for row in rows}
        specs["pdq"] = PDQ.input
        if "photo" in specs and self._catalog.has_regions():
            specs |= regions("photo", specs["photo"])
        if all(self._models.is_loaded(row) for row in rows):
            decoded = self._decode(picture, specs)
            encoders = self._encoders(rows)
        else:
            # The first search: a decoding process starts while the models load.
            with ThreadPoolExecutor(1) as thread:
                coming = thread.submit(self._decode, picture, specs)
                encoders = self._encoders(rows)
                decoded = coming.result()
        clock.lap("decode")
        question = _question(decoded, encoders)
        clock.lap("encode")
        tables = self._fresh_tables(rows)
        clock.lap("open")
        hits, exact = merge(self._catalog, tables, question, k)
        clock.lap("search")
        return SearchResult(_name(picture), exact, hits, clock.laps())

    def search_text(
        self, text: str, k: int, progress: Callable[[int, int], object] | None
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search_text` says."""
        if not 1 <= k <= MOST_HITS:
            raise UsageError(f"k is 1 to {MOST_HITS:,}, not {k}")
        clock = _Clock()
        (row,) = self._rows("photo")
        tower, fit = self._models.text(row, progress)
        clock.lap("load")
        weights, constant = fit.query(tower.features(text))
        clock.lap("encode")
        table = self._fresh_tables([row])["photo"]
        clock.lap("open")
        hits = text_matches(self._catalog, table, weights, constant, k)
        clock.lap("search")
        return SearchResult(text, True, hits, clock.laps())

    def _rows(self, code: CodeChoice) -> list[EncoderRow]:
        current = self._models.current()
        slots = SLOTS if code == "both" else (code,)
        if not all(slot in current for slot in slots):
            raise LibraryNotFoundError(
                f"{self._catalog.path} holds no codes yet: index a folder first"
            )
        return [current[slot] for slot in slots]

    def _encoders(self, rows: Sequence[EncoderRow]) -> dict[str, Encoder]:
        return {row.slot: self._models.encoder(row) for row in rows}

    def _decode(self, picture: Picture, specs: dict[str, InputSpec]) -> Decoded:
        if isinstance(picture, bytes):
            return self._pool.decode(picture, inputs=specs)
        if isinstance(picture, str | os.PathLike):
            return self._pool.decode(os.path.expanduser(os.fspath(picture)), inputs=specs)
        return prepare(picture, specs, self._limits)

    def _fresh_tables(self, rows: Sequence[EncoderRow]) -> dict[str, Table]:
        """The tables of these encoders, renewed if the library has changed since."""
        with self._lock:
            stamp = self._catalog.stamp()
            when, took = self._refreshed
            found = {r.slot: self._tables[r.slot] for r in rows if r.slot in self._tables}
            complete = all(r.slot in found and found[r.slot].codes.encoder.id == r.id for r in rows)
            fresh = complete and all(t.codes.stamp == stamp for t in found.values())
            started = time.monotonic()
            young = when > self._catalog.merged and started - when - took < took / REFRESH_SHARE
            if fresh or (complete and young):
                return found
            found = {row.slot: Table(cache.load(self._catalog, row)) for row in rows}
            self._tables.update(found)
            self._refreshed = (started, time.monotonic() - started)
            return found


def _question(decoded: Decoded, encoders: dict[str, Encoder]) -> Question:
    """Encode a query by the road that indexed pictures take, and the pictures that it holds."""
    pdq, quality, photo, details = None, None, None, None
    parts = views(decoded.inputs["pdq"])[1:]
    for slot, encoder in encoders.items():
        asked = [decoded.inputs[slot]]
        asked += [np.asarray(fit(Image.fromarray(part), encoder.input)) for part in parts]
        if isinstance(encoder, PDQ):
            turned = [encoder.turned(view) for view in asked]
            pdq = np.concatenate([codes for codes, _ in turned])
            quality = np.repeat(np.array([q for _, q in turned], np.uint8), len(turned[0][0]))
        else:
            photo = encoder.encode(asked)
            of_parts = [made for name, made in decoded.inputs.items() if name.startswith("photo/")]
            if of_parts:
                details = encoder.encode(of_parts)
    return Question(decoded.content_digest, decoded.pixel_digest, pdq, quality, photo, details)


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = now - self._last
        self._last = now

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": self._last - self._start}


def _name(picture: Picture) -> str:
    if isinstance(picture, str | os.PathLike):
        return os.fspath(picture)
    return f"<{len(picture)} bytes>" if isinstance(picture, bytes) else "<pixels>"
