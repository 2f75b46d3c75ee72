"""A library of as many pictures as wanted, grown from a small one: to look at and to measure.

    lookalike index PICTURES --library small.lookalike
    python scripts/grow_library.py small.lookalike large.lookalike FOLDER --pictures 100000

Nothing is decoded or encoded, so that a hundred thousand take minutes. The files that are written
to FOLDER are previews of the small library, each with a number behind it: files like no other,
which any program can show. The codes are those of another of its pictures, with some bits changed,
so that near ones in code are not near in pixels: a search has to look at them, and to say so.
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
from lookalike.library.store import Store
from lookalike.shot import Shot
from lookalike.types import Decoded

AT_ONCE = 1000
CHANGED = 0.12  # of the bits


def changed(packed: bytes, rng: np.random.Generator) -> bytes:
    """A code with some of its bits the other way round."""
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    bits ^= rng.random(len(bits)) < CHANGED
    return np.packbits(bits).tobytes()


def moved(embedding: bytes | None, rng: np.random.Generator) -> bytes | None:
    """An embedding somewhere near."""
    if embedding is None:
        return None
    values = np.frombuffer(embedding, np.int8).astype(np.float32)
    values += rng.normal(0, max(1.0, float(values.std()) / 2), len(values)).astype(np.float32)
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
    store: Store, keys: dict[int, ContentKey], count: int, rng: np.random.Generator
) -> Iterator[npt.NDArray[np.int64]]:
    """For each new picture whose codes it gets, and whose preview."""
    there = np.array(list(keys), np.int64)
    for start in range(0, count, AT_ONCE):
        yield rng.choice(there, (min(AT_ONCE, count - start), 2))


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("small", type=Path)
    parser.add_argument("large", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=100_000, help="(default: 100000)")
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
    for chosen in sources(store, keys, given.pictures - len(visible), rng):
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
                        changed(codes[row.id][like].code, rng),
                        moved(codes[row.id][like].embedding, rng),
                        codes[row.id][like].quality,
                        codes[row.id][like].parts,
                        codes[row.id][like].views,
                    )
                    for row in encoders
                    for content, (like, _) in zip(contents, chosen.tolist(), strict=True)
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
