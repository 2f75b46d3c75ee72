"""The process that looks at pictures: reads tasks from standard input, answers, ends at its end."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import suppress
from io import FileIO
from typing import Any

from lookalike.errors import PictureError, UsageError
from lookalike.images.pool.framing import read_frame, write_frame
from lookalike.library.duplicates.packed import CLOSE, LYING, NAME, pack_verdict, unpack_verdict
from lookalike.matching.edits import name_edits
from lookalike.matching.look import look
from lookalike.matching.opencv import cv2
from lookalike.matching.prepared import Prepared, pack, prepare, unpack
from lookalike.matching.view import View

__all__ = ["MOST_BYTES", "main"]

MOST_BYTES = 1 << 28
"""Of a message."""


def main() -> None:
    """Serve until standard input ends."""
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    requests, answers = FileIO(os.dup(0), "rb"), FileIO(os.dup(1), "wb")
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        for stream in (requests, answers):
            msvcrt.setmode(stream.fileno(), os.O_BINARY)
    cv2.setNumThreads(1)
    with suppress(BrokenPipeError):
        while (frame := read_frame(requests, MOST_BYTES)) is not None:
            write_frame(answers, *_answer(*frame))


def _answer(header: dict[str, Any], body: bytearray) -> tuple[dict[str, Any], list[bytes]]:
    pictures: list[Prepared | None] = []
    start = 0
    for name, size, kind, file_bytes, preview, features in header["pictures"]:
        data = bytes(body[start : start + preview])
        packed = bytes(body[start + preview : start + preview + max(features, 0)])
        start += preview + max(features, 0)
        kept = None
        if features >= 0:
            with suppress(UsageError):  # damaged, or of another version: made anew
                kept = unpack(packed)
        view = View(data, tuple(size), bytes.fromhex(name), None, kind, file_bytes)
        try:
            pictures.append(prepare(view, kept))
        except PictureError:
            pictures.append(None)
    if header["features"]:
        _make_features(pictures)
    verdicts: list[str | None] = []
    for (first, second, how), said in zip(header["pairs"], header["known"], strict=True):
        try:
            verdicts.append(_seen(pictures[first], pictures[second], how, said))
        except PictureError:  # a preview is damaged after all
            verdicts.append(None)
        except Exception:  # a surprise costs one pair, not the run
            traceback.print_exc()
            verdicts.append(None)
    made = {n: pack(p) for n, p in enumerate(pictures) if p is not None and p.is_new}
    return (
        {"verdicts": verdicts, "made": [[n, len(data)] for n, data in made.items()]},
        list(made.values()),
    )


def _make_features(pictures: list[Prepared | None]) -> None:
    """Have the local features of pictures made; one whose preview is damaged is none any more."""
    for place, picture in enumerate(pictures):
        try:
            _ = None if picture is None else picture.features
        except PictureError:
            pictures[place] = None
        except Exception:  # a surprise costs one picture, not the run
            traceback.print_exc()
            pictures[place] = None


def _seen(query: Prepared | None, hit: Prepared | None, how: int, said: str) -> str | None:
    """What two pictures are to each other, packed; ``None`` where one is damaged."""
    if query is None or hit is None:
        return None
    if how == NAME:
        verdict = unpack_verdict(said)
        return pack_verdict(
            verdict.with_edits(name_edits(query.view, hit.view, verdict)), named=True
        )
    return pack_verdict(look(query, hit, by_features=how == CLOSE, as_they_lie=how == LYING))
