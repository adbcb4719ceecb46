"""Decide about one contested decision.

`ask > announce`

Somebody does not accept what the model decided about them. The Dag `contests` starts a run for each such
contest; its id names the contest.

1. **ask** waits for a person, under *Required Actions*: read why it is contested, what was known, what the
   model answered and what moved it, then choose. *Uphold* keeps the model's answer, *Overturn* puts yours in
   its place. Say why. The model's approvers may answer, except who started the training of the version that
   decided. There is no answer by default and no end of the time. One that does not count is in the audit
   log, and the question is asked again.
2. **announce** reads from the records what was decided, and mails the owner. The application reads it at
   `GET /v1/decisions/{id}`. Marking ask as success decides nothing: then this fails. Clear ask.

"""

from airflow.sdk import DAG, TriggerRule

from airlock.operators.announce_contest import AnnounceContestOperator
from airlock.operators.decide_contest import DecideContestOperator, deciders_of
from airlock.operators.defaults import defaults
from airlock.operators.specs import wired_specs

for spec in wired_specs():
    with DAG(
        dag_id=f"{spec.name}.contest",
        description=f"Decide about a contested decision: {spec.title}",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        max_active_runs=200,
        tags=[spec.name, "contest", spec.risk_tier],
        default_args=defaults(spec),
    ):
        common = {"model": spec.name, "spec_digest": spec.digest}
        ask = DecideContestOperator(task_id="ask", deciders=list(deciders_of(spec)), **common)
        # Skipped by hand is not decided either: this says so.
        announce = AnnounceContestOperator(task_id="announce", trigger_rule=TriggerRule.NONE_FAILED, **common)
        ask >> announce
