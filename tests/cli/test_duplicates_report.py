"""What is printed of groups, beside what the tests of the command see."""

from __future__ import annotations

from dataclasses import replace

from lookalike.cli.duplicates_report import closing_lines, report_lines, said_of
from lookalike.library import DuplicateMember, Duplicates, Hub, KeptPicture, PictureGroup
from lookalike.match import Box, NamedEdit

KEEP = KeptPicture(1, "/p/a.jpg", "more pixels", 2_000, 400, 300, "00" * 32)
MEMBER = DuplicateMember(
    2, "/p/b\x1b.jpg", "edited", 4, 1e-6, (NamedEdit("mirror"),), 1_000, 40, 30, "01" * 32, True
)
GROUP = PictureGroup("0123456789ab", "edited", KEEP, (MEMBER,), 1_000)
FOUND = Duplicates((GROUP,), 1, 1, {"total": 0.1}, True, 7, (), 0, {"pixels": 1}, {})


def test_a_group() -> None:
    assert list(report_lines(FOUND, explain=False)) == [
        "0123456789ab  edited, 2 pictures, 1.0 kB to free",
        "  keep    400x300  2.0 kB  /p/a.jpg",
        "          more pixels",
        '  edited    40x30  1.0 kB  "/p/b\\u001b.jpg"',
        "          mirrored",
        "",
        "1 group of 2 pictures, 1.0 kB to free",
    ]


def test_what_stays_and_what_came_back_is_said() -> None:
    stays = replace(MEMBER, frees=False, member="page-2")
    assert said_of(stays) == "mirrored; its file holds other pictures, too, and stays"
    assert said_of(replace(stays, edits=())) == "its file holds other pictures, too, and stays"
    part = replace(MEMBER, kind="part", frees=False, edits=())
    assert said_of(part) == ""
    of_first, of_own = Box("hit", (0.0, 0.0, 0.5, 0.5)), Box("query", (0.1, 0.1, 0.4, 0.2))
    assert said_of(replace(part, boxes=(of_first,))) == "shows 25 % of the first"
    assert said_of(replace(part, boxes=(of_own,))) == "holds the first on 3 % of its area"
    both = replace(part, boxes=(of_own, of_first), edits=(NamedEdit("mirror"),))
    assert said_of(both) == "shares 3 % of its area with 25 % of the first, mirrored"
    group = replace(GROUP, kind="part", members=(part,), bytes_to_free=0, changed="1 new since")
    lines = list(report_lines(replace(FOUND, groups=(group,)), explain=True))
    assert lines[0] == "0123456789ab  part, 2 pictures"
    assert lines[1] == "  back again: 1 new since"
    assert lines[2].startswith("  first  400x300")
    assert lines[-1] == "rules that decided: pixels 1"
    assert lines[-2] == "1 group of 2 pictures"


def test_what_is_beside_and_left_out() -> None:
    hubs = tuple(Hub(f"/p/{number}.png", 900 - number) for number in range(7))
    found = replace(
        FOUND,
        groups=(),
        hubs=hubs,
        settled=2,
        beside={"part": 1, "burst": 3, "raw+jpeg": 2},
        rules={"pixels": 0},
    )
    assert list(closing_lines(found)) == [
        "no duplicates among 7 pictures",
        "left out: 2 groups that are settled",
        "beside these, as far as is known: 1 group of parts, 3 groups of bursts,"
        " 2 pairs of raw and JPEG"
        " (--kind part,burst,raw+jpeg)",
        "near to far too many others, so that the nearest alone were compared: /p/0.png, /p/1.png,"
        " /p/2.png, /p/3.png, /p/4.png and 2 more",
    ]
    assert list(report_lines(found, explain=True))[-1] == "rules that decided: none"
