"""A bucket with a server of its own, on a connection that can be made to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from s3_server import ENVIRONMENT, Faulty, s3_server

from lookalike.sources import stores

Put = Callable[[str, bytes], None]


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    for name in ("s3fs", "moto", "flask_cors"):
        pytest.importorskip(name)
    with s3_server() as port:
        yield port


@pytest.fixture
def faulty(s3_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    """The connection to a server of S3, for as long as a test takes."""
    connection = Faulty(s3_port)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{connection.port}")
    stores._made.cache_clear()
    yield connection
    stores._made.cache_clear()
    connection.close()


@pytest.fixture
def put(faulty: Faulty, request: pytest.FixtureRequest) -> Put:
    """Put an object into a bucket that is the test's own; its name is that of the test."""
    import s3fs

    files = s3fs.S3FileSystem(skip_instance_cache=True)
    bucket = bucket_of(request)
    files.call_s3("create_bucket", Bucket=bucket)

    def put(key: str, data: bytes) -> None:
        files.call_s3("put_object", Bucket=bucket, Key=key, Body=data)

    return put


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> str:
    return bucket_of(request)


def bucket_of(request: pytest.FixtureRequest) -> str:
    return request.node.name.replace("_", "-").partition("[")[0][:60].strip("-")
