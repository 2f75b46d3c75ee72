"""Groups of duplicates, page by page, of what the last search for them found."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from lookalike.errors import UsageError
from lookalike.fields import record_values
from lookalike.library import DuplicateMember, KeptPicture, PictureGroup
from lookalike.library.duplicating import check_group_kinds
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.group_records import DuplicatesPage, GroupRecord, KeptRecord, MemberRecord
from lookalike.server.latest import FoundDuplicates
from lookalike.server.pictures import picture_facts
from lookalike.server.shelf import Volume

__all__ = ["duplicates", "found"]

_SORTS = {
    "free": lambda group: (-group.bytes_to_free, group.id),
    "pictures": lambda group: (-len(group.members), group.id),
    "path": lambda group: (os.fsencode(group.keep.path), group.id),
}


def found(context: Context) -> FoundDuplicates:
    """What the last search for duplicates found.

    Raises:
        ApiError: there was none.
    """
    latest = context.latest.duplicates
    if latest is None:
        raise ApiError(
            409,
            "not_computed",
            "nobody has searched for duplicates since the server started: "
            'send {"what": "duplicates"} to /api/v1/jobs',
        )
    return latest


async def duplicates(_request: Request, context: Context, arguments: Arguments) -> Response:
    """A page of groups."""
    return Json(await to_thread.run_sync(partial(_page, context, arguments)))


def _page(context: Context, arguments: Arguments) -> DuplicatesPage:
    latest = found(context)
    groups = _fitting(context.latest.groups(), arguments)
    groups = sorted(groups, key=_SORTS[arguments["sort"]])
    after, limit = arguments["after"], arguments["limit"]
    shown = groups[after : after + limit]
    with context.shelf.volume() as volume:
        pictures = _pictures(volume, shown)
        records = [_group(volume, group, pictures) for group in shown]
        stale = volume.library.state() != latest.state
    told = latest.found
    return DuplicatesPage(
        groups=[record for record in records if record is not None],
        total=len(groups),
        bytes_to_free=sum(group.bytes_to_free for group in groups),
        next=after + limit if len(groups) > after + limit else None,
        pairs=told.pairs,
        pictures=told.pictures,
        exact=told.exact,
        interrupted=told.interrupted,
        settled=told.settled,
        beside=told.beside,
        kinds=list(latest.kinds),
        under=latest.under,
        as_of=latest.as_of,
        stale=stale,
    )


def _fitting(groups: Sequence[PictureGroup], arguments: Arguments) -> list[PictureGroup]:
    kinds, under, most = arguments["kind"], arguments["under"], arguments["max_chance"]
    if kinds is not None:
        try:
            wanted = check_group_kinds([kind.strip() for kind in kinds.split(",")])
        except UsageError as error:
            raise ApiError(400, "bad_parameter", str(error)) from error
        groups = [group for group in groups if group.kind in wanted]
    if under is not None:
        below = os.path.join(os.path.abspath(under), "")
        groups = [
            group for group in groups if any(one.path.startswith(below) for one in group.pictures)
        ]
    if most is not None:
        groups = [
            group
            for group in groups
            if any(one.chance is None or one.chance <= most for one in group.members)
        ]
    return list(groups)


def _pictures(volume: Volume, groups: Sequence[PictureGroup]) -> dict[int, dict[str, Any]]:
    """What else is told of the pictures of some groups, but for those that are gone."""
    there = volume.library.pictures.many(one.id for group in groups for one in group.pictures)
    shots = volume.library.pictures.shots(there)
    return {one.id: picture_facts(volume.ids.seal(one.id), one, shots.get(one.id)) for one in there}


def _group(
    volume: Volume, group: PictureGroup, pictures: Mapping[int, Mapping[str, Any]]
) -> GroupRecord | None:
    """A group; ``None`` where nothing is left of it."""
    members = [member for member in group.members if member.id in pictures]
    if group.keep.id not in pictures or not members:
        return None
    return GroupRecord(
        group.id,
        group.kind,
        KeptRecord(**_values(group.keep, pictures[group.keep.id], KeptRecord)),
        [MemberRecord(**_values(one, pictures[one.id], MemberRecord)) for one in members],
        group.bytes_to_free,
        group.changed,
    )


def _values(
    picture: KeptPicture | DuplicateMember, facts: Mapping[str, Any], record: Any
) -> dict[str, Any]:
    wanted = record.__dataclass_fields__
    return {name: v for name, v in {**facts, **record_values(picture), "id": facts["id"]}.items()
            if name in wanted}  # fmt: skip
