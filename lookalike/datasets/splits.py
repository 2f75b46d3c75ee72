"""Dividing a data set by a seed, so that everybody who has the same pictures gets the same subsets.

Copies of a data set come in different orders and under different names. So the pictures of each
class are sorted by the SHA-256 of their content before the seed draws. Each class is drawn for
itself: its share is exact, and doesn't depend on which other classes there are. Pictures of the
same content stay together: none is learned from in one place and asked about in another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lookalike.datasets.subsets import Dataset, Labels, Subset, joined
from lookalike.errors import UsageError

__all__ = [
    "PROTOCOLS",
    "TEST_SHARE",
    "VALIDATION_SHARE",
    "Split",
    "drawn",
    "split_for",
    "train_and_test",
    "usual_protocol",
    "with_validation",
]

TEST_SHARE = 0.2
"""Of all pictures, where a data set doesn't say itself what is for testing."""

VALIDATION_SHARE = 0.15
"""Of the training pictures."""

PROTOCOLS = (
    "cifar10-full",
    "cifar10-5k",
    "resisc-80-20",
    "folder-80-20",
    "unseen-classes",
    "incremental",
    "thesis",
)
"""Names that :func:`split_for` knows."""

_BY_FIFTHS = ("resisc-80-20", "folder-80-20")
_USUAL = {"cifar10": "cifar10-full", "resisc45": "resisc-80-20", "folder": "folder-80-20"}

_UNSEEN = 0.3  # of the classes
_FEWEST_CLASSES = 3
_FEW_QUERIES, _FEW_TRAINING = 100, 500  # of each class, in cifar10-5k


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What a protocol makes of a data set.

    Attributes:
        protocol: its name.
        training: what a model may learn from, with labels.
        queries: what is searched for.
        database: what is searched in.
        queries_inside: whether each query is also in the database, at the same row.
        unlabelled: what may be learned from without its labels, besides ``training``.
        added: classes that come into the database one after another, in this order.
    """

    protocol: str
    training: Subset
    queries: Subset
    database: Subset
    queries_inside: bool = False
    unlabelled: Subset | None = None
    added: tuple[int, ...] = ()


def drawn(
    digests: Sequence[bytes], labels: Labels | None, wanted: float | int, seed: int
) -> npt.NDArray[np.bool_]:
    """Draw pictures of every class.

    Args:
        digests: SHA-256 of each picture's content.
        labels: int64 (n,); ``None`` takes all for one class.
        wanted: a share of each class (a float, rounded, but at least one picture drawn and one
            left where there are two), or how many of each class (an integer).
        seed: of the draw.

    Returns:
        bool (n,): true for what is drawn. Copies of a drawn picture are drawn with it, whatever
        their class.

    Raises:
        UsageError: a share outside of 0 to 1, a negative seed, or more than a class has.
    """
    if isinstance(wanted, float) and not 0 < wanted < 1:
        raise UsageError(f"a share lies between 0 and 1, not at {wanted}")
    if seed < 0:
        raise UsageError(f"a seed is 0 or more, not {seed}")
    first: dict[bytes, int] = {}  # content -> class; the least where copies differ
    classes = [0] * len(digests) if labels is None else labels.tolist()
    for digest, label in zip(digests, classes, strict=True):
        first[digest] = min(label, first.get(digest, label))
    of_class: dict[int, list[bytes]] = {}
    for digest, label in first.items():
        of_class.setdefault(label, []).append(digest)
    chosen: set[bytes] = set()
    for label, members in of_class.items():
        members.sort()
        count = wanted
        if isinstance(count, float):
            count = min(max(1, round(count * len(members))), len(members) - 1)
        if count > len(members):
            raise UsageError(
                f"class {label} has {len(members):,} different pictures: too few for {count:,}"
            )
        order = np.random.default_rng(seed).permutation(len(members))
        chosen.update(members[place] for place in order[: int(count)])
    return np.fromiter((digest in chosen for digest in digests), np.bool_, len(digests))


def train_and_test(
    subset: Subset, seed: int = 0, share: float = TEST_SHARE
) -> tuple[Subset, Subset]:
    """Take a share of each class for testing.

    Returns:
        What is left for training, and the test subset; each in the order of ``subset``.

    Raises:
        UsageError: as of :func:`drawn`.
        LookalikeError: a file can't be read.
    """
    test = drawn(subset.digests(), subset.labels, share, seed)
    return subset.take(np.flatnonzero(~test)), subset.take(np.flatnonzero(test))


def with_validation(dataset: Dataset, seed: int = 0, share: float = VALIDATION_SHARE) -> Dataset:
    """The data set with a share of its training pictures set apart for validation.

    A data set that has such a subset already is returned as it is.

    Raises:
        UsageError: as of :func:`drawn`.
        LookalikeError: a file can't be read.
    """
    if dataset.validation is not None:
        return dataset
    train, validation = train_and_test(dataset.train, seed, share)
    return replace(dataset, train=train, validation=validation)


def usual_protocol(dataset: Dataset) -> str:
    """The protocol by which a data set is measured if nobody says another."""
    return _USUAL[dataset.kind]


def split_for(dataset: Dataset, protocol: str, seed: int = 0) -> Split:
    """The pictures to train with, to search for and to search in.

    - ``cifar10-full``: the test pictures (10,000) in the training pictures (50,000), which are also
      what is learned from.
    - ``cifar10-5k``: of all pictures of each class, 100 are queries (1,000) and 500 others are
      learned from (5,000); what is left (54,000) is the database, and may be learned from without
      labels. Drawn by the seed.
    - ``folder-80-20``: the test subset (20 %) in the training subset (80 %, with validation) of any
      folder of class folders; of NWPU-RESISC45 it is called ``resisc-80-20``.
    - ``unseen-classes``: three tenths of the classes, drawn by the seed, are not learned from.
      Their test pictures are searched for among the training pictures of all classes. After
      Sablayrolles et al., "How should we evaluate supervised hashing?" (2017), whose database has
      no other classes; here these are there to be mistaken for.
    - ``incremental``: the database begins with the classes that ``unseen-classes`` learns from, and
      the others come into it one after another, in an order drawn by the seed. The test pictures
      of all classes that are there are searched for.
    - ``thesis``: every picture of all subsets in all of them, so that each finds itself.

    Raises:
        UsageError: an unknown protocol; a data set without labels, or another one than the protocol
            is made for, or with too few pictures.
        LookalikeError: a file can't be read.
    """
    if protocol not in PROTOCOLS:
        raise UsageError(f"no protocol is named {protocol!r}: there are {', '.join(PROTOCOLS)}")
    if dataset.train.labels is None:
        raise UsageError(
            f"{dataset.source} has no labels, so nothing says what should be found: put the "
            "pictures into a folder for each class"
        )
    usable = protocol in ("unseen-classes", "incremental", "thesis")
    if protocol.startswith("cifar10") != (dataset.kind == "cifar10") and not usable:
        made_for = "CIFAR-10" if protocol.startswith("cifar10") else "folders of class folders"
        raise UsageError(
            f"{protocol} is for {made_for}, and {dataset.source} isn't: use "
            f"{usual_protocol(dataset)} or thesis"
        )
    if protocol in _BY_FIFTHS:  # one thing under two names: each data set has its own
        protocol = usual_protocol(dataset)
    training = dataset.train
    if dataset.validation is not None:
        training = joined([training, dataset.validation])
    if protocol == "thesis":
        whole = dataset.everything()
        return Split(protocol, training, whole, whole, queries_inside=True)
    if protocol == "cifar10-5k":
        return _few_labels(dataset, seed)
    if protocol in ("unseen-classes", "incremental"):
        return _unseen_classes(dataset, training, protocol, seed)
    return Split(protocol, training, dataset.test, training)


def _unseen_classes(dataset: Dataset, training: Subset, protocol: str, seed: int) -> Split:
    count = len(dataset.class_names)
    if count < _FEWEST_CLASSES:
        raise UsageError(
            f"{dataset.source} has {count} classes: {protocol} takes {_FEWEST_CLASSES} or more,"
            " two to learn from and one to keep apart"
        )
    unseen = np.random.default_rng(seed).permutation(count)[: max(1, round(_UNSEEN * count))]

    def rows(subset: Subset, *, seen: bool) -> npt.NDArray[np.intp]:
        labels = np.empty(0, np.int64) if subset.labels is None else subset.labels
        return np.flatnonzero(np.isin(labels, unseen) != seen)

    learned = training.take(rows(training, seen=True))
    if protocol == "incremental":
        added = tuple(int(label) for label in unseen)
        return Split(protocol, learned, dataset.test, training, added=added)
    return Split(protocol, learned, dataset.test.take(rows(dataset.test, seen=False)), training)


def _few_labels(dataset: Dataset, seed: int) -> Split:
    whole = dataset.everything()
    digests = whole.digests()
    queries = drawn(digests, whole.labels, _FEW_QUERIES, seed)
    rest = whole.take(np.flatnonzero(~queries))
    kept = [digest for digest, query in zip(digests, queries, strict=True) if not query]
    training = drawn(kept, rest.labels, _FEW_TRAINING, seed)
    database = rest.take(np.flatnonzero(~training))
    return Split(
        "cifar10-5k",
        rest.take(np.flatnonzero(training)),
        whole.take(np.flatnonzero(queries)),
        database,
        unlabelled=database,
    )
