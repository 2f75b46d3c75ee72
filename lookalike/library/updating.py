"""Bringing a library up to date: index, reindex, remove."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from lookalike.arguments import check_whole
from lookalike.errors import UsageError
from lookalike.library.arguments import (
    check_callback,
    check_patterns,
    check_photo,
    check_stop,
    check_switch,
)
from lookalike.library.calibrations import Calibrations
from lookalike.library.engine import Engine
from lookalike.library.fitting import Fitting
from lookalike.library.ingest import Ingest
from lookalike.library.loose import forget, forgotten
from lookalike.library.models import Models
from lookalike.library.offline import covers, taken_over
from lookalike.library.options import Options
from lookalike.library.places import absolute, given_places
from lookalike.library.previews import Previews, wants_previews
from lookalike.library.records import EncoderInfo, Folder
from lookalike.library.reports import IndexReport, OnProgress
from lookalike.library.store import Store
from lookalike.library.tally import Tally
from lookalike.library.turns import shard_turn
from lookalike.road import Road
from lookalike.sources.exclude import Exclusion
from lookalike.sources.folders import Folder as Source
from lookalike.sources.folders import is_under
from lookalike.sources.naming import is_away
from lookalike.types import EncoderId, Limits, Slot

__all__ = ["MOST_MEMBERS", "Updating"]

MOST_MEMBERS = 10_000
"""Pictures of one file that get codes, at most."""

# Contents that the store is asked about at a time.
PORTION = 1_000


class Updating:
    """One update of a library.

    Args:
        store: of the library.
        engine: that searches it.
        models: its encoders.
        limits: for decoding a picture.
        workers: decoding processes.
        previews: of the library.
        progress: called after every batch, in this thread.
        stop: set it to end after the batch in hand.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        models: Models,
        limits: Limits,
        workers: int | None,
        previews: Previews,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._previews = previews
        self._store, self._engine, self._models = store, engine, models
        self._limits, self._workers = limits, workers
        check_callback("progress", progress)
        check_stop(stop)
        self._progress, self._stop = progress, stop
        self.tally = Tally()  # of the run in hand

    def index(
        self,
        folders: Sequence[str | os.PathLike[str]],
        exclude: Sequence[str] | None,
        everything: bool | None,
        parts: bool | None,
        members: int | None,
        previews: bool | None,
        options: Options,
    ) -> IndexReport:
        """As :meth:`lookalike.library.library.Library.index` says."""
        exclude, parts = check_patterns(exclude), check_switch("parts", parts)
        everything = check_switch("everything", everything)
        previews = check_switch("previews", previews)
        known = {folder.path: folder for folder in self._store.folders()}
        paths = given_places(folders, known)
        Exclusion(exclude or ())  # says what is wrong with a pattern before it is kept
        if members is not None:
            members = check_whole("members", members, 1, MOST_MEMBERS)
        if not paths and not known:
            raise UsageError("this library has no folders yet: name one to index")
        shared = options.shard is not None
        with shard_turn(self._store, self._stop) if shared else self._alone():
            with self._store.writing():
                self._settings(parts, members, previews)
                for path in paths or known:
                    folder = known.get(path) or self._new_folder(path)
                    if exclude is not None:
                        folder = folder._replace(exclude=exclude)
                    if everything is not None:
                        folder = folder._replace(everything=everything)
                    if folder != known.get(path):
                        self._store.put_folder(folder)
            chosen = self._chosen(paths)
            current = self._models.current()
            if shared:
                self._check_fitted(current["photo"])
                return self._ingest(list(current.values()), chosen, options)
            photo = self._fitting().grown()
            current = self._models.current()
            if photo.id != current["photo"].id:
                return self._renew(current, {**current, "photo": photo})
            return self._ingest(list(current.values()), chosen, options)

    def _check_fitted(self, photo: EncoderInfo) -> None:
        """Refuse a model that each worker would fit on other pictures."""
        stored = self._models.recipe(photo)
        if stored is not None and not stored.pictures:
            raise UsageError(
                f"{photo.name} is fitted on the library's pictures first: index some of them"
                " without a shard, then go on in shards"
            )

    def _new_folder(self, path: str) -> Folder:
        """A folder that is new to the library; it may lie in one that is known."""
        folder, outer = Folder(path, ()), self._around(path)
        return folder if outer is None else taken_over(folder, outer)

    def _around(self, path: str) -> Folder | None:
        """The innermost folder of the library around a path."""
        around = [folder for folder in self._store.folders() if is_under(path, folder.path)]
        return max(around, key=lambda folder: len(folder.path), default=None)

    def _chosen(self, paths: Sequence[str]) -> list[Folder]:
        """The folders of these paths, those below them, and links to either; all without any."""
        folders = self._store.folders()
        around = [*paths, *(os.path.realpath(path) for path in paths)]
        return [
            folder
            for folder in folders
            if not paths
            or covers(around, folder.path)
            or covers(around, os.path.realpath(folder.path))
        ]

    def _settings(self, parts: bool | None, members: int | None, previews: bool | None) -> None:
        if previews is not None:
            self._store.put_setting("previews", str(int(previews)))
            if not previews:
                self._previews.clear()
        if parts is not None and parts != (self._store.setting("parts") == "1"):
            self._store.put_setting("parts", str(int(parts)))
            # Codes of parts that are still to be made are no mere addition, either.
            self._store.drop_parts()
        if members is not None:
            self._store.put_setting("members", str(members))

    def reindex(self, photo: str | None) -> IndexReport:
        """As :meth:`lookalike.library.library.Library.reindex` says."""
        if photo is not None:
            check_photo(photo)
        with self._alone():
            current = self._models.current()
            with self._store.writing():
                pdq = self._models.renewed(current["pdq"])
            new = self._fitting().renewed(current["photo"], photo)
            return self._renew(self._models.current(), {"pdq": pdq, "photo": new}, with_views=True)

    def remove(self, folder: str | os.PathLike[str]) -> int:
        """As :meth:`lookalike.library.library.Library.remove` says."""
        path = absolute(folder)
        store = self._store
        folders = [known.path for known in store.folders()]
        if path not in folders:
            raise UsageError(
                f"{path} is not a folder of this library: 'lookalike status' lists them"
            )
        with self._alone(), store.writing():
            dropped = next(known for known in store.folders() if known.path == path)
            store.drop_folder(path)
            kept = [name for name in folders if name != path and is_under(name, path)]
            # A folder around it takes in the files that it doesn't leave out.
            outer = None if is_away(path) else self._around(path)
            if outer is not None and (more := taken_over(outer, dropped)) != outer:
                store.put_folder(more)
            rules = None if outer is None else Source(*outer[:3]).rules()

            def goes(name: str, *, is_folder: bool = False) -> bool:
                if any(is_under(name, inner) for inner in kept):
                    return False
                return rules is None or rules.passes_over(name, is_folder=is_folder)

            gone = [file for file in store.files_under(path) if goes(file.path)]
            store.drop_files([file.id for file in gone])
            forget(store, {m.content for file in gone for m in file.members})
            refused = [refusal.path for refusal in store.ledger(path)]
            store.unrefuse([r for r in refused if goes(r, is_folder=os.path.isdir(r))])
            return len(gone)

    def _renew(
        self,
        current: Mapping[Slot, EncoderInfo],
        new: Mapping[Slot, EncoderInfo],
        *,
        with_views: bool = False,
    ) -> IndexReport:
        """Make the codes of new encoders, and let them answer once they are complete.

        With ``with_views`` pictures of which nobody looked what they hold get codes anew.
        """
        # Old codes go on being made, so that pictures that are new to the library have them if this
        # run is interrupted.
        old = [row for row in current.values() if self._models.can_make(row)]
        rows = {row.id: row for row in [*old, *new.values()]}
        made = [row.id for row in new.values()]
        options = Options(views=made if with_views else ())
        report = self._ingest(list(rows.values()), self._store.folders(), options)
        if not report.interrupted and not report.offline and self._are_complete(made):
            with self._store.writing():
                for row in new.values():
                    if row.id != current[row.slot].id:
                        self._store.make_current(row)
        return report

    def _are_complete(self, encoders: Sequence[EncoderId]) -> bool:
        """Whether all that can be found has their codes: a folder may have been unreadable."""
        visible = self._store.visible()
        while some := list(islice(visible, PORTION)):
            if any(self._store.lacking(some, encoders)):
                return False
        return True

    def _fitting(self) -> Fitting:
        return Fitting(
            self._store, self._models, self._limits, self._workers, self._progress, self._stop
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who updates, and leave everything ready to be searched."""
        with self._store.run():
            try:
                yield
            finally:
                self._models.forget()
            self._store.settle()
            self._previews.prune(forgotten(self._store), self._store.contents)
            self._engine.prepare(list(self._models.current().values()))
            # Now and not at the first search, which somebody waits for.
            Calibrations(self._store, self._engine).renew()
            self._store.settle()

    def _ingest(
        self, rows: Sequence[EncoderInfo], folders: Sequence[Folder], options: Options | None = None
    ) -> IndexReport:
        for row in rows:
            if not self._models.can_make(row):
                self._models.encoder(row)  # says why not
        parts: list[EncoderId] = []
        if self._store.setting("parts") == "1":
            parts = [row.id for row in rows if row.slot == "photo"]
        members = int(self._store.setting("members") or 1)
        options = replace(options or Options(), limits=self._limits, parts=parts, members=members)
        encoders = {row.id: self._models.lazy(row) for row in rows}
        self.tally = Tally()
        previews = self._previews if wants_previews(self._store) else None
        with Road(
            encoders,
            parts=parts,
            limits=self._limits,
            workers=self._workers,
            previews=previews is not None,
            views=True,
        ) as road:
            ingest = Ingest(
                self._store,
                road,
                options,
                previews=previews,
                progress=self._progress,
                stop=self._stop,
                tally=self.tally,
            )
            return ingest.run(folders, self._store.folders())
