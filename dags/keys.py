"""Issue or revoke a key of the scoring API.

An application asks the scoring API with a key. The key itself **never comes here**: whoever runs the
application makes it with `make key`, keeps it where the application alone reads it, and hands on its
fingerprint, which gives nothing away. Then an ML engineer or an administrator triggers this Dag:

- **issue**: whoever holds the key with this fingerprint is the client, and may do what the scopes say with
  the models that are named. The scoring API takes it within half a second.
- **revoke**: the client's key with this fingerprint opens nothing any more, within half a second; where no
  fingerprint is given, all of the client's keys. There is no way back: issue a new one.

To exchange a key without a gap, issue the new one, let the application use it, and revoke the old one.
`make keys` lists all that were ever issued. Who triggers the run, when and why are kept with the key and in
the audit log.

"""

from airflow.sdk import DAG, Param

from airlock.operators.defaults import project_defaults
from airlock.operators.manage_keys import ACTIONS, ManageKeysOperator
from airlock.operators.specs import all_models
from airlock.spec.scopes import ISSUABLE

with DAG(
    dag_id="keys",
    description="Issue or revoke a key of the scoring API",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["keys"],
    default_args=project_defaults(),
    params={
        "action": Param(
            type="string",
            enum=list(ACTIONS),
            title="Action",
            description="issue: let a client ask. revoke: end a key, or all of a client's.",
        ),
        "client": Param(
            type="string",
            minLength=1,
            title="Client",
            description="The application that holds the key, such as shop: small letters, digits, - and _.",
        ),
        "fingerprint": Param(
            None,
            type=["null", "string"],
            pattern="^[0-9a-f]{64}$",
            title="Fingerprint",
            description="The 64 digits that `make key` prints, never the key. To revoke: empty for all keys.",
        ),
        "scopes": Param(
            [],
            type="array",
            items={"type": "string", "enum": list(ISSUABLE)},
            examples=list(ISSUABLE),
            values_display={scope: f"{scope}: {does}" for scope, does in ISSUABLE.items()},
            title="Scopes",
            description="What the key lets its client do. Only to issue.",
        ),
        "models": Param(
            [],
            type="array",
            items={"type": "string"},
            examples=list(all_models()),
            title="Models",
            description="Which models it may ask about; empty for every one, later ones too. Only to issue.",
        ),
        "expires": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Expires",
            description="The first day (UTC) on which it opens nothing; empty for never. Only to issue.",
        ),
        "reason": Param(
            type="string",
            minLength=1,
            title="Why?",
            description="One sentence. It is kept with the key and in the audit log.",
        ),
    },
):
    ManageKeysOperator(task_id="manage")
