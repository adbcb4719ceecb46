import socket
from pathlib import Path

from stack.health import taken_port
from stack.settings import HOST, Settings, read_settings
from tests.stack.ports import free_port


def on_ports(tmp_path: Path, **ports: int) -> Settings:
    return read_settings({key: str(port) for key, port in ports.items()}, tmp_path / ".env")


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        free = {f"AIRLOCK_{name}_PORT": free_port() for name in ("AIRFLOW", "MLFLOW", "SMTP")}
        said = taken_port(on_ports(tmp_path, AIRLOCK_SCORING_PORT=port, **free))
    assert said == (
        f"Port {port} is taken: end what listens there, or set AIRLOCK_SCORING_PORT to a free port in .env."
    )


def test_free_ports_are_free(tmp_path: Path) -> None:
    names = ("AIRFLOW", "MLFLOW", "SMTP", "SCORING")
    assert taken_port(on_ports(tmp_path, **{f"AIRLOCK_{name}_PORT": free_port() for name in names})) is None
