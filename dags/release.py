"""Release a candidate.

`open > approve_1 [> approve_2] > decide [> challenge > observe > conclude] > deploy > smoke_test > announce`,
or `> close` after decide or conclude.

1. **open** takes the registered candidate that started the run and mails the approvers.
2. **approve_…** waits for a person, under *Required Actions*: read the dossier, choose, say why. The
   policy of the model's tier says how many distinct people it takes. Nobody who started the training
   counts, nobody answers for somebody else, and no answer is no approval. An answer that does not count
   is in the audit log, and the question is asked again. They are reminded before their time is over.
3. **decide** reads the recorded human responses, not the state of the tasks: marking a task as success
   approves nothing. A newer candidate supersedes an older one as soon as it is registered; the question
   that waits in the older run can then be answered no more.
4. **challenge** is for a version that must show itself beside what serves first (`deployment.way` in the
   spec: shadow, canary or ab). It proves dossier and package, lets the version answer its first share,
   and asks the scoring API for answers that are known.
5. **observe** looks at what the challenger answers, every so often: it waits, raises the share, or ends
   the trial, and the champion answers alone again at once where a limit is crossed. No verdict in time
   is no success.
6. **conclude** reads from the records how the trial ended: marking observe as success deploys nothing.
7. **deploy** proves that the dossier, model included, is still what was approved, and writes the deployment
   record, the one truth about production; the scoring API picks it up by
   itself.
8. **smoke_test** asks the scoring API for answers that are known. A wrong one reinstates the version
   before.
9. **announce** tells everybody; **close** records and mails why nothing was deployed.

"""

from airflow.sdk import DAG, Param, TriggerRule

from airlock.operators.announce import AnnounceOperator
from airlock.operators.approve import ApproveOperator
from airlock.operators.assets import candidate_asset, champion_asset
from airlock.operators.challenge import ChallengeOperator
from airlock.operators.close_release import CloseReleaseOperator
from airlock.operators.conclude import ConcludeOperator
from airlock.operators.decide import DecideOperator
from airlock.operators.defaults import defaults
from airlock.operators.deploy import DeployOperator
from airlock.operators.observe import ObserveOperator
from airlock.operators.open_release import OpenReleaseOperator
from airlock.operators.smoke import SmokeTestOperator
from airlock.operators.specs import wired_specs

for spec in wired_specs():
    with DAG(
        dag_id=f"{spec.name}.release",
        description=f"Release a candidate: {spec.title}",
        doc_md=__doc__,
        schedule=[candidate_asset(spec.name)],
        catchup=False,
        max_active_runs=16,
        tags=[spec.name, "release", spec.risk_tier],
        default_args=defaults(spec),
        params={
            "version": Param(
                None,
                type=["null", "integer"],
                minimum=1,
                title="Version",
                description="The registered version to release. Empty: the newest one.",
            )
        },
    ):
        common = {"model": spec.name, "spec_digest": spec.digest}
        release = "{{ (ti.xcom_pull(task_ids='open') or {}).get('release', '') }}"
        opened = OpenReleaseOperator(task_id="open", **common)
        answers = [
            ApproveOperator(
                task_id=f"approve_{slot}",
                slot=slot,
                approvers=list(spec.approval.approvers),
                response_timeout=spec.approval.timeout,
                release=release,
                **common,
            )
            for slot in range(1, spec.approval.people + 1)
        ]
        decide = DecideOperator(
            task_id="decide", release=release, trigger_rule=TriggerRule.ALL_DONE, **common
        )
        challenge = ChallengeOperator(task_id="challenge", release=release, **common)
        observe = ObserveOperator(
            task_id="observe", release=release, every=spec.deployment.trial.every, **common
        )
        # However observe ended, a challenger that ran is not left alone; where none ran, this is skipped too.
        conclude = ConcludeOperator(
            task_id="conclude", release=release, trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, **common
        )
        one_way = {"trigger_rule": TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS, "release": release, **common}
        deploy = DeployOperator(task_id="deploy", **one_way)
        smoke_test = SmokeTestOperator(task_id="smoke_test", release=release, **common)
        announce = AnnounceOperator(
            task_id="announce", release=release, outlets=[champion_asset(spec.name)], **common
        )
        close = CloseReleaseOperator(task_id="close", **one_way)
        for before, after in zip([opened, *answers], [*answers, decide], strict=True):
            before >> after
        opened >> close  # a run whose release could not be opened has failed, though nothing is decided
        decide >> [challenge, deploy, close]
        challenge >> [observe, conclude]
        observe >> conclude >> [deploy, close]
        deploy >> smoke_test >> announce
