"""A library's search for duplicates, put together from its parts."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain

from lookalike.errors import LibraryNotFoundError
from lookalike.images.pool.pool import DecodePool
from lookalike.library.calibrations import Calibrations
from lookalike.library.duplicates.eyes import Eyes
from lookalike.library.duplicates.finding import Finding
from lookalike.library.duplicates.looking import Looking
from lookalike.library.duplicates.proposing import COPIES, LOCAL
from lookalike.library.duplicates.records import (
    ACTED_ON,
    Duplicates,
    GroupKind,
    Hub,
    OnDuplicates,
    PictureGroup,
)
from lookalike.library.duplicates.rules import DEFAULT_RULES, Rules
from lookalike.library.duplicates.telling import Telling
from lookalike.library.engine import Engine, Table
from lookalike.library.filters import Filter
from lookalike.library.look_store import PairStore
from lookalike.library.models import SLOTS, Models
from lookalike.library.opening import pairs_in_memory
from lookalike.library.previews import Previews, wants_previews
from lookalike.library.previews_aside import PreviewsAside
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.stages import Clock
from lookalike.library.store import Store
from lookalike.library.verdicts import Verdicts
from lookalike.road import LARGE
from lookalike.sources.folders import is_under
from lookalike.types import ContentId, Limits, Slot

__all__ = ["DuplicateSearch"]

_MOST_HUBS = 100  # that are named


@dataclass(slots=True, eq=False)
class _Parts:
    """What one search is made of, while it runs."""

    tables: Mapping[Slot, Table]
    calibrations: Calibrations
    looking: Looking
    finding: Finding
    telling: Telling
    pool: DecodePool
    clock: Clock


class DuplicateSearch:
    """Searches for duplicates in one library.

    Args:
        store: of the library.
        engine: that searches its codes.
        models: its encoders.
        previews: of its pictures.
        limits: for decoding.
        workers: processes that decode, and as many that look.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        models: Models,
        previews: Previews,
        limits: Limits,
        workers: int | None,
    ) -> None:
        self._store, self._engine, self._models = store, engine, models
        self._previews, self._limits, self._workers = previews, limits, workers

    def find(
        self,
        kinds: Collection[GroupKind],
        *,
        max_chance: float | None,
        only: Filter | None,
        across: tuple[str, str] | None,
        limit: int | None,
        rules: Rules,
        progress: OnDuplicates | None,
        stop: threading.Event,
    ) -> Duplicates:
        """As :meth:`lookalike.library.duplicating.Duplicating.duplicates` says."""
        with self._parts(only, across, progress, stop) as parts:
            level = COPIES if set(kinds) <= {*ACTED_ON, "raw+jpeg"} else LOCAL
            among = self._among(only)
            found = parts.finding.find(level, among, parts.pool, rules)
            acted = [kind for kind in kinds if kind in ACTED_ON]
            groups = [one for one, _ in parts.telling.copies(found.copies, acted, max_chance)]
            beside = dict.fromkeys((k for k in found.parts if k not in kinds), 0)
            for relation, stars in found.parts.items():
                if relation in kinds:
                    parts.finding.name(stars)
                told = [one for one, _ in parts.telling.beside(relation, stars, max_chance)]
                told = [one for one in told if across is None or _spans(one, across)]
                if relation in kinds:
                    groups += told
                else:
                    beside[relation] = len(told)
            if across is not None:
                groups = [one for one in groups if _spans(one, across)]
            groups.sort(key=lambda one: (-one.bytes_to_free, one.id))
            parts.clock.add("groups")
            laps = parts.clock.laps
            return Duplicates(
                groups=tuple(groups[:limit]),
                omitted=0 if limit is None else max(0, len(groups) - limit),
                pairs=found.pairs,
                looked=parts.looking.looked,
                seconds={
                    **{name: round(seconds, 3) for name, seconds in laps.items()},
                    "total": round(sum(laps.values()), 3),
                },
                exact=found.whole and not parts.finding.joining.cut,
                pictures=self._store.count_pictures() if among is None else len(among),
                hubs=self._hubs(parts.finding),
                settled=parts.telling.settled,
                rules={name: parts.telling.rules[name] for name in rules.order},
                beside={kind: count for kind, count in beside.items() if count},
                interrupted=not found.whole,
            )

    def known(
        self, kinds: Collection[GroupKind], only: Filter | None, across: tuple[str, str] | None
    ) -> list[tuple[str, Mapping[ContentKey, int]]]:
        """The groups that are known by now, without looking at anything: ids and contents."""
        stop = threading.Event()
        stop.set()
        with self._parts(only, across, None, stop) as parts:
            rules = Rules.parse(DEFAULT_RULES)
            found = parts.finding.find(COPIES, self._among(only), parts.pool, rules)
            groups = chain(
                parts.telling.copies(found.copies, kinds, None),
                *(
                    parts.telling.beside(relation, stars, None)
                    for relation, stars in found.parts.items()
                ),
            )
            return [(group.id, counts) for group, counts in groups]

    def _among(self, only: Filter | None) -> list[ContentId] | None:
        among = None if only is None else self._store.matching(only)
        return None if among is None else [ContentId(content) for content in among.tolist()]

    def _hubs(self, finding: Finding) -> tuple[Hub, ...]:
        hubs = dict(list(finding.joining.hubs.items())[:_MOST_HUBS])
        shown = self._store.pictures_of(list(hubs))
        return tuple(Hub(shown[c][0].path, near) for c, near in hubs.items() if shown.get(c))

    @contextmanager
    def _parts(
        self,
        only: Filter | None,
        across: tuple[str, str] | None,
        progress: OnDuplicates | None,
        stop: threading.Event,
    ) -> Iterator[_Parts]:
        current = self._models.current()
        if not all(slot in current for slot in SLOTS):
            raise LibraryNotFoundError(
                f"{self._store.location} holds no codes yet: index a folder first"
            )
        clock = Clock()
        rows = [current[slot] for slot in SLOTS]
        by_id = self._engine.tables(rows)
        tables: dict[Slot, Table] = {row.slot: by_id[row.id] for row in rows}
        calibrations = Calibrations(self._store, self._engine)
        keeps: PairStore = self._store
        if self._store.read_only:
            keeps = pairs_in_memory(self._store.looks())
        kept = self._previews.writable and wants_previews(self._store)
        with ExitStack() as stack:
            previews = self._previews if kept else PreviewsAside(self._previews)
            pool = stack.enter_context(
                DecodePool({"large": LARGE}, limits=self._limits, workers=self._workers)
            )
            eyes = stack.enter_context(Eyes(self._workers))
            looking = Looking(self._store, keeps, previews, pool, eyes, stop)
            verdicts = Verdicts(self._store)

            def fits(picture: PictureInfo) -> bool:
                return (only is None or only.fits_path(picture.path)) and (
                    across is None or any(is_under(picture.path, one) for one in across)
                )

            finding = Finding(
                self._store, keeps, tables, calibrations, looking, verdicts, fits, progress, clock
            )
            telling = Telling(finding.facts, looking, verdicts, tables, calibrations)
            clock.add("pairs")
            yield _Parts(tables, calibrations, looking, finding, telling, pool, clock)


def _spans(group: PictureGroup, across: tuple[str, str]) -> bool:
    """Whether a group has pictures of both folders."""
    paths = [group.keep.path, *(member.path for member in group.members)]
    return all(any(is_under(path, folder) for path in paths) for folder in across)
