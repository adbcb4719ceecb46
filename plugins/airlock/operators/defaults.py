"""What every task is given unless it says otherwise."""

from datetime import timedelta
from typing import Any

from airlock.operators.failure import mail_failure

DEFAULTS: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=10),
    "on_failure_callback": mail_failure,
}
