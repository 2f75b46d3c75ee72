"""The ledger in groups: each file in one of them, and the advice fits its files."""

from __future__ import annotations

from typing import Literal, get_args

import pytest

from lookalike.errors import Cause
from lookalike.library.ledger import GROUPS, Group, group_of, groups_of
from lookalike.library.reports import LedgerEntry
from lookalike.library.run_records import LossEntry
from lookalike.system.installing import install_command

Status = Literal["skipped", "failed"]


def entry(cause: Cause, status: Status = "failed", reason: str = "why") -> LedgerEntry:
    return LedgerEntry("/p/a.jpg", status, cause, reason)


@pytest.mark.parametrize("cause", get_args(Cause))
@pytest.mark.parametrize("status", get_args(Status))
def test_every_file_has_a_group(cause: Cause, status: Status) -> None:
    group = group_of(entry(cause, status))
    assert group in get_args(Group)
    if cause == "file":
        assert group == {"failed": "damaged", "skipped": "no picture"}[status]
    else:
        assert group == cause
    (told,) = groups_of([entry(cause, status)])
    assert (told.name, told.files) == (group, 1)
    assert told.title == GROUPS[group]
    assert told.advice
    assert "\n" not in told.advice


def test_groups_come_in_one_order_and_count_all() -> None:
    ledger = [entry(cause) for cause in get_args(Cause)] * 3 + [entry("file", "skipped")]
    losses = [LossEntry("/p/b.jpg", "its end is missing")] * 2
    found = groups_of(ledger, losses)
    assert [group.name for group in found] == list(GROUPS)
    assert [group.files for group in found] == [3] * 7 + [1, 2]
    assert list(GROUPS) == list(get_args(Group))
    assert groups_of([]) == ()


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (["camera raw: install lookalike[raw] to read it"], install_command("raw")),
        (
            ["install lookalike[tiff]", "install lookalike[raw]", "lookalike[raw]"],
            install_command("raw", "tiff"),
        ),
        (["this installation can't read AVIF: no module"], "reinstall lookalike"),
    ],
)
def test_missing_extras_are_named(reasons: list[str], words: str) -> None:
    (group,) = groups_of([entry("extra", "skipped", reason) for reason in reasons])
    assert words in group.advice


def test_limits_are_named() -> None:
    pixels = entry("limit", "skipped", "9 x 9 = 81 pixels: more than the limit of 1")
    size = entry("limit", "skipped", "81 bytes: more than the limit of 1")
    (first,) = groups_of([pixels, pixels])
    assert first.advice == "lookalike index --limit pixels=NUMBER allows more"
    (second,) = groups_of([size])
    assert second.advice == "lookalike index --limit file-bytes=NUMBER allows more"
    (both,) = groups_of([pixels, size])
    assert "--limit file-bytes=NUMBER --limit pixels=NUMBER" in both.advice
    (memory,) = groups_of([entry("memory")])
    assert "--limit memory=NUMBER" in memory.advice
    (seconds,) = groups_of([entry("time")])
    assert "--limit seconds=NUMBER" in seconds.advice
