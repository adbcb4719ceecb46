"""Say everything that is wrong with the include folder, each with its file, its key and its cure.

`make check-models` runs it; it ends with 1 where there is anything.
"""

import sys

from airlock.onboarding.checking import problems_in
from airlock.onboarding.telling import relative
from airlock.settings import settings
from airlock.spec import model_names


def main() -> int:
    """Print each problem on a line."""
    from airlock.operators.notifying import check_notifiers  # it imports Airflow

    found = problems_in(settings().include, check_notifiers)
    for error in found:
        for problem in error.problems:
            print(f"{relative(error.file)}: {problem}")
    count = sum(len(error.problems) for error in found)
    models = ", ".join(model_names(settings().models)) or "no model"
    if count:
        print(f"{count} to mend, in {len({error.file for error in found})} files.", file=sys.stderr)
        return 1
    print(f"Nothing is wrong with {models}, nor with policies, people and catalogue.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
