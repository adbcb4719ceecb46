"""An object storage for tests: a moto server that speaks S3, and buckets of one's own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
from botocore.client import BaseClient

from airlock.object_storage import filesystem

KEYS = {
    "AWS_ACCESS_KEY_ID": "airlock",
    "AWS_SECRET_ACCESS_KEY": "airlock-secret",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
PATIENCE = 60
NUMBERS = count(1)


@dataclass(frozen=True)
class ObjectServer:
    """A running server, and how to look into it past Airlock."""

    url: str
    client: BaseClient

    def new_bucket(self) -> str:
        """Make a bucket and return its address."""
        name = f"bank-{next(NUMBERS)}"
        self.client.create_bucket(Bucket=name)
        return f"s3://{name}"

    def write(self, address: str, content: bytes) -> None:
        """Write an object past Airlock."""
        bucket, key = _split(address)
        self.client.put_object(Bucket=bucket, Key=key, Body=content)

    def read(self, address: str) -> bytes:
        """Read an object past Airlock."""
        bucket, key = _split(address)
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def delete(self, address: str) -> None:
        """Delete an object past Airlock."""
        bucket, key = _split(address)
        self.client.delete_object(Bucket=bucket, Key=key)

    def names(self, address: str) -> list[str]:
        """Return the objects below an address, without what only stands for a folder."""
        bucket, prefix = _split(f"{address}/")
        found = self.client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [one["Key"].removeprefix(prefix) for one in found if not one["Key"].endswith("/")]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let the server refuse everybody whose keys it does not know: it knows none."""
        self._ask_for_keys(after="0")
        try:
            yield
        finally:
            self._ask_for_keys(after="inf")

    def _ask_for_keys(self, after: str) -> None:
        asked = Request(f"{self.url}/moto-api/reset-auth", after.encode(), {"Content-Type": "text/plain"})
        urlopen(asked).close()


@contextmanager
def object_server(log: Path) -> Iterator[ObjectServer]:
    """Run a server; this process and those it starts reach it by their environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, program = f"http://127.0.0.1:{port}", Path(sys.executable).with_name("moto_server")
    before = {name: os.environ.get(name) for name in (*KEYS, "AWS_ENDPOINT_URL")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_it_answers(port, process)
        os.environ.update(KEYS | {"AWS_ENDPOINT_URL": url})
        filesystem.cache_clear()
        yield ObjectServer(url, boto3.client("s3"))
    finally:
        process.terminate()
        process.wait(PATIENCE)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        filesystem.cache_clear()


def _wait_until_it_answers(port: int, process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The object server did not start.")


def _split(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key
