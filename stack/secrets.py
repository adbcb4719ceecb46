"""Keys and passwords: made once for each installation, for its owner's eyes only."""

import base64
import json
import os
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes, token_urlsafe

from stack.errors import StackError
from stack.users import USERS

#: PostgreSQL roles that own the database of their name.
OWNERS = ("airflow", "mlflow", "airlock", "warehouse")
#: Those that own nothing, and the database they work in. airlock.governance.grants says what they may there.
GUESTS = dict.fromkeys(("airlock_tasks", "airlock_scoring", "airlock_reader"), "airlock")
ROLES = ("postgres", *OWNERS, *GUESTS)


@dataclass(frozen=True)
class Secrets:
    """What one installation must not tell."""

    fernet_key: str
    jwt_secret: str
    api_secret: str
    database: dict[str, str]
    #: By which Airflow's tasks ask the scoring API; empty until the next start where an older version was.
    scoring_key: str = ""
    #: By which Airflow's scheduler and its workers reach the queue between them; empty as that key.
    broker_password: str = ""


def secrets_file(home: Path) -> Path:
    """Return the file that holds the keys."""
    return home / "secrets.json"


def passwords_file(home: Path) -> Path:
    """Return the file that holds the users' passwords, in the form Airflow's SimpleAuthManager reads."""
    return home / "passwords.json"


def prepare_home(home: Path) -> None:
    """Make the private folder, and keep everyone else out of it."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)


def ensure_secrets(home: Path) -> Secrets:
    """Read the installation's keys, after making the ones that are missing."""
    file = secrets_file(home)
    if not file.exists():
        secrets = Secrets(
            fernet_key=base64.urlsafe_b64encode(token_bytes(32)).decode(),
            jwt_secret=token_urlsafe(48),
            api_secret=token_urlsafe(48),
            database={role: token_urlsafe(24) for role in ROLES},
        )
        _write(file, asdict(secrets))
    _add_what_is_new(file, read_secrets(home))
    known = _read(passwords_file(home)) if passwords_file(home).exists() else {}
    if missing := [user.name for user in USERS if user.name not in known]:
        _write(passwords_file(home), {**known, **{name: token_urlsafe(9) for name in missing}})
    return read_secrets(home)


def new_scoring_key() -> str:
    """Return a new key of the scoring API, in the form of airlock.governance.key_fields."""
    return f"alk_{token_urlsafe(32)}"


def fingerprint_of(key: str) -> str:
    """Return what the scoring API knows of its key: the SHA-256."""
    return sha256(key.encode()).hexdigest()


def _add_what_is_new(file: Path, secrets: Secrets) -> None:
    """Make the keys and passwords that an older installation does not have yet."""
    complete = replace(
        secrets,
        database={**{role: token_urlsafe(24) for role in ROLES}, **secrets.database},
        scoring_key=secrets.scoring_key or new_scoring_key(),
        broker_password=secrets.broker_password or token_urlsafe(24),
    )
    if complete != secrets:
        _write(file, asdict(complete))


def read_secrets(home: Path) -> Secrets:
    """Read the installation's keys."""
    file = secrets_file(home)
    try:
        return Secrets(**_read(file))
    except TypeError:
        raise StackError(
            f"{file} does not hold the keys it should: restore it, or start over with make clean."
        ) from None


def read_passwords(home: Path) -> dict[str, str]:
    """Read the users' passwords by user name."""
    return _read(passwords_file(home))


def _read(file: Path) -> dict:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise StackError(f"{file} does not exist: nothing was started here yet. Run make up.") from None
    except ValueError:
        raise StackError(f"{file} is damaged: restore it, or start over with make clean.") from None


def _write(file: Path, content: dict) -> None:
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1)
    part.replace(file)
