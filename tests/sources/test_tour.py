"""One look through folders that may be, or lead to, the same place."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import mounted, put

from lookalike.sources.folders import Folder
from lookalike.sources.source import Found, LeftOut, Unreadable
from lookalike.sources.tour import Tour

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a Unix file system")


def folders(*paths: Path) -> list[Folder]:
    return [Folder(str(path)) for path in paths]


def found(tour: Tour) -> list[str]:
    return [entry.path for entry in tour if isinstance(entry, Found)]


def names(tour: Tour, top: Path) -> list[str]:
    return [os.path.relpath(path, top) for path in found(tour)]


def test_a_folder_in_another_finds_its_own_files(tmp_path: Path) -> None:
    outer, inner, beside = (tmp_path / name for name in ("a", "a/b", "a/b2"))
    files = [put(folder / "x.jpg") for folder in (outer, inner, beside)]
    put(inner / "y.png")
    # Once each, and by the patterns of the innermost.
    tour = Tour([Folder(str(outer)), Folder(str(inner), ("*.png",))])
    assert sorted(found(tour)) == sorted(map(str, files))
    assert tour.files == {str(outer): 3, str(inner): 2}
    assert tour.same_place == {}
    tour = Tour([Folder(str(inner)), Folder(str(outer), ("*.jpg",))])
    assert found(tour) == [str(inner / "x.jpg"), str(inner / "y.png")]
    # Also where only the outer one is walked.
    tour = Tour(folders(outer), others=folders(inner))
    assert names(tour, outer) == ["x.jpg", "b2/x.jpg"]


def test_an_inner_folder_in_a_left_out_one_is_walked(tmp_path: Path) -> None:
    put(tmp_path / "raw" / "best" / "a.jpg")
    put(tmp_path / "raw" / "b.jpg")
    inner = Folder(str(tmp_path / "raw" / "best"))
    tour = Tour([Folder(str(tmp_path), ("raw/",)), inner])
    assert names(tour, tmp_path) == ["raw/best/a.jpg"]
    assert tour.left_out == [LeftOut(str(tmp_path), "raw/", files=1, folders=1)]


@pytest.mark.parametrize("turned", [False, True])
def test_a_link_to_a_folder_is_the_same_place(tmp_path: Path, turned: bool) -> None:
    photos, link, deep = tmp_path / "photos", tmp_path / "a link", tmp_path / "b link"
    put(photos / "x.jpg")
    put(photos / "sub" / "y.jpg")
    link.symlink_to(photos)
    deep.symlink_to(photos / "sub")
    given = folders(photos, link, deep)
    tour = Tour(given[::-1] if turned else given)
    assert names(tour, photos) == ["x.jpg", "sub/y.jpg"]
    assert tour.same_place == {str(link): str(photos), str(deep): str(photos)}
    assert tour.walked == folders(photos)
    assert list(tour.files) == [str(photos)]
    # The owner is walked where only a link to it was asked for.
    tour = Tour(folders(deep), others=folders(link, photos))
    assert names(tour, photos) == ["x.jpg", "sub/y.jpg"]
    assert (tour.same_place, tour.walked) == ({str(deep): str(photos)}, folders(photos))
    # A folder of its own within the place owns what lies in it.
    sub = photos / "sub"
    tour = Tour(folders(deep), others=folders(photos, sub))
    assert (names(tour, sub), tour.same_place) == (["y.jpg"], {str(deep): str(sub)})


def test_of_two_links_the_first_by_name_is_walked(tmp_path: Path) -> None:
    put(tmp_path / "real" / "x.jpg")
    links = [tmp_path / name for name in ("b", "a", "c")]
    for link in links:
        link.symlink_to("real")
    tour = Tour(folders(*links))
    assert names(tour, tmp_path) == ["a/x.jpg"]
    assert set(tour.same_place.values()) == {str(tmp_path / "a")}
    assert names(Tour(folders(links[0]), others=folders(links[1])), tmp_path) == ["a/x.jpg"]


def test_a_link_to_what_is_left_out_is_walked(tmp_path: Path) -> None:
    photos, link = tmp_path / "photos", tmp_path / "link"
    put(photos / "x.jpg")
    put(photos / "raw" / "y.jpg")
    put(photos / "@eaDir" / "z.jpg")
    put(photos / ".hidden" / "h.jpg")
    for target in ("raw", "@eaDir", ".hidden"):
        link.symlink_to(photos / target)
        outer = Folder(str(photos), ("raw",))
        tour = Tour([outer, Folder(str(link))])
        assert names(tour, tmp_path) == [f"link/{os.listdir(link)[0]}", "photos/x.jpg"]
        assert tour.same_place == {}
        link.unlink()


def test_links_above_all_folders_change_nothing(tmp_path: Path) -> None:
    put(tmp_path / "real" / "a" / "x.jpg")
    put(tmp_path / "real" / "a" / "b" / "y.jpg")
    (tmp_path / "link").symlink_to("real")
    outer, inner = tmp_path / "link" / "a", tmp_path / "link" / "a" / "b"
    tour = Tour([Folder(str(outer)), Folder(str(inner), ("y*",))])
    assert names(tour, tmp_path) == ["link/a/x.jpg"]
    assert tour.same_place == {}


def test_links_between_folders_are_passed_over(tmp_path: Path) -> None:
    a, b, outside = tmp_path / "a", tmp_path / "b", tmp_path / "outside"
    put(a / "x.jpg")
    put(b / "sub" / "y.jpg")
    put(outside / "z.jpg")
    put(outside / "deep" / "q.jpg")
    (a / "link").symlink_to(b / "sub")
    (a / "l.jpg").symlink_to(b / "sub" / "y.jpg")
    (b / "up").symlink_to(tmp_path)
    (b / "x.jpg").symlink_to(a / "x.jpg")
    for tour in (Tour(folders(a, b)), Tour(folders(a), others=folders(b))):
        assert [p for p in names(tour, tmp_path) if p.startswith("a/")] == ["a/x.jpg"]
    # What nobody finds at its own place, the first finds by its link: once.
    (a / "1.jpg").symlink_to(outside / "z.jpg")
    (a / "2.jpg").symlink_to(outside / "z.jpg")
    (a / "far").symlink_to(outside)
    (b / "far").symlink_to(outside)
    (b / "up").unlink()
    assert names(Tour(folders(a, b)), tmp_path) == [
        "a/1.jpg",
        "a/x.jpg",
        "b/sub/y.jpg",
        "a/far/deep/q.jpg",
    ]


def test_hard_links_are_two_files(tmp_path: Path) -> None:
    os.link(put(tmp_path / "a" / "x.jpg"), tmp_path / "a" / "y.jpg")
    assert names(Tour(folders(tmp_path / "a")), tmp_path) == ["a/x.jpg", "a/y.jpg"]


def test_bind_mounts_are_one_place(tmp_path: Path) -> None:
    photos, other = tmp_path / "photos", tmp_path / "a mount"
    put(photos / "x.jpg")
    put(photos / "sub" / "y.jpg")
    with mounted("--bind", photos, at=other):
        tour = Tour(folders(photos, other))
        assert names(tour, other) == ["x.jpg", "sub/y.jpg"]
        assert tour.same_place == {str(photos): str(other)}
        assert names(Tour(folders(photos), others=folders(other)), other) == ["x.jpg", "sub/y.jpg"]
        # Both are found by the outer folder, too, and entered once.
        assert len(found(Tour(folders(tmp_path)))) == 2
        assert len(found(Tour(folders(tmp_path, photos)))) == 2
    with mounted("--bind", photos / "sub", at=other):
        tour = Tour(folders(photos, other))
        assert names(tour, tmp_path) == ["a mount/y.jpg", "photos/x.jpg"]
        assert names(Tour(folders(photos), others=folders(other)), photos) == ["x.jpg"]
    with mounted("--bind", photos, at=photos / "sub"):
        tour = Tour(folders(photos, photos / "sub"))
        assert names(tour, photos) == ["x.jpg"]
        assert tour.same_place == {str(photos / "sub"): str(photos)}


def test_mounts_are_named(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    put(photos / "x.jpg")
    with mounted("-t", "tmpfs", "none", at=photos / "deep" / "disk"):
        put(photos / "deep" / "disk" / "y.jpg")
        tour = Tour(folders(photos, photos / "deep" / "disk"))
        assert len(found(tour)) == 2
        disk = str(photos / "deep" / "disk")
        assert tour.mounts[disk] == (disk,)
        tour = Tour(folders(photos))
        assert len(found(tour)) == 2
        assert tour.mounts[str(photos)][-1] == disk
        above = tour.mounts[str(photos)][0]
        assert os.path.ismount(above)
        assert str(photos).startswith(above)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    for name in (
        "a.gif",
        "a.jpg",
        "raw/1.jpg",
        "raw/deep/2.png",
        "raw/deep/notes.txt",
        "raw/.hidden/3.jpg",
        "raw/@eaDir/4.jpg",
        "@eaDir/5.jpg",
        "sub/@eaDir/6.jpg",
        "sub/b.gif",
    ):
        put(tmp_path / name)
    (tmp_path / "raw" / "up").symlink_to(tmp_path)
    (tmp_path / "l.gif").symlink_to("a.jpg")
    name = str(tmp_path)
    tour = Tour([Folder(name, ("*.gif", "raw", "!keep.gif"))])
    assert names(tour, tmp_path) == ["a.jpg"]
    assert sorted(tour.left_out, key=lambda out: out.pattern) == [
        LeftOut(name, "*.gif", files=3, folders=0),
        LeftOut(name, "@eaDir/", files=0, folders=2, own=True),
        LeftOut(name, "raw", files=2, folders=1),
    ]
    assert tour.files == {name: 8}
    assert tour.leaves_out(f"{name}/raw/deep/9.jpg")
    assert tour.leaves_out(f"{name}/new.gif")
    assert tour.leaves_out(f"{name}/@eaDir/9.jpg")
    assert not tour.leaves_out(f"{name}/keep.gif")
    assert not tour.leaves_out(f"{name}/sub/a.jpg")
    assert not tour.leaves_out("/elsewhere/new.gif")
    tour = Tour([Folder(name, ("*.gif", "raw"), everything=True)])
    assert names(tour, tmp_path) == ["a.jpg", "@eaDir/5.jpg", "sub/@eaDir/6.jpg"]
    assert [(out.pattern, out.files) for out in tour.left_out] == [("*.gif", 3), ("raw", 3)]
    assert not tour.leaves_out(f"{name}/@eaDir/9.jpg")


def test_the_innermost_folder_says_what_is_left_out(tmp_path: Path) -> None:
    outer, inner = Folder(str(tmp_path), ("*.gif",)), Folder(str(tmp_path / "in"), ("*.png",))
    tour = Tour([outer, inner])
    assert not tour.leaves_out(str(tmp_path / "in" / "a.gif"))
    assert tour.leaves_out(str(tmp_path / "in" / "a.png"))
    assert tour.leaves_out(str(tmp_path / "a.gif"))


def test_patterns_of_an_early_build_are_named_as_they_are_kept(tmp_path: Path) -> None:
    put(tmp_path / "#a.jpg")
    tour = Tour([Folder(str(tmp_path), ("#a.jpg",))])
    assert found(tour) == []
    assert tour.left_out == [LeftOut(str(tmp_path), "#a.jpg", 1, 0)]


def test_what_can_not_be_reached_is_reported(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "a" / "gone")
    (tmp_path / "circle").symlink_to("circle")
    gone = [tmp_path / name for name in ("gone", "link", "circle")]
    tour = Tour(folders(tmp_path / "a", *gone))
    entries = list(tour)
    assert [e.path for e in entries if isinstance(e, Found)] == [str(tmp_path / "a" / "x.jpg")]
    unread = [e for e in entries if isinstance(e, Unreadable)]
    assert sorted(e.path for e in unread) == sorted(map(str, gone))
    assert all(e.is_folder for e in unread)
    assert tour.same_place == {}
    assert [tour.files[str(path)] for path in gone] == [0, 0, 0]


def test_a_folder_that_is_a_file_by_now_gives_itself_once(tmp_path: Path) -> None:
    file = put(tmp_path / "x.jpg")
    assert found(Tour(folders(tmp_path, file))) == [str(file)]


def test_a_tour_can_be_made_again(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.gif")
    tour = Tour([Folder(str(tmp_path / "a"), ("*.gif",))])
    for _ in range(2):
        assert found(tour) == []
        assert (len(tour.left_out), tour.files) == (1, {str(tmp_path / "a"): 1})


FOLDERS = ["p", "p/a", "p/a/b", "q", "q/c", "r", "r/d"]
FILES = ["x.jpg", "y.png"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_file_is_found_once(data: st.DataObject) -> None:
    top = Path(tempfile.mkdtemp())
    try:
        for folder in FOLDERS:
            (top / folder).mkdir()
            for name in data.draw(st.sets(st.sampled_from(FILES))):
                put(top / folder / name)
        link = st.tuples(
            st.sampled_from(FOLDERS),
            st.sampled_from(["l", "m", "n.jpg", "o.jpg"]),
            st.sampled_from([*FOLDERS, *(f"{f}/{n}" for f in FOLDERS for n in FILES), "p/l", ""]),
        )
        for folder, name, target in data.draw(st.lists(link, max_size=6)):
            if not os.path.lexists(top / folder / name):
                (top / folder / name).symlink_to(top / target)
        ways = [*FOLDERS, "p/l", "q/m", "r/l", "p/l/m"]
        given_ = data.draw(st.lists(st.sampled_from(ways), min_size=1, max_size=5, unique=True))
        chosen = [Folder(str(top / way)) for way in given_ if os.path.isdir(top / way)]
        tour = Tour(chosen)
        entries = found(tour)
        places = Counter(os.path.realpath(path) for path in entries)
        assert set(places.values()) <= {1}
        assert set(places) == reached(chosen)
        assert found(Tour(chosen[::-1])) == entries
        part = data.draw(st.integers(0, len(chosen)))
        walked = Tour(chosen[:part], others=chosen[part:])
        some = found(walked)
        assert len({os.path.realpath(path) for path in some}) == len(some)
        # What is walked in part finds the files that lie in its folders, by the same paths.
        assert {path for path in some if os.path.realpath(path) == path} == {
            path
            for path in entries
            if os.path.realpath(path) == path and innermost(path, tour.walked) in walked.walked
        }
    finally:
        shutil.rmtree(top)


def innermost(path: str, among: list[Folder]) -> Folder | None:
    around = [folder for folder in among if folder.covers(path)]
    return max(around, key=lambda folder: len(folder.name), default=None)


def reached(chosen: list[Folder]) -> set[str]:
    """The real paths of the pictures that any way from the folders leads to."""
    pictures, seen, ways = set[str](), set[str](), [os.path.realpath(f.name) for f in chosen]
    while ways:
        place = ways.pop()
        if place in seen:
            continue
        seen.add(place)
        for name in os.listdir(place):
            real = os.path.realpath(os.path.join(place, name))
            if os.path.isdir(real):
                ways.append(real)
            elif os.path.isfile(real) and name.endswith((".jpg", ".png")):
                pictures.add(real)
    return pictures
