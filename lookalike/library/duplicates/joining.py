"""Which contents of a library were joined already, and joining what is new."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from lookalike.library.calibration_sample import limits_of
from lookalike.library.calibrations import Calibrations
from lookalike.library.duplicates.crowds import Crowds, Portion
from lookalike.library.duplicates.looking import LOOK
from lookalike.library.duplicates.packed import CLOSE
from lookalike.library.duplicates.proposing import COPIES, LOCAL, PARTS, Level, Proposing, Told
from lookalike.library.duplicates.voting import ballot_of, voted
from lookalike.library.engine import ContentIds, Table
from lookalike.library.look_store import PairStore
from lookalike.library.store import Store
from lookalike.library.views import ViewRows, unpack
from lookalike.matching.features import MOST_FEATURES, Features
from lookalike.types import ContentId, Slot

__all__ = ["Joining"]

FeaturesOf: TypeAlias = Callable[[list[ContentId]], Iterator[Features]]

_SETTING = "duplicates"
_SPARSE = 1_000  # numbers for each id, beyond which steps are fewer bytes
_STEPS = "steps:"
_FORM = 1
_TOLD = 256  # pictures whose features are read between two words about it


class Joining:
    """The pairs of one library that codes propose, brought up to date.

    What is kept says which contents were joined. Codes that come behind the others are joined with
    all; when others change (:class:`~lookalike.library.records.Stamp`), all is joined anew, and
    what was seen of pairs stays.

    Args:
        store: of the library.
        keeps: where pairs are kept.
        tables: of its codes.
        calibrations: of these.
        features: the local features of contents, in their order; fewer where it was stopped.
    """

    def __init__(
        self,
        store: Store,
        keeps: PairStore,
        tables: Mapping[Slot, Table],
        calibrations: Calibrations,
        features: FeaturesOf,
    ) -> None:
        self._store, self._keeps, self._features = store, keeps, features
        self._hashes, self._photos = tables["pdq"], tables["photo"]
        self._calibrations = calibrations
        self._codes = [table.encoder.fingerprint for table in (self._hashes, self._photos)]
        self._epoch = store.stamp().epoch
        self._joined: dict[str, ContentIds] = {}
        self.hubs: dict[ContentId, int] = {}
        """Contents that are near to far too many, and to how many; most first."""
        self.cut = False
        """Whether pairs were left out since pictures are near to too many."""
        self._load()

    def _load(self) -> None:
        try:
            kept: dict[str, Any] = json.loads(self._store.setting(_SETTING) or "{}")
            if [kept.get("form"), kept.get("look")] != [_FORM, LOOK]:
                kept = {}
            fits = kept.get("codes") == self._codes
            if fits and kept["epoch"] == self._epoch:
                self._joined = {level: _ids(ids) for level, ids in kept["joined"].items()}
                self.hubs = {ContentId(int(c)): int(n) for c, n in kept["hubs"]}
                self.cut = bool(kept["cut"])
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
            kept = {}
        if not kept:  # of another look, or damaged
            self._keeps.drop_looks()

    def is_joined(self, level: Level) -> bool:
        """Whether nothing is left to be joined."""
        return not len(self._new(level))

    def _new(self, level: Level) -> ContentIds:
        every = self._hashes.sample(len(self._hashes))
        known = self._joined.get(level)
        return every if known is None else np.setdiff1d(every, known, assume_unique=True)

    def join(self, level: Level, told: Told) -> bool:
        """Propose the pairs of contents that are new, of this level and of those before it.

        Returns:
            Whether it came to its end; else nothing is noted, and what was proposed is kept.
        """
        every: tuple[Level, ...] = (COPIES, PARTS, LOCAL)
        levels = every[: every.index(level) + 1]
        return all(self.is_joined(one) or (told(0, 1) and self._join(one, told)) for one in levels)

    def _join(self, level: Level, told: Told) -> bool:
        new = self._new(level)
        if not len(new):
            return True
        every = self._hashes.sample(len(self._hashes))
        crowds = Crowds(every, limits_of(self._hashes.encoder).edited)
        if level == LOCAL:
            whole = self._vote(every, new, crowds, told)
        else:
            proposing = Proposing(
                self._hashes,
                self._photos,
                self._calibrations.of(self._photos),
                self._views(self._hashes, every),
                self._views(self._photos, every),
            )
            whole = proposing.propose(level, new, crowds, told)
        pairs = crowds.pairs()
        self._keeps.put_pairs(pairs)
        hubs = self.hubs | crowds.hubs()
        self.hubs = dict(sorted(hubs.items(), key=lambda item: (-item[1], item[0])))
        self.cut |= crowds.cut
        if whole:
            before = self._joined.get(level, np.empty(0, np.int64))
            self._joined[level] = np.union1d(before, new)
            self._keep()
        return whole

    def _vote(self, every: ContentIds, new: ContentIds, crowds: Crowds, told: Told) -> bool:
        """Take in the pairs that local features vote for; making these takes most of the time."""
        total, read = 2 * len(every), 0

        def features() -> Iterator[Features]:
            nonlocal read
            for one in self._features([ContentId(int(content)) for content in every]):
                if read % _TOLD == 0 and not told(read, total):
                    return
                yield one
                read += 1

        ballot = ballot_of(features(), len(every))
        if read < len(every):
            return False
        found = voted(
            ballot,
            every,
            np.isin(every, new),
            lambda done, units: told(read + read * done // units, total),
        )
        if found is None:
            return False
        apart = np.maximum(MOST_FEATURES - found.votes, 0).astype(np.int32)
        wanted = np.full(len(apart), CLOSE)
        crowds.add(Portion("local", found.first, found.second, apart, wanted))
        return True

    def _views(self, table: Table, every: ContentIds) -> ViewRows:
        rows = unpack(self._store.views(table.encoder.id), table.encoder.bits)
        there = np.isin(rows.contents, every)
        return ViewRows(
            rows.contents[there], rows.boxes[there], rows.quality[there], rows.words[there]
        )

    def _keep(self) -> None:
        if self._store.read_only:
            return
        state = {
            "form": _FORM,
            "look": LOOK,
            "codes": self._codes,
            "epoch": self._epoch,
            "joined": {level: _packed(ids) for level, ids in self._joined.items()},
            "hubs": list(self.hubs.items()),
            "cut": self.cut,
        }
        self._store.put_setting(_SETTING, json.dumps(state))


def _packed(ids: ContentIds) -> str:
    """Ids as text, compressed: a bit for each number up to the last, or steps where few are ids."""
    if int(ids.max(initial=0)) > _SPARSE * (len(ids) + 1):
        steps = np.diff(np.unique(ids), prepend=0).astype("<i8")
        return _STEPS + base64.b64encode(zlib.compress(steps.tobytes())).decode()
    mask = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
    mask[ids] = True
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes())).decode()


def _ids(packed: str) -> ContentIds:
    if packed.startswith(_STEPS):
        raw = zlib.decompress(base64.b64decode(packed.removeprefix(_STEPS)))
        return np.cumsum(np.frombuffer(raw, "<i8")).astype(np.int64)
    bits = np.unpackbits(np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8))
    return np.flatnonzero(bits).astype(np.int64)
