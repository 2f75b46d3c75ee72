"""Write down which pictures a shipped model learned from, beside it, and name that in its card.

    python scripts/record_learned.py resisc-512 resisc-real-32
    python scripts/record_learned.py cifar10-48 cifar10-real-32
    python scripts/record_learned.py photo-256 photo-fast-256 photo-best-256 --photos PHOTOS

Cards keep one SHA-256 of all training pictures and labels. The data set is divided by the seed of
the card's command, and nothing is written unless its training pictures have that SHA-256: so the
record is of the pictures that the model was trained on, and of no others. Models of the same
pictures share one record, named for the first. Cards of the photo models, which are fitted without
labels on a folder, keep no SHA-256: the number of its pictures has to be that of the card.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from lookalike.datasets import Subset, load
from lookalike.datasets.prints import learned_from
from lookalike.encoders.learned_from import record_path
from lookalike.encoders.registry import MODELS
from lookalike.sources.walk import Found, walk
from lookalike.training.subsets import examples


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="shipped models of the same training pictures")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--photos", type=Path, help="what photo models were fitted on")
    given = parser.parse_args()
    cards = {name: MODELS / f"{name}.json" for name in given.models}
    known = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in cards.items()}
    if given.photos is not None:
        pictures = photos(given.photos, known)
    else:
        pictures = training_part(known, given.data_dir)
    record = learned_from(pictures)
    told = record.write(record_path(MODELS / f"{given.models[0]}.onnx"))
    for name, path in cards.items():
        values = placed(known[name], dict(told))
        path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{name}: {told['pictures']:,} pictures, {told['bytes']:,} bytes in {told['file']}")


def training_part(known: dict[str, Any], data_dir: Path | None) -> Subset:
    """The training pictures of the cards' data set, compared with the SHA-256 of the cards."""
    words = shlex.split(next(iter(known.values()))["command"])
    dataset = load(words[2], data_dir, seed=seed_of(words))
    for name, card in known.items():
        found = examples(dataset.train, dataset, card["input"]["size"]).digest
        if found != card["fitted_on"].split()[-1]:
            sys.exit(f"{name} was trained on other pictures than those that are here: {found}")
    return dataset.train


def photos(folder: Path, known: dict[str, Any]) -> Subset:
    """All pictures of a folder, as many as the cards say."""
    paths = tuple(entry.path for entry in walk(folder) if isinstance(entry, Found))
    for name, card in known.items():
        if int(card["fitted_on"].split()[0]) != len(paths):
            sys.exit(f"{name}: {card['fitted_on']}, and not on the {len(paths):,} of {folder}")
    return Subset(paths, None, paths)


def seed_of(words: list[str]) -> int:
    """Of a command."""
    return int(words[words.index("--seed") + 1]) if "--seed" in words else 0


def placed(card: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """A card with what is told of its record, before the fingerprint."""
    rest = {key: value for key, value in card.items() if key not in ("learned_from", "fingerprint")}
    return {**rest, "learned_from": told, "fingerprint": card["fingerprint"]}


if __name__ == "__main__":
    main()
