import socket
from pathlib import Path

from stack.health import taken_port
from stack.settings import HOST, Settings, read_settings
from tests.stack.ports import free_ports


def on_ports(folder: Path, ports: list[int]) -> Settings:
    names = ("AIRFLOW", "MLFLOW", "SCORING", "SMTP")
    chosen = {f"AIRLOCK_{name}_PORT": str(port) for name, port in zip(names, ports, strict=True)}
    return read_settings(chosen, folder / ".env")


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    ports = free_ports(4)
    with socket.create_server((HOST, ports[2])):
        said = taken_port(on_ports(tmp_path, ports))
    cure = "end what listens there, or set AIRLOCK_SCORING_PORT to a free port in .env."
    assert said == f"Port {ports[2]} is taken: {cure}"


def test_free_ports_are_free(tmp_path: Path) -> None:
    assert taken_port(on_ports(tmp_path, free_ports(4))) is None
