"""What only the file that goes says of a picture, and not the one that is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from lookalike.actions.journal import Journal
from lookalike.actions.known import Known
from lookalike.actions.plan import PlannedFile
from lookalike.actions.seen import LeftAlone, Seen, status_of
from lookalike.actions.sidecars import Folders
from lookalike.actions.writing import write_sidecar
from lookalike.actions.xmp import CannotWrite, embedded, read_xmp, with_added
from lookalike.errors import LookalikeError
from lookalike.shot import Shot
from lookalike.types import InputSpec, Limits

if TYPE_CHECKING:
    from lookalike.images.pool.pool import DecodePool

__all__ = ["Metadata", "ShotOf"]

ShotOf: TypeAlias = Callable[[PlannedFile], Shot | None]
"""What the file of a plan says of how it was taken, such as from a library that knows it."""

_MOST_SIDECAR = 4_000_000


class Metadata:
    """Reads what files and their sidecars say, and adds to sidecars.

    Args:
        shots: asked for what is in a file; ``None`` to read it, in a child process with limits.
        folders: where sidecars are looked for.
    """

    def __init__(self, shots: ShotOf | None, folders: Folders) -> None:
        self._shots = shots
        self._folders = folders
        self._pool: DecodePool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.close()

    def only_in(self, file: PlannedFile, sidecars: Sequence[str], kept: PlannedFile) -> Known:
        """What a file or its sidecars say, and the kept file and its sidecars don't.

        Args:
            file: that goes.
            sidecars: of it.
            kept: the file that stays.
        """
        same = file.digest == kept.digest
        own = Known() if same else self._of(file)
        for sidecar in sidecars:
            own |= _of_sidecar(sidecar)
        if not own:
            return own
        theirs = self._of(kept)
        for sidecar in self._folders.sidecars(kept.path):
            theirs |= _of_sidecar(sidecar)
        return own - theirs

    def add(self, journal: Journal, file: str, kept: str, known: Known) -> str:
        """Write something into the sidecar of the kept file, never into that file itself.

        Args:
            journal: of the run.
            file: of the plan that goes.
            kept: path of the file that stays.
            known: what to write.

        Returns:
            The path of the sidecar.

        Raises:
            LeftAlone: the sidecar that is there can't be added to.
            OSError: what the system says.
        """
        path = self.sidecar_of(kept)
        former = b""
        if status_of(path) is not None:
            Seen.at(path)  # a regular file, and no link
            with open(path, "rb") as opened:
                former = opened.read(_MOST_SIDECAR + 1)
        try:
            data = with_added(former, known)
        except CannotWrite as error:
            raise LeftAlone(f"{path} {error}") from error
        write_sidecar(journal, file, path, data, former)
        self._folders.forget(os.path.dirname(path))
        return path

    def sidecar_of(self, path: str) -> str:
        """The XMP sidecar of a picture: the one that is there, else ``a.jpg.xmp``."""
        plain = f"{path}.xmp"
        if status_of(plain) is None:
            for sidecar in self._folders.sidecars(path):
                if sidecar.lower().endswith(".xmp"):
                    return sidecar
        return plain

    def _of(self, file: PlannedFile) -> Known:
        shot = self._read(file.path) if self._shots is None else self._shots(file)
        return Known.of(shot) | embedded(file.path)

    def _read(self, path: str) -> Shot | None:
        if self._pool is None:
            # Here, not above: most runs ask the library, or compare files of the same bytes.
            from lookalike.images.pool.pool import DecodePool

            inputs = {"small": InputSpec(32, "stretch")}
            self._pool = DecodePool(inputs, limits=Limits(), workers=1)
        with suppress(LookalikeError):
            return self._pool.decode(path).shot
        return None


def _of_sidecar(path: str) -> Known:
    if not path.lower().endswith(".xmp"):
        return Known()
    with suppress(OSError), open(path, "rb") as file:
        return read_xmp(file.read(_MOST_SIDECAR))
    return Known()
