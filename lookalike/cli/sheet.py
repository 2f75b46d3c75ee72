"""The contact sheet of a search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.cli.output import show_path
from lookalike.errors import PictureError, UsageError
from lookalike.fields import record_values, told_of
from lookalike.system.replacing import replacing

if TYPE_CHECKING:
    from PIL import Image

    from lookalike.images.pool.pool import DecodePool
    from lookalike.sheets.contact_sheet import Cell
    from lookalike.types import Decoded, InputSpec, Match, Part

__all__ = ["SHEET_ENDINGS", "SHEET_MOST", "check_beside", "save_sheet", "write_sheet"]

SHEET_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")

# More would make a sheet that few viewers open.
SHEET_MOST = 100
# Side of a thumbnail, in pixels: as large as the sheet shows it.
_THUMBNAIL = 400


def write_sheet(
    query: Path | bytes | str,
    hits: Sequence[Match],
    target: Path,
    *,
    part: Part | None = None,
    preview: Callable[[int], bytes | None] | None = None,
) -> Path:
    """Write a sheet with the query, then the hits: of each the kind, the name and the distance.

    Args:
        query: the picture that was searched by, as a path or the bytes of a file; or a text.
        hits: best first; the first hundred are shown.
        target: to write, with one of :data:`SHEET_ENDINGS`.
        part: of the picture that was searched by; ``None`` for all of it.
        preview: gives the small JPEG of a picture by its id; for files that can't be read now.

    Returns:
        The absolute path of the sheet.
    """
    from lookalike.images.pool.item import Item
    from lookalike.images.pool.pool import DecodePool
    from lookalike.sheets.contact_sheet import Cell, contact_sheet
    from lookalike.types import InputSpec

    shown = hits[:SHEET_MOST]
    named = query.name if isinstance(query, Path) else query
    if isinstance(named, bytes):
        named = "standard input"
    spec = InputSpec(_THUMBNAIL, "within", "lanczos")
    with DecodePool({"sheet": spec}, workers=max(1, min(2, len(shown)))) as pool:
        if isinstance(query, str):
            cells = [Cell("", None, reason=query)]
        else:
            cell = _cell(named, _decoded(pool, query, replace(spec, part=part)), None)
            cells = [cell if part is None else _of_part(cell)]
        items = [Item(hit.path, hit.member or "") for hit in shown]
        decoded = dict(pool.map(enumerate(items)))
    for number, hit in enumerate(shown):
        cell = _cell(hit.path, decoded[number], hit)
        cells.append(cell if cell.pixels is not None else _from_preview(cell, hit, preview))
    some = f" (the first {SHEET_MOST} are shown)" if len(hits) > SHEET_MOST else ""
    title = f"{named}: {len(hits):,} best matches{some}"
    save_sheet(contact_sheet(cells[0], cells[1:], title=title), target)
    return target.absolute()


def save_sheet(sheet: Image.Image, target: Path) -> None:
    """Write a drawing as its ending says, whole or not at all."""
    with replacing(target) as partial, partial.open("wb") as file:
        sheet.save(file, target.suffix.lower().lstrip(".").replace("jpg", "jpeg"))


def check_beside(sheet: Path, pictures: Iterable[Path]) -> None:
    """Refuse to write a drawing over one of the pictures that it is made of."""
    if any(sheet.exists() and picture.exists() and sheet.samefile(picture) for picture in pictures):
        raise UsageError(
            f"{show_path(str(sheet))} is one of the pictures: name another file for --plot"
        )


def _from_preview(cell: Cell, hit: Match, preview: Callable[[int], bytes | None] | None) -> Cell:
    """With the library's small picture, where the file gives none."""
    from lookalike.images.preview import pixels_of

    kept = preview(hit.id) if preview is not None else None
    try:
        return cell if kept is None else replace(cell, pixels=pixels_of(kept))
    except PictureError:
        return cell


def _of_part(cell: Cell) -> Cell:
    return replace(cell, lines=[f"a part of {line}" for line in cell.lines])


def _decoded(pool: DecodePool, query: Path | bytes, spec: InputSpec) -> Decoded | PictureError:
    try:
        return pool.decode(query, inputs={"sheet": spec})
    except PictureError as error:
        return error


def _cell(path: str, decoded: Decoded | PictureError, match: Match | None) -> Cell:
    from lookalike.sheets.contact_sheet import Cell

    name = Path(path).name
    kind = None if match is None else match.kind
    if match is not None:
        lines = _captions(match)
    elif not isinstance(decoded, PictureError):
        lines = [f"{decoded.width} x {decoded.height}"]
    else:
        lines = []
    if isinstance(decoded, PictureError):
        return Cell(name, None, kind, lines, reason=str(decoded))
    return Cell(name, decoded.inputs["sheet"], kind, lines)


def _captions(match: Match) -> list[str]:
    """The lines below a hit: how near it is by which code, and what it is."""
    from lookalike.matching.edits_words import words

    values = record_values(match)
    lines: tuple[list[str], list[str]] = ([], [])
    for name, about in told_of(match).items():
        if about.caption is not None and values[name] is not None:
            line, text = about.caption
            lines[line].append(text.format_map(values))
    said = words(match.edits)
    last = [said] if said else []
    return [f"{match.code}: {', '.join(lines[0])}", ", ".join(lines[1]), *last]
