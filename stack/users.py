"""The people this installation knows by name, and what Airflow lets each of them do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """One login of the Airflow UI."""

    name: str
    airflow_role: str
    part: str


#: Airflow's `user` role is the least that may trigger a Dag and answer an approval; `viewer` may do neither.
#: So whoever has more to do than read needs `user`, and Airlock's own roles (include/people.yaml) say what.
#: An auditor who shall start reproductions needs it, too. Only administrators are `admin`.
USERS = (
    User("dana", "user", "data scientist: trains models"),
    User("mika", "user", "ML engineer: trains, rolls back, restores"),
    User("ria", "user", "approver: answers releases"),
    User("omar", "user", "approver: answers releases"),
    User("ada", "viewer", "auditor: sees everything, changes nothing"),
    User("admin", "admin", "administrator: connections, pools, everything"),
)
