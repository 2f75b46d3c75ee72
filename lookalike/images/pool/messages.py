"""What pool and child say to each other, as JSON headers and bodies; see :mod:`framing`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from lookalike.errors import Cause, PictureError, PictureFailed, PictureSkipped
from lookalike.images.formats.format import MOST_MEMBERS
from lookalike.images.reasons import one_line
from lookalike.shot import Shot
from lookalike.types import Decoded, InputSpec, Limits

__all__ = [
    "Digest",
    "Wanted",
    "most_answer",
    "pack_decoded",
    "pack_digest",
    "pack_error",
    "pack_inputs",
    "pack_limits",
    "unpack_answer",
    "unpack_digest",
    "unpack_inputs",
    "unpack_limits",
]

Wanted: TypeAlias = Literal["exact", "rgb"]
"""Which digest: of all that a file shows, or of its 8-bit RGB at full size."""


class Digest(NamedTuple):
    """What a digest was made of, and the digest.

    Attributes:
        content: SHA-256 of the file's bytes, 32 bytes.
        made: 32 bytes; ``None`` where it can't be told, or the file is another than was meant.
    """

    content: bytes
    made: bytes | None


def pack_inputs(inputs: Mapping[str, InputSpec]) -> dict[str, Any]:
    """Specifications as JSON."""
    return {
        name: [spec.size, spec.fit, spec.resample, spec.part, spec.edge, spec.rounding]
        for name, spec in inputs.items()
    }


def unpack_inputs(packed: dict[str, Any]) -> dict[str, InputSpec]:
    """The inverse of :func:`pack_inputs`."""
    return {
        name: InputSpec(size, fit, resample, None if part is None else (*part,), edge, rounding)
        for name, (size, fit, resample, part, edge, rounding) in packed.items()
    }


def pack_limits(limits: Limits) -> dict[str, Any]:
    """Limits as JSON."""
    return dataclasses.asdict(limits)


def unpack_limits(packed: dict[str, Any]) -> Limits:
    """The inverse of :func:`pack_limits`."""
    return Limits(**packed)


def most_answer(inputs: Mapping[str, InputSpec]) -> int:
    """Bytes of the largest answer that these specifications allow."""
    return sum(3 * spec.size * spec.size for spec in inputs.values())


def pack_decoded(decoded: Decoded) -> tuple[dict[str, Any], list[memoryview]]:
    """An answer's header and body."""
    header = {
        "status": "ok",
        "content": decoded.content_digest.hex(),
        "pixels": None if decoded.pixel_digest is None else decoded.pixel_digest.hex(),
        "width": decoded.width,
        "height": decoded.height,
        "format": decoded.format,
        "file_bytes": decoded.file_bytes,
        "member": decoded.member,
        "members": decoded.members,
        "loss": decoded.loss,
        "shot": None if decoded.shot is None else decoded.shot.pack(),
        "arrays": [[n, a.shape[0], a.shape[1]] for n, a in decoded.inputs.items()],
    }
    return header, [np.ascontiguousarray(a).data for a in decoded.inputs.values()]


def pack_error(error: PictureError) -> dict[str, Any]:
    """A refusal's header."""
    return {"status": error.status, "reason": str(error), "cause": error.cause}


def pack_digest(digest: Digest) -> dict[str, Any]:
    """An answer's header."""
    made = None if digest.made is None else digest.made.hex()
    return {"status": "ok", "content": digest.content.hex(), "made": made}


def unpack_digest(header: dict[str, Any], body: bytearray) -> Digest | PictureError:
    """What a child answered that was asked for a digest; nothing in it is taken on trust.

    Raises:
        ValueError, TypeError, KeyError: it isn't an answer to this question.
    """
    if (error := _error(header)) is not None:
        return error
    content = bytes.fromhex(header["content"])
    made = None if header["made"] is None else bytes.fromhex(header["made"])
    if body or len(content) != 32 or (made is not None and len(made) != 32):
        raise ValueError("not an answer to this question")
    return Digest(content, made)


def _error(header: dict[str, Any]) -> PictureError | None:
    """The error that a child answered with, if it did.

    Raises:
        ValueError, KeyError: it is no answer at all.
    """
    if header["status"] in ("skipped", "failed"):
        kind = PictureSkipped if header["status"] == "skipped" else PictureFailed
        if header["cause"] not in get_args(Cause):
            raise ValueError("not an answer to this question")
        return kind(str(header["reason"]), cause=header["cause"])
    if header["status"] != "ok":
        raise ValueError("not an answer to this question")
    return None


def unpack_answer(
    header: dict[str, Any], body: bytearray, inputs: Mapping[str, InputSpec], member: str = ""
) -> Decoded | PictureError:
    """What a child answered; nothing in it is taken on trust.

    Args:
        header: of the answer.
        body: of the answer.
        inputs: that were asked for.
        member: likewise.

    Raises:
        ValueError, TypeError, KeyError: it isn't an answer to this question.
    """
    if (error := _error(header)) is not None:
        return error
    if [name for name, _, _ in header["arrays"]] != list(inputs):
        raise ValueError("not an answer to this question")
    arrays, at = {}, 0
    for name, height, width in header["arrays"]:
        if not (0 < height <= inputs[name].size and 0 < width <= inputs[name].size):
            raise ValueError("not an answer to this question")
        count = height * width * 3
        flat = np.frombuffer(body, np.uint8, count, at)
        arrays[name] = flat.reshape(height, width, 3)
        at += count
    content = bytes.fromhex(header["content"])
    pixels = None if header["pixels"] is None else bytes.fromhex(header["pixels"])
    if at != len(body) or len(content) != 32 or (pixels is not None and len(pixels) != 32):
        raise ValueError("not an answer to this question")
    members = None if header["members"] is None else int(header["members"])
    if header["member"] != member or not (members is None or 1 <= members <= MOST_MEMBERS):
        raise ValueError("not an answer to this question")
    return Decoded(
        inputs=arrays,
        content_digest=content,
        pixel_digest=pixels,
        width=int(header["width"]),
        height=int(header["height"]),
        format=str(header["format"]),
        file_bytes=int(header["file_bytes"]),
        member=member,
        members=members,
        loss=one_line(str(header["loss"])),
        shot=None if header["shot"] is None else Shot.unpack(header["shot"]),
    )
