"""What travels between the parts: specifications, codes, answers, and the two protocols.

Codes are *packed*: ``uint8`` rows of ``ceil(bits / 8)`` bytes, most significant bit first
(``numpy.packbits`` order), padding bits zero. Distances are in bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NewType, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from lookalike import match
from lookalike.errors import UsageError
from lookalike.match import Match
from lookalike.shot import Shot

__all__ = [
    "Codes",
    "Encoded",
    "Encoder",
    "Hit",
    "Hits",
    "Index",
    "InputSpec",
    "Kind",
    "Limits",
    "Match",
    "Part",
    "Pixels",
    "RadiusHits",
]

Codes: TypeAlias = npt.NDArray[np.uint8]
"""Packed codes, shape (n, ceil(bits / 8))."""

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""One RGB picture, shape (height, width, 3)."""

Part: TypeAlias = match.Part
"""Left, top, right and bottom of a part of a picture, as shares of its sides from 0 to 1."""

Kind: TypeAlias = match.Kind
"""What a match is, best first."""

ContentId = NewType("ContentId", int)
"""Names a content in its library: a distinct (bytes of a file, member)."""

FileId = NewType("FileId", int)
"""Names a file in its library."""

PictureId = NewType("PictureId", int)
"""Names a picture in its library: a (file, member). The first of a file keeps its id."""

EncoderId = NewType("EncoderId", int)
"""Names an encoder in its library."""

Slot: TypeAlias = Literal["pdq", "photo"]
"""Which of a picture's two codes."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What an encoder wants to be handed: 8-bit RGB of a certain size.

    Attributes:
        size: pixels.
        fit: ``within`` shrinks until neither side exceeds ``size``, keeps the aspect and never
            enlarges; ``stretch`` gives ``size`` x ``size`` whatever the aspect; ``crop`` scales the
            shorter side to ``size`` and takes the centre square.
        resample: the filter, applied with antialiasing; ``nearest``, which has none, with ``edge``.
        part: what of the picture is taken, before all else; ``None`` for all of it.
        edge: of ``stretch`` and ``crop``: pixels that both sides, or the shorter one, are scaled to
            before the centre of ``size`` is cut out. The whole picture is decoded and resampled in
            one step then, as the image processors of the Hugging Face hub do it; 0 for the usual,
            faster way.
        rounding: with ``edge``: ``down`` rounds the longer side and the place of the cut down,
            ``longer`` rounds the longer side to the nearest, ``place`` the place of the cut.
    """

    size: int
    fit: Literal["within", "stretch", "crop"]
    resample: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = "bilinear"
    part: Part | None = None
    edge: int = 0
    rounding: Literal["down", "longer", "place"] = "down"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost before it is given up.

    Attributes:
        pixels: width x height as the header states them; more is skipped.
        file_bytes: size of the file; more is skipped.
        memory_bytes: of one decoding process (enforced where the system can: not on Windows).
        seconds: wall clock for one picture.

    Raises:
        UsageError: a limit is no number above 0.
    """

    pixels: int = 200_000_000
    file_bytes: int = 500_000_000
    memory_bytes: int = 1_000_000_000
    seconds: float = 20.0

    def __post_init__(self) -> None:
        for name in ("pixels", "file_bytes", "memory_bytes", "seconds"):
            value = getattr(self, name)
            kind = int | float if name == "seconds" else int
            if isinstance(value, bool) or not isinstance(value, kind) or not value > 0:
                raise UsageError(f"the limit {name} is a number above 0, not {value!r}")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture after decoding, reduced to what the encoders take in.

    Attributes:
        inputs: for each encoder's name its input, uint8 (height, width, 3).
        content_digest: SHA-256 of the file's bytes, 32 bytes.
        pixel_digest: SHA-256 of all that the file shows, 32 bytes; ``None`` where that took more
            than decoding it for its codes.
        width: in pixels, after orientation, at full size.
        height: likewise.
        format: Pillow's name of the format, such as ``JPEG``; ``array`` for pixels in memory.
        file_bytes: size of the file.
        member: which picture of the file it is, such as ``page-2``; empty for the only or the
            first one.
        members: how many pictures the file holds; ``None`` where nobody counted.
        loss: what of the file is lost, in a few words, though its picture can be shown; empty where
            nothing is known to be.
        shot: how it was taken, as the file says; ``None`` where it says nothing.
    """

    inputs: dict[str, Pixels]
    content_digest: bytes
    pixel_digest: bytes | None
    width: int
    height: int
    format: str
    file_bytes: int
    member: str = ""
    members: int | None = None
    loss: str = ""
    shot: Shot | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """What an encoder makes of n pictures.

    Attributes:
        codes: packed, uint8 (n, ceil(bits / 8)).
        embeddings: for rescoring by their cosines, int8 (n, d); their lengths mean nothing to
            others. ``None`` where the encoder has none.
        quality: 0 to 100, uint8 (n,): how far the code can be trusted; ``None`` where the encoder
            doesn't say.
    """

    codes: Codes
    embeddings: npt.NDArray[np.int8] | None = None
    quality: npt.NDArray[np.uint8] | None = None


@runtime_checkable
class Encoder(Protocol):
    """Picture to code."""

    @property
    def name(self) -> str:
        """Short name of the code, such as ``pdq``."""

    @property
    def bits(self) -> int:
        """Width of the code."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same picture could get another code."""

    @property
    def embedding_size(self) -> int:
        """Width of the embedding, 0 where there is none."""

    @property
    def input(self) -> InputSpec:
        """What :meth:`encode` takes."""

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        """Encode pictures that were prepared to :attr:`input`."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour: its id and its distance in bits (a ``float`` for the k-d tree)."""

    id: int
    distance: int


@dataclass(frozen=True, slots=True)
class Hits:
    """The k nearest of each query, ordered by (distance, id).

    Attributes:
        ids: int64 (queries, k); -1 where there are fewer than k.
        distances: int32 (queries, k) in bits (float32 for the k-d tree); -1 where there are fewer.
        exact: whether no nearer neighbour can have been missed.
    """

    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.int32]
    exact: bool

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, query: int) -> list[Hit]:
        """The neighbours of one query, nearest first, without the padding."""
        return [
            Hit(int(i), d.item())
            for i, d in zip(self.ids[query], self.distances[query], strict=True)
            if i >= 0
        ]


@dataclass(frozen=True, slots=True)
class RadiusHits:
    """All neighbours within a radius of each query, ordered by (distance, id) within a query.

    Attributes:
        offsets: int64 (queries + 1,): query q owns the slice ``offsets[q]:offsets[q + 1]``.
        ids: int64 (total,).
        distances: int32 (total,) in bits.
        exact: whether no neighbour can have been missed.
    """

    offsets: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.int32]
    exact: bool

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, query: int) -> list[Hit]:
        """The neighbours of one query, nearest first."""
        low, high = int(self.offsets[query]), int(self.offsets[query + 1])
        return [
            Hit(int(i), d.item())
            for i, d in zip(self.ids[low:high], self.distances[low:high], strict=True)
        ]


@runtime_checkable
class Index(Protocol):
    """Codes to neighbours."""

    @property
    def bits(self) -> int:
        """Width of the codes."""

    def __len__(self) -> int:
        """Number of codes."""

    def search(
        self, queries: Codes, k: int, *, allowed: npt.NDArray[np.bool_] | None = None
    ) -> Hits:
        """The k nearest of each query, among the rows where ``allowed`` is true."""

    def within(
        self, queries: Codes, radius: int, *, allowed: npt.NDArray[np.bool_] | None = None
    ) -> RadiusHits:
        """All within ``radius`` bits of each query, among the rows where ``allowed`` is true."""
