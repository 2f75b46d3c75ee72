"""``lookalike encode``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookalike.cli.options import PathType, json_option, library_option, verbose_option
from lookalike.cli.output import counted, note, one_line, print_json, show_path
from lookalike.cli.progress import byte_bar, counter
from lookalike.cli.target import check_target
from lookalike.errors import LookalikeError, PictureError
from lookalike.system.replacing import replacing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lookalike.encoders.fitted import FittedEncoder
    from lookalike.types import Encoded, Encoder, Pixels

__all__ = ["encode"]

# Pictures handed to the encoder at a time: the codes of a million pictures are small, their
# pixels are not.
_BATCH = 64


@click.command(short_help="Write the codes of pictures to a file.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=PathType())
@click.option(
    "--code",
    required=True,
    metavar="NAME",
    help="pdq, photo, or a model: its name, the path of its .onnx file, or hub:OWNER/NAME.",
)
@click.option(
    "--out",
    required=True,
    metavar="CODES",
    type=PathType(),
    help="The file to write, such as codes.npz.",
)
@json_option
@library_option
@verbose_option
def encode(paths: tuple[Path, ...], code: str, out: Path, as_json: bool, library: str) -> None:
    """Write the codes of pictures to a NumPy file, one row for each readable picture.

    PATH is a file or a folder, walked recursively. The file gets the arrays codes (packed, uint8),
    embeddings (float32, where the model has them) and paths. No library is read or changed. A model
    of other people, such as hub:OWNER/NAME, is fitted on these pictures first: its codes can be
    compared within the file, and not with those of another one.
    """
    from lookalike.encoders.fitted import FittedEncoder
    from lookalike.encoders.registry import load, resolve

    check_target(out)
    with byte_bar("downloading") as fetched:
        code = resolve(code, progress=fetched)
    encoder = load(code)
    if isinstance(encoder, FittedEncoder):
        encoder = _fitted(encoder, paths)
    unreadable: list[tuple[str, str]] = []
    found: list[str] = []
    batches: list[tuple[list[int], Encoded]] = []
    for positions, pictures in _batches(paths, encoder, found, unreadable):
        batches.append((positions, encoder.encode(pictures)))
    for path, reason in unreadable:
        note(f"left out: {show_path(path)}: {one_line(reason)}")
    if unreadable:
        note(f"{counted(len(unreadable), 'file')} left out")
    if not batches:
        raise LookalikeError("none of the files is a readable picture: nothing written")
    arrays = _arrays(encoder, batches, found)
    _write(out, arrays)
    told = {"code": encoder.name, "bits": encoder.bits, "rows": len(arrays["codes"])}
    if as_json:
        print_json(told | {"unreadable": len(unreadable), "out": str(out.absolute())})
    else:
        rows = counted(len(arrays["codes"]), "picture")
        click.echo(f"{rows}, {encoder.bits} bits each: {show_path(str(out.absolute()))}")


def _batches(
    paths: tuple[Path, ...],
    encoder: Encoder,
    found: list[str],
    unreadable: list[tuple[str, str]],
) -> Iterator[tuple[list[int], list[Pixels]]]:
    """Decode all pictures, in batches for the encoder.

    Args:
        paths: files and folders.
        encoder: what they are decoded for.
        found: gets the path of each file; the positions given are those in this list.
        unreadable: gets the path of each file that is left out, and the reason.
    """
    from lookalike.images.pool.pool import DecodePool

    def jobs() -> Iterator[tuple[int, Path]]:
        for path in _files(paths, unreadable):
            found.append(os.fspath(path))
            yield len(found) - 1, path

    positions: list[int] = []
    pictures: list[Pixels] = []
    with DecodePool({encoder.name: encoder.input}) as pool, counter("encoding") as count:
        for position, decoded in pool.map(jobs()):
            count(1)
            if isinstance(decoded, PictureError):
                unreadable.append((found[position], str(decoded)))
                continue
            positions.append(position)
            pictures.append(decoded.inputs[encoder.name])
            if len(positions) == _BATCH:
                yield positions, pictures
                positions, pictures = [], []
    if positions:
        yield positions, pictures


def _files(paths: tuple[Path, ...], unreadable: list[tuple[str, str]]) -> Iterator[Path]:
    from lookalike.sources.walk import Unreadable, walk

    for path in paths:
        if not path.is_dir():
            yield path.absolute()
            continue
        for entry in walk(path):
            if isinstance(entry, Unreadable):
                unreadable.append((str(entry.path), entry.reason))
            else:
                yield Path(entry.path)


def _fitted(encoder: FittedEncoder, paths: tuple[Path, ...]) -> FittedEncoder:
    """The encoder, fitted on some of the pictures; the same ones each time."""
    import random

    from lookalike.encoders.fits import SAMPLE

    files = list(_files(paths, []))
    drawn = random.Random(0).sample(files, min(SAMPLE, len(files)))  # noqa: S311 - no secret
    rows: dict[int, Any] = {}
    for positions, pictures in _batches(tuple(drawn), encoder, [], []):
        features = encoder.tower.features(pictures)
        encoder.tower.remember(pictures, features)
        rows.update(zip(positions, features, strict=True))
    import numpy as np

    none = np.empty((0, encoder.tower.size), np.float32)
    return encoder.fitted(np.concatenate([none, *(rows[n][None] for n in sorted(rows))]))


def _arrays(
    encoder: Encoder, batches: list[tuple[list[int], Encoded]], found: list[str]
) -> dict[str, npt.NDArray[np.generic]]:
    """Put the batches, which come as decoding ends, in the order of the files."""
    import numpy as np

    from lookalike.encoders.fitted import FittedEncoder

    positions = np.concatenate([np.asarray(positions) for positions, _ in batches])
    order = np.argsort(positions)
    codes = np.concatenate([encoded.codes for _, encoded in batches])[order]
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "codes": codes,
        "paths": np.array([found[position] for position in positions[order]], dtype=np.str_),
    }
    embeddings = [e.embeddings for _, e in batches if e.embeddings is not None]
    if embeddings:
        values = np.concatenate(embeddings)[order]
        if isinstance(encoder, FittedEncoder):
            # The model's own features, which don't depend on the fit.
            arrays["embeddings"] = encoder.fit.restored(values)
        else:
            # Kept as int8; the length means nothing, so it is made 1 again.
            norms = np.linalg.norm(values.astype(np.float32), axis=1, keepdims=True)
            arrays["embeddings"] = values.astype(np.float32) / np.maximum(norms, 1)
    return arrays


def _write(out: Path, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
    import numpy as np

    with replacing(out) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
