"""Verify the audit log: every row, its links, the head, the anchors, and that the records say the same.

MLflow, the evidence store and the scoring API are compared with the records, too. It changes nothing. A line
for each finding, then a summary; the exit code is 1 when anything was found.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from airlock.audit.chain import Verification
from airlock.audit.log import audit
from airlock.chain.production.compare import differences
from airlock.governance.engine import connect
from airlock.settings import SettingsError, database_url, settings
from airlock.store import open_store


def main(arguments: list[str] | None = None) -> int:
    """Verify the log of this installation, print what is wrong, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m airlock.audit", description=__doc__)
    parser.add_argument("--anchors", type=Path, default=settings().anchors, help="the file of the anchors")
    asked = parser.parse_args(arguments)
    try:
        engine = connect(database_url(), application="airlock-audit")
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    verified = audit(engine, asked.anchors)
    for finding in verified.findings:
        print(finding.sentence)
    here = settings()
    now = datetime.now(UTC)
    differs = differences(engine, open_store(here), scoring_url=here.scoring_url, at=now)
    for one in differs:
        print(f"{one.sentence} {one.mend}")
    print(summary(verified))
    print(f"Production: {len(differs)} differences." if differs else "Production is as the records say.")
    return 1 if verified.findings or differs else 0


def summary(verified: Verification) -> str:
    """Return in one line what was verified."""
    anchored = (
        f"the newest anchor that holds is of row {verified.anchored}"
        if verified.anchored
        else "no anchor holds"
    )
    found = f"{len(verified.findings)} findings" if verified.findings else "nothing is wrong"
    return f"{verified.rows} rows, the head is {verified.head.digest}, {anchored}: {found}."


if __name__ == "__main__":
    sys.exit(main())
