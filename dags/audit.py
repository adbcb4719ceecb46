"""Verify the audit log, every night, and anchor its head outside the database; compare production with it.

`verify > anchor`, and beside them `compare`

1. **verify** reads the whole log and changes nothing: every row's digest, that each was hashed over the one
   before, that none is missing, that the head and the rows that were anchored are what they were, and that
   candidates, releases, answers, deployments, challengers and incidents tell what the log tells.
   What it finds is mailed to the auditors and administrators, and the run fails.
2. **anchor** writes the number and digest of the row that was verified to a file outside the database, says
   so in the log, and mails them to the auditors. That mail is the second place: keep it. A log that did not
   verify is never anchored.
3. **compare** holds MLflow's alias and versions, the evidence store and what the scoring API really answers
   against the records. Each difference opens an incident, which is mailed once; the Dag `restore` mends it.
   It is on the page of incidents, and in `docs/incidents.md`.

The same by hand, from a shell: `make audit`. What to do when it fails is in `docs/audit.md`.

"""

from airflow.sdk import DAG, CronDataIntervalTimetable

from airlock.operators.anchor_log import AnchorLogOperator
from airlock.operators.compare import CompareOperator
from airlock.operators.defaults import watched_defaults
from airlock.operators.verify_log import VerifyLogOperator

with DAG(
    dag_id="audit",
    description="Verify the audit log, and anchor its head",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("30 4 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["audit"],
    default_args=watched_defaults(),
):
    verify = VerifyLogOperator(task_id="verify")
    anchor = AnchorLogOperator(
        task_id="anchor",
        seq="{{ ti.xcom_pull(task_ids='verify')['seq'] }}",
        digest="{{ ti.xcom_pull(task_ids='verify')['digest'] }}",
    )
    verify >> anchor
    CompareOperator(task_id="compare")
