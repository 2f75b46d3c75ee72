"""Speed against quality of the photo models, measured and drawn for the documentation.

    python scripts/plot_photo_models.py PHOTOS --out docs/figures/photo-models.png

Speed is that of indexing PHOTOS end to end, both codes, the median of several rounds in which each
model has its turn, and of a query from a file. Quality is what the models' cards say of kinds of
pictures that a fit didn't see; ``make_photo_256.py`` measured it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from lookalike.encoders import registry
from lookalike.evaluation.index_benchmark import measure_indexing
from lookalike.evaluation.retrieval_plots import new_figure, save

MODELS = ("photo-fast-256", "photo-256", "photo-best-256")
HELD_OUT = "kinds held out: mAP and precision at 1"
SERIES = {
    "code and embedding, in the order of a search": ("#009e73", "D"),
    "code alone, in the order of a search": ("#cc79a7", "^"),
    "features of the network as floats": ("#000000", "x"),
    "code, rescored": ("#0072b2", "s"),
    "code": ("#d55e00", "o"),
}


def measured(folder: Path, models: list[str], rounds: int, queries: int) -> dict[str, Any]:
    """The rates of each model, and its quality."""
    runs: dict[str, list[Any]] = {name: [] for name in models}
    for number in range(rounds):
        for name in models:
            print(f"round {number + 1}: {name}", file=sys.stderr, flush=True)
            runs[name].append(measure_indexing(folder, queries=queries, cold=1, photo=name))
    found = {}
    for name, own in runs.items():
        card = registry.card(name)
        found[name] = {
            "pictures a second": round(statistics.median(run.index_rate for run in own), 1),
            "each round": [round(run.index_rate, 1) for run in own],
            "query in ms": round(1000 * statistics.median(run.query_seconds for run in own), 1),
            "quality": {k: card.figures[HELD_OUT][k] for k in SERIES},
            "bytes": registry.model_path(name).stat().st_size,
        }
    return found


def draw(found: dict[str, Any], file: Path) -> None:
    """Mean average precision over pictures a second, a column of points for each model."""
    figure = new_figure(7.5, 4.2)
    axes = figure.add_subplot()
    for series, (colour, shape) in SERIES.items():
        points = sorted((m["pictures a second"], m["quality"][series][0]) for m in found.values())
        rates, quality = zip(*points, strict=True)
        axes.plot(rates, quality, color=colour, alpha=0.35, linewidth=1)
        axes.scatter(rates, quality, color=colour, marker=shape, label=series, zorder=3)
    best = max(m["quality"][s][0] for m in found.values() for s in SERIES)
    by_rate = sorted(found.items(), key=lambda item: item[1]["pictures a second"])
    for number, (name, model) in enumerate(by_rate):
        text = f"{name}\n{model['bytes'] / 1e6:.1f} MB, a query {model['query in ms']:.0f} ms"
        # Neighbours stand at different heights: two models may be as fast as each other.
        place = (model["pictures a second"], best + 0.006 + 0.014 * (number % 2))
        axes.annotate(text, place, ha="center", va="bottom", fontsize=8)
    axes.margins(x=0.16)
    axes.set_ylim(top=best + 0.036)
    axes.set(xlabel="pictures a second, both codes", ylabel="mAP, kinds that the fit did not see")
    axes.grid(True, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, frameon=False)
    save(figure, file)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder of pictures to index")
    parser.add_argument("--out", type=Path, required=True, help="the plot: PNG, SVG or PDF")
    parser.add_argument("--models", default=",".join(MODELS), help="names with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--queries", type=int, default=50, help="timed in each round")
    given = parser.parse_args()
    found = measured(given.photos, given.models.split(","), given.rounds, given.queries)
    draw(found, given.out)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
