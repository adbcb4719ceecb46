"""`python -m demo.fill`: the sample lender's warehouse, for a person who plays the demo's parts."""

import sys
from datetime import UTC, datetime

from demo.world import Calendar, fill_warehouse
from stack.errors import StackError
from stack.settings import read_settings


def main() -> int:
    """Fill the warehouse of a stack that runs."""
    try:
        count = fill_warehouse(read_settings(), Calendar(datetime.now(UTC).date()))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The warehouse holds {count:,} loan applications. Trigger credit_risk.train in Airflow now.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
