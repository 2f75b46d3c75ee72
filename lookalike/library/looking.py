"""What one run looks through: the folders that can be reached, and of each the files of a shard."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence

from lookalike.library.away_walks import AwayWalk
from lookalike.library.offline import Offline
from lookalike.library.options import Options
from lookalike.library.records import Folder
from lookalike.library.store import Store
from lookalike.sources.folders import Folder as Source
from lookalike.sources.naming import is_away
from lookalike.sources.source import Found, Unreadable
from lookalike.sources.tour import Tour

__all__ = ["Looking"]

_log = logging.getLogger(__name__)


class Looking:
    """One look through folders of a library.

    Args:
        store: of the library.
        chosen: of the library, to look through.
        known: all folders of the library.
        options: of the run.
        stop: ends counting.

    Attributes:
        offline: what nothing can be said of.
        tour: through the others.
    """

    def __init__(
        self,
        store: Store,
        chosen: Sequence[Folder],
        known: Sequence[Folder],
        options: Options,
        stop: threading.Event,
    ) -> None:
        self._store, self._known = store, known
        self._options, self._stop = options, stop
        self._names = {folder.path for folder in chosen}
        self._chosen = chosen
        self.offline = Offline(store, chosen, known, gone=options.gone)
        for folder in self.offline.places:
            _log.warning("%s can't be reached: its pictures stay as they are", folder)
        self._away = [
            AwayWalk(store, folder, known, options)
            for folder in self.offline.reachable
            if is_away(folder.path) and _is_mine(folder.path, options)
        ]
        self.tour = self._new_tour(self._away)
        instead = {source.name for source in self.tour.walked} - self._names
        self.offline.look_at([folder for folder in known if folder.path in instead])

    def __iter__(self) -> Iterator[Found | Unreadable]:
        """What is found, as far as it is in the shard of this run."""
        return self._mine(self.tour)

    def count(self) -> int | None:
        """How many files there are; ``None`` where nobody knows before they are read."""
        if self._away:
            return None
        total = 0
        for _ in self._mine(self._new_tour(())):
            total += 1
            if self._stop.is_set():
                return None
        return total

    @property
    def names(self) -> set[str]:
        """Of the folders that were looked through."""
        return {f.name for f in self.tour.walked} | {walk.name for walk in self._away}

    @property
    def looked(self) -> list[str]:
        """Paths that were looked through, and those whose absence is certain, sorted."""
        certain = self._chosen if self._options.gone else self.offline.reachable
        return sorted(
            {folder.path for folder in certain} | self.names | self.tour.same_place.keys()
        )

    @property
    def elsewhere(self) -> list[str]:
        """Paths of the library's other folders, sorted."""
        return sorted({folder.path for folder in self._known}.difference(self.looked))

    def remember(self) -> None:
        """Keep what need not be fetched again; in a transaction, when all is settled."""
        for walk in self._away:
            walk.remember()

    def _mine(self, tour: Tour) -> Iterator[Found | Unreadable]:
        shard = self._options.shard
        return (e for e in tour if shard is None or shard.takes(e.path))

    def _new_tour(self, away: Sequence[AwayWalk]) -> Tour:
        folders = [f for f in self.offline.reachable if not is_away(f.path)]
        others = [f for f in self._known if f.path not in self._names and not is_away(f.path)]
        return Tour([*map(_source, folders)], others=[*map(_source, others)], away=away)


def _source(folder: Folder) -> Source:
    return Source(folder.path, folder.exclude, folder.everything)


def _is_mine(name: str, options: Options) -> bool:
    """Whether something of a place is in the shard: an archive goes to one worker."""
    return options.shard is None or not name.endswith("#") or options.shard.takes(name)
