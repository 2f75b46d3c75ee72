"""The report that ``lookalike duplicates --html`` writes: one file that opens anywhere.

Pictures are in it as data, there is no script, and nothing is fetched; a policy in its head says so
to browsers. Names of files are escaped: they may be anything.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lookalike.cli.duplicates_report import closing_lines, said_of
from lookalike.cli.output import counted, one_line, size
from lookalike.system.replacing import replacing

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.library.duplicates.records import (
        DuplicateMember,
        Duplicates,
        KeptPicture,
        PictureGroup,
    )

__all__ = ["MOST_GROUPS", "write_report"]

MOST_GROUPS = 1_000
"""Groups in a report, at most: some 30 MB."""

_MOST_SHOWN = 60  # pictures of one group
_STYLE: Final = """
:root { color-scheme: light dark; --ground: #fff; --text: #1a1a1a; --soft: #5c5c5c;
  --line: #d8d8d8; --card: #f6f6f4; --keep: #1a6b2f; --act: #8a4b00; }
@media (prefers-color-scheme: dark) { :root { --ground: #161616; --text: #ececec; --soft: #a8a8a8;
  --line: #3a3a3a; --card: #202020; --keep: #7ddc95; --act: #f0b060; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground);
  color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
header p { margin: .15rem 0; color: var(--soft); }
section { border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0;
  background: var(--card); }
.id { font-weight: normal; color: var(--soft); font-family: ui-monospace, monospace;
  font-size: .85rem; }
ul { list-style: none; display: grid; gap: 1rem; padding: 0; margin: 0;
  grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
figure { margin: 0; }
img, .none { display: block; width: 100%; height: 11rem; object-fit: contain;
  background: var(--ground); border: 1px solid var(--line); border-radius: 4px; }
.none { display: grid; place-items: center; color: var(--soft); }
.keep img, .keep .none { outline: 3px solid var(--keep); outline-offset: 1px; }
.badge { font-weight: 600; color: var(--act); }
.keep .badge { color: var(--keep); }
figcaption { margin-top: .4rem; font-size: .9rem; overflow-wrap: anywhere; }
.path, .facts { color: var(--soft); font-size: .8rem; }
.path { unicode-bidi: isolate; }
@media print { section { break-inside: avoid; } }
"""


def write_report(target: Path, found: Duplicates, library: Library) -> None:
    """Write the report, whole or not at all.

    Args:
        target: the file.
        found: what is told of.
        library: where the pictures are from.

    Raises:
        OSError: it can't be written.
    """
    with replacing(target) as partial, partial.open("w", encoding="utf-8") as file:
        for piece in _pieces(found, library):
            file.write(piece)


def _pieces(found: Duplicates, library: Library) -> Iterator[str]:
    shown = found.groups[:MOST_GROUPS]
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>Duplicates</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        "<header>\n<h1>Duplicates</h1>\n"
    )
    for line in closing_lines(found):
        yield f"<p>{_text(line)}</p>\n"
    yield f"<p>Library: {_text(library.location)}</p>\n"
    if len(shown) < len(found.groups):
        yield f"<p>The first {len(shown):,} groups are shown, those that free most.</p>\n"
    yield "</header>\n<main>\n"
    for group in shown:
        yield from _section(group, library)
    yield "</main>\n</body>\n</html>\n"


def _section(group: PictureGroup, library: Library) -> Iterator[str]:
    free = f", {size(group.bytes_to_free)} to free" if group.bytes_to_free else ""
    title = f"{group.kind}, {counted(1 + len(group.members), 'picture')}{free}"
    yield f'<section id="{_text(group.id)}">\n<h2>{_text(title)} '
    yield f'<span class="id">{_text(group.id)}</span></h2>\n'
    if group.changed:
        yield f"<p>Back again: {_text(group.changed)}</p>\n"
    yield "<ul>\n"
    name = "keep" if group.bytes_to_free else "first"
    yield _item(group.keep, name, group.keep.why, library, kept=True)
    for member in group.members[:_MOST_SHOWN]:
        yield _item(member, member.kind, said_of(member), library, kept=False)
    yield "</ul>\n"
    if len(group.members) > _MOST_SHOWN:
        yield f"<p>and {len(group.members) - _MOST_SHOWN:,} more</p>\n"
    yield "</section>\n"


def _item(
    picture: KeptPicture | DuplicateMember, badge: str, said: str, library: Library, *, kept: bool
) -> str:
    name = picture.path.rpartition("/")[2].rpartition("\\")[2]
    facts = f"{picture.width} x {picture.height}, {size(picture.bytes)}"
    if picture.member:
        facts += f", {picture.member}"
    preview = library.pictures.preview(picture.id)
    shown = '<div class="none">no preview</div>'
    if preview is not None:
        data = base64.b64encode(preview).decode()
        shown = f'<img src="data:image/jpeg;base64,{data}" alt="{_text(name)}" loading="lazy">'
    words = f"<div>{_text(said)}</div>" if said else ""
    return (
        f"<li{' class=keep' if kept else ''}><figure>{shown}<figcaption>"
        f'<span class="badge">{_text(badge)}</span> {_text(name)}{words}'
        f'<div class="facts">{_text(facts)}</div><div class="path">{_text(picture.path)}</div>'
        "</figcaption></figure></li>\n"
    )


def _text(text: str) -> str:
    """Text as HTML has it; what can't be shown is written as an escape."""
    shown = one_line(text).encode("utf-8", "backslashreplace").decode()
    return html.escape(shown)
