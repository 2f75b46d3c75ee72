"""``lookalike encode``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.options import PathType, json_option, library_option, verbose_option
from lookalike.cli.output import counted, note, one_line, print_json, show_path
from lookalike.cli.progress import byte_bar, counter
from lookalike.cli.target import check_target
from lookalike.errors import LookalikeError, PictureError, UsageError
from lookalike.system.replacing import replacing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lookalike.encoders.fitted import FittedEncoder
    from lookalike.road import PictureCode
    from lookalike.types import Encoder

__all__ = ["encode"]

_ZIP = b"PK\x03\x04"  # what NumPy's file of several arrays begins with


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
    embeddings (float32, where the model has them) and paths. No library is read or changed. A
    third-party model, such as hub:OWNER/NAME, is fitted on these pictures first: its codes can be
    compared within the file, and not with those of another one.
    """
    from lookalike.encoders.fitted import FittedEncoder
    from lookalike.encoders.registry import load, resolve

    check_target(out)
    _check_inputs(out, paths)
    with byte_bar("downloading") as fetched:
        code = resolve(code, progress=fetched)
    encoder = load(code)
    if isinstance(encoder, FittedEncoder):
        encoder = _fitted(encoder, paths)
    unreadable: list[tuple[str, str]] = []
    rows = list(_codes(paths, encoder, unreadable))
    for path, reason in unreadable:
        note(f"left out: {show_path(path)}: {one_line(reason)}")
    if unreadable:
        note(f"{counted(len(unreadable), 'file')} left out")
    if not rows:
        raise LookalikeError("none of the files is a readable picture: nothing written")
    arrays = _arrays(encoder, rows)
    _write(out, arrays)
    told = {"code": encoder.name, "bits": encoder.bits, "rows": len(arrays["codes"])}
    if as_json:
        print_json(told | {"unreadable": len(unreadable), "out": str(out.absolute())})
    else:
        told_rows = counted(len(rows), "picture")
        click.echo(f"{told_rows}, {encoder.bits} bits each: {show_path(str(out.absolute()))}")


def _check_inputs(out: Path, paths: tuple[Path, ...]) -> None:
    """Refuse to write over a file that is to be read, unless it is of codes itself."""
    if not out.exists():
        return
    real = out.resolve()
    read = any(real == path.resolve() or path.resolve() in real.parents for path in paths)
    with out.open("rb") as file:
        is_codes = file.read(len(_ZIP)) == _ZIP
    if read and not is_codes:
        raise UsageError(
            f"{show_path(str(out))} is one of the files to be read: name another file for --out"
        )


def _codes(
    paths: tuple[Path, ...], encoder: Encoder, unreadable: list[tuple[str, str]]
) -> Iterator[tuple[str, PictureCode]]:
    """The path and the code of each file that can be read.

    Args:
        paths: files and folders.
        encoder: makes the codes.
        unreadable: gets the path of each file that is left out, and the reason.
    """
    from lookalike.road import Road

    files = ((os.fspath(path), path) for path in _files(paths, unreadable))
    with Road({encoder.name: encoder}) as road, counter("encoding") as count:
        for path, made in road.codes(files):
            count(1)
            if isinstance(made, PictureError):
                unreadable.append((path, str(made)))
            else:
                yield path, made.codes[encoder.name]


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
    from lookalike.encoders.fits import SAMPLE
    from lookalike.road import Road, draw

    drawn, files = draw(_files(paths, []), SAMPLE)
    with Road({encoder.name: encoder}) as road, counter("fitting") as count:
        features = road.features(encoder.name, enumerate(drawn), progress=count)
    return encoder if features is None else encoder.fitted(features, drawn_from=files)


def _arrays(
    encoder: Encoder, rows: list[tuple[str, PictureCode]]
) -> dict[str, npt.NDArray[np.generic]]:
    """What the file holds, in the order of the pictures."""
    import numpy as np

    from lookalike.encoders.fitted import FittedEncoder

    arrays: dict[str, npt.NDArray[np.generic]] = {
        "codes": np.stack([made.code for _, made in rows]),
        "paths": np.array([path for path, _ in rows], dtype=np.str_),
    }
    embeddings = [made.embedding for _, made in rows if made.embedding is not None]
    if embeddings:
        values = np.stack(embeddings)
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
