"""Draw how good the photo models are against how fast they index.

    lookalike benchmark index photos --model photo-fast-256 --json > fast.json
    python scripts/plot_photo_models.py fast.json best.json --out docs/figures/photo-models.png

The quality is that of the models' cards: on kinds of pictures that the fit did not see.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lookalike.encoders import registry
from lookalike.evaluation.retrieval_plots import new_figure, save

QUALITY = "kinds held out: mAP and precision at 1"
ROWS = {"code, rescored": ("#0072b2", "o"), "code": ("#d55e00", "s")}


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="what the benchmark printed with --json")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in given.runs]
    figure = new_figure(6.5, 3.8)
    axes = figure.add_subplot()
    for row, (colour, shape) in ROWS.items():
        points = sorted(
            (run["index_rate"], registry.card(run["model"]).figures[QUALITY][row][0], run["model"])
            for run in runs
        )
        axes.plot(
            [rate for rate, _, _ in points],
            [quality for _, quality, _ in points],
            color=colour,
            marker=shape,
            linewidth=1,
            label=row,
        )
        for rate, quality, name in points:
            axes.annotate(
                name,
                (rate, quality),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
    axes.set(
        xlabel="pictures indexed a second, end to end, both codes",
        ylabel="mAP on kinds not seen",
    )
    axes.margins(0.15)
    axes.grid(True, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    print(save(figure, given.out))


if __name__ == "__main__":
    main()
