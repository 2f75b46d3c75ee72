"""A training as one HTML file that opens anywhere: what was made, how, and what came out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.cli.train_report import WHEN
from lookalike.errors import UsageError
from lookalike.system.replacing import replacing

if TYPE_CHECKING:
    from lookalike.encoders.cards import Card
    from lookalike.evaluation.figures import Evaluation

__all__ = ["PAGE", "model_in", "write_page"]

PAGE = "report.html"
"""Its name in the folder of a training."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
       color: CanvasText; background: Canvas; color-scheme: light dark }
table { border-collapse: collapse; margin: 1rem 0 }
td, th { padding: .2rem 1rem .2rem 0; text-align: left; vertical-align: top }
th { font-weight: 600 } img { max-width: 100%; background: white } code { overflow-wrap: anywhere }
"""


def model_in(out: Path) -> tuple[Path, Path | None]:
    """The model that is written for a target, and the page of it.

    Args:
        out: an ``.onnx`` file, which has no page; or a folder, which is made, and in which all
            files of a training lie under its name.

    Raises:
        UsageError: it has another ending, or is a file.
    """
    if out.suffix.lower() == ".onnx" and not out.is_dir():
        return out, None
    if out.suffix and not out.is_dir():
        raise UsageError(f"{out} has to end in .onnx, or be a folder for all files of the training")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file: name a folder, or a file that ends in .onnx")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {out.parent} for {out.name}: make it first")
    out.mkdir(exist_ok=True)
    return out / f"{out.absolute().name}.onnx", out / PAGE


def write_page(page: Path, card: Card, found: Mapping[str, Evaluation], curves: Path) -> None:
    """Write the page.

    Args:
        page: to be written.
        card: of the model.
        found: as of :func:`lookalike.cli.train_report.compare`; may be empty.
        curves: the picture of them.

    Raises:
        OSError: a file can't be read or written.
    """
    picture = base64.b64encode(curves.read_bytes()).decode("ascii")
    settings = card.figures.get("settings", {})
    measured = {
        name: value
        for name, value in card.figures.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    rows = [
        ("", "mean average precision", "precision at 1", "at 10"),
        *(
            (
                f"{WHEN[when]}: {evaluation.model}",
                f"{evaluation.map:.3f}",
                *(_share(evaluation.precision_at.get(k)) for k in ("1", "10")),
            )
            for when, evaluation in found.items()
        ),
    ]
    parts = [
        f"<h1>{escape(card.name)}, {card.bits} bits</h1>",
        f"<p><code>{escape(card.command)}</code></p>",
        f"<p>Learned from {escape(card.fitted_on)}</p>",
        "<h2>Retrieval</h2>" + _table(rows) if found else "",
        f'<h2>Curves</h2><img alt="losses, accuracies and learning rate over the epochs" '
        f'src="data:image/png;base64,{picture}">',
        "<h2>Measured</h2>" + _table([("what", "value"), *_pairs(measured)]),
        "<h2>Settings</h2>" + _table([("setting", "value"), *_pairs(settings)]),
    ]
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(card.name)}</title>'
        f"<style>{_STYLE}</style>{''.join(parts)}</html>\n"
    )
    with replacing(page) as partial:
        partial.write_text(text, encoding="utf-8")


def _share(value: float | None) -> str:
    """Empty where fewer pictures are searched in than the rank."""
    return "" if value is None else f"{value:.3f}"


def _pairs(values: Mapping[str, object]) -> list[tuple[str, str]]:
    return [
        (name, f"{value:.4g}" if isinstance(value, float) else str(value))
        for name, value in values.items()
    ]


def _table(rows: list[tuple[str, ...]]) -> str:
    """The heading first."""
    lines = []
    for place, row in enumerate(rows):
        tag = "td" if place else "th"
        lines.append("".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row))
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"
