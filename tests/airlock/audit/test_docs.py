"""The program in docs/audit.md verifies the log by itself, without a line of Airlock."""

import re
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.settings import ROOT
from tests.airlock.audit.logs import fill


def verified(engine: Engine, folder: Path) -> subprocess.CompletedProcess[str]:
    (program,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "audit.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (folder / "verify.py").write_text(program, encoding="utf-8")
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [sys.executable, "-I", str(folder / "verify.py"), url]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_program_of_one_s_own_can_verify_the_log(engine: Engine, tmp_path: Path) -> None:
    fill(engine, 12)
    done = verified(engine, tmp_path)
    assert done.stdout.startswith("12 rows are right; the head is "), done.stderr
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
        conn.execute(text("UPDATE audit_log SET actor = 'eve' WHERE seq = 5"))
    done = verified(engine, tmp_path)
    assert (done.returncode, done.stderr) == (1, "Row 5 is not what was written.\n")
