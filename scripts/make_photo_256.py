"""Make a photo model: EfficientNet-Lite, PCA and ITQ fitted on a folder, as one ONNX file.

    python scripts/make_photo_256.py PHOTOS --out lookalike/encoders/models/photo-256.onnx
    python scripts/make_photo_256.py PHOTOS --int8 --out photo-fast-256.onnx
    python scripts/make_photo_256.py PHOTOS --network lite2 --size 260 --int8 --out best.onnx

The model is named as its file. With ``--int8`` its convolutions compute in 8 bits. The same
folder, seed and description (``--source``) give the same file (on one machine and version of
PyTorch). The figures in the card are measured in the same run: quality on kinds (folders) that the
fit did not see, and how often the original of an edited copy comes first.
"""

from __future__ import annotations

import argparse
import platform
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from PIL import Image

from lookalike.codes.bits import to_words
from lookalike.encoders.cards import Card
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.errors import PictureError
from lookalike.evaluation.edits import EDITS
from lookalike.ranking.short_list import Rows, in_order, length
from lookalike.road import FULL_SIZE, Road
from lookalike.sources.walk import Found, walk
from lookalike.training.export import check, export, halve, inputs_of, to_onnx
from lookalike.training.networks.efficientnet_lite import HEAD_CHANNELS, VARIANTS
from lookalike.training.photo_head import (
    EMBEDDING,
    INPUT,
    HeadFit,
    fit_head,
    photo_network,
    pooled_rows,
    set_head,
    unit,
)
from lookalike.training.quantise import quantise
from lookalike.training.shipping import lite_attribution
from lookalike.types import InputSpec, Pixels

Floats = npt.NDArray[np.float32]

BITS = 256
SHORT_LIST = 100
"""Nearest by code that are rescored by the embedding."""

CHECKED = 64
"""Pictures that the exported graph is compared with the network on."""

CALIBRATION = 128
"""Pictures that the 8-bit numbers' scales are taken from."""

PROJECTION = "head.project.weight"


def load(folder: Path, spec: InputSpec) -> tuple[list[Path], list[Pixels]]:
    """Every readable picture below a folder, by the road that the library takes."""
    paths, pictures = [], []
    files = [Path(entry.path) for entry in walk(folder) if isinstance(entry, Found)]
    with Road[str]({}) as road:

        def read(path: Path) -> Pixels:
            return road.picture(path, more={"photo": spec}).inputs["photo"]

        for path, made in road.each(zip(files, files, strict=True), read):
            if isinstance(made, PictureError):
                print(f"left out {path}: {made}", file=sys.stderr)
                continue
            paths.append(path)
            pictures.append(made)
    return paths, pictures


def rows_of(model: onnx.ModelProto, pictures: Sequence[Pixels]) -> Floats:
    """What the projection of an exported graph is given, (n, channels): its own backbone's."""
    opened, (name,) = inputs_of(model, PROJECTION)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        opened.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return np.concatenate([session.run([name], {"pixels": p[None]})[0] for p in pictures])


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
        fitted, own = fit_head(rows[seen], BITS, seed=seed), labels[test]
        features = fitted.features(rows[test])
        distance = hamming(fitted.bits(features), fitted.bits(features))
        limit = np.sort(distance, 1)[:, [min(SHORT_LIST, len(own) - 1)]]
        cosine = features @ features.T
        plain, whole = (
            unit(unit(some[test]) - unit(some[seen]).mean(0))
            for some in (rows[:, :HEAD_CHANNELS], rows)
        )
        results.append(
            [
                precision(plain @ plain.T, own),
                precision(whole @ whole.T, own),
                precision(cosine, own),
                precision(-distance, own),
                precision(np.where(distance <= limit, cosine, -1 - distance), own),
                precision(in_search(fitted, features, embedded=False), own),
                precision(in_search(fitted, features, embedded=True), own),
            ]
        )
    names = (
        "features of the network as floats",
        "with its class probabilities, before the projection",
        "embedding",
        "code",
        "code, rescored",
        "code alone, in the order of a search",
        "code and embedding, in the order of a search",
    )
    means = np.mean(results, 0).round(3).tolist() if results else []
    return dict(zip(names, means, strict=False))


def in_search(fitted: HeadFit, features: Floats, *, embedded: bool) -> Floats:
    """Scores that order all pictures for each of them as a library's search does."""
    words = to_words(np.packbits(fitted.bits(features), axis=1))
    embeddings = np.round(features * (127 / np.abs(features).max())).astype(np.int8)
    scores = np.empty((len(words), len(words)), np.float32)
    for row, score in enumerate(scores):
        distances = np.bitwise_count(words[row] ^ words).sum(1).astype(np.int64)
        distances[row] = BITS + 1  # a search doesn't know the query
        near = np.argsort(distances, kind="stable")[: length(1)]
        query, found = (
            Rows(words[some], embeddings[some] if embedded else None) for some in ([row], near)
        )
        score[:] = -len(near) - distances
        score[near[in_order(query, found, BITS).order]] = -np.arange(len(near))
    return scores


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
        with Road({"photo": encoder}) as road:
            for row in chosen:
                full = road.picture(paths[row], more={"full": FULL_SIZE}).inputs["full"]
                made = road.picture(edit(Image.fromarray(full), int(row)))
                edited.append(made.inputs["photo"])
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
    parser.add_argument("--network", choices=VARIANTS, default="lite0")
    parser.add_argument("--size", type=int, default=INPUT.size, help="side of the input in pixels")
    parser.add_argument("--int8", action="store_true", help="convolutions in 8 bits")
    given = parser.parse_args()
    spec = replace(INPUT, size=given.size)
    paths, pictures = load(given.photos, spec)
    if len(paths) <= 2 * BITS:
        parser.error(f"{given.photos} holds {len(paths)} pictures, more than {2 * BITS} are needed")
    print(f"{len(paths)} pictures", flush=True)

    network = photo_network(given.network, BITS)
    rows = pooled_rows(network, pictures)
    set_head(network, fit_head(rows, BITS, seed=given.seed), rows)
    figures: dict[str, object] = {
        "machine": f"{platform.machine()}, torch {torch.__version__}",
        "pictures": len(paths),
    }
    held = held_out(paths, rows, given.seed)
    some = np.stack(pictures[:: max(1, len(pictures) // CHECKED)])
    graph = to_onnx(network, spec.size, floats=True)
    single = check(graph, network, some)
    print(f"float32: {single}", flush=True)
    if single.difference > 1e-3:
        sys.exit("the exported graph doesn't compute what the network does: nothing written")
    figures["float32 export against the weights: largest difference"] = float(
        f"{single.difference:.2g}"
    )
    calibration = None
    if given.int8:
        calibration = np.stack(pictures[:: max(1, len(pictures) // CALIBRATION)])
        # What 8 bits change about the mean and the directions, the fit makes good.
        own = rows_of(quantise(graph, calibration), pictures)
        set_head(network, fit_head(own, BITS, seed=given.seed), own)
        figures["in float32, kinds held out: mAP and precision at 1"] = held
        held = held_out(paths, own, given.seed)
        graph = quantise(to_onnx(network, spec.size, floats=True), calibration)
    shipped = check(halve(graph), network, some)
    print(f"shipped: {shipped}", flush=True)
    if shipped.cosine < (0.9 if given.int8 else 0.9999):
        sys.exit("the shipped graph doesn't compute what the network does: nothing written")
    figures |= {
        "shipped file against the weights: least cosine": round(shipped.cosine, 6),
        "shipped file against the weights: share of bits that differ": round(shipped.bits, 5),
        "kinds held out: mAP and precision at 1": held,
    }
    options = [f"--network {given.network}"] if given.network != "lite0" else []
    options += [f"--size {spec.size}"] if spec.size != INPUT.size else []
    options += ["--int8"] if given.int8 else []
    card = Card(
        name=given.out.stem,
        bits=BITS,
        embedding_size=EMBEDDING,
        input=spec,
        fitted_on=f"{len(paths)} pictures, without labels (mean, PCA, rotation): {given.source}",
        licence="Apache-2.0",
        attribution=lite_attribution(given.network),
        # The card travels inside the file, so what is said in it belongs to making the same file.
        command=f"python scripts/make_photo_256.py PHOTOS {' '.join([*options, ''])}"
        f"--out {given.out.name} --seed {given.seed} --source {shlex.quote(given.source)}",
    )
    export(network, card, given.out, calibration=calibration)
    encoder = OnnxEncoder(given.out)
    found = copies(encoder, paths, pictures, given.queries)
    figures[f"recall at 1 of {given.queries} edited pictures: code, rescored"] = found
    card = replace(encoder.card, figures=figures)
    given.out.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    print(card.to_json())


if __name__ == "__main__":
    main()
