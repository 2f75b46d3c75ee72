"""Errors are one line on standard error, with the right exit code and never a traceback."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import click
import pytest

from lookalike.cli import main, program
from lookalike.cli.failure import report_failure
from lookalike.errors import LibraryFullError, LibraryNotFoundError, UsageError


def run(*arguments: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lookalike", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **kwargs,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["serch"], 2, "Did you mean one of: 'search', 'serve'"),
        (["search"], 2, "PICTURE"),
        (["search", "a.jpg", "-k", "0"], 2, "-k"),
        (["search", "a.jpg", "-k", "many"], 2, "-k"),
        (["search", "a.jpg", "-k", "10001"], 2, "1<=x<=10000"),
        (["index", "--exclude"], 2, "(see lookalike index --help)"),
        (["search", "a.jpg", "-k"], 2, "(see lookalike search --help)"),
        (["index", "--nothing"], 2, "(see lookalike index --help)"),
        (["benchmark", "edits", "--nothing"], 2, "(see lookalike benchmark edits --help)"),
        (["benchmark", "search", "--n"], 2, "(see lookalike benchmark search --help)"),
        (["--nothing"], 2, "(see lookalike --help)"),
        (["index", "a", "--library", "l/"], 2, "l/ names a folder"),
        (["index", "a", "--library", "l/."], 2, "l/. names a folder"),
        (["index", "a", "--exclude", "./a"], 2, "can't match anything"),
        (["index", ".", "--model", "nope", "--library", "l"], 2, "'nope': there are cifar10"),
        (["index", ".", "--model", "foto", "--library", "l"], 2, "did you mean photo? There are"),
        (["search", "a.jpg", "--code", "sha"], 2, "pdq"),
        (["search", "a.jpg", "--library", "none"], 1, "lookalike index FOLDER"),
        (["status", "--library", "none"], 1, "no library"),
        (["status", "--library", "."], 2, "directory"),
        (["index", "--library", "none"], 1, "no library"),
        (["reindex", "--library", "none"], 1, "no library"),
        (["remove", "--library", "none"], 2, "--all"),
        (["remove", "--library", "none", "--all", "--yes"], 1, "no library"),
        (["remove", "--library", "none", "folder", "--all"], 2, "either FOLDER or --all"),
        (["encode", "--code", "pdq", "--out", "c.npz"], 2, "PATH"),
        (["encode", "a.jpg", "--out", "c.npz"], 2, "--code"),
        (["encode", "a.jpg", "--code", "pdq", "--out", "none/c.npz"], 2, "no folder"),
        (["encode", "a.jpg", "--code", "sha", "--out", "c.npz"], 2, "sha"),
        (["encode", "a.jpg", "--code", "pdq", "--out", "c.npz"], 1, "nothing written"),
        (["index", ""], 2, "empty"),
        (["search", ""], 2, "empty"),
        (["search", "a.jpg", "--library", ""], 2, "empty"),
        (["encode", "", "--code", "pdq", "--out", "c.npz"], 2, "empty"),
        (["completion", "tcsh"], 2, "bash"),
        (["demo", "none"], 2, "not a folder"),
        (["search", "two\nlines.jpg", "--library", "no\nne"], 1, "no library"),
    ],
)
def test_wrong_use_and_failures(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    last = printed.err.splitlines()[-1]
    assert last.startswith("lookalike: ")
    assert told in last
    assert [line for line in printed.err.splitlines() if line.startswith("lookalike:")] == [last]


def test_a_failed_command_leaves_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["status"], ["search", "a.jpg"], ["reindex"], ["index"]):
        assert main([*command, "--library", "new.lookalike"]) == 1
    assert list(tmp_path.iterdir()) == []


def test_help_and_version_succeed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("lookalike 0.")
    for command in program.commands:
        assert main([command, "--help"]) == 0
        assert "Usage: lookalike" in capsys.readouterr().out


def test_nothing_given_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (UsageError("k is 1 to 10,000"), 2, "lookalike: k is 1 to 10,000"),
        (LibraryNotFoundError("there is\nnone"), 1, "lookalike: there is none"),
        (LibraryFullError("no space left"), 1, "lookalike: no space left"),
        (OSError(errno.ENOSPC, "No space left on device", "a.npz"), 1, "free some space"),
        (PermissionError(errno.EACCES, "Permission denied", "a\nb"), 1, r'"a\nb"'),
        (MemoryError(), 1, "not enough memory"),
        (ZeroDivisionError("division by zero"), 1, "--verbose"),
        (KeyboardInterrupt(), 130, "lookalike: interrupted"),
        (click.Abort(), 130, "lookalike: interrupted"),
    ],
    ids=repr,
)
def test_each_error_has_its_line(
    error: BaseException, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_failure(error) == code
    printed = capsys.readouterr().err
    assert told in printed
    assert len(printed.splitlines()) == 1


def test_verbose_shows_the_traceback(tmp_path: Path) -> None:
    quiet = run("status", "--library", str(tmp_path / "none"))
    loud = run("status", "-v", "--library", str(tmp_path / "none"))
    assert quiet.returncode == loud.returncode == 1
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr
    assert loud.stderr.splitlines()[-1] == quiet.stderr.splitlines()[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a shell")
def test_a_closed_pipe_is_silent() -> None:
    command = f"{sys.executable} -m lookalike completion bash | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=60)
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lookalike", "completion", "bash"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_LOOKALIKE_COMPLETE" in capsys.readouterr().out


def test_completion_completes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lookalike"],
        env={
            "COMP_WORDS": "lookalike st",
            "COMP_CWORD": "1",
            "_LOOKALIKE_COMPLETE": "bash_complete",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["plain,status"]
