"""A module imports only from rows above its own, and nothing outside training imports torch."""

from __future__ import annotations

import ast
from pathlib import Path

import lookalike

PACKAGE = Path(lookalike.__file__).parent

# A module imports from rows above its own, and within a row from what stands left of it.
ROWS = [
    ("arguments", "errors", "fields", "match", "shot", "types"),
    ("system",),
    ("images",),
    ("sheets", "download"),
    ("sources",),
    ("codes",),
    ("encoders",),
    ("road",),
    ("indexes", "ranking"),
    ("matching",),
    ("library",),
    ("remote",),
    ("actions",),
    ("metrics", "datasets", "estimators", "training", "evaluation", "thesis"),
    ("client", "server", "cli"),
]
ROOMS = [name for row in ROWS for name in row]
RANK = {name: rank for rank, name in enumerate(ROOMS)}
ANYWHERE = {"arguments", "errors", "fields", "match", "shot", "types"}

# Files that are longer than they should be, and how long they may be until somebody mends them.
LONGEST = 300
DEBTS = {
    "training/loop.py": 344,
}


def imports(path: Path) -> set[str]:
    """Absolute names that a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_imports_go_upwards_only() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        own = part(path)
        if own in ("__init__", "__main__"):
            continue
        assert own in RANK, f"{path} belongs to no row of the design"
        for name in imports(path):
            pieces = name.split(".")
            if pieces[0] != "lookalike" or len(pieces) < 2 or pieces[1] not in RANK:
                continue
            if pieces[1] != own and pieces[1] not in ANYWHERE and RANK[pieces[1]] > RANK[own]:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert wrong == []


def test_only_training_imports_torch() -> None:
    users = {
        part(p)
        for p in PACKAGE.rglob("*.py")
        if any(n.split(".")[0] == "torch" for n in imports(p))
    }
    assert users <= {"training"}


def lengths() -> dict[str, int]:
    return {
        p.relative_to(PACKAGE).as_posix(): len(p.read_text(encoding="utf-8").splitlines())
        for p in PACKAGE.rglob("*.py")
    }


def test_files_stay_small() -> None:
    long = {name: n for name, n in lengths().items() if n > DEBTS.get(name, LONGEST)}
    assert long == {}, "split them: one concept a file"


def test_no_debt_is_paid_and_kept() -> None:
    found = lengths()
    paid = [name for name in DEBTS if found.get(name, 0) <= LONGEST]
    assert paid == [], "take them off the list"
