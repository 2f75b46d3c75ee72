"""Third-party models by name: ``hub:OWNER/NAME``, ``hub:FOLDER`` and ``onnx:FILE``.

The whole name is ``hub:OWNER/NAME@REVISION:PRECISION``, where revision and precision may be left
out, or ``hub:FOLDER:PRECISION``. An ONNX file needs a small card beside it, a JSON file of the
same name with the keys of ``preprocessor_config.json``, and, where they are needed, ``name``,
``output`` and ``pooling``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.encoders import layout
from lookalike.encoders.text import TextTower
from lookalike.errors import ModelError, UsageError

if TYPE_CHECKING:
    from lookalike.encoders.hub import Snapshot

__all__ = ["DEFAULT_REVISION", "Origin", "parse"]

DEFAULT_REVISION = "main"
DEFAULT_PRECISION = "fp32"

# As the hub has it: https://huggingface.co/docs/hub/repositories-settings
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model's files are.

    Attributes:
        kind: ``hub``, ``folder`` (of the hub's layout) or ``onnx`` (one file with a card).
        place: ``OWNER/NAME``, or an absolute path.
        revision: of a model on the hub.
        precision: which of its files.
    """

    kind: str
    place: str
    revision: str | None = None
    precision: str = DEFAULT_PRECISION

    def __str__(self) -> str:
        """The name that :func:`parse` takes."""
        scheme = "onnx" if self.kind == "onnx" else "hub"
        revision = f"@{self.revision}" if self.revision else ""
        precision = "" if self.precision == DEFAULT_PRECISION else f":{self.precision}"
        return f"{scheme}:{self.place}{revision}{precision}"

    @property
    def name(self) -> str:
        """Of the codes that are made with it."""
        last = Path(self.place).stem if self.kind == "onnx" else self.place.split("/")[-1]
        if self.kind == "folder":
            last = Path(self.place).name
        return last if self.precision == DEFAULT_PRECISION else f"{last}-{self.precision}"

    @property
    def path(self) -> Path:
        """Of the folder or file, or of what is in the cache of a model on the hub."""
        if self.kind != "hub":
            return Path(self.place)
        return self._snapshot(ask=False).folder

    def same_as(self, kept: Origin) -> bool:
        """Whether this stands for a model that is kept; without a revision any commit will do."""
        if self.kind == "hub" and self.revision is None:
            return replace(kept, revision=None) == self
        return kept == self

    def pinned(
        self,
        progress: Callable[[int, int], object] | None = None,
        *,
        ask: bool = True,
        anew: bool = True,
    ) -> Origin:
        """The same with a commit for a revision, once its files of the image tower are here.

        Args:
            progress: called with the bytes that are there and the bytes in all.
            ask: whether the hub may be asked.
            anew: whether it is yet to be found out what is taken of the model; a library knows.

        Raises:
            ModelError: there is no such model, or it can't be fetched.
        """
        if self.kind != "hub":
            return self
        found = self._snapshot(ask=ask)
        wanted = layout.image_files(set(found.files), self.precision, str(self))
        if ask:
            if anew:
                found.fetch(layout.describing(found.files))
            if layout.CONFIG in wanted:  # small: nothing large is fetched for one that says nothing
                found.fetch([layout.CONFIG])
                layout.image_settings(found.folder, str(self))
            found.fetch(wanted, progress)
        elif found.missing(wanted):
            raise ModelError(f"{self}: its files are no longer in the cache ({found.folder})")
        return replace(self, revision=found.commit)

    def names(self) -> set[str]:
        """The names of the model's files, those that aren't fetched included."""
        if self.kind == "hub":
            return set(self._snapshot().files)
        if self.kind == "folder" and not self.path.is_dir():
            raise ModelError(f"{self.place}: no such folder: give one that holds an exported model")
        return layout.files_in(self.path) if self.kind == "folder" else set()

    def has_text(self) -> bool:
        """Whether there is a text tower."""
        return layout.text_model(self.names(), self.precision) is not None

    def text_tower(
        self, side: int, progress: Callable[[int, int], object] | None = None
    ) -> TextTower:
        """The text tower, fetched where need be.

        Args:
            side: of the pictures, in pixels.
            progress: called with the bytes that are there and the bytes in all.

        Raises:
            ModelError: there is none, or it can't be fetched.
            MissingExtraError: ``tokenizers`` isn't installed.
        """
        names = self.names()
        file = layout.text_model(names, self.precision)
        if file is None:
            raise ModelError(f"{self}: has no text tower: text queries need another model")
        if self.kind == "hub":
            found = self._snapshot()
            found.fetch(layout.text_files(names, self.precision), progress)
        return TextTower(self.path, self.path / file, side)

    def _snapshot(self, *, ask: bool = True) -> Snapshot:
        # Here, not above: libraries whose models aren't from the hub need no HTTP.
        from lookalike.encoders import hub

        return hub.snapshot(self.place, self.revision or DEFAULT_REVISION, ask=ask)


def parse(name: str) -> Origin | None:
    """Where a model is by its name; ``None`` for a name of another kind.

    Raises:
        UsageError: a name of this kind that can't be understood.
    """
    scheme, colon, rest = name.partition(":")
    if not colon or scheme not in ("hub", "onnx"):
        return None
    if not rest:
        raise UsageError(f"{name!r} names no model: give hub:OWNER/NAME, hub:FOLDER or onnx:FILE")
    if scheme == "onnx":
        return Origin("onnx", _absolute(rest))
    rest, precision = _split_precision(rest)
    place, at, revision = rest.partition("@")
    if rest.startswith((".", "/", "~", "\\")) or Path(rest).is_absolute():
        return Origin("folder", _absolute(rest), None, precision)
    if not _REPOSITORY.fullmatch(place):
        raise UsageError(
            f"{name!r} is no model on the hub: give hub:OWNER/NAME, with @REVISION or :PRECISION "
            "after it, or a folder as hub:./FOLDER"
        )
    if at and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise UsageError(f"{revision!r} is no revision: give a branch, a tag or a commit")
    return Origin("hub", place, revision if at else None, precision)


def _split_precision(rest: str) -> tuple[str, str]:
    before, colon, last = rest.rpartition(":")
    if not colon or "/" in last or "\\" in last:
        return rest, DEFAULT_PRECISION
    return before, layout.check_precision(last)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())
