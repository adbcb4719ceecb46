"""Give an incident to somebody, write down what was found out about it, or settle it.

The page of incidents lists those that are open, each with its number, its owner and its timeline.

- **assign**: the incident is somebody's from now on. They must be in `people.yaml` and may handle incidents.
- **note**: a sentence for the timeline: what was found out, who was asked, what happens next.
- **settle**: it is done with. An incident of a night that is found again afterwards is a new one, which is
  mailed again. One that is no longer found closes by itself in the first night without it, so settle what
  is known and accepted.

What is in production and not as the records say is settled by the Dag `restore` alone, which looks whether
it is gone. Who triggers the run, when and with which words is in the timeline and in the audit log.

"""

from airflow.sdk import DAG, Param

from airlock.operators.defaults import project_defaults
from airlock.operators.handle_incident import ACTIONS, HandleIncidentOperator

with DAG(
    dag_id="incident",
    description="Give an incident to somebody, note something, or settle it",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["incident"],
    default_args=project_defaults(),
    params={
        "incident": Param(
            type="integer",
            minimum=1,
            title="Incident",
            description="Its number, from the mail or the page of incidents.",
        ),
        "action": Param(
            type="string",
            enum=list(ACTIONS),
            title="Action",
            description="assign: give it to somebody. note: write something down. settle: it is done with.",
        ),
        "whom": Param(
            None,
            type=["null", "string"],
            title="To whom?",
            description="To assign it: their Airflow user name, as in people.yaml. Otherwise leave it empty.",
        ),
        "reason": Param(
            type="string",
            minLength=1,
            title="What is there to say?",
            description="One sentence: why, what was found out, or how it ended. It is kept in the timeline.",
        ),
    },
):
    HandleIncidentOperator(task_id="handle")
