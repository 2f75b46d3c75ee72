"""Write the cards of shipped models in the form of the Hugging Face hub, from lookalike's own.

    python scripts/write_model_cards.py

``NAME.md`` beside ``NAME.onnx``: YAML in front (licence, tags, data sets, metrics, figures), then
the page. Uploaded as ``README.md``, it is what the hub shows. A test compares the files with what
this script would write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from lookalike.encoders import registry
from lookalike.encoders.cards import Card

TAGS = ["binary-codes", "hashing", "image-retrieval", "lookalike", "onnx"]
SETS = {
    "cifar10": ("cifar10", "CIFAR-10"),
    "resisc": ("nwpu-resisc45", "NWPU-RESISC45"),
    "photo": ("caltech-101", "Caltech-101, kinds that the fit did not see"),
}
# What weights of others had learned from, before.
BEFORE = {"cifar10": [], "resisc": ["imagenet-1k"], "photo": ["imagenet-1k"]}
HELD_OUT = "kinds held out: mAP and precision at 1"
LIMITS = {
    "cifar10": "It knows the ten classes of CIFAR-10, and means little for other pictures.",
    "resisc": "It knows 42 classes of aerial pictures, and means little for other pictures.",
    "photo": "It is weak at pictures unlike photographs of things, such as aerial ones.",
}
Figure = tuple[str, str, float]


def figures(card: Card) -> list[Figure]:
    """Of each figure: what it was measured on or by, its metric, and the value."""
    found: list[Figure] = []
    retrieval: Mapping[str, Any] = card.figures.get("retrieval", {})
    for protocol, values in retrieval.items():
        if "map" in values:
            found.append((protocol, "mean average precision", values["map"]))
            found += [
                (protocol, f"precision at {k}", value)
                for k, value in values["precision_at"].items()
                if k in ("1", "10", "100")
            ]
        else:
            found += [
                (f"{protocol} (counts pictures that it has seen)", f"accuracy at {k}", value)
                for k, value in values["accuracy_at"].items()
            ]
    for ranked, (mean, first) in card.figures.get(HELD_OUT, {}).items():
        if not ranked.startswith(("features", "with")):  # of the network, before the code
            found += [(ranked, "mean average precision", mean), (ranked, "precision at 1", first)]
    return found


def front(card: Card) -> str:
    """The YAML in front."""
    kind = card.name.split("-")[0]
    data, title = SETS[kind]
    results = [
        EvalResult(
            task_type="image-retrieval",
            task_name="Image retrieval",
            dataset_type=data,
            dataset_name=title,
            dataset_config=where,
            metric_type=metric.replace(" ", "_"),
            metric_name=metric,
            metric_value=value,
        )
        for where, metric, value in figures(card)
    ]
    values = ModelCardData(
        license=card.licence.lower(),
        library_name="onnx",
        pipeline_tag="image-feature-extraction",
        tags=TAGS,
        datasets=[data, *BEFORE[kind]],
        metrics=sorted({metric.replace(" ", "_") for _, metric, _ in figures(card)}),
        model_name=card.name,
        eval_results=results,
    )
    return f"---\n{values.to_yaml()}\n---\n"


def page(card: Card) -> str:
    """The whole card."""
    kind = card.name.split("-")[0]
    codes = f"a code of {card.bits} bits"
    if card.embedding_size:
        codes += f" and an embedding of {card.embedding_size} bytes"
    side = card.input.size
    fits = {"stretch": "stretched to a square", "crop": "the middle square"}[card.input.fit]
    rows = "\n".join(f"| {w} | {m} | {value} |" for w, m, value in figures(card))
    seen = card.learned_from.get("pictures", 0)
    origin = card.attribution or "trained from scratch"
    return f"""{front(card)}
# {card.name}

Pictures to {codes}, for lookalike, reverse image search for your own pictures. Pictures
with similar codes look alike.

```sh
lookalike index PHOTOS --model {card.name}
lookalike search PICTURE
```

| | |
|---|---|
| input | `pixels`, uint8 (n, {side}, {side}, 3), RGB; {fits}, {card.input.resample} |
| output | `code`, uint8 (n, {(card.bits + 7) // 8}){
        f"; `embedding`, int8 (n, {card.embedding_size})" if card.embedding_size else ""
    } |
| fitted on | {card.fitted_on} |
| pictures that it has seen | {seen:,}, recorded in `{card.learned_from.get("file", "")}` |
| weights | {origin} |
| licence | {card.licence}; see `licences/` |
| SHA-256 of the file | `{card.sha256}` |

## Figures

| measured by | metric | value |
|---|---|---|
{rows}

## Limits

{LIMITS[kind]}

## How it was made

```sh
{card.command}
```
"""


def main() -> None:
    """Write all of them."""
    for name in registry.names():
        if name not in registry.HASHES:
            file = registry.MODELS / f"{name}.md"
            file.write_text(page(registry.card(name)), encoding="utf-8")
            print(file)


if __name__ == "__main__":
    main()
