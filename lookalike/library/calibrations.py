"""The calibrations of a library: measured when they are needed, kept in it, renewed as it grows."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lookalike.errors import LibraryError
from lookalike.library.calibration import Calibration
from lookalike.library.calibration_hubs import DOUBTFUL, Hubs, is_tiny
from lookalike.library.engine import ContentIds, Engine, Table
from lookalike.library.records import EncoderInfo
from lookalike.library.relations import is_burst
from lookalike.library.store import Store
from lookalike.types import EncoderId

__all__ = ["Calibrations"]

_log = logging.getLogger(__name__)

_KEPT = 200_000  # factors of pictures, 20 MB


class _Hubs(NamedTuple):
    calibration: Calibration
    hubs: Hubs
    factors: dict[int, float]  # of pictures that were hits before: a content's code stays as it is


class Calibrations:
    """What the distances of each code of a library mean; any number of threads may ask.

    Args:
        store: of the library, which keeps them.
        engine: that searches its codes.
    """

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store, self._engine = store, engine
        self._known: dict[EncoderId, Calibration] = {}
        self._hubs: dict[EncoderId, _Hubs] = {}
        self._lock = threading.Lock()

    def of(self, table: Table) -> Calibration:
        """The calibration of a table's codes.

        It is measured the first time, and anew when the library has doubled, or halved, since: in
        less than a second, on 10,000 pictures at most. A library that can't be written to is
        measured once in each process.
        """
        encoder, contents, parts = table.encoder, len(table), table.has_parts
        with self._lock:
            known = self._known.get(encoder.id) or self._kept(encoder)
            if known is None or not known.fits(encoder, contents, parts=parts):
                known = self._measured(table)
            self._known[encoder.id] = known
            return known

    def factors(self, table: Table, contents: ContentIds) -> npt.NDArray[np.float64]:
        """How many times the usual chance hits have by what they are: hubs, flat and tiny pictures.

        Args:
            table: of the code that found them.
            contents: int64 (n,).

        Returns:
            float64 (n,), 1 for most pictures; see :mod:`~lookalike.library.calibration_hubs`.
        """
        calibration = self.of(table)
        with self._lock:
            hubs = self._hubs.get(table.encoder.id)
            if hubs is None or hubs.calibration is not calibration:
                hubs = _Hubs(calibration, Hubs(table, calibration), {})
                self._hubs[table.encoder.id] = hubs
            known = {c: hubs.factors[c] for c in contents.tolist() if c in hubs.factors}
        asked = np.array([c for c in contents.tolist() if c not in known], np.int64)
        if len(asked):
            made = dict(zip(asked.tolist(), self._factors(table, hubs.hubs, asked), strict=True))
            known |= made
            with self._lock:
                if len(hubs.factors) + len(made) > _KEPT:
                    hubs.factors.clear()
                hubs.factors.update(made)
        return np.array([known[c] for c in contents.tolist()], np.float64)

    def _factors(self, table: Table, hubs: Hubs, contents: ContentIds) -> list[float]:
        kept = table.stored(contents)
        found = hubs.factors(contents, kept.words, kept.quality)
        looks = self._store.appearances(contents.tolist())
        small = [c in looks and is_tiny(looks[c].width, looks[c].height) for c in contents.tolist()]
        return [float(f) for f in np.where(small, np.maximum(found, DOUBTFUL), found)]

    def renew(self) -> None:
        """Measure what has to be, all codes of the library: after indexing, when nobody waits."""
        rows = [row for row in self._store.encoders() if row.current]
        for table in self._engine.tables(rows).values():
            self.of(table)

    def _kept(self, encoder: EncoderInfo) -> Calibration | None:
        text = self._store.setting(_key(encoder))
        return None if text is None else Calibration.from_json(text, encoder)

    def _measured(self, table: Table) -> Calibration:
        # Here, not above: most searches find what is kept.
        from lookalike.library.calibration_measuring import measure

        made = measure(table, self._hashes(table), related=self._related)
        # As it is kept, so that the next process says the same.
        made = Calibration.from_json(made.to_json(), table.encoder) or made
        if not self._store.read_only:
            # The next process measures it again, if it can't be kept now.
            with suppress(LibraryError):
                self._store.put_setting(_key(table.encoder), made.to_json())
        _log.info("%s: calibrated on %d pairs", table.encoder.name, made.pairs)
        return made

    def _related(self, first: ContentIds, second: ContentIds) -> npt.NDArray[np.bool_]:
        """Frames of bursts, and what a search for duplicates saw to be a copy or a part."""
        ends = np.minimum(first, second).tolist(), np.maximum(first, second).tolist()
        pairs = list(zip(*ends, strict=True))
        shots = self._store.shots(list({content for pair in pairs for content in pair}))
        asked = set(pairs)
        verified = {
            (look.first, look.second)
            for look in self._store.looks()
            if look.kind not in ("", "alike") and (look.first, look.second) in asked
        }
        return np.array(
            [(a, b) in verified or is_burst(shots.get(a), shots.get(b)) for a, b in pairs],
            np.bool_,
        )

    def _hashes(self, table: Table) -> Table | None:
        if table.encoder.slot == "pdq":
            return table
        rows = [row for row in self._store.encoders() if row.current and row.slot == "pdq"]
        return self._engine.tables(rows)[rows[0].id] if rows else None


def _key(encoder: EncoderInfo) -> str:
    return f"calibration-{encoder.id}"
