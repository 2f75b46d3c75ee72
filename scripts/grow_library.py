"""A library of as many pictures as wanted, grown from a small one: to look at and to measure.

    lookalike index PICTURES --library small.lookalike
    python scripts/grow_library.py small.lookalike large.lookalike FOLDER --pictures 100000 \
        [--changed 0.12] [--copies 0]

Nothing is decoded or encoded, so that a hundred thousand take minutes. The files that are written
to FOLDER are previews of the small library, each with a number behind it: files like no other,
which any program can show. The codes are those of another of its pictures, with some bits changed,
so that near ones in code are not near in pixels: a search has to look at them, and to say so.
With more bits changed they are as far from each other as unrelated pictures. ``--copies`` is the
share of true copies: code and preview of one picture, three in a hundred bits changed.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.library.opening import open_library, previews_of
from lookalike.library.records import ContentKey, FileEntry, Folder, Member, StoredCode
from lookalike.shot import Shot
from lookalike.types import Decoded

AT_ONCE = 1000
_BEFORE_CODE = 9  # bytes of a view: its quality, its box
COPY = 0.03  # of the bits of a copy are changed


def changed(packed: bytes, share: float, rng: np.random.Generator) -> bytes:
    """A code with some of its bits the other way round."""
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    bits ^= rng.random(len(bits)) < share
    return np.packbits(bits).tobytes()


def changed_views(
    packed: bytes | None, code_bytes: int, share: float, rng: np.random.Generator
) -> bytes | None:
    """The codes of what a picture holds, changed as its own; where it holds that stays."""
    if not packed:
        return packed
    rows = np.frombuffer(packed, np.uint8).reshape(-1, _BEFORE_CODE + code_bytes).copy()
    for row in rows:
        code = changed(row[_BEFORE_CODE:].tobytes(), share, rng)
        row[_BEFORE_CODE:] = np.frombuffer(code, np.uint8)
    return rows.tobytes()


def moved(embedding: bytes | None, share: float, rng: np.random.Generator) -> bytes | None:
    """An embedding as near as the code."""
    if embedding is None:
        return None
    values = np.frombuffer(embedding, np.int8).astype(np.float32)
    spread = max(1.0, 4 * share * float(values.std()))
    values += rng.normal(0, spread, len(values)).astype(np.float32)
    return np.clip(np.rint(values), -127, 127).astype(np.int8).tobytes()


def written(
    folder: Path, number: int, preview: bytes, rng: np.random.Generator
) -> tuple[Path, Decoded]:
    """A file of its own, and what is known of it."""
    path = folder / f"{number % 100:02}" / f"{number:06}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = preview + b"%08d" % number
    path.write_bytes(data)
    with Image.open(path) as opened:
        width, height = opened.size
    year, month, day = rng.integers((2006, 1, 1), (2026, 13, 29)).tolist()
    shot = Shot(taken=f"{year}-{month:02}-{day:02}T12:00:00") if number % 10 else None
    digest = hashlib.sha256(data).digest()
    return path, Decoded({}, digest, None, width, height, "JPEG", len(data), members=1, shot=shot)


def sources(
    keys: dict[int, ContentKey], count: int, copies: float, rng: np.random.Generator
) -> Iterator[npt.NDArray[np.int64]]:
    """For each new picture whose codes it gets, and whose preview: of a copy the same one's."""
    there = np.array(list(keys), np.int64)
    for start in range(0, count, AT_ONCE):
        chosen = rng.choice(there, (min(AT_ONCE, count - start), 2))
        is_copy = rng.random(len(chosen)) < copies
        chosen[is_copy, 1] = chosen[is_copy, 0]
        yield chosen


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("small", type=Path)
    parser.add_argument("large", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=100_000, help="(default: 100000)")
    parser.add_argument("--changed", type=float, default=0.12, help="of the bits (default: 0.12)")
    parser.add_argument("--copies", type=float, default=0.0, help="of the pictures (default: 0)")
    given = parser.parse_args()
    for ending in ("", "-previews"):
        shutil.copyfile(f"{given.small}{ending}", f"{given.large}{ending}")
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    store, engine = open_library(given.large, create=False, read_only=False)
    previews = previews_of(store)
    visible = list(store.visible())
    keys = {int(content): one.key for content, one in store.appearances(visible).items()}
    encoders = [row for row in store.encoders() if row.current]
    codes = {row.id: {int(c.content): c for c in store.codes(row.id)} for row in encoders}
    store.put_folder(Folder(str(folder), ()))
    number = 0
    for chosen in sources(keys, given.pictures - len(visible), given.copies, rng):
        held = previews.get([keys[of] for _, of in chosen.tolist()])
        made = []
        for _, of in chosen.tolist():
            made.append(written(folder, number, held[keys[of]][0], rng))
            number += 1
        with store.writing():
            contents = store.put_contents([decoded for _, decoded in made])
            store.put_codes(
                [
                    StoredCode(
                        row.id,
                        content,
                        changed(codes[row.id][like].code, share, rng),
                        moved(codes[row.id][like].embedding, share, rng),
                        codes[row.id][like].quality,
                        codes[row.id][like].parts,
                        changed_views(
                            codes[row.id][like].views,
                            len(codes[row.id][like].code),
                            share,
                            rng,
                        ),
                    )
                    for row in encoders
                    for content, (like, of) in zip(contents, chosen.tolist(), strict=True)
                    for share in [COPY if like == of else given.changed]
                ]
            )
            store.put_files(
                [
                    FileEntry(
                        str(path), one.file_bytes, path.stat().st_mtime_ns, (Member("", content),)
                    )
                    for (path, one), content in zip(made, contents, strict=True)
                ]
            )
        previews.put(
            {
                ContentKey(one.content_digest): held[keys[of]][0]
                for (_, one), (_, of) in zip(made, chosen.tolist(), strict=True)
            }
        )
        print(f"{number:,} new pictures", flush=True)
    previews.close()
    engine.close()
    store.close()


if __name__ == "__main__":
    main()
