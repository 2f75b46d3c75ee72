"""What ``lookalike index`` and ``status`` tell of a run, and the options that shape it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from lookalike.cli.index_report import _lines, show_report
from lookalike.cli.status import _print_status
from lookalike.library import FolderStatus, IndexReport, Library, Status
from lookalike.library.reports import LeftOut
from lookalike.library.run_records import Change

Run = Callable[..., Any]

REPORT = IndexReport(
    added=1, updated=2, moved=12, unchanged=1510, missing=3, skipped=0, failed=0, seconds=1.25,
    pictures_per_second=0.0, replaced=1, left_out=2,
)  # fmt: skip


def lines(report: IndexReport, *, short: bool = False) -> list[str]:
    first, *others, last = _lines(report, "/l.lookalike", short=short)
    assert first.endswith(" in 1.2 s")
    assert last == "library: /l.lookalike"
    return others


def test_the_counts_have_good_words() -> None:
    told = next(iter(_lines(REPORT, "/l.lookalike", short=False)))
    assert told == (
        "1 added, 2 updated, 12 moved, 1 replaced, 1,510 unchanged, 3 missing, 2 left out in 1.2 s"
    )
    assert lines(REPORT) == []


def test_what_became_of_files() -> None:
    changes = (
        Change("changed silently", "/p/rotten.jpg"),
        Change("updated", "/p/new.jpg"),
        Change("missing", "/p/gone\n.jpg"),
        Change("moved", "/p/b.jpg", "/p/a.jpg"),
        Change("returned", "/p/back.jpg"),
        Change("replaced", "/p/c.jpg"),
        Change("left out", "/p/small/d.jpg"),
    )
    assert lines(replace(REPORT, changes=changes, changes_count=7)) == [
        "moved: /p/a.jpg -> /p/b.jpg",
        "came back: /p/back.jpg",
        "replaced by another file of the library: /p/c.jpg",
        'missing: "/p/gone\\n.jpg"',
        "left out now: /p/small/d.jpg",
        "other content with the same size and time: /p/rotten.jpg",
    ]


def test_a_terminal_gets_ten_of_a_kind_but_every_silent_change() -> None:
    changes = tuple(
        Change(what, f"/p/{number}.jpg")
        for what, count in (("missing", 1234), ("returned", 10), ("changed silently", 11))
        for number in range(count)
    )  # type: ignore[arg-type]
    report = replace(REPORT, changes=changes, changes_count=2000)
    told = lines(report, short=True)
    assert len([line for line in told if line.startswith("missing: /")]) == 10
    assert "missing: ... and 1,224 more: lookalike status lists them" in told
    assert len([line for line in told if line.startswith("came back: ")]) == 10
    assert len([line for line in told if line.startswith("other content")]) == 11
    assert told[-1] == "... and 745 changes more, which are not kept"
    assert len(lines(report)) == len(changes) + 1


def test_files_that_cant_be_read_any_more_and_what_gave_no_code() -> None:
    report = replace(REPORT, failed=1, changes=(Change("unreadable", "/p/a.jpg"),), changes_count=1)
    told = lines(report)
    assert told[0] == "can't be read any more: /p/a.jpg"
    # Either may be meant: a folder that can't be read is in the ledger, too.
    assert told[-1] == "1 file or folder gave no code; lookalike status says why"
    assert lines(replace(report, failed=2))[-1].startswith("2 files or folders gave no code;")


def test_places_that_are_offline_or_the_same() -> None:
    report = replace(
        REPORT,
        offline=("/media/usb", "/media/My Disk", "/nas"),
        unconfirmed=("/media/usb", "/media/My Disk"),
        same_place=(
            ("/home/ana/link", "/home/ana/photos"),
            ("/home/ana/photos/2019", "/home/ana/photos"),
        ),
    )
    kept = "is there but empty, or another disk: its pictures are kept; if they are gone for good:"
    assert lines(report) == [
        "/home/ana/link is the same place as /home/ana/photos: indexed as that, once",
        "/home/ana/photos/2019 lies within /home/ana/photos: indexed as that, once",
        "offline, its pictures are kept: /nas",
        f"/media/usb {kept} lookalike index /media/usb --gone",
        f"/media/My Disk {kept} lookalike index '/media/My Disk' --gone",
    ]
    inside = list(_lines(report, "/l", ["/", "/media", "/nas"], short=False))
    assert f"/media/usb {kept} lookalike index /media --gone" in inside


def test_what_patterns_leave_out() -> None:
    report = replace(
        REPORT,
        patterns=(
            LeftOut("/photos", "@eaDir/", 0, 2, own=True),
            LeftOut("/photos", "\\#recycle/", 0, 1, own=True),
            LeftOut("/photos", "small/", 1510, 3),
            LeftOut("/photos", "*.gif", 1, 0),
            LeftOut("/photos", "nothing", 0, 0),
            LeftOut("/b", "x\n/", 0, 1),
            LeftOut("/c", "@eaDir/", 0, 0, own=True),
            LeftOut("/d", "**/RECYCLER/S-1-*/", 0, 1, own=True),
        ),
    )
    assert lines(report) == [
        "left out of /photos: 1,510 files by 'small/'",
        "left out of /photos: 1 file by '*.gif' (--no-exclude takes them up again)",
        "left out of /photos: 3 folders that programs made (@eaDir, #recycle): --all takes them up",
        "left out of /b: 1 folder by 'x /' (--no-exclude takes them up again)",
        "left out of /d: 1 folder that programs made (RECYCLER/S-1-*): --all takes them up",
    ]


def test_json_has_the_changes_and_says_from(capsys: pytest.CaptureFixture[str]) -> None:
    report = replace(
        REPORT,
        changes=(Change("moved", "/b\udce9", "/a"), Change("missing", "/c")),
        changes_count=2,
        same_place=(("/x", "/y"),),
        patterns=(LeftOut("/photos", "small/", 5, 1),),
    )
    assert show_report(report, "/l.lookalike", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == [field.name for field in fields(IndexReport)]
    assert told["changes"] == [
        {"what": "moved", "path": "/b\udce9", "from": "/a"},
        {"what": "missing", "path": "/c", "from": None},
    ]
    assert told["same_place"] == [["/x", "/y"]]
    assert told["patterns"] == [
        {"folder": "/photos", "pattern": "small/", "files": 5, "folders": 1, "own": False}
    ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """With what ``Library.index`` is called."""
    calls: list[dict[str, Any]] = []

    def index(_self: Library, *folders: Path, **options: Any) -> IndexReport:
        del options["progress"], options["stop"], options["parts"], options["members"]
        calls.append({"folders": list(map(str, folders)), **options})
        return REPORT

    monkeypatch.setattr(Library, "index", index)
    return calls


USUAL = {
    "exclude": None, "everything": None, "gone": False, "verify": False, "verify_rate": None,
    "shard": None, "previews": None,
}  # fmt: skip


def test_a_worker_says_how_to_end() -> None:
    ends = "when all have ended, end with 'lookalike index' without --shard"
    assert lines(replace(REPORT, shard="2/3")) == [f"this was shard 2/3: {ends}"]
    assert lines(replace(REPORT, shard="2/3", waiting=2)) == [
        f"this was shard 2/3: {ends}; 2 files changed or moved, and will be settled by that"
    ]


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ([], {}),
        (["--exclude", "a", "--exclude", "b/"], {"exclude": ("a", "b/")}),
        (["--no-exclude"], {"exclude": ()}),
        (["--all"], {"everything": True}),
        (["--no-all", "--gone"], {"everything": False, "gone": True}),
        (["--verify"], {"verify": True}),
        (["--shard", "2/3"], {"shard": "2/3"}),
        (["--verify", "--verify-rate", "2.5"], {"verify": True, "verify_rate": 2_500_000.0}),
    ],
)
def test_options_reach_the_library(
    run: Run, photos: Path, asked: list[dict[str, Any]], options: list[str], changed: dict[str, Any]
) -> None:
    done = run("index", photos, *options)
    assert done.code == 0, done.err
    assert asked == [{"folders": [str(photos)], **USUAL, **changed}]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["photos", "--exclude", "a", "--no-exclude"], "contradict each other"),
        (["photos", "--verify-rate", "5"], "--verify-rate says how fast --verify reads"),
        (["photos", "--verify", "--verify-rate", "0"], "0.001<=x"),
        (["photos", "--verify", "--verify-rate", "1e-300"], "0.001<=x"),
        (["photos", "--verify", "--verify-rate", "nan"], "number of megabytes"),
        (["photos", "--verify", "--verify-rate", "inf"], "0.001<=x"),
        (["--exclude", "a"], "--exclude is for the folders that are named"),
        (["--no-exclude"], "--no-exclude is for the folders that are named"),
        (["--all"], "--all is for the folders that are named"),
        (["--no-all"], "--no-all is for the folders that are named"),
        (["--gone"], "--gone is for the folders that are named"),
    ],
)
def test_wrong_use(
    run: Run, photos: Path, asked: list[dict[str, Any]], options: list[str], told: str
) -> None:
    done = run("index", *options)
    assert (done.code, done.out, asked) == (2, "", [])
    assert told in done.err
    assert len(done.err.splitlines()) == 1
    assert [path.name for path in photos.parent.iterdir()] == ["photos"]  # no library


def test_status_lists_changes_and_says_why_a_folder_is_offline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = Status(
        path="/l.lookalike", version=4, read_only=False, pictures=2, distinct=2, missing=1,
        library_bytes=1000, cache_bytes=10, codes=(), ledger=(),
        folders=(
            FolderStatus("/a", True, 2, ("small/",), everything=True),
            FolderStatus("/b", False, 0, ()),
            FolderStatus("/c", False, 0, (), note="is on another disk than before"),
        ),
        changes=(Change("moved", "/a/new.jpg", "/a/old.jpg"), Change("missing", "/a/x.jpg")),
        changes_count=1002,
    )  # fmt: skip
    _print_status(found)
    told = capsys.readouterr().out.splitlines()
    assert "pictures  2, 2 different, 1 file missing or left out" in told
    assert "folder    /a: 2 pictures (with programs' own folders, without small/)" in told
    assert "folder    /b: 0 pictures (offline)" in told
    assert "folder    /c: 0 pictures (offline: it is on another disk than before)" in told
    assert told[-4:] == [
        "Changes in the last run (1,002):",
        "moved    /a/new.jpg  from /a/old.jpg",
        "missing  /a/x.jpg",
        "... and 1,000 more, which are not kept",
    ]


def test_json_of_status(run: Run, photos: Path) -> None:
    Library.open("l.lookalike").close()
    told = run("status", "--json").json
    assert list(told) == [field.name for field in fields(Status)]
    assert (told["changes"], told["changes_count"]) == ([], 0)
