"""ManageKeysOperator: issue or revoke a key of the scoring API, for a person."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from typing import Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.run import RunError, name_of_run, reason_of
from airlock.operators.specs import all_models
from airlock.spec.people import Act

_, REVOKE = ACTIONS = ("issue", "revoke")


class ManageKeysOperator(BaseOperator):
    """Record what the form says about a client's keys, and return their fingerprints."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.governance import api_keys

        user = authorise(context, Act.MANAGE_KEYS)
        params, dag_run = context["params"], context["dag_run"]
        who = {
            "client": params["client"],
            "by": user,
            "because": reason_of(context, "Say in a sentence why; it is kept with the key."),
            "at": timezone.utcnow(),
            "run": name_of_run(dag_run),
        }
        with database().begin() as connection:
            if params["action"] == REVOKE:
                keys = api_keys.revoke(connection, **who, fingerprint=params["fingerprint"])
            else:
                key = api_keys.issue(
                    connection,
                    **who,
                    fingerprint=params["fingerprint"] or "",
                    scopes=params["scopes"],
                    models=_known(params["models"]),
                    expires_at=_midnight(params["expires"]),
                )
                keys = (key,)
        for key in keys:
            self.log.info("%s: %s (%s)", params["action"], key.client, key.fingerprint)
        return {"client": params["client"], "fingerprints": [key.fingerprint for key in keys]}


def _known(models: Collection[str]) -> Collection[str] | None:
    """Return the models that are named, None for every one."""
    known = all_models()
    if unknown := sorted(set(models) - set(known)):
        raise RunError(
            f"models: there is no model {', '.join(unknown)}. Choose from {', '.join(known)}, or leave the "
            "field empty for every one."
        )
    return models or None


def _midnight(day: str | None) -> datetime | None:
    """Return the moment a day begins, in UTC."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError:
        raise RunError(f"expires: {day!r} is no day. Write one such as 2027-01-31.") from None
