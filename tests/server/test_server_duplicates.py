"""Duplicates over HTTP: groups, decisions about them, plans, doing and undoing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import CHANGE, TOKEN, Serve, ids, refusal
from tidying import DUPLICATES, JOBS, done, ended, find_duplicates

from lookalike import Library
from lookalike.actions import Plan

API = "/api/v1"


@pytest.fixture
def tidy(serve: Serve, own: Path) -> Iterator[httpx.Client]:
    """Somebody who may change the pictures of :func:`own`."""
    with serve(own, token=TOKEN, change_token=CHANGE).client() as client:
        client.headers["authorization"] = f"Bearer {CHANGE}"
        yield client


def names(group: dict[str, Any]) -> set[str]:
    return {member["name"] for member in group["members"]}


def test_nothing_is_told_before_anybody_searched(tidy: httpx.Client) -> None:
    assert refusal(tidy.get(DUPLICATES), 409) == "not_computed"
    assert refusal(tidy.post(f"{API}/plans", json={}), 409) == "not_computed"


def test_groups_are_those_of_the_library(tidy: httpx.Client, own: Path) -> None:
    page = find_duplicates(tidy)
    with Library.open(own, workers=1) as library:
        wanted = library.duplicates()
    assert page["total"] == len(wanted.groups) == 1
    assert page["pairs"] == wanted.pairs
    assert (page["exact"], page["stale"], page["next"]) == (True, False, None)
    group, known = page["groups"][0], wanted.groups[0]
    assert (group["id"], group["kind"]) == (known.id, known.kind)
    assert page["bytes_to_free"] == group["bytes_to_free"] == known.bytes_to_free
    sealed = ids(tidy)
    assert group["keep"]["id"] == sealed[group["keep"]["name"]]
    assert [member["path"] for member in group["members"]] == [m.path for m in known.members]
    for picture in (group["keep"], *group["members"]):
        assert tidy.get(picture["links"]["thumbnail"]).status_code == 200
        assert picture["away"] is False
        assert picture["format"]
    assert group["keep"]["why"] == known.keep.why


def test_groups_can_be_chosen_and_paged(tidy: httpx.Client, own: Path) -> None:
    find_duplicates(tidy)
    whole = tidy.get(DUPLICATES, params={"kind": "edited", "sort": "path"}).json()
    assert whole["total"] == 1
    none = tidy.get(DUPLICATES, params={"kind": "same-bytes"}).json()
    assert (none["groups"], none["bytes_to_free"]) == ([], 0)
    inside = tidy.get(DUPLICATES, params={"under": str(own.parent / "pictures")}).json()
    outside = tidy.get(DUPLICATES, params={"under": str(own.parent / "pict")}).json()
    assert (inside["total"], outside["total"]) == (1, 0)
    assert tidy.get(DUPLICATES, params={"after": 1}).json()["groups"] == []
    assert tidy.get(DUPLICATES, params={"max_chance": 0.5}).json()["total"] == 1
    for wrong in ("kind=alike", "sort=age", "limit=0", "after=-1"):
        assert refusal(tidy.get(f"{DUPLICATES}?{wrong}"), 400) == "bad_parameter"


def test_what_is_rejected_leaves_its_group(tidy: httpx.Client) -> None:
    group = find_duplicates(tidy)["groups"][0]
    away = group["members"][-1]
    pair = {"a": group["keep"]["id"], "b": away["id"]}
    assert tidy.post(f"{API}/verdicts", json={**pair, "verdict": "different"}).status_code == 204
    left = tidy.get(DUPLICATES).json()["groups"][0]
    assert names(group) - names(left) == {away["name"]}
    again = find_duplicates(tidy)["groups"]
    assert all(pair["b"] not in {m["id"] for m in one["members"]} or
               one["keep"]["id"] != pair["a"] for one in again)  # fmt: skip
    assert tidy.request("DELETE", f"{API}/verdicts", json=pair).status_code == 204
    assert names(find_duplicates(tidy)["groups"][0]) == names(group)
    same = {"a": pair["a"], "b": pair["a"]}
    assert refusal(tidy.post(f"{API}/verdicts", json=same), 400) == "bad_decision"
    unknown = {"a": pair["a"], "b": "A" * 24}
    assert refusal(tidy.post(f"{API}/verdicts", json=unknown), 404) == "no_such_picture"
    wrong = {**pair, "verdict": "alike"}
    assert refusal(tidy.post(f"{API}/verdicts", json=wrong), 400) == "bad_json"


def test_what_is_settled_is_not_told_again(tidy: httpx.Client) -> None:
    group = {"group": find_duplicates(tidy)["groups"][0]["id"]}
    assert tidy.post(f"{API}/settled", json=group).status_code == 204
    assert tidy.get(DUPLICATES).json()["total"] == 0
    page = find_duplicates(tidy)
    assert (page["total"], page["settled"]) == (0, 1)
    assert tidy.request("DELETE", f"{API}/settled", json=group).status_code == 204
    assert find_duplicates(tidy)["total"] == 1
    wrong = tidy.post(f"{API}/settled", json={"group": "0" * 12})
    assert refusal(wrong, 400) == "bad_decision"


def test_a_plan_is_what_the_command_takes(tidy: httpx.Client) -> None:
    group = find_duplicates(tidy)["groups"][0]
    frees = [member for member in group["members"] if member["frees"]]
    made = tidy.post(f"{API}/plans", json={})
    assert made.status_code == 201
    plan = made.json()
    assert (plan["files"], plan["refused"]) == (len(frees), [])
    assert plan["bytes_to_free"] == group["bytes_to_free"]
    file = tidy.get(plan["links"]["self"])
    assert "attachment" in file.headers["content-disposition"]
    assert file.json() == plan["plan"]
    assert Plan.unpack(json.loads(file.text)).action == "trash"
    assert refusal(tidy.get(f"{API}/plans/{'A' * 24}"), 404) == "no_such_plan"


def test_another_picture_can_be_kept(tidy: httpx.Client) -> None:
    group = find_duplicates(tidy)["groups"][0]
    members = {member["name"]: member for member in group["members"]}
    other = members["chelsea.jpg"]
    gone = next(one for name, one in members.items() if name not in ("chelsea.jpg", "cat.tiff"))
    coins = ids(tidy)["coins.jpg"]
    chosen = {"keep": other["id"], "remove": [gone["id"], other["id"], coins]}
    plan = tidy.post(f"{API}/plans", json={"groups": [chosen]}).json()
    kept, acted = plan["plan"]["groups"][0]["keep"], plan["plan"]["groups"][0]["act"]
    assert [file["path"] for file in kept] == [other["path"]]
    assert [file["path"] for file in acted] == [gone["path"]]
    why = {Path(one["path"]).name: one["why"] for one in plan["refused"]}
    assert why == {
        other["name"]: "it is kept",
        "coins.jpg": "it is in no group with the picture to keep",
    }
    # The TIFF may hold further pages, and so isn't one that goes for an edited copy.
    stays = [member for member in group["members"] if not member["frees"]]
    chosen = {"keep": group["keep"]["id"], "remove": [member["id"] for member in stays]}
    none = tidy.post(f"{API}/plans", json={"groups": [chosen]}).json()
    assert (none["files"], len(none["refused"])) == (0, len(stays))
    for wrong in ({"groups": [{"keep": "A" * 24, "remove": []}]},):
        assert refusal(tidy.post(f"{API}/plans", json=wrong), 404) == "no_such_picture"
    for wrong in ({"groups": {}}, {"groups": [{"keep": 1, "remove": []}]}, {"group": []}):
        assert refusal(tidy.post(f"{API}/plans", json=wrong), 400) == "bad_json"


def test_a_plan_is_tried_done_and_undone(tidy: httpx.Client, own: Path) -> None:
    group = find_duplicates(tidy)["groups"][0]
    gone = [member for member in group["members"] if member["frees"]]
    chosen = {"keep": group["keep"]["id"], "remove": [member["id"] for member in gone]}
    plan = tidy.post(f"{API}/plans", json={"groups": [chosen]}).json()
    action = {"action": f"move:{own.parent / 'out'}"}
    address = plan["links"]["apply"]
    for wrong in ("move:", "move:here", "delete", "", "move"):
        assert refusal(tidy.post(address, json={"action": wrong}), 400) == "bad_plan"
    tried = done(tidy, tidy.post(address, json={**action, "dry_run": True}))
    assert (tried["would"], tried["done"], tried["run"]) == (len(gone), 0, None)
    assert all(Path(member["path"]).exists() for member in gone)
    assert tidy.get(f"{API}/journal").json() == {"runs": []}

    told = done(tidy, tidy.post(address, json=action))
    assert (told["done"], told["library"]) == (len(gone), "")
    assert not any(Path(member["path"]).exists() for member in gone)
    assert not {member["name"] for member in gone} & set(ids(tidy))
    assert not {m["name"] for g in tidy.get(DUPLICATES).json()["groups"] for m in g["members"]} & {
        member["name"] for member in gone
    }
    (run,) = tidy.get(f"{API}/journal").json()["runs"]
    assert (run["action"], run["files"], run["state"]) == ("move", len(gone), "done")

    back = done(tidy, tidy.post(f"{API}/undo", json={}))
    assert (back["run"], back["left"]) == (run["run"], [])
    assert all(Path(member["path"]).exists() for member in gone)
    assert {member["name"] for member in gone} <= set(ids(tidy))
    assert tidy.get(f"{API}/journal").json()["runs"][0]["state"] == "undone"
    nothing = ended(tidy, tidy.post(f"{API}/undo", json={}).json())
    assert (nothing["state"], nothing["error"]["code"]) == ("failed", "nothing_to_undo")
    assert names(find_duplicates(tidy)["groups"][0]) == names(group)


def test_nothing_is_changed_by_a_server_that_may_not(serve: Serve, own: Path) -> None:
    with serve(own).client() as client:
        find_duplicates(client)
        plan = client.post(f"{API}/plans", json={}).json()
        for address, body in (
            (plan["links"]["apply"], {"action": "list"}),
            (f"{API}/undo", {}),
            (JOBS, {"what": "index"}),
        ):
            assert refusal(client.post(address, json=body), 403) == "changes_not_allowed"
