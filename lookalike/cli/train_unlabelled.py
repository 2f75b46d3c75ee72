"""``lookalike train FOLDER --unlabelled``: a photo model fitted on one's own pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookalike.cli.output import counted, note, print_json, show_path, table
from lookalike.cli.progress import byte_bar
from lookalike.cli.steps import soon, step
from lookalike.cli.train_data import keep_record
from lookalike.errors import MissingExtraError, UsageError
from lookalike.system.installing import install_command

if TYPE_CHECKING:
    from lookalike.datasets import Dataset, Subset
    from lookalike.training.unlabelled import Learned
    from lookalike.types import Pixels

__all__ = ["train_unlabelled"]

# Options that mean something without labels, too.
_TAKEN = ("bits", "network", "size", "seed", "licence", "data_dir", "download", "unlabelled")

_BITS = 256
_NEIGHBOURS = 10
_MOST_QUERIES = 2000
_SHARES = ("mAP", "precision at 1", "at 10")


def train_unlabelled(
    data: str, out: Path, given: dict[str, Any], threads: int | None, *, as_json: bool, command: str
) -> None:
    """Fit a model, write it, and tell what it won.

    Args:
        data: a name or a folder.
        out: the ``.onnx`` file.
        given: the options of ``lookalike train``.
        threads: of everything.
        as_json: print one JSON object.
        command: that makes the model again, for the card.
    """
    for name, value in given.items():
        if name not in _TAKEN and value is not None and value is not False:
            raise UsageError(
                f"--{name.replace('_', '-')} is about learning from labels or by steps, which "
                "--unlabelled doesn't: leave one of the two out"
            )
    try:
        from lookalike.training import unlabelled
    except ImportError as error:
        raise MissingExtraError(f"training takes PyTorch: {install_command('train')}") from error
    from lookalike.datasets import load
    from lookalike.training.networks.efficientnet_lite import VARIANTS
    from lookalike.training.photo_head import INPUT

    network = given["network"] or "lite0"
    if network not in VARIANTS:
        raise UsageError(f"without labels a model starts from {', '.join(VARIANTS)}: {network!r}")
    with soon(f"opening {data}"), byte_bar("downloading") as fetched:
        dataset = load(
            data,
            given["data_dir"],
            seed=given["seed"],
            download=given["download"],
            progress=fetched,
        )
    train, test = _subsets(dataset, given["seed"])
    note(f"learning from {counted(len(train), 'picture')} of {dataset.name}, without labels")
    with step("looking", min(len(train), unlabelled.MOST)) as count:
        learned = unlabelled.learn(
            train,
            dataset.name,
            network=network,
            spec=replace(INPUT, size=given["size"] or INPUT.size),
            bits=given["bits"] or _BITS,
            seed=given["seed"],
            threads=threads,
            progress=count,
        )
    record = keep_record(replace(dataset, train=learned.subset, validation=None), out, {}, threads)
    card = unlabelled.write_learned(
        learned, out, command=command, licence=given["licence"], learned_from=record
    )
    asked = unlabelled.sample(test, _MOST_QUERIES, given["seed"])
    found = _compare(dataset, learned, asked, out, threads)
    if found:
        card = replace(card, figures={"retrieval": found})
        out.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    if as_json:
        print_json({"model": str(out.absolute()), "bits": card.bits, "retrieval": found})
        return
    for line in _lines(found):
        click.echo(line)
    click.echo(f"{card.name}, {card.bits} bits: {show_path(str(out.absolute()))}")


def _subsets(dataset: Dataset, seed: int) -> tuple[Subset, Subset]:
    """What is learned from, and what it is measured on."""
    from lookalike.datasets.splits import train_and_test

    if len(dataset.test):
        return dataset.train, dataset.test
    return train_and_test(dataset.train, seed)


def _compare(
    dataset: Dataset, learned: Learned, test: Subset, out: Path, threads: int | None
) -> dict[str, dict[str, Any]]:
    """What the shipped model and the new one find for pictures that weren't learned from."""
    from lookalike.datasets.reading import prepared
    from lookalike.datasets.splits import Split, usual_protocol
    from lookalike.evaluation.evaluate import evaluate
    from lookalike.evaluation.model_codes import open_maker
    from lookalike.evaluation.neighbours import kept_neighbours
    from lookalike.evaluation.protocols import encode_split
    from lookalike.training.photo_head import pooled_rows
    from lookalike.training.unlabelled import centred

    if not len(test):
        note("no picture is left to measure with: the fit isn't compared with what is shipped")
        return {}
    read: list[int] = []

    def pictures() -> Iterator[Pixels]:
        for row, picture in prepared(test, learned.spec, damaged="leave out"):
            read.append(row)
            yield picture

    with step("measuring", len(test)) as count:
        rows = pooled_rows(learned.network, pictures(), threads=threads, progress=count)
    asked = centred(learned, rows)
    test = test.take(read)
    known = centred(learned, learned.pooled)
    split = Split(usual_protocol(dataset), learned.subset, test, learned.subset)
    found: dict[str, dict[str, Any]] = {}
    for when, model in (("shipped", "photo"), ("fitted", str(out))):
        with step(f"measuring, {when}", len(test) + len(learned.subset)) as count:
            coded = encode_split(open_maker(model, threads=threads), dataset, split, count)
        row: dict[str, Any] = {
            "model": coded.model,
            "bits": coded.bits,
            "queries": len(test),
            "database": len(learned.subset),
            "kept_neighbours_at_10": round(
                kept_neighbours((asked, coded.queries), (known, coded.database), _NEIGHBOURS), 4
            ),
        }
        if test.labels is not None:
            measured, _ = evaluate(coded, _NEIGHBOURS, threads=threads)
            row["map"] = round(measured.map, 4)
            row["precision_at"] = {
                k: round(value, 4) for k, value in measured.precision_at.items() if k in ("1", "10")
            }
        found[when] = row
    return found


def _lines(found: dict[str, dict[str, Any]]) -> list[str]:
    """The models side by side."""
    if not found:
        return []
    first = found["shipped"]
    labelled = "map" in first
    rows: list[tuple[str, ...]] = [("", "bits", "neighbours kept", *(_SHARES if labelled else ()))]
    for when, row in found.items():
        cells = [f"{when}: {row['model']}", str(row["bits"]), f"{row['kept_neighbours_at_10']:.3f}"]
        if labelled:
            cells.append(f"{row['map']:.3f}")
            cells += [f"{row['precision_at'].get(k, 0.0):.3f}" for k in ("1", "10")]
        rows.append(tuple(cells))
    head = (
        f"{first['queries']:,} pictures that weren't learned from, searched for in "
        f"{first['database']:,} that were:"
    )
    told = [
        "",
        "neighbours kept: the share of the 10 nearest by the network's real features that are",
        "among the 10 nearest by code",
    ]
    return [head, "", *table(rows, right=tuple(range(1, len(rows[0])))), *told, ""]
