"""Whatever goes wrong, no content is lost, the journal knows all, and undoing brings all back.

hypothesis makes up trees, plans and faults. A long search, which also lets each single call fail:

    LOOKALIKE_ACTION_RUNS=2000 python -m pytest tests/actions/test_actions_under_fault.py \
        --hypothesis-seed=1 -s

The trees lie in ``/dev/shm`` where that is a file system of its own, and files are moved to
``TMPDIR``; with ``LOOKALIKE_ACTIONS_ON_DISK=1`` the other way round.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trial import CONTENTS, MEMORY, NAMES, Fault, Ground, Group, Member, Trial

ON_DISK = bool(os.environ.get("LOOKALIKE_ACTIONS_ON_DISK"))
RUNS = int(os.environ.get("LOOKALIKE_ACTION_RUNS", "60"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and fails calls of POSIX")

members = st.builds(
    Member,
    st.integers(0, 3),
    st.integers(0, len(NAMES) - 1),
    st.sampled_from([0o644, 0o600, 0o444, 0o755]),
    st.sampled_from([0, 1_000_000_001, 1_700_000_000_123_456_789]),
    st.lists(
        st.sampled_from([".xmp", "+.xmp", ".AAE", ".mov", "+.json", "+.supplemental-meta.json"]),
        max_size=2,
        unique=True,
    ).map(tuple),
    st.sampled_from(["same-bytes", "same-bytes", "same-pixels", "edited"]),
    st.booleans(),
)
groups = st.lists(
    st.builds(
        Group,
        st.integers(0, len(CONTENTS) - 1),
        members,
        st.lists(members, min_size=1, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
KINDS = ("kill", "torn", "once", "on", "change", "replace", "delete", "touch", "taken")
codes = st.sampled_from([errno.ENOSPC, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS])
faults = st.builds(Fault, st.sampled_from(KINDS), st.integers(1, 60), codes, st.integers(0, 40))
trials = st.builds(
    Trial,
    st.sampled_from(["trash", "move", "move", "hardlink", "reflink"]),
    groups,
    faults,
    st.just(Fault()) | faults.filter(lambda fault: fault.kind in ("kill", "torn", "once", "on")),
    st.booleans(),
    st.integers(0, 5).map(lambda number: number == 5),
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    disk = tmp_path_factory.mktemp("disk")
    if not MEMORY.is_dir() or MEMORY.stat().st_dev == disk.stat().st_dev:
        yield Ground(disk, None)
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        memory = Path(folder)
        yield Ground(disk, memory) if ON_DISK else Ground(memory, disk)


def test_nothing_is_lost(ground: Ground) -> None:
    happened: Counter[str] = Counter()

    @settings(
        max_examples=RUNS,
        suppress_health_check=list(HealthCheck),
        database=None,
        report_multiple_bugs=False,
    )
    @given(trials)
    def attempt(trial: Trial) -> None:
        happened[ground.run(trial)] += 1

    attempt()
    for what, times in sorted(happened.items()):
        print(f"{times:6} {what}")
    print(f"{sum(happened.values()):6} runs")
    assert sum(times for what, times in happened.items() if " hit " in what) > 0


# A picture with sidecars, an edited one, and one of which a second name is elsewhere.
TREE = (
    Group(
        0,
        Member(0, 0),
        (
            Member(1, 0, 0o600, 7, (".xmp", "+.json")),
            Member(1, 2, kind="edited", sidecars=("+.xmp",)),
            Member(2, 3, other=True),
        ),
    ),
)
MOST = 400
EVERY = 1 if RUNS >= 1000 else 10
WAYS = [("trash", False), ("move", False), ("move", True), ("hardlink", False), ("reflink", False)]


@pytest.mark.parametrize("kind", ["kill", "torn", "once", "on"])
@pytest.mark.parametrize(("action", "far"), WAYS)
def test_every_call_may_be_the_last(ground: Ground, action: str, far: bool, kind: str) -> None:
    """Each call of a run fails, or is the last one of its process; then those of undoing it."""
    if far and ground.far is None:
        pytest.skip("there is no second file system to write to")
    for undoing in (False, True):
        for at in range(1, MOST, EVERY):
            fault = Fault(kind, at, errno.ENOSPC, 1)  # 1: metadata is saved, too
            first, second = (Fault(victim=1), fault) if undoing else (fault, Fault())
            what = ground.run(Trial(action, TREE, first, second, far))
            if "missed" in what:
                break
        print(f"{action} {kind} {'undoing' if undoing else 'acting'}: {at // EVERY} runs")
        assert at < MOST - EVERY, f"{what}: {at} calls"
        assert undoing or at > 10
