"""Codes of several widths from one trained network, measured: a table for the documentation.

    python scripts/width_table.py data/models/cifar10-48.checkpoint cifar10 --protocol cifar10-full

The backbone's features of every picture (the mean of its own and of its mirror image's, where the
model does that) are computed once, in bfloat16 where that is faster. For each width and seed a
feature layer and a class layer are then trained on those of the training pictures, with the loss of
the checkpoint, and the codes are measured as ``lookalike evaluate`` does. The first row is the code
that was trained together with the network; ``real`` is real features, by their cosine.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lookalike.codes.bits import pack
from lookalike.datasets import Dataset, Part, in_memory, load
from lookalike.encoders.onnx import processors
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.protocols import Coded, prepare_split
from lookalike.training.build import restored
from lookalike.training.checkpoint import read_checkpoint
from lookalike.training.config import Config
from lookalike.training.loop import faster_in_bfloat16
from lookalike.training.losses import loss_named
from lookalike.training.networks.binarizers import Binarize
from lookalike.training.networks.hash_network import FeatureLayer, HashNetwork, Outputs
from lookalike.training.schedule import one_cycle
from lookalike.types import InputSpec

Floats = npt.NDArray[np.float32]

BATCH, EPOCHS, RATE = 500, 20, 3e-3


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("data")
    parser.add_argument("--protocol", required=True)
    parser.add_argument("--widths", type=int, nargs="+", default=[12, 16, 24, 32, 48, 64])
    parser.add_argument("--real", type=int, nargs="*", default=[48])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--out", type=Path, help="also write the rows there, as JSON")
    given = parser.parse_args()
    begun = read_checkpoint(given.checkpoint)
    network, config = restored(begun), begun.config
    dataset = load(given.data, given.data_dir)
    split = prepare_split(dataset, given.protocol)
    parts = {"training": split.training, "queries": split.queries, "database": split.database}
    pooled: dict[str, Floats] = {}
    for name, part in parts.items():
        same = next((n for n in pooled if parts[n] is part), None)
        pooled[name] = pooled[same] if same else features(network, config, part)
        print(f"{name}: {pooled[name].shape}", flush=True)
    labels = split.training.labels
    assert labels is not None

    rows = []
    table = [("as trained", config.width, network.feature, False, config.seed)]
    for width in given.widths:
        for seed in range(given.seeds):
            layer = head(pooled["training"], labels, config.loss, width, dataset, seed)
            table.append(("layer alone", width, layer, False, seed))
    for width in given.real:
        layer = head(pooled["training"], labels, "softmax", width, dataset, 0)
        table.append(("real", width, layer, True, 0))
    for kind, width, layer, real, seed in table:
        queries, database = (apply(layer, pooled[name]) for name in ("queries", "database"))
        coded = Coded(
            given.checkpoint.stem,
            width,
            dataset.name,
            dataset.class_names,
            split,
            pack(queries > 0),
            pack(database > 0),
            (queries, database) if real else None,
        )
        found, _ = evaluate(coded, embeddings=real)
        row = {"kind": kind, "width": width, "seed": seed, "map": round(found.map, 4)}
        row |= {"precision_at_100": round(found.precision_at["100"], 4)}
        rows.append(row)
        print(json.dumps(row), flush=True)
    if given.out:
        given.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def features(network: HashNetwork, config: Config, part: Part) -> Floats:
    """The backbone's features of all pictures of a part, (n, channels)."""
    read = in_memory(part, InputSpec(config.side, "crop", "bilinear"))
    pictures = read.pictures
    assert not isinstance(pictures, tuple)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fast = faster_in_bfloat16(config)
    torch.set_num_threads(1)  # each part of the pictures by one thread

    def look(start: int) -> Floats:
        pixels = torch.from_numpy(pictures[start : start + 250])
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
            found = network.backbone(pixels).float()
            if config.mirror:
                found = (found + network.backbone(pixels.flip(2)).float()) / 2
        return np.asarray(found)

    with ThreadPoolExecutor(processors()) as pool:
        return np.concatenate(list(pool.map(look, range(0, len(pictures), 250))))


def head(
    pooled: Floats,
    labels: npt.NDArray[np.int64],
    loss_name: str,
    width: int,
    dataset: Dataset,
    seed: int,
) -> FeatureLayer:
    """A feature layer that was trained on features, with a class layer that is thrown away."""
    torch.manual_seed(seed)
    loss = loss_named(loss_name)(width, len(dataset.class_names), seed=seed)
    layer = FeatureLayer(pooled.shape[1], width)
    binarize = Binarize(loss.binarizer)
    classifier = torch.nn.Linear(width, len(dataset.class_names))
    optimizer = torch.optim.AdamW([*layer.parameters(), *classifier.parameters()], RATE)
    steps = len(pooled) // BATCH
    for epoch in range(EPOCHS):
        order = np.random.default_rng([seed, epoch]).permutation(len(pooled))
        for step in range(steps):
            done = (epoch * steps + step) / (EPOCHS * steps)
            for group in optimizer.param_groups:
                group["lr"] = RATE * one_cycle(done, 0.1)
            rows = order[step * BATCH : (step + 1) * BATCH]
            some = torch.from_numpy(pooled[rows])
            found = layer(some)
            codes = binarize(found)
            outputs = Outputs(some, found, codes, classifier(codes))
            optimizer.zero_grad()
            loss(outputs, torch.from_numpy(labels[rows]), done).backward()
            optimizer.step()
    return layer.eval()


def apply(layer: FeatureLayer, pooled: Floats) -> Floats:
    """Real features, (n, width)."""
    with torch.inference_mode():
        return np.asarray(layer(torch.from_numpy(pooled)))


if __name__ == "__main__":
    main()
