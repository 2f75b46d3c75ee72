"""Codes of several widths from one trained network, measured: a table for the documentation.

    python scripts/width_table.py cifar10-48 cifar10 --protocol cifar10-full

What the model's feature layer is given (the mean over its views of a picture, where it has several)
is computed once, in ONNX Runtime. For each width and seed a feature layer and a class layer are
then trained on those of the training pictures, with the loss of the model, and the codes are
measured as ``lookalike evaluate`` does. The first row is the code that was trained together with
the network, as the model gives it; ``real`` is real features, by their cosine. With ``--taught``
the layers also learn from the pictures that the protocol has without labels: a class layer that
was trained on real features labels those that it is most certain of. With ``--nested`` one more
layer for each seed has all widths in one: its first bits are the narrower codes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from lookalike.codes.bits import pack
from lookalike.datasets import Dataset, Subset, in_memory, load
from lookalike.encoders import registry
from lookalike.evaluation.evaluate import evaluate
from lookalike.evaluation.protocols import Coded, prepare_split
from lookalike.system.processors import processors
from lookalike.training.export import inputs_of
from lookalike.training.finish import layers_on
from lookalike.training.networks.hash_network import FeatureLayer
from lookalike.training.teacher import most_certain
from lookalike.types import Codes, InputSpec

Floats = npt.NDArray[np.float32]

ENCODED = 125  # pictures at once
STEPS = 2000  # of the training of a layer
WIDE, TRUST = 128, 0.8  # of the layer that labels, and the share of each class that it may label
FEATURE_LAYER = "network.feature.linear.weight"


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a name, or the path of an .onnx file")
    parser.add_argument("data")
    parser.add_argument("--protocol", required=True)
    parser.add_argument("--widths", type=int, nargs="+", default=[12, 16, 24, 32, 48, 64])
    parser.add_argument("--real", type=int, nargs="*", default=[48])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--taught", action="store_true", help="learn without labels, too")
    parser.add_argument("--nested", action="store_true", help="also all widths in one layer")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--out", type=Path, help="also write the rows there, as JSON")
    given = parser.parse_args()
    path = Path(given.model)
    path = path if path.suffix == ".onnx" else registry.model_path(given.model)
    settings = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    settings = settings["figures"]["settings"]
    dataset = load(given.data, given.data_dir)
    split = prepare_split(dataset, given.protocol)
    subsets = {"training": split.training, "queries": split.queries, "database": split.database}
    seen: dict[str, tuple[Floats, Codes]] = {}
    for name, subset in subsets.items():
        same = next((n for n in seen if subsets[n] is subset), None)
        seen[name] = seen[same] if same else features(path, settings["side"], subset)
        print(f"{name}: {seen[name][0].shape}", flush=True)
    pooled = {name: values for name, (values, _) in seen.items()}
    labels = split.training.labels
    assert labels is not None
    if given.taught:
        # The protocol's pictures without labels are those of its database.
        chosen, told = most_likely(pooled["training"], labels, dataset, pooled["database"])
        pooled["training"] = np.concatenate([pooled["training"], pooled["database"][chosen]])
        labels = np.concatenate([labels, told])
        print(f"labelled: {len(chosen)}", flush=True)

    report = []
    table: list[tuple[str, int, FeatureLayer | None, int]]
    table = [("as trained", settings["width"], None, settings["seed"])]
    for width in given.widths:
        for seed in range(given.seeds):
            layer = head(pooled["training"], labels, settings["loss"], width, dataset, seed)
            table.append(("layer alone", width, layer, seed))
    *narrow, whole = sorted(given.widths)
    for seed in range(given.seeds if given.nested else 0):
        loss = settings["loss"]
        layer = head(pooled["training"], labels, loss, whole, dataset, seed, narrow)
        table += [("nested", width, layer, seed) for width in (*narrow, whole)]
    for width in given.real:
        for seed in range(given.seeds):
            layer = head(pooled["training"], labels, "softmax", width, dataset, seed)
            table.append(("real", width, layer, seed))
    for kind, width, layer, seed in table:
        reals = None
        if layer is None:
            codes = seen["queries"][1], seen["database"][1]
        else:
            queries, database = (apply(layer, pooled[name]) for name in ("queries", "database"))
            codes = pack(queries[:, :width] > 0), pack(database[:, :width] > 0)
            reals = (queries, database) if kind == "real" else None
        coded = Coded(
            path.stem,
            width,
            dataset.name,
            dataset.class_names,
            split,
            *codes,
            reals,
        )
        found, _ = evaluate(coded, by="code" if reals is None else "embedding")
        row = {"kind": kind, "width": width, "seed": seed, "map": round(found.map, 4)}
        row |= {"precision_at_100": round(found.precision_at["100"], 4)}
        report.append(row)
        print(json.dumps(row), flush=True)
    if given.out:
        given.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def features(path: Path, side: int, subset: Subset) -> tuple[Floats, Codes]:
    """What the feature layer is given for the pictures of a subset, (n, channels), and codes."""
    model, inputs = inputs_of(onnx.load(path), FEATURE_LAYER)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = processors()
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    pictures = in_memory(subset, InputSpec(side, "crop", "bilinear")).pictures
    assert not isinstance(pictures, tuple)
    pooled, codes = [], []
    for start in range(0, len(pictures), ENCODED):
        code, *views = session.run(["code", *inputs], {"pixels": pictures[start : start + ENCODED]})
        codes.append(code)
        pooled.append(np.mean(views, axis=0))
    return np.concatenate(pooled), np.concatenate(codes)


def most_likely(
    pooled: Floats, labels: npt.NDArray[np.int64], dataset: Dataset, others: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of ``others`` that a class layer is most certain of, and the labels that it gives."""
    classes = len(dataset.class_names)
    layer, classifier = layers_on(pooled, labels, "softmax", WIDE, classes, steps=STEPS, seed=0)
    with torch.inference_mode():
        shares = classifier(layer(torch.from_numpy(others))).softmax(1).numpy()
    rows = most_certain(shares, TRUST)
    return rows, shares.argmax(1)[rows]


def head(
    pooled: Floats,
    labels: npt.NDArray[np.int64],
    loss_name: str,
    width: int,
    dataset: Dataset,
    seed: int,
    nested: Sequence[int] = (),
) -> FeatureLayer:
    """A feature layer that was trained on features, with a class layer that is thrown away."""
    classes = len(dataset.class_names)
    layer, _ = layers_on(
        pooled, labels, loss_name, width, classes, steps=STEPS, seed=seed, nested=nested
    )
    return layer


def apply(layer: FeatureLayer, pooled: Floats) -> Floats:
    """Real features, (n, width)."""
    with torch.inference_mode():
        return np.asarray(layer(torch.from_numpy(pooled)))


if __name__ == "__main__":
    main()
