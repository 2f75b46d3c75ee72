"""Codes to and from the files of other programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.encoders import registry
from lookalike.errors import LibraryDamagedError, LibraryError, MissingExtraError, UsageError
from lookalike.library.local.store import LocalStore
from lookalike.library.moving.exporting import export_library, form_of
from lookalike.library.moving.importing import import_library
from lookalike.library.records import FileEntry, Member, StoredCode
from lookalike.shot import Shot
from lookalike.types import Decoded

N = 300
ODD = b"/p/\xff.png".decode("utf-8", "surrogateescape")
FORMS = ("parquet", "npz", "faiss")
WRITTEN_BACK = {
    "duckdb": "import sys, duckdb; one, two = map(repr, sys.argv[1:]); duckdb.sql("
    "f'COPY (SELECT * FROM read_parquet({one})) TO {two} (FORMAT parquet)')",
    "polars": "import sys, polars; polars.read_parquet(sys.argv[1]).write_parquet(sys.argv[2])",
}


def codes(n: int = N) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 256, (n, 32), dtype=np.uint8)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Files with pdq codes: two of one content, a second page, one that is missing."""
    store = LocalStore(tmp_path / "l")
    encoder = store.put_encoder("pdq", "pdq", registry.load("pdq"), current=True)
    shot = Shot("2019-06-01T12:34:56", camera="A 1")
    made = [
        Decoded({}, n.to_bytes(32, "big"), None, 4, 3, "PNG", 9, shot=None if n % 2 else shot)
        for n in range(N - 1)
    ]
    page = Decoded({}, (0).to_bytes(32, "big"), None, 4, 3, "TIFF", 9, "page-2")
    ids = store.put_contents([*made, page])
    rows = zip(ids, codes(), strict=True)
    store.put_codes(
        [StoredCode(encoder.id, i, code.tobytes(), None, None if i % 3 else 50) for i, code in rows]
    )
    entries = [FileEntry(f"/p/{n}.png", 9, n, (Member("", ids[n]),)) for n in range(1, N - 2)]
    first = FileEntry(ODD, 9, 0, (Member("", ids[0]), Member("page-2", ids[-1])))
    twice = FileEntry("s3://b/1.png", 9, 1, (Member("", ids[1]),))
    gone = FileEntry("/p/gone.png", 9, 1, (Member("", ids[N - 2]),))
    *_, missing = store.put_files([first, *entries, twice, gone])
    store.set_present([missing], False)
    store.close()
    return tmp_path / "l"


@pytest.mark.parametrize("form", FORMS)
def test_there_and_back(library: Path, tmp_path: Path, form: str) -> None:
    pytest.importorskip({"parquet": "pyarrow"}.get(form, "numpy" if form == "npz" else "faiss"))
    target, back = tmp_path / f"codes.{form}", tmp_path / "back"
    assert export_library(str(library), str(target)).rows == N
    assert export_library(str(library), str(target)).rows == N  # there already
    assert import_library(str(back), str(target)).rows == N
    assert import_library(str(back), str(target)).rows == N  # once more: nothing twice
    again = tmp_path / f"again.{form}"
    assert export_library(str(back), str(again)).rows == N
    assert import_library(str(tmp_path / "third"), str(again)).rows == N
    store = LocalStore(back, read_only=True)
    assert store.counts().pictures == N
    known = store.known([ODD])[ODD]
    assert [member.name for member in known.members] == ["", "page-2"]
    shots = store.shots([member.content for member in known.members])
    assert shots[known.members[0].content] == Shot("2019-06-01T12:34:56", camera="A 1")
    assert not [problem for problem in store.check() if not problem.harmless]
    store.close()
    target.write_bytes(target.read_bytes()[:-9])
    with pytest.raises(LibraryDamagedError, match=r"damaged|no "):
        import_library(str(tmp_path / "fourth"), str(target))
    with pytest.raises(UsageError, match="holds something else"):
        export_library(str(library), str(target))


def test_what_a_file_says_of_its_codes(library: Path, tmp_path: Path) -> None:
    for form in ("parquet", "npz", "faiss"):
        pytest.importorskip({"parquet": "pyarrow"}.get(form, "faiss"))
        path = tmp_path / f"a.{form}"
        export_library(str(library), str(path))
        with pytest.raises(UsageError, match="says that it holds codes of pdq, not of pdq-area"):
            import_library(str(tmp_path / "m"), str(path), encoder="pdq-area")
    assert not (tmp_path / "m").exists()


def test_hashes_that_somebody_else_made(tmp_path: Path) -> None:
    path, found = tmp_path / "mine.npz", codes(10)
    np.savez(path, codes=found, paths=np.array([f"/mine/{n}.jpg" for n in range(10)]))
    done = import_library(str(tmp_path / "l"), str(path), encoder="pdq")
    assert (done.rows, done.encoder) == (10, "pdq")
    store = LocalStore(tmp_path / "l", read_only=True)
    (encoder,) = store.encoders()
    kept = {code.content: code.code for code in store.codes(encoder.id)}
    files = store.known([f"/mine/{n}.jpg" for n in range(10)])
    got = [kept[files[f"/mine/{n}.jpg"].members[0].content] for n in range(10)]
    assert got == [code.tobytes() for code in found]
    store.close()
    with pytest.raises(UsageError, match="has codes of pdq, not of pdq-area"):
        import_library(str(tmp_path / "l"), str(path), encoder="pdq-area")
    with pytest.raises(UsageError, match="codes of photo can't be taken, only of pdq and pdq-area"):
        import_library(str(tmp_path / "m"), str(path), encoder="photo")


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"codes": codes(2)}, "has no array 'paths'"),
        ({"codes": codes(2)[:, :8], "paths": ["/a", "/b"]}, r"not uint8 \(n, 32\) for 256 bits"),
        ({"codes": codes(2), "paths": ["/a"]}, "paths has 1 rows, codes 2"),
        ({"codes": codes(2), "paths": ["/a", "b"]}, "row 1: b isn't absolute"),
        ({"codes": codes(2), "paths": np.array(["/a", None])}, "without objects"),
    ],
)
def test_an_npz_that_is_wrong(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    np.savez(tmp_path / "a.npz", **{k: np.asarray(v) for k, v in arrays.items()})
    with pytest.raises(LibraryError, match=said):
        import_library(str(tmp_path / "l"), str(tmp_path / "a.npz"))


def test_what_other_programs_make_of_parquet(library: Path, tmp_path: Path) -> None:
    """DuckDB and polars write bytes of one width back as bytes of any."""
    arrow = pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    export_library(str(library), str(path))
    table = arrow.parquet.read_table(path)
    assert table.schema.field("code").type == arrow.binary(32)
    loose = arrow.schema(
        [
            (f.name, arrow.large_binary() if arrow.types.is_fixed_size_binary(f.type) else f.type)
            for f in table.schema
        ]
    )
    arrow.parquet.write_table(table.cast(loose).select(["code", "path"]), path)
    assert import_library(str(tmp_path / "m"), str(path)).rows == N
    short = [*table["code"].to_pylist()[:-1], b"short"]
    arrow.parquet.write_table(
        arrow.table({"path": table["path"], "code": arrow.array(short, arrow.binary())}), path
    )
    with pytest.raises(LibraryDamagedError, match=r"row 299: code has 5 bytes, not 32"):
        import_library(str(tmp_path / "n"), str(path))


@pytest.mark.parametrize("package", WRITTEN_BACK)
def test_parquet_that_another_program_wrote_back(
    library: Path, tmp_path: Path, package: str
) -> None:
    """By the program itself: of this Python, or of the one that the variable names."""
    arrow = pytest.importorskip("pyarrow")
    python = os.environ.get("LOOKALIKE_TEST_FRAMES", sys.executable)
    if subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode:
        pytest.skip(f"name a Python that has {package} in LOOKALIKE_TEST_FRAMES")
    theirs, back = tmp_path / "theirs.parquet", tmp_path / "back"
    export_library(str(library), str(tmp_path / "a.parquet"))
    command = [python, "-c", WRITTEN_BACK[package], str(tmp_path / "a.parquet"), str(theirs)]
    subprocess.run(command, check=True)
    assert not arrow.types.is_fixed_size_binary(
        arrow.parquet.read_schema(theirs).field("code").type
    )
    assert import_library(str(back), str(theirs)).rows == N
    export_library(str(back), str(tmp_path / "b.parquet"))
    first, second = (
        arrow.parquet.read_table(tmp_path / name).sort_by(
            [("path", "ascending"), ("member", "ascending")]
        )
        for name in ("a.parquet", "b.parquet")
    )
    assert first.schema == second.schema
    for name in set(first.column_names) - {"content"}:  # an id of the library
        assert first[name].to_pylist() == second[name].to_pylist(), name


def test_forms_by_name(tmp_path: Path) -> None:
    names = ("a.parquet", "a.NPZ", "a.faiss", "a.csv", "a.json", "a.lookalike", "a/", "x://h/a")
    assert [form_of(name) for name in names] == [
        "parquet", "npz", "faiss", "csv", "json", "library", "archive", "library",
    ]  # fmt: skip
    assert form_of(str(tmp_path)) == "archive"


def test_a_package_that_is_missing(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    with pytest.raises(MissingExtraError, match=r"takes faiss: pip install .*move"):
        export_library(str(library), str(tmp_path / "a.faiss"))
