"""A module imports only from rows above its own, and nothing outside training imports torch."""

from __future__ import annotations

import ast
from pathlib import Path

import lookalike

PACKAGE = Path(lookalike.__file__).parent

ROWS = [
    ("errors", "types"),
    ("download",),
    ("images",),
    ("codes",),
    ("encoders",),
    ("indexes",),
    ("metrics", "estimators"),
    ("library",),
    ("remote",),
    ("datasets",),
    ("training",),
    ("evaluation",),
    ("thesis",),
    ("server",),
    ("cli",),
]
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}


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
            if pieces[1] != own and RANK[pieces[1]] >= RANK[own] and RANK[pieces[1]] > 0:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert wrong == []


def test_only_training_imports_torch() -> None:
    users = {
        part(p)
        for p in PACKAGE.rglob("*.py")
        if any(n.split(".")[0] == "torch" for n in imports(p))
    }
    assert users <= {"training"}


def test_files_stay_small() -> None:
    long = {
        str(p.relative_to(PACKAGE)): n
        for p in PACKAGE.rglob("*.py")
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
