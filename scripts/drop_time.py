"""From a dropped picture to its first hits, of a running server: what a person waits for.

    lookalike serve & python scripts/drop_time.py http://127.0.0.1:5665 PICTURES

Each picture is new to the server: one more byte at its end. It is sent, its first 40 hits are asked
for, and the first small picture of them is loaded. Then the same hits are asked for as they are
looked at. Prints the median and the slowest of both, in milliseconds from the beginning.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import httpx

API = "/api/v1"


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=20)
    given = parser.parse_args()
    found = sorted(given.pictures.rglob("*.jpg"))
    first, looked = [], []
    with httpx.Client(base_url=given.url, timeout=120) as client:
        for path in found[:: max(1, len(found) // given.count)][: given.count]:
            data = path.read_bytes() + os.urandom(8)
            began = time.perf_counter()
            links = client.post(f"{API}/queries", content=data).raise_for_status().json()["links"]
            asked = {"k": 40, "all": "true"}
            some = client.get(links["results"], params={**asked, "look": "false"}).json()["hits"]
            client.get(some[0]["links"]["thumbnail"], params={"size": 256}).raise_for_status()
            first.append((time.perf_counter() - began) * 1e3)
            client.get(links["results"], params=asked).raise_for_status()
            looked.append((time.perf_counter() - began) * 1e3)
    for name, took in (("first hits", first), ("looked at", looked)):
        print(f"{name}: median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms")


if __name__ == "__main__":
    main()
