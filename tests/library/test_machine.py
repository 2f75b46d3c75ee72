"""Everything that may happen to pictures and their library, in any order, against a plain model.

hypothesis writes, renames, links, hides, unplugs and forgets, kills runs in the middle, and looks
after every run whether the library is what ``machine_model.py`` says. A long search:

    LOOKALIKE_MACHINE_RUNS=2000 python -m pytest tests/library/test_machine.py --hypothesis-seed=1

``LOOKALIKE_MACHINE_STEPS`` is the length of a run, 30 by default; ``TMPDIR=/dev/shm`` saves a disk.
What fails is made as short as it can be, and printed as the steps that lead to it.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from machine_child import ON_DECODE, Countdown, Entry, Forker, decoding_here, each_statement
from machine_disk import (
    ALIASES,
    CONTENTS,
    DIRECTORIES,
    FOLDERS,
    PATTERNS,
    SLOTS,
    TIMES,
    Disk,
    as_a_user,
    innermost,
    leaves_out,
    look,
)
from machine_model import Run, State, read_state
from small_model import make_model

from lookalike.errors import UsageError
from lookalike.library import Library, mapped

RUNS = int(os.environ.get("LOOKALIKE_MACHINE_RUNS", "25"))
STEPS = int(os.environ.get("LOOKALIKE_MACHINE_STEPS", "30"))
VERSIONS = 3

Check = Callable[[State], None]
Change = tuple[Any, ...]
"""A method of :class:`machine_disk.Disk`, and what it is called with."""

slots = st.sampled_from(SLOTS)
contents = st.integers(0, len(CONTENTS) - 1)
maybe = st.none() | contents | contents
times = st.integers(0, len(TIMES) - 1)
places = st.sampled_from(DIRECTORIES)
folders = st.sampled_from([*FOLDERS, *ALIASES])
some_folders = st.lists(folders, max_size=2, unique=True)
# Of statements and pictures; a run of this size has some 50 to 400.
moments = st.integers(1, 500)
rarely = st.integers(0, 7).map(lambda number: number == 7)
patterns = rarely.flatmap(lambda some: st.sampled_from(PATTERNS) if some else st.none())
changes: st.SearchStrategy[list[Change]] = st.lists(
    st.one_of(
        st.tuples(st.just("write"), slots, contents, st.none() | times),
        st.tuples(st.just("write"), slots, contents, st.just(-1)),
        st.tuples(st.just("touch"), slots, times),
        st.tuples(st.just("replace"), slots, slots),
        st.tuples(st.just("rename"), slots, slots),
        st.tuples(st.just("rename"), slots, slots, slots),
        st.tuples(st.just("copy"), slots, slots, st.booleans()),
        st.tuples(st.just("unlink"), slots),
        st.tuples(st.just("link"), slots, slots, st.booleans()),
        st.tuples(st.just("swap_directories"), places, places),
        st.tuples(st.just("link_out"), places),
        st.tuples(st.just("chmod"), places | slots, st.sampled_from([0, 0o700, 0o700])),
        st.tuples(st.just("unplug"), st.sampled_from(FOLDERS), st.booleans()),
        st.tuples(st.just("plug")),
    ),
    max_size=6,
)


class Machine(RuleBasedStateMachine):
    """A library, and a disk that it can't rely on."""

    forker: Forker
    models: Path

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="machine-"))
        self.disk = Disk(self.root / "disk")
        self.model = self.root / "small.onnx"
        self.version = 0
        self._install()
        self.file = self.root / "a.lookalike"
        self.library = Library.open(self.file, photo=str(self.model))
        self.state = State()
        self.decoded: list[Entry] = []
        ON_DECODE[:] = [lambda entry: self.decoded.append(entry)]
        self._read()

    def teardown(self) -> None:
        self.library.close()
        self.disk.delete()
        shutil.rmtree(self.root)

    # What happens to the library

    @initialize(files=st.tuples(*[maybe] * len(SLOTS)), chosen=some_folders)
    def begin(self, files: tuple[int | None, ...], chosen: list[str]) -> None:
        for slot, content in zip(SLOTS, files, strict=True):
            if content is not None:
                self.disk.write(slot, content, None)
        self.index([], chosen)

    @rule(
        first=changes,
        chosen=some_folders,
        exclude=patterns,
        gone=rarely,
        verify=rarely,
        again=st.booleans(),
    )
    def index(
        self,
        first: list[Change],
        chosen: list[str],
        exclude: tuple[str, ...] | None = None,
        gone: bool = False,
        verify: bool = False,
        again: bool = False,
    ) -> None:
        self._change(first)
        if again:
            self._open_again()
        if (run := self._begin(chosen, exclude, gone, verify)) is not None:
            options = self._options(exclude, gone, verify)
            report = self.library.index(*self._paths(chosen), **options)
            assert not report.interrupted
            self._end(run, complete=True)
            run.check_report(report, self.state)

    @rule(first=changes, chosen=some_folders, exclude=patterns, moment=moments)
    def kill(
        self, first: list[Change], chosen: list[str], exclude: tuple[str, ...] | None, moment: int
    ) -> None:
        """Index in a process that is killed."""
        self._change(first)
        if (run := self._begin(chosen, exclude)) is not None:
            options = self._options(exclude)
            whole, self.decoded = self.forker.run(
                self.file, "index", *self._paths(chosen), kill_at=moment, **options
            )
            self._open_again()
            self._end(run, complete=True if whole else None)

    @rule(first=changes, chosen=some_folders, moment=moments)
    def stop(self, first: list[Change], chosen: list[str], moment: int) -> None:
        """Index until somebody has had enough."""
        self._change(first)
        if (run := self._begin(chosen)) is not None:
            stop = threading.Event()
            each_statement(self.library, Countdown(moment, stop.set))
            report = self.library.index(*self._paths(chosen), stop=stop)
            each_statement(self.library, lambda: None)
            self._end(run, complete=not report.interrupted)
            if not report.interrupted:
                run.check_report(report, self.state)

    @rule(first=changes, chosen=some_folders, folder=st.sampled_from(FOLDERS), moment=moments)
    def tear(self, first: list[Change], chosen: list[str], folder: str, moment: int) -> None:
        """Unplug a disk while it is looked through."""
        self._change(first)
        place = str(self.disk.path(folder))
        run = self._begin(chosen)
        if run is None or place not in run.settled or any(run.look.reach_into(place)):
            return
        pull = Countdown(moment, lambda: self.disk.unplug(folder, False))
        each_statement(self.library, pull)
        ON_DECODE.append(lambda _: pull())
        try:
            self.library.index(*self._paths(chosen))
        except UsageError:  # it went away at once
            self._read(settled=False)
            return
        finally:
            each_statement(self.library, lambda: None)
            ON_DECODE.pop()
        if not os.path.isdir(place):
            links = {name for name in run.settled if not os.path.isdir(name)} - run.offline
            run.torn = {place} | links
        self._end(run, complete=True)

    @rule(first=changes, version=st.integers(0, VERSIONS - 1), moment=st.none() | moments)
    def reindex(self, first: list[Change], version: int, moment: int | None) -> None:
        """Make codes by another version of the encoder, perhaps in a process that is killed."""
        self._change(first)
        self.version = version
        self._install()
        if (run := self._begin([], renew=True)) is None:
            return
        whole = True
        if moment is None:
            assert not self.library.reindex().interrupted
        else:
            whole, self.decoded = self.forker.run(self.file, "reindex", kill_at=moment)
            self._open_again()
        self._end(run, complete=True if whole else None)
        if whole:
            made = [self.state.codes[r.content] for r in self.state.rows.values() if r.present]
            new = all(run.wanted <= codes for codes in made)
            new &= not run.lost_links and not any(map(run.holds, run.places))
            # A folder that can't be looked at may hold anything, or nothing.
            either = (run.wanted, run.before.current) if run.places else (run.wanted,)
            assert self.state.current in (either if new else (run.before.current,))

    @rule(first=changes, folder=folders, sure=rarely)
    def remove(self, first: list[Change], folder: str, sure: bool) -> None:
        self._change(first)
        name = str(self.disk.path(folder))
        if sure and name in self.state.folders:
            before = self.state
            self.library.remove(name)
            self._read(settled=False)
            kept = {f: p for f, p in before.folders.items() if f != name}
            assert self.state.folders == kept
            # What a folder around it leaves out goes as well.
            left = {
                path: row
                for path, row in before.rows.items()
                if (owner := innermost(path, kept)) is not None
                and not (
                    innermost(path, before.folders) == name
                    and leaves_out(kept[owner], os.path.relpath(path, owner))
                )
            }
            assert self.state.rows == left

    def _change(self, changes: list[Change]) -> None:
        for name, *values in changes:
            getattr(self.disk, name)(*values)

    # How it is checked

    def _open_again(self) -> None:
        self.library.close()
        self.library = Library.open(self.file, create=False)

    def _install(self) -> None:
        for ending in (".onnx", ".json"):
            source = self.models / f"{self.version}{ending}"
            shutil.copyfile(source, self.model.with_suffix(ending))

    def _paths(self, names: list[str]) -> list[str]:
        return [str(self.disk.path(name)) for name in names]

    def _options(
        self, exclude: tuple[str, ...] | None = None, gone: bool = False, verify: bool = False
    ) -> dict[str, Any]:
        options = {"exclude": exclude, "gone": gone, "verify": verify}
        return {key: value for key, value in options.items() if value not in (None, False)}

    def _begin(
        self,
        names: list[str],
        exclude: tuple[str, ...] | None = None,
        gone: bool = False,
        verify: bool = False,
        renew: bool = False,
    ) -> Run | None:
        """A run that is about to begin; none where lookalike would refuse."""
        given, before = self._paths(names), self.state
        known = dict(before.folders)
        if any(not os.path.isdir(path) and path not in known for path in given):
            return None
        for path in given or known:
            known[path] = known.get(path, ()) if exclude is None else exclude
        if not known:
            return None
        before = replace(before, folders=known)
        around = [f"{path}/" for name in given for path in (name, os.path.realpath(name))]
        chosen = {
            folder
            for folder in known
            if not given
            or f"{folder}/".startswith(tuple(around))
            or f"{os.path.realpath(folder)}/".startswith(tuple(around))
        }
        wanted = set(before.current)
        if renew:
            wanted = {f for f in wanted if f.startswith("pdq")} | {self._fingerprint()}
        self.decoded = []
        return Run(before, look(known, chosen), chosen, wanted, gone, verify)

    def _fingerprint(self) -> str:
        from lookalike.encoders import registry

        found = registry.fingerprint(str(self.model))
        assert found is not None
        return found

    def _end(self, run: Run, *, complete: bool | None) -> None:
        """Look at the library after a run; None: it was killed, perhaps when all was done."""
        self._read(settled=complete)
        decoded, self.decoded = self.decoded, []
        run.check_decoded(decoded)
        if complete is False:
            run.check_interrupted(self.state)
        elif complete is None:
            _either(run.check_interrupted, run.check, self.state)
        else:
            run.check(self.state)
            assert self.state.folders == run.before.folders, f"folders {self.state.folders}"
            self._check_tables()
            self._check_search(run)

    def _read(self, *, settled: bool | None = True) -> None:
        self.state = read_state(str(self.file), settled=bool(settled))

    def _check_tables(self) -> None:
        """The mapped tables have the rows of the library."""
        store = self.library._store
        for encoder in store.encoders():
            if encoder.current:
                table = mapped.load(store, encoder, mapped.cache_folder(self.file), writable=True)
                found = dict(zip(table.contents.tolist(), table.words, strict=True))
                shown = dict(zip(found, table.visible.tolist(), strict=True))
                assert {content for content in shown if shown[content]} == set(store.visible())
                for row in store.codes(encoder.id):
                    code = found[row.content].tobytes()
                    assert code == row.code.ljust(len(code), b"\0"), "a code is another's"

    def _check_search(self, run: Run) -> None:
        """A search by a file finds just the files that show the same."""
        shown: dict[bytes, set[str]] = {}
        for path, row in self.state.rows.items():
            if row.present:
                shown.setdefault(row.content, set()).add(path)
        asked = [path for path, file in run.look.found.items() if file.content in shown]
        for path in filter(os.path.isfile, asked[:2]):
            hits = self.library.search(path, 100).hits
            found = {hit.path for hit in hits if hit.kind == "same-bytes"}
            content = run.look.found[path].content
            assert content is not None
            assert found == shown[content], path


def _either(one: Check, other: Check, state: State) -> None:
    """Two checks, one of which has to hold."""
    try:
        one(state)
    except AssertionError as error:
        try:
            other(state)
        except AssertionError as second:
            raise AssertionError(f"neither: {error}; nor: {second}") from None


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[Machine]]:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    models = tmp_path_factory.mktemp("models")
    for version in range(VERSIONS):
        make_model(models / f"{version}.onnx", version)
    with ExitStack() as stack:
        stack.enter_context(decoding_here())
        forker = Forker()
        stack.callback(forker.close)
        yield type("Machine", (Machine,), {"forker": forker, "models": models})


@pytest.mark.slow
def test_whatever_happens(machine: type[Machine]) -> None:
    chosen = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        report_multiple_bugs=False,
        # A short run is the same each time; a long one goes where nobody was.
        derandomize="LOOKALIKE_MACHINE_RUNS" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    logging.getLogger("lookalike").setLevel(logging.ERROR)
    with as_a_user():
        run_state_machine_as_test(machine, settings=chosen)
