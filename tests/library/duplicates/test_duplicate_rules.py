"""Rules that say which picture to keep: read from TOML."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.errors import UsageError
from lookalike.library.duplicates.rules import DEFAULT_RULES, Rules


def test_the_usual_rules_are_what_is_shown() -> None:
    rules = Rules.parse(DEFAULT_RULES)
    assert rules.order[:4] == ("folder", "whole", "source", "pixels")
    assert (rules.prefer, rules.avoid) == ((), ())
    assert rules.formats.index("JPEG") < rules.formats.index("PNG")
    assert rules.text == DEFAULT_RULES
    # What is left out is as usual.
    assert Rules.parse("").order == rules.order
    assert Rules.parse("").pixels_factor == rules.pixels_factor


def test_rules_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    file = tmp_path / "rules.toml"
    file.write_text(
        'order = ["older", "folder"]\n[folder]\nprefer = ["~/photos", "/disk/"]\n'
        '[format]\norder = ["png"]\n[older]\nseconds = 60\n'
    )
    rules = Rules.read(file)
    assert rules.order == ("older", "folder")
    assert rules.prefer == ("/home/ana/photos", "/disk")
    assert (rules.formats, rules.older_seconds) == (("PNG",), 60.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("order = [", "no TOML"),
        ("ordre = []", "no 'ordre'"),
        ("order = []", "a list of rules"),
        ('order = ["older", "older"]', "each once"),
        ('order = ["oldest"]', "no rule 'oldest'"),
        ("order = [1]", "no rule 1"),
        ("folder = 1", r"\[folder\] is a table"),
        ("[folder]\nprefers = []", "no 'prefers'"),
        ('[folder]\nprefer = "a"', "a list of texts"),
        ('[folder]\nprefer = ["photos"]', "an absolute path"),
        ("[pixels]\nfactor = true", "a number from 0 on"),
        ("[pixels]\nfactor = -1", "a number from 0 on"),
        ("[older]\nseconds = nan", "a number from 0 on"),
        ("lookalike_rules = 2", "is 1, not 2"),
    ],
)
def test_what_cant_be_understood_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        Rules.parse(text, "r.toml")
    assert str(error.value).startswith("r.toml")
    assert "\n" not in str(error.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        Rules.read(tmp_path / "none.toml")
    (tmp_path / "raw").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="no text in UTF-8"):
        Rules.read(tmp_path / "raw")
