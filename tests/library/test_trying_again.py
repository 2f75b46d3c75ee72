"""Files that gave no code, in a real library: which of them a run reads again, and which not."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract_view import contract_of
from pictures import encode, png_bomb, scene

from lookalike.images.pool import place
from lookalike.images.pool.child import Child, ChildDied, ChildTimeout, default_command
from lookalike.library import Library, retrying
from lookalike.types import Limits

DAY = 86_400


class Asked:
    """The names of the files that decoding processes were asked for, and what befalls them."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.raises: Callable[[], Exception] | None = None
        self.replies: dict[str, Any] | None = None
        self.only = ""  # the member that is answered so

    def again(self) -> list[str]:
        found, self.names = sorted(set(self.names)), []
        return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found, ask = Asked(), Child.ask

    def watched(self: Child, header: dict[str, Any], body: Any, seconds: float) -> Any:
        if header.get("from") == "path":
            found.names.append(os.path.basename(os.fsdecode(bytes(body))))
            if found.names[-1].startswith("bad"):
                if found.raises is not None:
                    raise found.raises()
                if found.replies is not None and found.only == header.get("member", ""):
                    return found.replies, bytearray()
        return ask(self, header, body, seconds)

    monkeypatch.setattr(Child, "ask", watched)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    (made / "good.png").write_bytes(encode(scene(64, 48), "PNG"))
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "l.lookalike"


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with Library.open(path, workers=1) as opened:
        yield opened


def causes(library: Library) -> list[tuple[str, str]]:
    return [(Path(entry.path).name, entry.cause) for entry in library.status().ledger]


def let_a_day_pass(library: Library) -> None:
    with contract_of(library) as (store, _):
        for refusal in list(store.ledger()):
            old = {name: getattr(refusal, name) for name in refusal.__slots__}
            store.refuse([type(refusal)(**{**old, "tried": refusal.tried - DAY})])


def picture(seed: int = 1) -> bytes:
    return encode(scene(64 + seed, 48), "PNG")


def test_permission(
    library: Library, folder: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt":
        pytest.skip("of Unix")
    if os.geteuid() == 0:  # root reads everything, but for one who has laid that down
        if shutil.which("setpriv") is None:
            pytest.skip("root can read every file")
        weak = [f"--{s}=-dac_override,-dac_read_search" for s in ("bounding-set", "inh-caps")]
        weaker = ["setpriv", *weak, *default_command()]
        monkeypatch.setattr(place, "default_command", lambda: weaker)
    shut = folder / "shut.png"
    shut.write_bytes(picture())
    shut.chmod(0)
    library.index(folder)
    assert causes(library) == [("shut.png", "access")]
    asked.again()
    for _ in range(3):  # at every run, as nobody tells when it is mended
        assert library.index().failed == 1
        assert asked.again() == ["shut.png"]
    shut.chmod(0o600)
    report = library.index()
    assert (report.added, report.failed) == (1, 0)
    assert causes(library) == []
    library.index()
    assert asked.again() == ["shut.png"]


def test_a_read_error(library: Library, folder: Path, asked: Asked) -> None:
    (folder / "bad.png").write_bytes(picture())
    reason = "can't be read: input/output error"
    asked.replies = {"status": "failed", "reason": reason, "cause": "access"}
    library.index(folder)
    assert causes(library) == [("bad.png", "access")]
    asked.again()
    library.index()
    assert asked.again() == ["bad.png"]
    asked.replies = None
    assert library.index().added == 1
    assert causes(library) == []


@pytest.mark.parametrize(
    ("cause", "error"),
    [("time", ChildTimeout), ("memory", lambda: ChildDied("ended by SIGKILL", "memory"))],
)
def test_time_and_memory(
    library: Library, folder: Path, asked: Asked, cause: str, error: Callable[[], Exception]
) -> None:
    (folder / "bad.png").write_bytes(picture())
    asked.raises = error
    library.index(folder)
    assert causes(library) == [("bad.png", cause)]
    asked.again()
    library.index()  # the next run, and from then on once a day: it costs a lot
    assert asked.again() == ["bad.png"]
    library.index()
    assert asked.again() == []
    let_a_day_pass(library)
    library.index()
    assert asked.again() == ["bad.png"]
    library.index()
    assert asked.again() == []
    let_a_day_pass(library)
    asked.raises = None
    assert library.index().added == 1
    assert causes(library) == []


def test_time_that_is_mended_by_the_next_run(library: Library, folder: Path, asked: Asked) -> None:
    (folder / "bad.png").write_bytes(picture())
    asked.raises = ChildTimeout
    library.index(folder)
    asked.raises = None
    assert library.index().added == 1


def test_a_changed_file_starts_anew(library: Library, folder: Path, asked: Asked) -> None:
    bad = folder / "bad.png"
    bad.write_bytes(picture())
    asked.raises = ChildTimeout
    library.index(folder)
    library.index()
    bad.write_bytes(picture(2))
    library.index()
    asked.again()
    library.index()
    assert asked.again() == ["bad.png"]


def test_a_missing_extra(
    path: Path, folder: Path, tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "raw.cr2").write_bytes(b"II*\0\x10\0\0\0CR\2\0" + bytes(500))
    lacking = tmp_path / "lacking"
    lacking.mkdir()
    (lacking / "rawpy.py").write_text("raise ImportError('no rawpy')\n")
    known = retrying.version

    def missing(name: str) -> str:
        if name == "rawpy":
            raise retrying.PackageNotFoundError(name)
        return known(name)

    with monkeypatch.context() as patch, Library.open(path, workers=1) as library:
        patch.setattr(sys, "path", [str(lacking), *sys.path])  # children have it, too
        patch.setattr(retrying, "version", missing)
        library.index(folder)
        assert causes(library) == [("raw.cr2", "extra")]
        (group,) = library.status().groups
        assert "[raw]" in group.advice
        asked.again()
        library.index()
        assert asked.again() == []
        let_a_day_pass(library)
        library.index()
        assert asked.again() == ["raw.cr2"]
    with Library.open(path, workers=1) as library:  # installed
        library.index()
        assert asked.again() == ["raw.cr2"]
        assert causes(library) == [("raw.cr2", "file")]  # there is no picture in it


def test_a_limit_that_is_raised(path: Path, folder: Path, asked: Asked) -> None:
    (folder / "large.png").write_bytes(picture())
    (folder / "bomb.png").write_bytes(png_bomb(50_000, 50_000))
    with Library.open(path, limits=Limits(pixels=64 * 48), workers=1) as library:
        library.index(folder)
        assert causes(library) == [("bomb.png", "limit"), ("large.png", "limit")]
        asked.again()
        library.index()
        assert asked.again() == []
    with Library.open(path, workers=1) as library:
        assert library.index().added == 1
        assert asked.again() == ["bomb.png", "large.png"]
        assert causes(library) == [("bomb.png", "limit")]
        library.index()
        assert asked.again() == []


@pytest.mark.parametrize("what", ["lookalike", "pillow"])
def test_another_version(
    library: Library, folder: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    (folder / "cut.jpg").write_bytes(encode(scene(64, 48), "JPEG")[:500])
    (folder / "text.jpg").write_text("no picture")
    (folder / "bad.png").write_bytes(picture())
    reason = "TIFF of a kind that isn't read"
    asked.replies = {"status": "skipped", "reason": reason, "cause": "kind"}
    with monkeypatch.context() as patch:
        if what == "lookalike":
            patch.setattr(retrying, "__version__", "0.0.1")
        else:
            known = retrying.version
            patch.setattr(retrying, "version", lambda n: "1.0" if n == what else known(n))
        library.index(folder)
        assert causes(library) == [("bad.png", "kind"), ("cut.jpg", "file"), ("text.jpg", "file")]
        asked.again()
        library.index()
        assert asked.again() == []
    asked.replies = None
    report = library.index()
    assert asked.again() == ["bad.png", "cut.jpg", "text.jpg"]  # each once
    assert (report.added, report.unchanged, report.skipped, report.failed) == (1, 1, 1, 1)
    library.index()
    assert asked.again() == []


def test_bytes_that_change(library: Library, folder: Path, asked: Asked) -> None:
    cut = folder / "cut.png"
    cut.write_bytes(picture()[:300])
    library.index(folder)
    asked.again()
    library.index()
    assert asked.again() == []
    cut.write_bytes(picture()[:310])
    library.index()
    assert asked.again() == ["cut.png"]
    cut.write_bytes(picture())
    assert library.index().added == 1
    assert causes(library) == []


def test_a_loss_is_noted_until_the_file_changes(library: Library, folder: Path) -> None:
    animation = encode(scene(64, 48), "animated GIF")
    torn = folder / "torn.gif"
    torn.write_bytes(animation[: -len(animation) // 5])
    report = library.index(folder, members=5)
    assert (report.added, report.skipped, report.failed, report.lossy) == (2, 0, 0, 1)
    status = library.status()
    assert status.ledger == ()
    (entry,) = status.losses
    assert Path(entry.path).name == "torn.gif"
    assert entry.reason
    (group,) = status.groups
    assert (group.name, group.files) == ("loss", 1)
    (folder / "copy.gif").write_bytes(torn.read_bytes())  # known bytes: nothing is decoded
    assert library.index().lossy == 2
    torn.write_bytes(animation)
    assert library.index().lossy == 1
    (folder / "copy.gif").unlink()
    assert library.index().lossy == 0
    assert library.status().losses == library.status().groups == ()


def test_a_picture_behind_the_first_is_lost(library: Library, folder: Path, asked: Asked) -> None:
    (folder / "bad.gif").write_bytes(encode(scene(64, 48), "animated GIF"))
    asked.replies, asked.only = {"status": "failed", "reason": "torn", "cause": "file"}, "frame-2"
    report = library.index(folder, members=5)
    assert (report.added, report.failed, report.lossy) == (2, 0, 1)
    (entry,) = library.status().losses
    assert entry.reason == "its picture 2 can't be read: torn"
    asked.again()
    library.index()
    assert asked.again() == []


def test_only_the_folders_that_were_looked_through_count(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    animation = encode(scene(64, 48), "animated GIF")
    (folder / "torn.gif").write_bytes(animation[: -len(animation) // 5])
    inner, other = folder / "inner", tmp_path / "other"
    for place_ in (inner, other):
        place_.mkdir()
    (inner / "torn.gif").write_bytes(animation[: -len(animation) // 5])
    (other / "good.png").write_bytes(picture())
    assert library.index(folder, inner, members=5).lossy == 2
    assert library.index(other).lossy == 0
    assert len(library.status().losses) == 2
