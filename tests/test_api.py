"""The public API is what its page says it is: name by name, signature by signature."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lookalike

DOCS = Path(__file__).resolve().parent.parent / "docs"
MODULE = re.compile(r"^## `([\w.]+)`$")
ROW = re.compile(r"^\| `(\w+)(?:\.(\w+))?(\(.*\))?` \| (.*) \|$")
DIRECTIVE = re.compile(r"^\.\. auto(module|function|class):: (\S+)$", re.MULTILINE)


class Row(NamedTuple):
    """A row of a table on the page: ``| `name.member(parameters)` | text |``."""

    module: str
    name: str
    member: str | None
    parameters: str | None
    text: str

    def owner(self) -> Any:
        """What has the name."""
        return getattr(importlib.import_module(self.module), self.name)

    def thing(self) -> Any:
        """What the row is about; of members what their class holds."""
        return self.owner() if self.member is None else getattr(self.owner(), self.member)


def read() -> tuple[list[str], list[Row], list[str]]:
    """Modules, rows, and rows of tables that are no such row."""
    modules: list[str] = []
    rows: list[Row] = []
    odd: list[str] = []
    for line in (DOCS / "python-api.md").read_text(encoding="utf-8").splitlines():
        heading, row = MODULE.match(line), ROW.match(line)
        if heading:
            modules.append(heading[1])
        elif row:
            rows.append(Row(modules[-1], row[1], row[2], row[3], row[4]))
        elif line.startswith("|") and not re.match(r"^\| (?:call|name|error) \||^\|---", line):
            odd.append(line)
    return modules, rows, odd


MODULES, ROWS, ODD = read()
NAMED = {(row.module, row.name) for row in ROWS}


def shown(row: Row) -> str:
    return ".".join(filter(None, [row.module, row.name, row.member]))


def own_members(kind: type) -> set[str]:
    """Public members that a class has from lookalike, but for the fields of records."""
    fields = {f.name for f in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    return {
        name
        for base in kind.__mro__
        if base.__module__.startswith("lookalike")
        for name, value in vars(base).items()
        if not name.startswith("_")
        and name not in fields
        and (callable(value) or isinstance(value, property | classmethod | staticmethod))
        # Which scikit-learn adds to every estimator.
        and not re.fullmatch(r"set_\w+_request", name)
    }


def parameters_of(thing: Any, *, of_instance: bool) -> str:
    """As the page writes them: names and defaults."""
    written, star = [], False
    for place, parameter in enumerate(inspect.signature(thing).parameters.values()):
        if place == 0 and of_instance:
            continue
        text = parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            text, star = f"*{text}", True
        elif parameter.kind is parameter.VAR_KEYWORD:
            text = f"**{text}"
        elif parameter.kind is parameter.KEYWORD_ONLY and not star:
            written.append("*")
            star = True
        if parameter.default is not parameter.empty:
            default = parameter.default
            text += f'="{default}"' if isinstance(default, str) else f"={default!r}"
        written.append(text)
    return f"({', '.join(written)})"


def test_the_page_has_modules_and_tables() -> None:
    assert MODULES[0] == "lookalike"
    assert {row.module for row in ROWS} == set(MODULES)
    assert ODD == []


def test_the_page_reads_without_a_build() -> None:
    assert "{eval-rst}" not in (DOCS / "python-api.md").read_text(encoding="utf-8")


def test_nothing_is_described_twice() -> None:
    described = [(row.module, row.name, row.member) for row in ROWS]
    assert len(described) == len(set(described))


@pytest.mark.parametrize("module", MODULES)
def test_public_names_are_on_the_page(module: str) -> None:
    loaded = importlib.import_module(module)
    missing = [
        name
        for name in set(loaded.__all__) - {"__version__"}
        if (module, name) not in NAMED
        # The same thing, described under another module.
        and not any(
            named == name and getattr(importlib.import_module(home), name) is getattr(loaded, name)
            for home, named in NAMED
        )
    ]
    assert missing == []


@pytest.mark.parametrize(("module", "name"), sorted(NAMED))
def test_what_is_on_the_page_is_public(module: str, name: str) -> None:
    assert name in importlib.import_module(module).__all__


@pytest.mark.parametrize("row", ROWS, ids=shown)
def test_what_is_on_the_page_exists_as_it_says(row: Row) -> None:
    thing = row.thing()
    if row.parameters is not None:
        assert callable(thing)
        # A method that is taken from its class has its instance still to come.
        held = inspect.getattr_static(row.owner(), row.member) if row.member else None
        of_instance = inspect.isfunction(held)
        assert row.parameters == parameters_of(thing, of_instance=of_instance)
    else:
        assert not inspect.isroutine(thing), "calls are written with their parameters"
    if row.parameters is None and dataclasses.is_dataclass(thing):
        fields = {field.name for field in dataclasses.fields(thing)}
        assert fields <= set(re.findall(r"`(\w+)`", row.text))


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.member is None and inspect.isclass(r.thing())], ids=shown
)
def test_members_are_on_the_page(row: Row) -> None:
    own = {r.member for r in ROWS if (r.module, r.name) == (row.module, row.name)}
    mentioned = set(re.findall(r"`(\w+)`", " ".join(r.text for r in ROWS if r.name == row.name)))
    for name in own_members(row.thing()):
        is_value = isinstance(inspect.getattr_static(row.thing(), name), property)
        assert name in own or (is_value and name in mentioned), name


def test_the_reference_has_every_module_of_the_page() -> None:
    named = DIRECTIVE.findall((DOCS / "reference.md").read_text(encoding="utf-8"))
    modules = {name for kind, name in named if kind == "module"}
    assert modules == set(MODULES) - {"lookalike"}
    inside = {n for module in modules for n in importlib.import_module(module).__all__}
    single = {name.rpartition(".")[2] for kind, name in named if kind != "module"}
    assert set(lookalike.__all__) - inside - {"__version__"} == single


@pytest.mark.parametrize("module", MODULES)
def test_public_names_exist(module: str) -> None:
    loaded = importlib.import_module(module)
    for name in loaded.__all__:
        assert getattr(loaded, name) is not None


def test_dir_shows_the_public_names() -> None:
    assert dir(lookalike) == sorted(lookalike.__all__)


def test_all_errors_are_in_the_package() -> None:
    for name in lookalike.errors.__all__:
        assert name in lookalike.__all__
        assert getattr(lookalike, name) is getattr(lookalike.errors, name)


@pytest.mark.parametrize("module", ["lookalike", "lookalike.encoders", "lookalike.indexes"])
def test_unknown_names_are_refused(module: str) -> None:
    loaded = importlib.import_module(module)
    with pytest.raises(AttributeError, match="Libary"):
        loaded.Libary  # noqa: B018


@pytest.mark.parametrize("module", MODULES[1:])
def test_modules_are_there_after_a_bare_import(module: str) -> None:
    code = f"import lookalike; print({module}.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == module


def test_errors_can_be_caught_after_a_bare_import() -> None:
    code = (
        "import lookalike\n"
        "try: lookalike.Library.open('/nowhere/at/all', create=False)\n"
        "except lookalike.errors.LookalikeError as error: print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "LibraryNotFoundError"


@pytest.mark.parametrize("module", ["lookalike", "lookalike.cli"])
def test_importing_is_light(module: str) -> None:
    heavy = "numba numpy onnxruntime PIL pillow_heif sqlite3 sklearn skimage tqdm torch"
    code = f"import sys, {module}; print([m for m in {heavy!r}.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
