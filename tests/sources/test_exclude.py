"""Patterns of what to leave out, and Git as the judge of them."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.sources.exclude import Exclusion, mended
from lookalike.sources.walk import walk

git = pytest.mark.skipif(shutil.which("git") is None, reason="Git isn't installed")


EXCLUSIONS = [
    ("*.gif", "a.gif", True),
    ("*.gif", "deep/down/a.gif", True),
    ("*.gif", "a.gif.jpg", False),
    ("thumbs", "x/thumbs", True),
    ("/thumbs", "x/thumbs", False),
    ("/thumbs", "thumbs", True),
    ("a/b", "a/b", True),
    ("a/b", "x/a/b", False),
    ("**/a/b", "x/a/b", True),
    ("**/a/b", "a/b", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**", "a/x/y", True),
    ("a/**", "a", False),
    ("IMG_?.jpg", "IMG_1.jpg", True),
    ("IMG_?.jpg", "IMG_12.jpg", False),
    ("[a-c]x", "bx", True),
    ("[!a-c]x", "bx", False),
    ("[!a-c]x", "dx", True),
    ("[]]x", "]x", True),
    ("[\\\\]x", "\\x", True),
    ("a?b", "a/b", False),
    ("x/a[!q]b", "x/a/b", False),
    ("a.b", "axb", False),
    ("[^a-c]x", "dx", True),
    ("[[:digit:]]x", "1x", True),
    ("\\!a", "!a", True),
    ("\\#a", "#a", True),
    ("\\*", "ab", False),
    ("a ", "a", True),
    ("a\\ ", "a ", True),
    ("a\\ ", "a", False),
    (" a", "a", False),
    ("new\nline*", "new\nline.jpg", True),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), EXCLUSIONS)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert Exclusion([pattern])(path, is_folder=False) is expected


@given(
    st.text(min_size=1, max_size=12).filter(
        lambda s: (
            not set(s) & set("/*?[!\\\0") and s[0] != "#" and s[-1] != " " and s not in (".", "..")
        )
    )
)
def test_plain_text_matches_itself_alone(name: str) -> None:
    excluded = Exclusion([name])
    assert excluded(name, is_folder=False)
    assert excluded("above/" + name, is_folder=True)
    assert not excluded(name + "x", is_folder=False)


@given(
    st.text(alphabet="ab[]!*?-^\\/.", min_size=1, max_size=10), st.text(alphabet="ab/!", max_size=8)
)
def test_no_pattern_breaks_the_matcher(pattern: str, path: str) -> None:
    with contextlib.suppress(UsageError):
        Exclusion([pattern])(path, is_folder=True)


@pytest.mark.parametrize(
    "pattern",
    ["", " ", "/", "!", "!/", "#a", "[ab", "[c-a]", "[[:word:]]", "a\\", "a\0", "[\0]",
     "a//b", "//a", "!a//", ".", "..", "./a", "!../a", "a/./b", "a/\\."]
)  # fmt: skip
def test_wrong_patterns_are_refused(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exclude pattern"):
        walk(tmp_path, exclude=[pattern])


def test_one_string_is_refused() -> None:
    with pytest.raises(UsageError, match="list of patterns"):
        Exclusion("*.gif")


def test_the_last_pattern_that_matches_decides() -> None:
    excluded = Exclusion(["*.jpg", "!best*", "bestseller.jpg"])
    assert excluded("a.jpg", is_folder=False)
    assert not excluded("best.jpg", is_folder=False)
    assert excluded("bestseller.jpg", is_folder=False)
    assert not excluded("other.png", is_folder=False)


NAMES = ["a", "b", "ab", "a b", " a", "c.jpg", "a.jpg", "!x", "#x", "x]", "[x", "a-b", "-"]
TREES = [f"{a}/{b}/{c}" for a in ("a", "ab", "!x", "a b") for b in ("b", "a", "x]") for c in NAMES]

LISTS = [
    ["*", "!*/", "!*.jpg"],
    ["*", "!keep", "!a"],
    ["a/*", "!a/b/", "c.jpg"],
    ["a", "!a/b", "!c.jpg"],
    ["*.jpg", "!a/"],
    ["!c.jpg", "*.jpg"],
    ["/a/**", "!/a/b/**"],
    ["a/**/c.jpg"],
    ["**/b/*.jpg"],
    ["**/"],
    ["**", "!a", "!a/**"],
    ["/**"],
    ["a/***/c.jpg"],
    ["\\!x", "\\#x"],
    ["[!!]a", "[#]x"],
    ["a[!x]b", "a[^x]a"],
    ["[[:alpha:][:space:]]"],
    ["[]-]", "x]"],
    ["[\\]]", "x[\\]]"],
    ["\\[x", "\\a"],
    ["a   ", "x]\\ "],
    ["?b", "a?b"],
    ["!#x", "*x"],
]
ATOMS = ["a", "b", "ab", "*", "?", "[ab]", "[!b]", "[^-]", "c", ".jpg", "\\!", "\\#", "#", "!",
         "\\*", "a\\b", "[[:alpha:]]", "[]]", "[a-c]", "x", " ", "-", "[\\]x]"]  # fmt: skip


def at_random(rng: random.Random) -> list[str]:
    """Some patterns that aren't refused."""
    patterns = []
    for _ in range(rng.randint(1, 4)):
        pieces = [
            # Git takes a** in a**/b for two names, since it cuts what has no wildcard off first:
            # not as it is documented, and not as we do. So these stand alone.
            rng.choice(["**", "".join(rng.choices(ATOMS, k=rng.randint(1, 2)))])
            for _ in range(rng.randint(1, 3))
        ]
        pieces = [piece if piece == "**" else piece.replace("**", "*") for piece in pieces]
        start, end = rng.choice(["", "", "/", "!", "!/"]), rng.choice(["", "", "/", " "])
        pattern = start + "/".join(pieces) + end
        with contextlib.suppress(UsageError):
            Exclusion([pattern])
            patterns.append(pattern)
    return patterns


@git
def test_git_leaves_out_the_same(tmp_path: Path) -> None:
    for name in TREES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    folders = {str(Path(name).parents[n]) for name in TREES for n in (0, 1)}
    names = sorted({*TREES, *folders})
    clean = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", tmp_path], check=True, env=clean)
    rng = random.Random(0)
    for patterns in [*LISTS, *(at_random(rng) for _ in range(150))]:
        (tmp_path / ".git" / "info" / "exclude").write_text("".join(f"{p}\n" for p in patterns))
        told = subprocess.run(
            ["git", "check-ignore", "--no-index", "-z", "--stdin"],
            cwd=tmp_path,
            env=clean,
            input="\0".join(names).encode(),
            stdout=subprocess.PIPE,
            check=False,  # 1 where it leaves nothing out
        )
        excluded = Exclusion(patterns)

        def is_left_out(name: str, excluded: Exclusion = excluded) -> bool:
            above = ["/".join(name.split("/")[:n]) for n in range(1, name.count("/") + 1)]
            return any(excluded(folder, is_folder=True) for folder in above) or excluded(
                name, is_folder=name in folders
            )

        found = {name for name in names if is_left_out(name)}
        assert found == set(filter(None, told.stdout.decode().split("\0"))), patterns


def test_patterns_of_a_walk_take_up_again(tmp_path: Path) -> None:
    for name in ("raw/a.jpg", "raw/best/b.jpg", "raw/rest/c.jpg", "d.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def found(*patterns: str) -> list[str]:
        return [f.relative for f in walk(tmp_path, exclude=patterns)]  # type: ignore[union-attr]

    assert found("raw/*", "!raw/best/") == ["d.jpg", "raw/best/b.jpg"]
    # What lies in a folder that is left out stays so.
    assert found("raw", "!raw/best/") == ["d.jpg"]


def test_a_library_keeps_what_could_never_match() -> None:
    """Patterns of an early build, which are refused today, leave out as little as they did."""
    kept = ["./a", "*.gif", "a//b", "a\0"]
    exclusion = Exclusion(mended(kept))
    for name in ("a", "b", "./a", "a/b", "a//b"):
        assert exclusion.decided(name, is_folder=False) is None
    assert exclusion.decided("a.gif", is_folder=False) == (1, True)


def test_the_deciding_pattern_is_told() -> None:
    exclusion = Exclusion(["*.gif", "!best.gif", "raw/"])
    assert exclusion.decided("a.gif", is_folder=False) == (0, True)
    assert exclusion.decided("best.gif", is_folder=False) == (1, False)
    assert exclusion.decided("raw", is_folder=True) == (2, True)
    assert exclusion.decided("raw", is_folder=False) is None
    assert Exclusion(["A?"], ignore_case=True)("ab", is_folder=False)
