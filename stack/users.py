"""The people this installation knows by name, and what Airflow lets each of them do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """One login of the Airflow UI."""

    name: str
    airflow_role: str
    part: str


#: Airflow's `user` role is the least that may trigger a Dag and answer an approval; `viewer` may do neither.
USERS = (
    User("dana", "user", "data scientist: trains models"),
    User("ria", "user", "approver: answers releases"),
    User("omar", "user", "approver: answers releases"),
    User("ada", "viewer", "auditor: sees everything, changes nothing"),
    User("admin", "admin", "administrator: connections, pools, everything"),
)
