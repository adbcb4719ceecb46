"""Ask a person what to do about an incident whose cause nobody can tell.

`ask > retrain, roll_back > announce`

Triage could not explain a night. `<model>.monitor` starts a run for each open incident of that night, once;
the run's id names the incident.

1. **ask** waits for a person, under *Required Actions*: read what was found, how bad it is and since when,
   then choose and say why. *Retrain* starts a training, which is yours. *Ignore* settles the incident. *Roll
   back* lets the version before answer again. *Investigate* gives the incident to you. Each needs the role
   that its own Dag needs. An answer that does not count is in the audit log, and the question is asked again.
   There is no answer by default. Once the incident is over, the question is withdrawn within some hours, and
   an answer does nothing.
2. **retrain** asks for the training by the asset of the model.
3. **roll_back** waits until the version before answers, and tells everybody concerned.
4. **announce** reads from the records what was answered, and mails the owner and those on call. Marking ask
   as success answers nothing: then this fails. Clear ask.

"""

from airflow.sdk import DAG, TriggerRule

from airlock.operators.announce_inquiry import AnnounceInquiryOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.defaults import defaults
from airlock.operators.follow_inquiry import RetrainAsAnsweredOperator, RollBackAsAnsweredOperator
from airlock.operators.inquire import InquireOperator, answerers
from airlock.operators.specs import wired_specs

for spec in wired_specs():
    with DAG(
        dag_id=f"{spec.name}.inquire",
        description=f"Ask a person about an incident: {spec.title}",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        max_active_runs=50,
        tags=[spec.name, "inquire", spec.risk_tier],
        default_args=defaults(spec),
    ):
        common = {"model": spec.name, "spec_digest": spec.digest}
        ask = InquireOperator(task_id="ask", people=list(answerers()), **common)
        retrain = RetrainAsAnsweredOperator(task_id="retrain", outlets=[retrain_asset(spec.name)], **common)
        roll_back = RollBackAsAnsweredOperator(task_id="roll_back", **common)
        # Skipped is not answered either, whether by hand or because the incident is over: this says which.
        announce = AnnounceInquiryOperator(task_id="announce", trigger_rule=TriggerRule.NONE_FAILED, **common)
        ask >> [retrain, roll_back] >> announce
