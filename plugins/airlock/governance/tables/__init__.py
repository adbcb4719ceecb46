"""The tables of the airlock database. Alembic's migrations make them; this is how the code speaks of them.

Every table is imported here, so that `metadata` knows all of them.
"""

from airlock.governance.tables.access import api_keys
from airlock.governance.tables.answers import batch_rows, batches, deleted_answers, deletions, predictions
from airlock.governance.tables.production import approvals, challengers, deployments, releases
from airlock.governance.tables.proof import audit_head, audit_log
from airlock.governance.tables.reports import contests, feedback, outcomes
from airlock.governance.tables.schema import metadata
from airlock.governance.tables.training import candidates, quarantine, reproductions
from airlock.governance.tables.watching import api_hours, incident_events, incidents, nights, notices

__all__ = [
    "api_hours",
    "api_keys",
    "approvals",
    "audit_head",
    "audit_log",
    "batch_rows",
    "batches",
    "candidates",
    "challengers",
    "contests",
    "deleted_answers",
    "deletions",
    "deployments",
    "feedback",
    "incident_events",
    "incidents",
    "metadata",
    "nights",
    "notices",
    "outcomes",
    "predictions",
    "quarantine",
    "releases",
    "reproductions",
]
