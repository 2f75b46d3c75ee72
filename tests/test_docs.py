"""The documentation is true: its commands and examples run, and nothing is left out of it.

A ``console`` block holds commands after ``$`` and what they print. Each command must succeed, and
print what the block shows, where

- numbers may differ (times, sizes), and so may the width of columns;
- the home folder is ``/home/ana``;
- a line ``...`` stands for any number of lines.

An ``sh`` block holds commands that are not run: their words and options are checked.

All Python blocks of a page are run together as one script; those that search published data sets as
another one, where the data sets are.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image, ImageOps

from lookalike.cli import program

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOME = "/home/ana"


def blocks(page: Path, kind: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text(encoding="utf-8")) if name == kind]


def commands(page: Path) -> list[tuple[str, list[str]]]:
    """Every command of a page with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(page, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found:
                found[-1][1].append(line)
    return found


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def home(photos: Path) -> Path:
    """A home folder with ``photos/``, and ``query.jpg``: a small, dull copy of one of them."""
    folder = photos.parent
    with Image.open(photos / "chelsea.jpg") as picture:
        small = ImageOps.contain(picture, (200, 200))
    small.point(lambda value: value * 0.8).save(folder / "query.jpg", quality=40)
    return folder


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LOOKALIKE")}
    kept.pop("XDG_DATA_HOME", None)
    scripts = str(Path(sys.executable).parent)
    return kept | {
        "HOME": str(home),
        "PATH": os.pathsep.join([scripts, kept.get("PATH", "")]),
        "COLUMNS": "100",
    }


def plain(line: str, home: Path) -> str:
    """A line without what may differ from run to run."""
    line = line.replace(str(home), HOME)
    return " ".join(re.sub(r"-?\d[\d,.]*", "#", line).split())


# What the first command after an installation may say; pages leave it out.
COMPILING = "lookalike: compiling code for this processor"


def agrees(shown: list[str], printed: list[str]) -> bool:
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(agrees(shown[1:], printed[start:]) for start in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and agrees(shown[1:], printed[1:])


@pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are written for bash")
@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=name)
def test_commands_do_what_the_page_says(
    page: Path, home: Path, environment: dict[str, str]
) -> None:
    for command, shown in commands(page):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        output = done.stdout.decode("utf-8", "surrogateescape")
        assert done.returncode == 0, f"{command}\n{output}"
        expected = [plain(line, home) for line in shown if line.strip()]
        printed = [
            plain(line, home)
            for line in output.splitlines()
            if line.strip() and not line.startswith(COMPILING)
        ]
        assert agrees(expected or ["..."], printed), f"{command} printed\n{output}"


def unrun(page: Path) -> list[str]:
    """The shell commands of a page that are too long, or need too much, to be run by a test."""
    text = "\n".join(SHELL.findall(page.read_text(encoding="utf-8")))
    return text.replace("\\\n", " ").splitlines()


def test_commands_that_take_too_long_to_run_could_be_typed() -> None:
    checked = 0
    for page in PAGES:
        for line in unrun(page):
            if line.startswith("lookalike "):
                words, context = shlex.split(line, comments=True)[1:], click.Context(program)
                # Options that the command doesn't have, or that lack their value, end the test.
                _, command, left = program.resolve_command(context, without_options(words))
                while isinstance(command, click.Group):
                    _, command, left = command.resolve_command(context, left)
                assert command is not None, f"{page}: {line}"
                command.make_parser(click.Context(command)).parse_args(list(left))
                checked += 1
            for script in re.findall(r"scripts/\w+\.py", line):
                assert (ROOT / script).exists(), f"{page}: {line}"
    assert checked > 20


def without_options(words: list[str]) -> list[str]:
    """From the command's name on: ``-v`` may stand before it."""
    return words[next(place for place, word in enumerate(words) if word[:1] != "-") :]


def examples(page: Path, *, of_data_sets: bool) -> list[str]:
    """The Python blocks of a page that search published data sets, or those that don't."""
    return [b for b in blocks(page, "python") if ("lookalike.thesis" in b) == of_data_sets]


@pytest.mark.parametrize("page", [p for p in PAGES if examples(p, of_data_sets=False)], ids=name)
def test_python_examples_run(page: Path, home: Path, environment: dict[str, str]) -> None:
    run_examples(examples(page, of_data_sets=False), home, environment)


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if examples(p, of_data_sets=True)], ids=name)
def test_examples_of_data_sets_run(
    page: Path, home: Path, environment: dict[str, str], data_sets: Path
) -> None:
    told = environment | {"LOOKALIKE_DATA": str(data_sets)}
    run_examples(examples(page, of_data_sets=True), home, told)


def run_examples(found: list[str], home: Path, environment: dict[str, str]) -> None:
    """As one script."""
    script = home / "example.py"
    script.write_text("\n".join(found), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def leaves(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The words of every command, such as ("benchmark", "search"), and the command."""
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, *above, word)
        else:
            yield (*above, word), command


LEAVES = dict(leaves(program))


def options(command: click.Command) -> list[str]:
    return [
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    ]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_and_option_has_its_place(words: tuple[str, ...]) -> None:
    page = ROOT / "docs" / "commands" / f"{words[0]}.md"
    assert page.exists(), f"lookalike {words[0]} has no page"
    text = page.read_text(encoding="utf-8")
    assert f"`lookalike {' '.join(words)}" in text
    for option in options(LEAVES[words]):
        assert re.search(rf"`{option}[ `]", text), f"{option} isn't described in {page}"


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "commands").glob("*.md")), ids=name)
def test_no_page_describes_what_is_gone(page: Path) -> None:
    known = {o for words, c in LEAVES.items() if words[0] == page.stem for o in options(c)}
    named = set(re.findall(r"^\| `(-[^ `]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= known


def test_every_page_is_in_the_contents() -> None:
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z0-9/-]+)$", contents, re.MULTILINE))
    pages = {str(p.relative_to(ROOT / "docs").with_suffix("")) for p in PAGES[1:]} - {"index"}
    assert pages == listed
