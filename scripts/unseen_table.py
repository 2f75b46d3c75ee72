"""What codes are worth for classes that nobody trained them for: a table, five losses, two widths.

    python scripts/unseen_table.py run resisc45 --seeds 3 --seen 8 --side 128 --out cells
    python scripts/unseen_table.py run cifar10 --seeds 1 --seen 7 --side 32 --inside 96 \\
        --training 500 --queries 100 --database 1000 --out cells
    python scripts/unseen_table.py table cells

For each seed some classes, drawn by it, are learned from. For each loss and seed one backbone,
which starts from ImageNet, is trained on them at the largest width. Both widths are then heads of
it: feature layers that are trained alone, with the same loss, on what the backbone gives for the
same pictures. With ``--frozen`` the backbone stays as ImageNet left it, and the heads alone learn.

Each cell, which is a data set, a loss and a seed, is one file of ``--out``: what is there is not
measured again, so that the script may be stopped and started at any time. The protocol is that of
A. Sablayrolles et al., "How should we evaluate supervised hashing?" (2017), with the three figures
of DSH_Analysis: queries of unseen classes in a database of these alone, the same in a database of
all classes, and queries of the learned classes in a database of all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lookalike.codes.bits import pack
from lookalike.datasets import Dataset, Subset, in_memory, load
from lookalike.datasets.splits import drawn
from lookalike.metrics import average_precision, count_distances
from lookalike.system.processors import processors
from lookalike.system.replacing import replacing
from lookalike.training.build import build
from lookalike.training.config import Config, at_32_pixels, recipe
from lookalike.training.examples import Examples
from lookalike.training.finish import layers_on, pooled_features
from lookalike.training.loop import train
from lookalike.training.losses import loss_named
from lookalike.training.networks.hash_network import Backbone
from lookalike.training.precision import faster_in_bfloat16
from lookalike.types import InputSpec

LOSSES = ("greedyhash", "csq", "orthohash", "hashnet", "thesis")
WIDTHS = (48, 64)
STEPS = 1000  # of the training of a head
FIGURES = ("unseen@unseen", "unseen@all", "seen@all")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """Pictures of a part of the data set."""

    pictures: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """What is learned from (before the classes are drawn), searched for, and searched in."""

    data: str
    classes: tuple[str, ...]
    training: Part
    queries: Part
    database: Part


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measure the cells that aren't there")
    run.add_argument("data", help="as lookalike train takes it")
    run.add_argument("--seen", type=int, required=True, help="classes to learn from")
    run.add_argument("--seeds", type=int, default=3)
    run.add_argument("--losses", nargs="+", default=list(LOSSES))
    run.add_argument("--epochs", type=int, default=3)
    run.add_argument("--frozen", action="store_true", help="leave the backbone as it is")
    run.add_argument("--side", type=int, default=128, help="of the pictures")
    run.add_argument("--inside", type=int, default=0, help="side that the network scales them to")
    run.add_argument("--training", type=int, help="pictures of each class to learn from")
    run.add_argument("--queries", type=int, help="of each class")
    run.add_argument("--database", type=int, help="pictures of each class")
    run.add_argument("--data-dir", type=Path)
    run.add_argument("--out", type=Path, required=True)
    table = commands.add_parser("table", help="print what was measured, in Markdown")
    table.add_argument("out", type=Path)
    given = parser.parse_args()
    if given.command == "table":
        print("\n".join(rows(read(given.out))))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    # One thread a picture batch, as in a training: the pool has all processors.
    torch.set_num_threads(1)
    parts = None
    for seed in range(given.seeds):
        for loss in given.losses:
            kind = "frozen" if given.frozen else "trained"
            file = given.out / f"{Path(given.data).name}-{kind}-{loss}-{seed}.json"
            if file.exists():
                continue
            if parts is None:
                parts = parts_of(load(given.data, given.data_dir), given)
            print(f"{file.stem} ...", flush=True)
            told = cell(parts, loss, seed, given)
            with replacing(file) as partial:
                Path(partial).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            print(json.dumps(told["map"]), flush=True)


def parts_of(dataset: Dataset, given: argparse.Namespace) -> Parts:
    """The pictures in memory, as many of each class as are asked for."""

    def part(subset: Subset, count: int | None, seed: int) -> Part:
        if count is not None:
            chosen = drawn(subset.digests(), subset.labels, count, seed)
            subset = subset.take(np.flatnonzero(chosen))
        read = in_memory(subset, InputSpec(given.side, "crop", "bilinear"))
        assert not isinstance(read.pictures, tuple)
        assert read.labels is not None
        return Part(read.pictures, read.labels)

    # What is learned from is a part of what is searched in, where both are drawn: as in the
    # protocols cifar10-full and resisc-80-20.
    training = part(dataset.train, given.training, 0)
    database = training
    if given.database != given.training:
        database = part(dataset.train, given.database, 0)
    queries = part(dataset.test, given.queries, 0)
    return Parts(dataset.name, dataset.class_names, training, queries, database)


def cell(parts: Parts, loss: str, seed: int, given: argparse.Namespace) -> dict[str, object]:
    """All figures of a loss and a seed."""
    classes = len(parts.classes)
    seen = np.sort(np.random.default_rng(seed).permutation(classes)[: given.seen])
    learned = np.isin(parts.training.labels, seen)
    labels = np.searchsorted(seen, parts.training.labels[learned]).astype(np.int64)
    names = tuple(parts.classes[label] for label in seen)
    config = settings(parts, loss, seed, given)
    pictures = parts.training.pictures[learned]
    if given.frozen:
        whole, queries, database = untrained(parts, config, given.out)
        pooled = whole[learned]
    else:
        learning = Examples(parts.data, pictures, labels, names)
        backbone = train(learning, config).network.backbone
        whole, queries, database = features(backbone, parts, config)
        pooled = whole[learned]
    found: dict[str, dict[str, float]] = {}
    for width in WIDTHS:
        layer, _ = layers_on(pooled, labels, loss, width, given.seen, steps=STEPS, seed=seed)
        with torch.inference_mode():
            codes = [
                pack(np.asarray(layer(torch.from_numpy(some))) > 0) for some in (queries, database)
            ]
        found[str(width)] = figures(parts, codes[0], codes[1], seen, width)
    return {
        "data": parts.data,
        "loss": loss,
        "seed": seed,
        "kind": "frozen" if given.frozen else "trained",
        "epochs": 0 if given.frozen else given.epochs,
        "seen": list(names),
        "unseen": [name for name in parts.classes if name not in names],
        "training": len(pictures),
        "queries": len(queries),
        "database": len(database),
        "map": found,
    }


def features(backbone: Backbone, parts: Parts, config: Config) -> tuple[Floats, Floats, Floats]:
    """What a backbone gives for the three parts."""
    config = replace(config, bfloat16=faster_in_bfloat16(config))
    with ThreadPoolExecutor(processors()) as pool:

        def of(part: Part) -> Floats:
            return pooled_features(backbone, part.pictures, config, pool)

        training, queries = of(parts.training), of(parts.queries)
        same = parts.database is parts.training
        return training, queries, training if same else of(parts.database)


def untrained(parts: Parts, config: Config, folder: Path) -> tuple[Floats, Floats, Floats]:
    """What the backbone gives as it is, computed once for all cells of a data set."""
    file = folder / f"{parts.data}-frozen.npz"
    if not file.exists():
        found = features(build(config, 2).eval().backbone, parts, config)
        with replacing(file) as partial, open(partial, "wb") as out:
            np.savez(out, training=found[0], queries=found[1], database=found[2])
    with np.load(file) as kept:
        return kept["training"], kept["queries"], kept["database"]


def settings(parts: Parts, loss: str, seed: int, given: argparse.Namespace) -> Config:
    """Of the training of a backbone."""
    config = recipe("lite0")
    if given.side <= 32:
        config = at_32_pixels(config)
    turns = parts.data != "cifar10"  # pictures from above have no up
    return replace(
        config,
        loss=loss,
        width=max(WIDTHS),
        side=given.side,
        inside=given.inside or config.inside,
        epochs=given.epochs,
        part=config.batch // 2 if loss_named(loss).compares else config.part,
        augmentation=replace(config.augmentation, turns=turns),
        mirror=False,
        finish=0,
        seed=seed,
    )


def figures(
    parts: Parts,
    queries: npt.NDArray[np.uint8],
    database: npt.NDArray[np.uint8],
    seen: npt.NDArray[np.int64],
    width: int,
) -> dict[str, float]:
    """Mean average precision over all ranks, ties averaged."""
    known = np.isin(parts.queries.labels, seen)
    there = np.isin(parts.database.labels, seen)
    everything = np.ones_like(there)
    found = {}
    for name, asked, among in zip(
        FIGURES, (~known, ~known, known), (~there, everything, everything), strict=True
    ):
        counts = count_distances(
            queries[asked],
            database[among],
            width,
            parts.queries.labels[asked],
            parts.database.labels[among],
        )
        found[name] = round(float(average_precision(counts).mean()), 4)
    return found


def read(folder: Path) -> list[dict[str, object]]:
    """The cells that are there."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]


def rows(cells: list[dict[str, object]]) -> Iterator[str]:
    """A table in Markdown for each data set and kind of backbone."""
    groups = sorted({(str(cell["data"]), str(cell["kind"])) for cell in cells})
    for data, kind in groups:
        some = [cell for cell in cells if (cell["data"], cell["kind"]) == (data, kind)]
        first = some[0]
        yield ""
        yield (
            f"{data}, backbone {kind}: {len(first['seen'])} classes seen, "  # type: ignore[arg-type]
            f"{len(first['unseen'])} unseen; "  # type: ignore[arg-type]
            f"{first['queries']:,} queries in {first['database']:,}"
        )
        yield ""
        head = [f"{figure}, {width}" for figure in FIGURES for width in WIDTHS]
        yield f"| loss | seeds | {' | '.join(head)} |"
        yield "|---" * (len(head) + 2) + "|"
        for loss in LOSSES:
            of = [cell["map"] for cell in some if cell["loss"] == loss]
            if not of:
                continue
            told = [
                spread([float(each[str(width)][figure]) for each in of])  # type: ignore[index]
                for figure in FIGURES
                for width in WIDTHS
            ]
            yield f"| `{loss}` | {len(of)} | {' | '.join(told)} |"


def spread(values: list[float]) -> str:
    """Mean, and standard deviation where there are several."""
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


if __name__ == "__main__":
    main()
