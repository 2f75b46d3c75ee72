"""Plans are read strictly: what is wrong is named in one line, with its group and path."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.actions import Plan, PlannedFile, PlannedGroup, read_plan, write_plan
from lookalike.errors import UsageError

DIGEST, OTHER = "ab" * 32, "cd" * 32
PLAN: dict[str, Any] = {
    "lookalike_plan": 1,
    "made": "2026-11-28T10:00:00+00:00",
    "action": "trash",
    "to": None,
    "groups": [
        {
            "id": "g1",
            "kind": "edited",
            "keep": [{"path": "/p/a.jpg", "digest": DIGEST, "member": "page-2", "bytes": 3}],
            "act": [
                {
                    "path": "/p/b.jpg",
                    "digest": DIGEST,
                    "member": "",
                    "bytes": 3,
                    "kind": "same-bytes",
                    "why": "a copy",
                }
            ],
        },
        {
            "id": "g2",
            "kind": "edited",
            "keep": [{"path": "/p/c.jpg", "digest": DIGEST, "member": "", "bytes": 3}],
            "act": [
                {
                    "path": "/p/d.jpg",
                    "digest": OTHER,
                    "member": "",
                    "bytes": 9,
                    "kind": "edited",
                    "why": "smaller",
                }
            ],
        },
    ],
}


def changed(*keys: Any, **values: Any) -> dict[str, Any]:
    """The plan with other values in the object that the keys lead to."""
    plan = deepcopy(PLAN)
    place = plan
    for key in keys:
        place = place[key]
    place.update(values)
    return plan


ACT = ("groups", 1, "act", 0)
WRONG = [
    (changed(more=1), r'the plan: "more" is no key: it takes lookalike_plan, made'),
    (changed(*ACT, reason="x"), r'group g2: act: /p/d\.jpg: "reason" is no key'),
    (changed("groups", 0, "keep", 0, why="x"), r'group g1: keep: /p/a\.jpg: "why" is no key'),
    (changed("groups", 0, sort="x"), r'group g1: "sort" is no key'),
    (changed(lookalike_plan=2), r"lookalike_plan is 2, and this lookalike reads 1"),
    (changed(lookalike_plan=True), r"lookalike_plan is true"),
    (changed(action="delete"), r'action is one of trash, move.*, not "delete"'),
    (changed(action="move"), r"to names the folder"),
    (changed(to="/x"), r"to names the folder"),
    (changed(action="move", to="x"), r'to: "x" is no absolute path'),
    (changed(groups={}), r"groups has to be a list"),
    (changed("groups", 1, id="g1"), r'group "g1" stands twice'),
    (changed("groups", 1, id=1), r"group 2: id has to be a text, not 1"),
    (changed("groups", 1, kind="part"), r'group g2: kind is one of .*, not "part"'),
    (changed("groups", 1, keep=[]), r"group g2: /p/d\.jpg would be acted on with nothing kept"),
    (changed("groups", 1, act=5), r"group g2: act has to be a list"),
    (changed("groups", 1, act=["/p/d.jpg"]), r"group g2: act has to be an object with path"),
    (changed(*ACT, path="d.jpg"), r'group g2: d\.jpg: "d\.jpg" is no absolute path'),
    (changed(*ACT, path="/p/../d.jpg"), r"group g2: /p/\.\./d\.jpg: write the path as /d\.jpg"),
    (changed(*ACT, path="/p/\0"), r"no absolute path"),
    (changed(*ACT, path="/p/b.jpg"), r"group g2: /p/b\.jpg is to be acted on twice, also by .*g1"),
    (changed(*ACT, path="/p/a.jpg"), r"group g2: /p/a\.jpg is to be acted on, and group g1 keeps"),
    (changed(*ACT, digest="AB" * 32), r"group g2: /p/d\.jpg: digest has to be 64 hexadecimal"),
    (changed(*ACT, bytes=-1), r"group g2: /p/d\.jpg: bytes is -1"),
    (changed(*ACT, bytes=True), r"bytes has to be a whole number, not true"),
    (changed(*ACT, member="page-2"), r"only whole files can be acted on, not page-2"),
    (changed(*ACT, kind="burst"), r'group g2: /p/d\.jpg: kind is one of .*, not "burst"'),
    (changed(*ACT, kind="same-bytes"), r"group g2: /p/d\.jpg: kind is same-bytes, and no kept"),
    ([], r"the plan has to be an object"),
]


@pytest.mark.parametrize(("packed", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_is_named(tmp_path: Path, packed: Any, message: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(packed))
    with pytest.raises(UsageError, match=message) as caught:
        read_plan(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("key", PLAN)
def test_no_key_may_be_missing(tmp_path: Path, key: str) -> None:
    packed = deepcopy(PLAN)
    del packed[key]
    with pytest.raises(UsageError, match=f"the key {key} is missing"):
        Plan.unpack(packed)


def test_a_key_may_not_stand_twice(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN).replace('"to": null', '"to": null, "action": "list"'))
    with pytest.raises(UsageError, match='"action" stands twice'):
        read_plan(path)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\ud800"])
def test_what_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UsageError, match=r"is not JSON|has to be"):
        read_plan(path)


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.json can't be read"):
        read_plan(tmp_path / "missing.json")


names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"])
    | st.sampled_from(["\udc80", "\udcff"]),
    min_size=1,
    max_size=9,
).filter(lambda name: name not in (".", ".."))


@given(st.lists(names, min_size=2, max_size=6, unique=True), st.sampled_from(["trash", "move"]))
def test_a_plan_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, found: list[str], action: Any
) -> None:
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    files = [PlannedFile(f"/p/{name}", DIGEST, n) for n, name in enumerate(found)]
    act = tuple(
        PlannedFile(f.path, f.digest, f.bytes, "", "same-bytes", name)
        for f, name in zip(files[1:], found[1:], strict=True)
    )
    to = f"/{found[0]}" if action == "move" else None
    plan = Plan(action, (PlannedGroup(found[0], "same-bytes", (files[0],), act),), to)
    write_plan(path, plan)
    assert read_plan(path) == plan


def test_it_is_read_as_it_stands() -> None:
    assert Plan.unpack(PLAN).pack() == PLAN
