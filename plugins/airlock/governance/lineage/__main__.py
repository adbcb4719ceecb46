"""Print where something comes from and what came of it: `python -m airlock.governance.lineage KIND:ID`."""

import argparse
import json
import sys

from airlock.governance.engine import connect
from airlock.governance.lineage.thing import LineageError, tree
from airlock.governance.lineage.trace import KINDS, trace
from airlock.governance.records import RecordError
from airlock.settings import SettingsError, database_url, settings
from airlock.store import StoreAway, open_store


def main(arguments: list[str] | None = None) -> int:
    """Print a tree, or JSON; say on standard error why there is none."""
    parser = argparse.ArgumentParser(prog="python -m airlock.governance.lineage", description=__doc__)
    parser.add_argument("of", help=f"KIND:ID, where KIND is one of {', '.join(KINDS)}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args(arguments)
    kind, _, name = asked.of.partition(":")
    try:
        with connect(database_url()).connect() as conn:
            found = trace(conn, open_store(settings()), kind, name)
    except (LineageError, RecordError, SettingsError, StoreAway) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found.to_json(), indent=2, ensure_ascii=False) if asked.json else tree(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
