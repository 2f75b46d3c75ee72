"""Paths are printed in a way that can be reversed, and nothing breaks a line."""

from __future__ import annotations

import json
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.cli.output import counted, one_line, print_json, show_path, size, table

NAMES = st.binary(min_size=1, max_size=40).map(os.fsdecode)


def unshow(shown: str) -> str:
    """What the documentation says a reader may do."""
    path = json.loads(shown) if shown.startswith('"') else shown
    assert isinstance(path, str)
    return path


@pytest.mark.skipif(os.name == "nt", reason="paths are not bytes on Windows")
@given(NAMES)
def test_any_bytes_come_back(name: str) -> None:
    shown = show_path(name)
    assert os.fsencode(unshow(shown)) == os.fsencode(name)
    assert len(shown.splitlines()) == 1
    shown.encode()


@given(st.text(min_size=1, max_size=40))
def test_any_text_comes_back(name: str) -> None:
    assert unshow(show_path(name)) == name


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("cat.jpg", "cat.jpg"),
        ("a b.jpg", "a b.jpg"),
        ("été 🎈.jpg", "été 🎈.jpg"),
        ("全角\u3000空白.jpg", "全角\u3000空白.jpg"),
        ("👩\u200d🚀.jpg", "👩\u200d🚀.jpg"),
        ("two\nlines.jpg", r'"two\nlines.jpg"'),
        ("caf\udce9.jpg", r'"caf\udce9.jpg"'),
        ('"quoted".jpg', r'"\"quoted\".jpg"'),
        ('say "cheese".jpg', 'say "cheese".jpg'),
        ("red\x1b[31m.jpg", r'"red\u001b[31m.jpg"'),
        ("gpj.\u202eexe", r'"gpj.\u202eexe"'),
    ],
)
def test_paths_of_the_documentation(monkeypatch: pytest.MonkeyPatch, path: str, shown: str) -> None:
    class Terminal:
        encoding = "utf-8"

    monkeypatch.setattr(sys, "stdout", Terminal())
    assert show_path(path) == shown


def test_a_terminal_that_lacks_the_characters_gets_json(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        encoding = "ascii"

    monkeypatch.setattr(sys, "stdout", Terminal())
    assert show_path("été.jpg") == r'"\u00e9t\u00e9.jpg"'


@given(st.text(max_size=60))
def test_a_message_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    one_line(text).encode()


def test_json_is_one_object_in_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"path": "caf\udce9 🎈\n"}
    print_json(value)
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == value


def test_sizes_and_counts() -> None:
    assert [size(n) for n in (0, 999, 1000, 12_345, 999_949, 4_000_000_000, 10**13)] == [
        "0 B", "999 B", "1.0 kB", "12.3 kB", "999.9 kB", "4.0 GB", "10.0 TB",
    ]  # fmt: skip
    assert counted(1, "picture") == "1 picture"
    assert counted(1510, "picture") == "1,510 pictures"


def test_tables_align() -> None:
    lines = table([("kind", "n", "path"), ("alike", "1", "a"), ("same", "100", "b c")], right=(1,))
    assert lines == ["kind     n  path", "alike    1  a", "same   100  b c"]
