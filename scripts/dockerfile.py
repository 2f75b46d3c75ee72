"""Reading a Dockerfile and its .dockerignore, as far as this project's go."""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass
class Stage:
    """A FROM and what follows it: pairs of the word and the rest of each instruction."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        """The rest of the last instruction of this word; empty without one."""
        return next((rest for step, rest in reversed(self.steps) if step == word), "")


def read_stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile; the arguments above the first are put into each FROM."""
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for line in re.sub(r"\\\n", " ", "\n".join(kept)).splitlines():
        word, _, rest = line.strip().partition(" ")
        word, rest = word.upper(), rest.strip()
        if word == "FROM":
            base, *named = expand(rest, arguments).split()
            stages.append(Stage(named[1] if named else str(len(stages)), base))
        elif word == "ARG" and not stages:
            name, _, value = rest.partition("=")
            arguments[name] = value
        elif word:
            stages[-1].steps.append((word, rest))
    return stages


def expand(text: str, values: Mapping[str, str]) -> str:
    """Put values in for ``$NAME`` and ``${NAME}``."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda m: values.get(m[1] or m[2], ""), text)


def read_copy(rest: str) -> tuple[dict[str, str], list[str], str]:
    """Flags, sources and target of a COPY."""
    words = shlex.split(rest)
    flags = {}
    while words[0].startswith("--"):
        name, _, flags_value = words.pop(0)[2:].partition("=")
        flags[name] = flags_value
    *sources, target = words
    return flags, sources, target


def read_rules() -> list[str]:
    """The rules of .dockerignore."""
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def ignored(path: str, rules: Sequence[str]) -> bool:
    """Whether .dockerignore keeps a file out; the last rule that fits decides."""
    parts = path.split("/")
    heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    out = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        anywhere = pattern.startswith("**/")
        names = parts if anywhere else heads
        if any(fnmatch.fnmatchcase(name, pattern.removeprefix("**/")) for name in names):
            out = not rule.startswith("!")
    return out


def context_files(source: str) -> list[str]:
    """Files that a COPY of this source gets, by their paths in the repository."""
    place = REPOSITORY / source
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    names = sorted(str(path.relative_to(REPOSITORY)) for path in files)
    rules = read_rules()
    return [name for name in names if not ignored(name, rules)]
