"""From groups of contents to what is told of them: files, kinds, distances, chances, bytes."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import from_words, to_words
from lookalike.encoders.turned_codes import turned_codes
from lookalike.library.calibration_sample import is_hash
from lookalike.library.calibrations import Calibrations
from lookalike.library.duplicates.facts import Facts
from lookalike.library.duplicates.looking import Looking
from lookalike.library.duplicates.records import (
    ACTED_ON,
    GROUP_KINDS,
    DuplicateMember,
    GroupKind,
    KeptPicture,
    PictureGroup,
    RuleStep,
)
from lookalike.library.duplicates.settling import SEVERAL, Chosen
from lookalike.library.engine import ContentIds, Table
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.verdicts import Verdicts, key_text
from lookalike.ranking.short_list import cosines
from lookalike.types import ContentId, Slot

__all__ = ["Telling", "bytes_to_free", "group_id"]

_LETTERS: Final = 12  # of an id: 48 bits
_ORDER: Final = {kind: place for place, kind in enumerate(GROUP_KINDS)}
_BLOCK = 4096  # pairs whose codes are compared at a time


def group_id(contents: Iterable[ContentKey], relation: str = "") -> str:
    """What names a group of these contents, wherever their files are and whichever is kept."""
    named = "\n".join([relation, *sorted(map(key_text, contents))])
    return hashlib.sha256(named.encode()).hexdigest()[:_LETTERS]


class Telling:
    """Makes records of groups.

    Args:
        facts: known of the contents.
        looking: what was seen of pairs.
        verdicts: what was decided.
        tables: of the codes.
        calibrations: of these.
    """

    def __init__(
        self,
        facts: Facts,
        looking: Looking,
        verdicts: Verdicts,
        tables: Mapping[Slot, Table],
        calibrations: Calibrations,
    ) -> None:
        self._facts, self._looking, self._verdicts = facts, looking, verdicts
        self._tables, self._calibrations = tables, calibrations
        self.settled = 0
        """Groups that were left out since they were settled."""
        self.rules: Counter[str] = Counter()
        """Groups in which each rule decided something."""

    def copies(
        self, groups: Iterable[Chosen], kinds: Collection[GroupKind], max_chance: float | None
    ) -> Iterator[tuple[PictureGroup, Mapping[ContentKey, int]]]:
        """Groups of which one picture is enough, in no order, and how many files show what.

        Args:
            groups: by content.
            kinds: of the members that are told of.
            max_chance: of a member that is told of, but for those of the same bytes or pixels.
        """
        chosen = list(groups)
        near = self._nearness(
            [(g.keep.option.content, member) for g in chosen for member in g.members]
        )
        for group in chosen:
            keep = group.keep.option
            counts = {self._facts[c].key: len(self._facts[c].pictures) for c in group.contents}
            is_settled, changed = self._verdicts.settled(counts)
            members = [
                member
                for content in group.contents
                for member in self._members(keep.content, content, near, keep.picture)
                if member.kind in kinds and _is_near(member, max_chance)
            ]
            if not members:
                continue
            if is_settled:
                self.settled += 1
                continue
            self.rules.update(step.rule for step in group.keep.steps)
            kept = replace(
                _kept(keep.picture),
                why=group.keep.why,
                steps=tuple(RuleStep(s.rule, s.why, s.left) for s in group.keep.steps),
            )
            yield _group(group_id(counts), kept, members, changed), counts

    def beside(
        self,
        relation: GroupKind,
        groups: Mapping[ContentId, Sequence[ContentId]],
        max_chance: float | None,
    ) -> Iterator[tuple[PictureGroup, Mapping[ContentKey, int]]]:
        """Groups of one relation that says nothing about what is enough, as above."""
        pairs = [(middle, member) for middle, members in groups.items() for member in members]
        near = self._nearness(pairs)
        for middle, others in groups.items():
            members = [
                member
                for other in others
                for member in self._members(middle, other, near, None, relation)[:1]
                if _is_near(member, max_chance)
            ]
            keys = {self._facts[c].key: 1 for c in (middle, *others)}
            is_settled, changed = self._verdicts.settled(keys)
            if is_settled:
                self.settled += 1
            elif members:
                kept = _kept(self._facts[middle].first)
                yield _group(group_id(keys, relation), kept, members, changed), keys

    def _members(
        self,
        keep: ContentId,
        content: ContentId,
        near: Mapping[tuple[ContentId, ContentId], tuple[int | None, float | None]],
        kept: PictureInfo | None,
        relation: GroupKind | None = None,
    ) -> list[DuplicateMember]:
        """The files that hold a content, beside the picture that is kept."""
        fact = self._facts[content]
        kind: GroupKind = relation or "edited"
        if content == keep:
            kind = "same-bytes"
        elif relation is None and self._facts.same_pixels(content, keep):
            kind = "same-pixels"
        distance, chance = near.get((keep, content), (0, None))
        verdict = self._looking.verdict(content, keep)
        several = fact.first.format in SEVERAL if fact.held is None else fact.held > 1
        frees = kind in ACTED_ON and not (kind == "edited" and several)
        return [
            DuplicateMember(
                id=picture.id,
                path=picture.path,
                kind=kind,
                distance=distance,
                chance=chance if kind not in ("same-bytes", "same-pixels") else None,
                edits=() if verdict is None or kind == "same-pixels" else verdict.edits,
                bytes=picture.file_bytes,
                width=picture.width,
                height=picture.height,
                digest=picture.digest.hex(),
                frees=frees and not picture.member,
                member=picture.member or None,
                boxes=verdict.boxes if verdict is not None and kind == "part" else (),
            )
            for picture in fact.pictures
            if kept is None or not _is_one_file(picture, kept)
        ]

    # How near they are

    def _nearness(
        self, pairs: Sequence[tuple[ContentId, ContentId]]
    ) -> dict[tuple[ContentId, ContentId], tuple[int | None, float | None]]:
        """For each pair the distance of the hashes, and the chance by the code that says less."""
        found = {}
        for start in range(0, len(pairs), _BLOCK):
            block = pairs[start : start + _BLOCK]
            one, other = np.array(block, np.int64).T
            distances = self._distances(one, other)
            chances = self._chances(one, other, distances)
            for pair, distance, chance in zip(
                block, distances.tolist(), chances.tolist(), strict=True
            ):
                found[pair] = (
                    None if distance < 0 else distance,
                    None if np.isnan(chance) else chance,
                )
        return found

    def _distances(self, one: ContentIds, other: ContentIds) -> npt.NDArray[np.int64]:
        """Of the hashes, the one in its eight turnings; -1 where one is missing."""
        table = self._tables["pdq"]
        a, b = table.stored(one), table.stored(other)
        turns = a.words[None]
        if is_hash(table.encoder):
            codes = turned_codes(from_words(a.words, table.encoder.bits))
            turns = to_words(codes.reshape(-1, codes.shape[2])).reshape(len(codes), *a.words.shape)
        apart = np.bitwise_count(turns ^ b.words).sum(2, dtype=np.int64).min(0)
        return np.where(a.there & b.there, apart, -1)

    def _chances(
        self, one: ContentIds, other: ContentIds, distances: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """How many hits as near an unrelated picture would get, by either code; NaN: not known."""
        hashes, photos = self._tables["pdq"], self._tables["photo"]
        by_hash = self._calibrations.of(hashes).chance(np.maximum(distances, 0), len(hashes))
        found = np.where(distances < 0, np.nan, by_hash)
        a, b = photos.stored(one), photos.stored(other)
        near = None
        if a.embeddings is not None and b.embeddings is not None:
            near = np.asarray(cosines(a.embeddings, b.embeddings), np.float64)
        apart = np.bitwise_count(a.words ^ b.words).sum(1, dtype=np.int64)
        by_photo = self._calibrations.of(photos).chance(apart, len(photos), near)
        return np.fmin(found, np.where(a.there & b.there, by_photo, np.nan))


def _group(
    name: str, kept: KeptPicture, members: Iterable[DuplicateMember], changed: str | None
) -> PictureGroup:
    ordered = sorted(members, key=_key)
    kind = max((member.kind for member in ordered), key=lambda kind: _ORDER[kind])
    return PictureGroup(name, kind, kept, tuple(ordered), bytes_to_free(ordered), changed)


def bytes_to_free(members: Iterable[DuplicateMember]) -> int:
    """Bytes that a disk has more when all that may go is gone.

    Those of a file go with the last of its names (hard links): they count once, and not at all
    where another name stays.
    """
    free = 0
    left: dict[tuple[int, int], int] = {}  # names that stay, of files with several
    for path, size in {member.path: member.bytes for member in members if member.frees}.items():
        try:
            status = os.stat(path)
        except (OSError, ValueError):  # its disk is not there
            free += size
            continue
        file = status.st_dev, status.st_ino
        left[file] = left.get(file, status.st_nlink) - 1
        free += size if left[file] == 0 else 0
    return free


def _key(member: DuplicateMember) -> tuple[int, int, bytes, str]:
    far = 1 << 30 if member.distance is None else member.distance
    return _ORDER[member.kind], far, os.fsencode(member.path), member.member or ""


def _kept(picture: PictureInfo) -> KeptPicture:
    return KeptPicture(
        id=picture.id,
        path=picture.path,
        why="",
        bytes=picture.file_bytes,
        width=picture.width,
        height=picture.height,
        digest=picture.digest.hex(),
        member=picture.member or None,
    )


def _is_near(member: DuplicateMember, max_chance: float | None) -> bool:
    return max_chance is None or member.chance is None or member.chance <= max_chance


def _is_one_file(picture: PictureInfo, kept: PictureInfo) -> bool:
    """Whether a picture is the one that is kept, or its file another name of that one's."""
    if picture.id == kept.id:
        return True
    if picture.digest != kept.digest:
        return False
    try:
        return os.path.samefile(picture.path, kept.path)
    except OSError:
        return False
