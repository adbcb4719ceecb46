import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from stack import broker, lifecycle
from stack.errors import StackError
from stack.postgres import Cluster, cluster_of
from stack.secrets import Secrets, ensure_secrets
from stack.settings import Settings, read_settings
from stack.waiting import wait_until
from tests.stack.ports import free_ports

PORTS = ("airflow", "mlflow", "scoring", "smtp")
NEEDS_REDIS = pytest.mark.skipif(
    shutil.which(broker.PROGRAM) is None, reason="no redis-server is installed: apt install redis-server"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"AIRLOCK_HOME": str(tmp_path), "AIRLOCK_WORKERS": "2"}, tmp_path / ".env")


@pytest.fixture
def secrets(settings: Settings) -> Secrets:
    return ensure_secrets(settings.home)


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    cluster = Cluster(tmp_path / "postgres", tmp_path, None)
    cluster.socket_folder.mkdir(mode=0o700)
    return cluster


@pytest.fixture
def server(settings: Settings, secrets: Secrets, cluster: Cluster) -> Iterator[Path]:
    """The socket of a Redis that runs as the stack runs it."""
    broker.prepare(settings, secrets, cluster)
    command = [broker.PROGRAM, str(broker.configuration_of(settings))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        socket = cluster.socket_folder / "redis.sock"
        wait_until(socket.exists, what="Redis", timeout=30, every=0.05)
        yield socket
        process.terminate()


def test_without_redis_the_cure_is_named(
    settings: Settings, secrets: Secrets, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StackError, match="AIRLOCK_WORKERS is 2, .* apt install redis-server"):
        broker.prepare(settings, secrets, cluster)


def test_up_says_so_before_anything_is_started(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    ports = {f"{name}_port": port for name, port in zip(PORTS, free_ports(4), strict=True)}
    with pytest.raises(StackError, match="apt install redis-server"):
        lifecycle.up(replace(settings, **ports))
    assert not cluster_of(settings.home).data.exists()
    assert not settings.run.exists()


@NEEDS_REDIS
def test_only_who_knows_the_password_gets_in(server: Path, secrets: Secrets) -> None:
    with redis.Redis(unix_socket_path=str(server)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with redis.Redis(unix_socket_path=str(server), password=secrets.broker_password) as known:
        assert known.ping()
        assert known.config_get("port") == {"port": "0"}
        assert known.config_get("appendonly") == {"appendonly": "yes"}


@NEEDS_REDIS
def test_nobody_else_may_read_its_configuration(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    for _ in range(2):  # a second start writes it again
        broker.prepare(settings, secrets, cluster)
        assert broker.configuration_of(settings).stat().st_mode & 0o077 == 0


@NEEDS_REDIS
@pytest.mark.usefixtures("server")
def test_celery_finds_it_by_the_address(secrets: Secrets, cluster: Cluster) -> None:
    from celery import Celery

    address = broker.url(secrets, cluster)
    with Celery(broker=address, backend=address) as app:
        assert app.control.ping(timeout=0.1, limit=1) == []
        assert app.backend.client.ping()
