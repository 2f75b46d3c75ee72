"""What a library in Milvus knows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from lookalike.library.checking import OnCheck, Problem
from lookalike.library.checking_codes import check_codes
from lookalike.library.store import Capabilities
from lookalike.remote.milvus.forms import FORM
from lookalike.remote.milvus.looks import Looks
from lookalike.remote.milvus.running import Runs
from lookalike.remote.milvus.settings import codes_name, pieces_names

__all__ = ["MilvusStore"]


class MilvusStore(Looks):
    """The :class:`~lookalike.library.store.Store` of a library in Milvus."""

    capabilities = Capabilities(
        durable=True,
        transactions=False,
        processes=True,
        read_only=True,
        ordered=False,
        moments=False,
    )
    version = FORM

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._runs = Runs(self._connection, self._of("meta"), self.location)
        self.settled = time.monotonic()

    def close(self) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        if not self._connection.closed:
            self._leave_lane()
        super().close()

    def settle(self) -> None:
        if self._held:
            with self.writing():
                self._flush()
        self.settled = time.monotonic()

    @contextmanager
    def run(self, *, shared: bool = False) -> Iterator[None]:
        with self.writing():  # open, and may be written to?
            pass
        with self._runs.alone() as died:
            self._fold_stamps()
            if died:
                self.reconcile()
                self._runs.bury(died)
            yield

    # Whether it is sound

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        self._connection.refresh()
        self._settle_held()
        return iter([*check_codes(self, progress), *self._check_marks()])

    def _check_marks(self) -> Iterator[Problem]:
        """Codes that a search finds and shouldn't, or doesn't find and should."""
        for what, wrong in self._wrong_marks():
            count = sum(len(ids) for ids in wrong)
            if count:
                yield Problem(
                    f"codes of {what}",
                    "codes that a search leaves out, or finds though no file shows them",
                    count,
                    "the next 'lookalike index' or 'lookalike repair' mends it",
                )

    def _wrong_marks(self) -> Iterator[tuple[str, tuple[Any, Any]]]:
        """For each collection the contents to be shown, and those to be hidden."""
        visible = np.fromiter(self.visible(), np.int64)
        for encoder in self.encoders():
            for what in (codes_name(encoder), *pieces_names(encoder)):
                if not self._forms.has(what):
                    continue
                own = what == codes_name(encoder)
                key, more = ("id", ' and odd == ""') if own else ("content", "")
                fields = [] if own else ["content"]
                found = []
                for shown in ("true", "false"):
                    where = f"shown == {shown}{more}"
                    rows = self._connection.scan(self._of(what), "id", fields, where)
                    found.append(np.unique(np.fromiter((row[key] for row in rows), np.int64)))
                shown_ids, hidden = found
                yield what, (np.intersect1d(hidden, visible), np.setdiff1d(shown_ids, visible))

    def reconcile(self) -> int:
        """Bring in line what searches find with the files, after a run that died.

        Returns:
            How many contents were marked wrongly.
        """
        count = 0
        for _, (to_show, to_hide) in list(self._wrong_marks()):
            count += len(to_show) + len(to_hide)
            self._mark(to_show.tolist(), True)
            self._mark(to_hide.tolist(), False)
        if count:
            with self.writing():
                self._touch()
        return count
