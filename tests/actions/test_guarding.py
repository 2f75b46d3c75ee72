"""Never the last copy, never what is protected, never what changed; nothing by a link."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from planned import file_of, plan_of, put

from lookalike.actions import Plan, PlannedGroup, apply
from lookalike.errors import UsageError


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return put(tmp_path / "p" / "kept.jpg")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return put(tmp_path / "p" / "copies" / "copy.jpg")


def why(plan: Plan, journal: Path, **settings: object) -> str:
    """Why the one file of a plan is left alone, by a dry run and by a real one."""
    dry = apply(plan, **settings)  # type: ignore[arg-type]
    real = apply(plan, dry_run=False, journal=journal, **settings)  # type: ignore[arg-type]
    assert [o.result for o in dry.outcomes] == [o.result for o in real.outcomes] == ["left"]
    assert dry.outcomes[0].why == real.outcomes[0].why
    assert os.path.lexists(plan.groups[0].act[0].path)
    assert real.run is None
    return real.outcomes[0].why


def test_a_copy_goes(kept: Path, copy: Path, journal: Path, home_trash: Path) -> None:
    plan = plan_of("trash", kept, copy)
    assert apply(plan).count("would") == 1
    assert copy.exists()
    assert apply(plan, dry_run=False, journal=journal).count("done") == 1
    assert not copy.exists()
    assert (home_trash / "files" / "copy.jpg").read_bytes() == b"a picture"


def test_it_was_changed(kept: Path, copy: Path, journal: Path) -> None:
    plan = plan_of("trash", kept, copy)
    times = copy.stat().st_mtime_ns
    copy.write_bytes(b"A picture")  # of the same size and time
    os.utime(copy, ns=(times, times))
    assert why(plan, journal) == "was changed since the plan was made"


@pytest.mark.parametrize("path", ["s3://bucket/copy.jpg", "/data/x.tar#/copy.jpg"])
def test_it_is_no_file_of_this_machine(kept: Path, copy: Path, journal: Path, path: str) -> None:
    plan = plan_of("trash", kept, copy)
    (group,) = plan.groups
    away = replace(group, act=(replace(group.act[0], path=path),))
    plan = Plan.unpack(replace(plan, groups=(away,)).pack())
    for made in (apply(plan), apply(plan, dry_run=False, journal=journal)):
        (outcome,) = made.outcomes
        assert outcome.result == "left"
        assert outcome.why.startswith("lies in an object store or an archive")


def test_it_is_gone(kept: Path, copy: Path) -> None:
    plan = plan_of("trash", kept, copy)
    copy.unlink()
    assert apply(plan).outcomes[0].why == "is not there any more, or its disk is not"


def test_the_kept_one_was_changed(kept: Path, copy: Path, journal: Path) -> None:
    plan = plan_of("trash", kept, copy)
    kept.write_bytes(b"A picture")
    assert why(plan, journal) == (
        f"no kept file of its group can be relied on: {kept} was changed since the plan was made"
    )


def test_the_kept_one_is_offline(kept: Path, copy: Path, journal: Path) -> None:
    plan = plan_of("trash", kept, copy)
    kept.rename(kept.with_name("unplugged"))
    assert "kept.jpg is not there any more, or its disk is not" in why(plan, journal)


def test_another_kept_one_is_enough(kept: Path, copy: Path, tmp_path: Path, journal: Path) -> None:
    second = put(tmp_path / "p" / "second.jpg")
    plan = plan_of("trash", [kept, second], copy)
    kept.unlink()
    assert apply(plan, dry_run=False, journal=journal).count("done") == 1


def test_of_equal_bytes_an_edited_one_is_no_copy(
    kept: Path, copy: Path, tmp_path: Path, journal: Path
) -> None:
    edited = put(tmp_path / "p" / "edited.jpg", b"another version")
    plan = plan_of("trash", [edited, kept], copy)
    kept.unlink()
    assert "kept.jpg is not there" in why(plan, journal)


def test_the_kept_one_lies_in_a_trash(copy: Path, tmp_path: Path, journal: Path) -> None:
    for folder in (tmp_path / "home" / "Trash" / "files", tmp_path / ".Trash-7" / "files"):
        kept = put(folder / "kept.jpg")
        assert "kept.jpg lies in a trash" in why(plan_of("trash", kept, copy), journal)


def test_the_kept_one_lies_where_files_go(copy: Path, tmp_path: Path, journal: Path) -> None:
    kept = put(tmp_path / "aside" / "kept.jpg")
    plan = plan_of("move", kept, copy, to=tmp_path / "aside")
    assert "kept.jpg lies in the folder that files are moved to" in why(plan, journal)


def test_it_is_there_already(kept: Path, tmp_path: Path, journal: Path) -> None:
    copy = put(tmp_path / "aside" / "deep" / "copy.jpg")
    (tmp_path / "by-link").symlink_to(tmp_path / "aside")
    plan = plan_of("move", kept, copy, to=tmp_path / "by-link")
    assert why(plan, journal) == "lies in the folder that files are moved to already"
    copy = put(tmp_path / "home" / "Trash" / "files" / "copy.jpg")
    assert why(plan_of("trash", kept, copy), journal) == "lies in a trash already"


@pytest.mark.parametrize("action", ["trash", "hardlink"])
def test_a_second_name_of_the_kept_one_is_that_one(
    action: str, kept: Path, tmp_path: Path, journal: Path
) -> None:
    copy = tmp_path / "p" / "copy.jpg"
    os.link(kept, copy)
    assert why(plan_of(action, kept, copy), journal) == (
        f"is the same file as {kept}, which is kept: a second name frees nothing"
    )


def test_a_linked_folder_leads_to_the_kept_one(kept: Path, tmp_path: Path, journal: Path) -> None:
    (tmp_path / "linked").symlink_to(kept.parent)
    plan = plan_of("trash", kept, tmp_path / "linked" / "kept.jpg")
    assert f"is the same file as {kept}" in why(plan, journal)


def test_the_kept_one_is_a_link_to_it(copy: Path, tmp_path: Path, journal: Path) -> None:
    kept = tmp_path / "kept.jpg"
    kept.symlink_to(copy)
    assert f"is the same file as {kept}" in why(plan_of("trash", kept, copy), journal)


def test_what_one_group_keeps_no_other_takes(kept: Path, tmp_path: Path, journal: Path) -> None:
    second, alias = put(tmp_path / "second.jpg"), tmp_path / "alias.jpg"
    os.link(second, alias)
    first = PlannedGroup("g1", "same-bytes", (file_of(second),), (file_of(kept, "same-bytes"),))
    other = put(tmp_path / "third.jpg")
    group = PlannedGroup("g2", "same-bytes", (file_of(other),), (file_of(alias, "same-bytes"),))
    report = apply(Plan("trash", (first, group)), dry_run=False, journal=journal)
    assert [o.result for o in report.outcomes] == ["done", "left"]
    assert f"same file as {second}" in report.outcomes[1].why


def test_a_symbolic_link_is_never_followed(kept: Path, copy: Path, journal: Path) -> None:
    link = copy.with_name("link.jpg")
    link.symlink_to(copy)
    plan = plan_of("trash", kept, link)
    assert why(plan, journal) == "is a symbolic link, and these are never followed"
    assert copy.exists()


def test_what_is_no_regular_file_is_left(kept: Path, copy: Path, journal: Path) -> None:
    plan = plan_of("trash", kept, copy)
    copy.unlink()
    os.mkfifo(copy)
    assert why(plan, journal) == "is not a regular file: a named pipe"


@pytest.mark.parametrize("way", ["itself", "folder", "above", "link to it", "file by link"])
def test_what_is_protected_is_left(
    way: str, kept: Path, copy: Path, tmp_path: Path, journal: Path
) -> None:
    (tmp_path / "alias").symlink_to(copy.parent)
    protected = {
        "itself": copy,
        "folder": copy.parent,
        "above": tmp_path / "p",
        "link to it": tmp_path / "alias",
        "file by link": copy.parent,
    }[way]
    acted = tmp_path / "alias" / "copy.jpg" if way == "file by link" else copy
    told = why(plan_of("trash", kept, acted), journal, protected=[protected])
    assert told == f"is protected by {protected}"


def test_folders_beside_a_protected_one_are_not(kept: Path, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "p" / "cop").mkdir()
    assert apply(plan_of("trash", kept, copy), protected=[tmp_path / "p" / "cop"]).count("would")


def test_what_is_to_be_protected_has_to_be_there(kept: Path, copy: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be protected, since it isn't there"):
        apply(plan_of("trash", kept, copy), protected=[tmp_path / "photoos"])


def test_nothing_is_moved_into_what_is_protected(kept: Path, copy: Path, tmp_path: Path) -> None:
    plan = plan_of("move", kept, copy, to=tmp_path / "p" / "new")
    (tmp_path / "p" / "new").mkdir()
    with pytest.raises(UsageError, match=r"nothing is moved to .*new: .*p is protected"):
        apply(plan, protected=[tmp_path / "p"])


def test_no_hard_link_is_made_to_what_is_protected(
    kept: Path, copy: Path, tmp_path: Path, journal: Path
) -> None:
    reference = put(tmp_path / "reference" / "kept.jpg")
    plan = plan_of("hardlink", reference, copy)
    told = why(plan, journal, protected=[reference.parent])
    assert told.startswith(f"would become the same file as {reference}, which is protected")


def test_without_a_journal_nothing_is_touched(kept: Path, copy: Path) -> None:
    with pytest.raises(UsageError, match="nothing is touched without a journal"):
        apply(plan_of("trash", kept, copy), dry_run=False)
    assert copy.exists()


def test_a_list_touches_nothing(kept: Path, copy: Path, journal: Path) -> None:
    report = apply(plan_of("list", kept, copy), dry_run=False, journal=journal)
    assert (report.count("would"), report.run, report.dry_run) == (1, None, True)
    assert not journal.exists()
