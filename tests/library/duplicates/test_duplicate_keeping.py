"""Which picture of a group is kept, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.library.duplicates.keeping import choose, derived
from lookalike.library.duplicates.option import Option
from lookalike.library.duplicates.rules import DEFAULT_RULES, Rules
from lookalike.library.records import PictureInfo
from lookalike.match import NamedEdit
from lookalike.shot import Shot
from lookalike.types import ContentId, PictureId

USUAL = Rules.parse(DEFAULT_RULES)


def option(
    path: str = "/p/a.jpg",
    *,
    size: tuple[int, int] = (400, 300),
    file_bytes: int = 50_000,
    mtime: int = 0,
    kind: str = "JPEG",
    content: int = 1,
    pixels: object = None,
    shot: Shot | None = None,
    held: int = 1,
    is_edited: bool = False,
    is_odd: bool = False,
    traces: int | None = None,
) -> Option:
    info = PictureInfo(
        PictureId(1), path, file_bytes, mtime * 10**9, *size, kind, bytes([content]) * 32
    )
    shows = content if pixels is None else pixels
    return Option(info, ContentId(content), shows, shot, held, is_edited, is_odd, lambda: traces)


@pytest.mark.parametrize(
    ("better", "worse", "rule", "why"),
    [
        (option(size=(800, 600)), option(content=2), "pixels", "800 x 600, not 400 x 300"),
        (option(), option(size=(800, 600), content=2, is_edited=True), "source", "not the edited"),
        (option(), option(file_bytes=90_000, content=2, is_odd=True), "most", "as most of the"),
        (option(size=(800, 600), is_odd=True), option(content=2), "pixels", "more pixels"),
        (option(held=3, kind="TIFF"), option(content=2, size=(800, 600)), "whole", "all 3"),
        (
            option(kind="PNG", file_bytes=9),
            option(content=2),
            "quality",
            "PNG, compressed without loss",
        ),
        (option(file_bytes=90_000), option(content=2), "quality", "more bytes a pixel"),
        (
            option(pixels="same"),
            option(content=2, kind="PNG", pixels="same"),
            "format",
            "JPEG, the original format",
        ),
        (
            option(shot=Shot(taken="2020-01-01T00:00:00", camera="A")),
            option(shot=Shot(taken="2020-01-01T00:00:00")),
            "exif",
            "says more of how it was taken",
        ),
        (option(mtime=10), option(mtime=20), "older", "the older file"),
        (option("/p/a.jpg"), option("/p/a (2).jpg"), "name", "not named as a copy"),
        (option("/p/long name.jpg"), option("/p/x copy.jpg"), "name", "not named as a copy"),
        (option("/p/a.jpg"), option("/p/aa.jpg"), "name", "the shorter path"),
        (option("/p/a.jpg"), option("/p/b.jpg"), "name", "the first by its path"),
    ],
)
def test_a_rule_decides(better: Option, worse: Option, rule: str, why: str) -> None:
    for pair in ([better, worse], [worse, better]):
        choice = choose(pair, USUAL)
        assert choice.option is better
        (step,) = choice.steps
        assert (step.rule, step.left) == (rule, 1)
        assert why in choice.why


def test_little_is_no_reason() -> None:
    one = option(size=(400, 300), file_bytes=50_000, mtime=1)
    other = option("/p/b.jpg", size=(402, 300), file_bytes=51_000, mtime=0, content=2)
    assert [step.rule for step in choose([one, other], USUAL).steps] == ["name"]


def test_the_quality_of_jpeg_is_read_from_the_files(tmp_path: Path) -> None:
    options = []
    for number, quality in enumerate((60, 90)):
        path = tmp_path / f"{number}.jpg"
        Image.effect_noise((64, 64), 60).save(path, quality=quality)
        # As if the poorer one took more bytes.
        options.append(option(str(path), content=number, file_bytes=10**6 - 10**5 * number))
    choice = choose(options, USUAL)
    assert choice.option is options[1]
    assert choice.why == "less compressed: JPEG of quality 90"


def test_folders_that_are_preferred_or_avoided() -> None:
    rules = Rules.parse('[folder]\nprefer = ["/b", "/a"]\navoid = ["/c"]')
    options = {name: option(f"/{name}/x.jpg", content=n) for n, name in enumerate("abcd")}
    small = replace(options["b"], picture=replace(options["b"].picture, width=4))
    assert choose([*options.values(), small], rules).option is options["b"]
    assert choose([options["a"], options["c"], options["d"]], rules).why == "in /a"
    choice = choose([options["c"], options["d"]], rules)
    assert (choice.option, choice.why) == (options["d"], "in no folder to be avoided")
    # A folder isn't another one whose name begins so.
    near = option("/bb/x.jpg", content=7)
    assert choose([near, options["a"]], rules).option is options["a"]


def test_a_rule_that_is_left_out_is_not_asked() -> None:
    rules = Rules.parse('order = ["older"]')
    new, old = option(size=(800, 600), mtime=99), option("/p/b.jpg", content=2)
    assert choose([new, old], rules).option is old
    same = option("/p/0.jpg", content=3)
    assert choose([old, same], rules).option is same  # what nothing decides is the first by path


OPTIONS = st.builds(
    option,
    path=st.sampled_from(["/p/a.jpg", "/p/b (1).jpg", "/q/c.jpg", "/q/dd.jpg"]),
    size=st.sampled_from([(40, 30), (41, 30), (80, 60)]),
    file_bytes=st.sampled_from([10, 11, 100]),
    mtime=st.integers(0, 4),
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    content=st.integers(1, 3),
    held=st.integers(1, 2),
    is_edited=st.booleans(),
)


def test_what_was_a_jpeg_before_is_not_kept_over_it(tmp_path: Path) -> None:
    def jpeg(quality: int, content: int, traces: int | None = None) -> Option:
        path = tmp_path / f"{content} {quality}.jpg"
        Image.effect_noise((64, 64), 60).save(path, quality=quality)
        return option(str(path), content=content, traces=traces)

    def png(traces: int | None, content: int = 9) -> Option:
        return option("/p/a.png", kind="PNG", content=content, traces=traces)

    cases = [
        # Whatever its table says, the pixels of one tell that it was saved worse before.
        (jpeg(75, 1, 75), jpeg(95, 2, 30), "less compressed: JPEG of quality 75; the JPEG was one"
         " of 30"),
        (jpeg(75, 1, 75), png(60), "less compressed: JPEG of quality 75; the PNG was one of 60"),
        (jpeg(75, 1, 75), png(75), "the JPEG itself, not what was saved from one"),
        (png(75), jpeg(90, 1, 75), "was a JPEG once, not twice"),
        (png(None), jpeg(95, 1), "PNG, compressed without loss"),
        (png(85), jpeg(60, 1, 60), "less compressed: JPEG of quality 85"),
        (jpeg(75, 1, 75), jpeg(90, 2, 75), "the JPEG itself, not what was saved from one"),
    ]  # fmt: skip
    for better, worse, why in cases:
        for pair in ([better, worse], [worse, better]):
            choice = choose(pair, USUAL)
            assert choice.option is better, why
            assert choice.why == why
    # What a PNG shows to have been, and a JPEG with the same pixels: the format decides.
    both = [option("/p/a.png", kind="PNG", pixels="same", traces=75), jpeg(75, 1, 75)]
    both[1] = replace(both[1], pixels="same")
    assert choose(both, USUAL).option is both[1]
    beside = choose([*both, jpeg(60, 2, 60)], USUAL)
    assert [step.rule for step in beside.steps] == ["quality", "format"]


@given(st.lists(OPTIONS, min_size=1, max_size=6, unique_by=lambda one: one.picture.path))
def test_the_order_of_pictures_doesnt_matter(options: list[Option]) -> None:
    first = choose(options, USUAL)
    again = choose(list(reversed(options)), USUAL)
    assert first.option.picture == again.option.picture
    assert first.why == again.why
    assert [step.left for step in first.steps] == sorted(
        {step.left for step in first.steps}, reverse=True
    )
    # An edited one is never kept over its source, but for the folders and the pages of a file.
    if first.option.is_edited:
        better = [o for o in options if not o.is_edited and o.held == first.option.held]
        assert better == []


@pytest.mark.parametrize(
    ("edits", "side"),
    [
        ([], None),
        ([NamedEdit("resize", factor=0.5), NamedEdit("brightness", amount=9.0)], None),
        ([NamedEdit("overlay", of="query")], "query"),
        ([NamedEdit("border", of="hit"), NamedEdit("resize", factor=0.5)], "hit"),
        ([NamedEdit("blur", amount=-0.02)], "hit"),
        ([NamedEdit("noise", amount=9.0)], "query"),
        # An original beside what strong compression has smoothed.
        ([NamedEdit("noise", amount=5.0)], None),
        ([NamedEdit("noise", amount=9.0), NamedEdit("resize", factor=4.0)], None),
        ([NamedEdit("overlay", of="query"), NamedEdit("overlay", of="hit")], None),
        ([NamedEdit("brightness", amount=30.0)], None),
        ([NamedEdit("brightness", of="query", amount=30.0)], "query"),
        ([NamedEdit("contrast", of="hit", amount=0.7), NamedEdit("rotate", degrees=90.0)], "hit"),
        ([NamedEdit("colour", of="query")], "query"),
        ([NamedEdit("colour", of="query"), NamedEdit("resize", factor=2.0)], None),
        ([NamedEdit("brightness", of="query", amount=30.0), NamedEdit("border", of="hit")], "hit"),
        ([NamedEdit("grey", of="query"), NamedEdit("blur", amount=-0.02)], None),
        ([NamedEdit("screenshot", of="query"), NamedEdit("noise", amount=-5.0)], "query"),
        ([NamedEdit("border", of="hit"), NamedEdit("blur", amount=0.02)], "hit"),
    ],
)
def test_which_one_came_of_the_other(edits: list[NamedEdit], side: str | None) -> None:
    assert derived(edits) == side


def test_a_file_that_is_gone_has_no_quality() -> None:
    pair = [option("/gone/a.jpg"), option("/gone/bb.jpg", content=2)]
    assert choose(pair, USUAL).why == "the shorter path"
