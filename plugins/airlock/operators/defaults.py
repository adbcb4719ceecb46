"""What every task of a model is given unless it says otherwise."""

from datetime import timedelta
from typing import Any

from airlock.operators.failure import mail_failure
from airlock.spec import ModelSpec


def defaults(spec: ModelSpec) -> dict[str, Any]:
    """Return the default arguments of a model's tasks: its owner, two more tries, a mail at the end."""
    return {
        "owner": spec.owner.name,
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "on_failure_callback": mail_failure,
    }
