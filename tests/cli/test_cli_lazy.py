"""Commands are imported when they are called, and their table says what they say."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from lookalike.cli import COMMANDS, program
from lookalike.cli.lazy import LazyGroup


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says(name: str) -> None:
    command = program.commands[name]
    assert command.name == name
    assert command.short_help == COMMANDS[name]


def test_help_imports_no_command() -> None:
    code = """if 1:
        import sys
        from lookalike.cli import COMMANDS, main
        main(["--help"])
        print([name for name in COMMANDS if f"lookalike.cli.{name}" in sys.modules])
        main(["search", "--help"])
        print([name for name in COMMANDS if f"lookalike.cli.{name}" in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert "[]" in lines
    assert lines[-1] == "['search']"


def test_help_looks_as_click_makes_it() -> None:
    usual = click.Group("program", commands=dict(program.commands))
    lazy = LazyGroup(name="program", package="lookalike.cli", told=COMMANDS)
    runner = CliRunner()
    assert runner.invoke(lazy, ["--help"]).output == runner.invoke(usual, ["--help"]).output


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(program, ["serch"])
    assert result.exit_code == 2
    assert "serch" in result.output


def test_commands_can_be_added_and_taken_away() -> None:
    group = LazyGroup(name="group", package="lookalike.cli", told={"status": "Say."})
    group.add_command(click.Command("other", short_help="Do."))
    assert sorted(group.commands) == ["other", "status"]
    with pytest.raises(KeyError):
        group.commands["missing"]
    assert "Do." in CliRunner().invoke(group, ["--help"]).output
    del group.commands["other"]
    assert list(group.commands) == ["status"]
    assert len(group.commands) == 1
