"""AnchorLogOperator: keep the audit log's head where whoever owns the database does not reach."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context, timezone
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.base import database
from airlock.operators.links import audit_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import name_of_run
from airlock.settings import settings
from airlock.spec.people import Role, load_people


class AnchorLogOperator(BaseOperator):
    """
    Write the head that was verified to the file of the anchors, say so in the log, and mail it, once.

    :param seq: the number of the row that was verified.
    :param digest: its digest.
    """

    template_fields: Sequence[str] = ("seq", "digest")

    def __init__(self, *, seq: str, digest: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seq = seq
        self.digest = digest

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.audit.log import anchor
        from airlock.governance.audit_log import Head

        verified, dag_run = Head(int(self.seq), self.digest), context["dag_run"]
        if not verified.seq:
            raise AirflowSkipException("The log is empty: there is nothing to anchor.")
        row = anchor(
            database(),
            settings().anchors,
            verified,
            actor=dag_run.dag_id,
            run=name_of_run(dag_run),
            at=timezone.utcnow(),
        )
        mail_once(
            f"{dag_run.dag_id}/anchor/{verified.seq}",
            load_people(settings().include).emails_of(Role.AUDITOR),
            "log_anchored",
            seq=verified.seq,
            digest=verified.digest,
            at=row.at,
            link=audit_link(),
        )
        return {"seq": verified.seq, "row": row.seq}
