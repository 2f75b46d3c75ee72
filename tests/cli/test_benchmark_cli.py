"""The commands that measure print what they promise."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from lookalike.cli import main
from lookalike.evaluation import limits

SMALL = ["--size", "400", "--queries", "20", "--runs", "1"]


def test_search_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("faiss")
    peers = ["--peers", "faiss-flat,multihash", "--budget", "600"]
    code = main(["benchmark", "search", *SMALL, "--bits", "48", *peers])
    printed = capsys.readouterr()
    assert code == 0
    assert "400 codes of 48 independent fair bits" in printed.out
    assert "k = 10, 20 queries, 2 threads, medians of 1 runs" in printed.out
    for name in ("scan", "multihash", "multihash-budget budget=3000", "faiss-flat"):
        assert f"\n{name} " in printed.out
    assert "measuring faiss-flat" in printed.err


def test_search_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["benchmark", "search", *SMALL, "--peers", "none", "--json", "-k", "3"])
    assert code == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["size"], report["bits"], report["k"]) == (400, 64, 3)
    assert report["machine"]["processors"] >= 1
    assert report["versions"]["numba"]


def test_several_sizes_and_widths(capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--size", "300", "--bits", "64", "--bits", "100", "--radius", "9"]
    code = main(["benchmark", "search", *SMALL, *more, "--peers", "none", "--json"])
    assert code == 0
    results = json.loads(capsys.readouterr().out)["results"]
    found = [(report["size"], report["bits"], report["radius"]) for report in results]
    assert found == [(400, 64, 9), (400, 100, 9), (300, 64, 9), (300, 100, 9)]


def test_winners_of_several_questions(capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--size", "300", "-k", "2", "--radius", "3", "--peers", "multihash"]
    assert main(["benchmark", "search", *SMALL, *more]) == 0
    printed = capsys.readouterr().out
    _, _, winners = printed.partition("Soonest in batches")
    lines = winners.splitlines()[2:]
    assert lines[0].split() == [
        "codes", "asked", "scan", "us", "multihash", "us", "multihash", "gains", "soonest"
    ]  # fmt: skip
    assert ["k = 2" in line for line in lines[1:]] == [True, False, True, False]
    assert ["within 3 bits" in line for line in lines[1:]] == [False, True, False, True]


def test_plots_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    code = main(
        ["benchmark", "search", *SMALL, "--peers", "none", "--plot", str(tmp_path / "plots")]
    )
    assert code == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith("recall-uniform-400-64-k10.png")
    assert Path(last).is_file()


def test_codes_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.npy"
    np.save(file, np.random.default_rng(0).integers(0, 256, (500, 6), dtype=np.uint8))
    arguments = ["--codes", str(file), "--queries", "50", "--peers", "none", "--json"]
    assert main(["benchmark", "search", *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["size"], report["bits"], report["codes"]) == (450, 48, "mine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--codes", "nothing.npy"], "no file nothing.npy"),
        (["--codes", "pdq", "--bits", "64"], "fixed"),
        (["--peers", "annoy"], "no contender is named 'annoy'"),
        (["--size", "0"], "0 is not in the range"),
        (["--codes", "cifar10", "--size", "70000"], "1 to 60,000"),
    ],
)
def test_wrong_use(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "search", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1]


def test_limit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(limits, "_MEMORY_WORDS", 1 << 18)
    monkeypatch.setattr(limits, "_SECONDS", 0.001)
    small = [
        "benchmark",
        "limit",
        "--size",
        "5000",
        "--bits",
        "64",
        "--queries",
        "20",
        "--runs",
        "1",
    ]
    assert main(small) == 0
    printed = capsys.readouterr().out
    assert "reading memory" in printed
    assert "5,000 x 64" in printed
    assert main([*small, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["bytes_per_second"] > 0
    assert report["popcounts_per_second"] > 0
    (scan,) = report["scans"]
    assert scan["bandwidth_share"] == pytest.approx(
        scan["bytes_per_second"] / report["bytes_per_second"]
    )


def test_pairs_are_timed_by_size_and_radius(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "pairs.png"
    more = ["--size", "400", "--size", "900", "--radius", "9", "--radius", "3", "--peers", "scan"]
    code = main(
        ["benchmark", "pairs", *more, "--codes", "clustered", "--json", "--plot", str(file)]
    )
    assert code == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [(r["size"], r["radius"]) for r in results] == [(400, 9), (900, 9), (900, 3)]
    for result in results:
        assert result["codes"] == "clustered"
        assert result["versions"]["lookalike"]
        assert [peer["name"] for peer in result["peers"]] == ["scan"]
    assert file.stat().st_size > 0


def test_peers_of_pairs_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynear", None)
    code = main(["benchmark", "pairs", "--size", "400", "--peers", "scan, pynear-mih"])
    printed = capsys.readouterr().out
    assert code == 0
    assert "400 uniform codes of 256 bits, 40 of them copies" in printed
    assert "times as long; 400 codes asked for" in printed
    assert "pynear isn't installed" in printed
