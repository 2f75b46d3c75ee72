"""Ship a model that ``lookalike train`` made: its file, its features, and a card with its figures.

    python scripts/ship_model.py data/models/cifar10-48.onnx cifar10 --protocol cifar10-full

Copies the model and its card to the package, encodes every picture of the data set, writes the
codes beside the model (each with the SHA-256 of its picture's pixels), and adds to the card what
``lookalike evaluate`` gives for the protocols, and the accuracies of the thesis's two searches.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from lookalike.datasets import Dataset, load
from lookalike.encoders.cards import Card
from lookalike.encoders.learned_from import ENDING
from lookalike.encoders.registry import MODELS
from lookalike.evaluation.code_files import keep_codes
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.model_codes import open_maker
from lookalike.evaluation.protocols import encode_split, prepare_split
from lookalike.thesis import KDTreeSearch, LSHSearch
from lookalike.training.shipping import LARGEST

NEIGHBOURS = (10, 100)


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the .onnx file, with its card beside it")
    parser.add_argument("data", help="name of the data set")
    parser.add_argument("--protocol", action="append", default=[], help="may be given repeatedly")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--out", type=Path, default=MODELS)
    given = parser.parse_args()
    size = given.model.stat().st_size
    if size > LARGEST:
        sys.exit(f"{given.model} has {size:,} bytes, more than {LARGEST:,}")
    name = given.model.stem
    shutil.copyfile(given.model, given.out / f"{name}.onnx")
    card_path = given.out / f"{name}.json"
    shutil.copyfile(given.model.with_suffix(".json"), card_path)
    dataset = load(given.data, given.data_dir)
    record = given.model.with_suffix(ENDING)
    if record.is_file():
        shutil.copyfile(record, given.out / record.name)
    features = given.out / f"{name}.npz"
    # Every picture of every part, each once.
    coded = encode_split(open_maker(str(given.model)), dataset, prepare_split(dataset, "thesis"))
    print(f"{features.name}: {keep_codes(features, coded):,} codes")
    card = Card.read(card_path)
    figures = dict(card.figures)
    figures["retrieval"] = {
        protocol: measure(features, name, dataset, given.data, protocol, card.embedding_size > 0)
        for protocol in given.protocol
    } | {"thesis": thesis(name, given.data, given.data_dir, card.embedding_size > 0)}
    values = json.loads(card_path.read_text(encoding="utf-8"))
    values["figures"] = figures
    card_path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures["retrieval"], indent=2))


def measure(
    features: Path, name: str, dataset: Dataset, data: str, protocol: str, real: bool
) -> dict[str, Any]:
    """What ``lookalike evaluate`` gives, from the features that are shipped."""
    coded = encode_split(open_maker(str(features)), dataset, prepare_split(dataset, protocol))
    found, details = evaluate(coded, 100, by="embedding" if real else "code")
    options = " --embeddings" if real else ""
    return {
        "command": f"lookalike evaluate {name} {data} --protocol {protocol}{options}",
        "classes": len(dataset.class_names),
        "queries": found.queries,
        "database": found.database,
        "map": round(found.map, 4),
        "precision_at": {at: round(value, 4) for at, value in found.precision_at.items()},
        "anmrr": round(details.anmrr, 4),
        "unique_codes": round(found.unique_codes, 4),
    }


def thesis(name: str, data: str, data_dir: Path | None, real: bool) -> dict[str, Any]:
    """Accuracies of the search of the thesis, each picture queried in a database that holds it."""
    kind = KDTreeSearch if real else LSHSearch
    search = kind(data, model=name, data_dir=data_dir)
    accuracies = {str(k): round(search.performance(k)[-2], 4) for k in NEIGHBOURS}
    return {
        "command": f"{kind.__name__}({data!r}).performance(k)",
        "pictures": len(search),
        "accuracy_at": accuracies,
    }


if __name__ == "__main__":
    main()
