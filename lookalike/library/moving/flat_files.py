"""Codes with their files as Parquet, npz, or an index of Faiss."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lookalike.errors import LibraryDamagedError, MissingExtraError
from lookalike.library.moving.flat import NAMES, flat_table
from lookalike.library.moving.parquet import metadata_of, read_rows, write_rows
from lookalike.library.moving.rows import Row
from lookalike.system.installing import install_command
from lookalike.system.replacing import replacing

__all__ = ["READERS", "WRITERS", "beside_index", "encoder_told"]

_TEXTS = ("member", "format", "taken", "camera")
_NUMBERS = ("size", "mtime_ns", "width", "height", "content")
_NO_QUALITY = -1


def write_parquet(path: Path, rows: Sequence[Row], told: dict[str, Any]) -> None:
    """One table, with fixed-size binary codes; ``told`` as its metadata."""
    metadata = {"lookalike": json.dumps(told)}
    write_rows(path, flat_table(told["bits"]), rows, metadata)


def read_parquet(path: Path, bits: int) -> Iterator[Row]:
    """Its rows; only paths and codes have to be there."""
    return read_rows(path, flat_table(bits), lacking=True)


def write_npz(path: Path, rows: Sequence[Row], told: dict[str, Any]) -> None:
    """Arrays of one length without objects: ``codes`` is uint8 (n, bytes), ``ids`` int64 (n,)."""
    width = (told["bits"] + 7) // 8
    columns = dict(zip(NAMES, zip(*rows, strict=True) if rows else [()] * len(NAMES), strict=True))
    qualities = [_NO_QUALITY if q is None else q for q in columns["quality"]]
    arrays: dict[str, npt.NDArray[Any]] = {
        "codes": _wide(columns["code"], width),
        "ids": np.array(columns["content"], np.int64),
        "digests": _wide(columns["digest"], 32),
        "quality": np.array(qualities, np.int16),
        # In hexadecimal: NumPy cuts zero bytes off the end, and paths need not be text.
        "paths": _text([path.hex() for path in columns["path"]]),
        "lookalike": np.array(json.dumps(told)),
    }
    arrays |= {name: _text([value or "" for value in columns[name]]) for name in _TEXTS}
    for name in _NUMBERS[:-1]:
        arrays[name] = np.array(columns[name], np.int64)
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _wide(values: Sequence[Any], width: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width)


def _text(values: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array(values, np.str_) if values else np.empty(0, "U1")


def read_npz(path: Path, bits: int) -> Iterator[Row]:
    """Its rows; ``paths`` in hexadecimal or as text, and ``codes`` have to be there."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise LibraryDamagedError(
            f"{path} is no npz file without objects, or is damaged"
        ) from error
    for name in ("codes", "paths"):
        if name not in arrays:
            raise LibraryDamagedError(f"{path} has no array {name!r}")
    codes, width = arrays["codes"], (bits + 7) // 8
    if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != width:
        raise LibraryDamagedError(
            f"{path}: codes are {codes.dtype} {codes.shape}, not uint8 (n, {width}) for {bits} bits"
        )
    for name, array in arrays.items():
        if array.ndim and len(array) != len(codes):
            raise LibraryDamagedError(
                f"{path}: {name} has {len(array):,} rows, codes {len(codes):,}"
            )
    return _rows(arrays, hexadecimal="lookalike" in arrays)


def _rows(arrays: dict[str, npt.NDArray[Any]], *, hexadecimal: bool) -> Iterator[Row]:
    def values(name: str) -> Callable[[int], Any]:
        array = arrays.get(name)
        return (lambda _n: None) if array is None else (lambda n: array[n].item())

    found = {name: values(name) for name in (*_TEXTS, *_NUMBERS, "quality", "paths")}
    found["content"] = values("ids")
    for n in range(len(arrays["codes"])):
        path = str(found["paths"](n))
        row: dict[str, Any] = {name: found[name](n) for name in (*_TEXTS, *_NUMBERS)}
        quality = found["quality"](n)
        row |= {
            "path": bytes.fromhex(path) if hexadecimal else path.encode("utf-8", "surrogateescape"),
            "digest": arrays["digests"][n].tobytes() if "digests" in arrays else None,
            "quality": None if quality == _NO_QUALITY else quality,
            "taken": row["taken"] or None,
            "code": arrays["codes"][n].tobytes(),
        }
        yield tuple(row[name] for name in NAMES)


def beside_index(path: Path) -> Path:
    """The JSON that names what an index of Faiss holds."""
    return path.with_name(f"{path.name}.json")


def _faiss() -> ModuleType:
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError(f"this takes faiss: {install_command('move')}") from error
    module: ModuleType = faiss
    return module


def write_faiss(path: Path, rows: Sequence[Row], told: dict[str, Any]) -> None:
    """An ``IndexBinaryIDMap`` over an ``IndexBinaryFlat``, by content; the names beside it.

    A content that several files show has one code, and one name for each file. Codes of a width
    that is no multiple of 8 bits end in zero bits.
    """
    faiss = _faiss()
    width = (told["bits"] + 7) // 8
    at = NAMES.index("content")
    distinct = {row[at]: row[-1] for row in rows}
    index = faiss.IndexBinaryIDMap(faiss.IndexBinaryFlat(width * 8))
    if distinct:
        codes = _wide(list(distinct.values()), width)
        index.add_with_ids(np.ascontiguousarray(codes), np.array(list(distinct), np.int64))
    names = [{k: _json(v) for k, v in zip(NAMES[:-1], row[:-1], strict=True)} for row in rows]
    # The index last: it is what says that all is there.
    with replacing(beside_index(path)) as partial:
        partial.write_text(json.dumps(told | {"pictures": names}), encoding="utf-8")
    with replacing(path) as partial:
        faiss.write_index_binary(index, str(partial))


def _json(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def read_faiss(path: Path, bits: int) -> Iterator[Row]:
    """Its rows, with the names of the JSON beside it."""
    faiss = _faiss()
    if not path.is_file():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    try:
        index = faiss.read_index_binary(str(path))
        ids = faiss.vector_to_array(index.id_map)
        flat = faiss.downcast_IndexBinary(index.index)
        codes = faiss.vector_to_array(flat.xb).reshape(len(ids), -1)
    except (RuntimeError, AttributeError, ValueError) as error:
        raise LibraryDamagedError(
            f"{path} is no IndexBinaryIDMap over an IndexBinaryFlat, or is damaged"
        ) from error
    width = (bits + 7) // 8
    if len(ids) and codes.shape[1] != width:
        raise LibraryDamagedError(f"{path} has codes of {codes.shape[1]} bytes, not {width}")
    try:
        told = json.loads(beside_index(path).read_text(encoding="utf-8"))
        pictures = told["pictures"]
        by_id = dict(zip(ids.tolist(), codes, strict=True))
        for one in pictures:
            code = by_id[one["content"]].tobytes()
            raw = {name: bytes.fromhex(one[name]) for name in ("path", "digest")}
            yield tuple((one | raw | {"code": code})[name] for name in NAMES)
    except FileNotFoundError as error:
        raise LibraryDamagedError(
            f"{beside_index(path)}, which names the pictures, is missing"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise LibraryDamagedError(
            f"{beside_index(path)} doesn't fit the index, or is damaged"
        ) from error


def encoder_told(path: Path, form: str) -> str | None:
    """The name of the encoder whose codes a file says that it holds; ``None`` of others' files."""
    text: str | None = None
    try:
        if form == "parquet":
            text = metadata_of(path).get("lookalike")
        elif form == "npz":
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                text = str(file["lookalike"]) if "lookalike" in file.files else None
        else:
            text = beside_index(path).read_text(encoding="utf-8")
        return None if text is None else str(json.loads(text)["encoder"])
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile):
        return None  # whoever reads it says what is wrong


Writer = Callable[[Path, Sequence[Row], dict[str, Any]], None]
Reader = Callable[[Path, int], Iterator[Row]]

WRITERS: Final[dict[str, Writer]] = {
    "parquet": write_parquet,
    "npz": write_npz,
    "faiss": write_faiss,
}
"""What writes such a file, by its form: to a path, rows, with what is told of their encoder."""

READERS: Final[dict[str, Reader]] = {"parquet": read_parquet, "npz": read_npz, "faiss": read_faiss}
"""What reads such a file, by its form: from a path, codes of so many bits."""
