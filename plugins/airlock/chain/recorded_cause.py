"""The cause on a night's record, read without what it takes to find one."""

from airlock.governance.nights import Night
from airlock.triage.cause import Cause


def recorded_cause(night: Night) -> Cause | None:
    """Return the cause that was recorded with a night."""
    recorded = night.measures.get("cause")
    return Cause.from_json(recorded) if recorded else None


def faulty_source(night: Night) -> str:
    """Return where triage says that a night's data are wrong, or nothing where it does not say so."""
    cause = recorded_cause(night)
    return cause.about if cause and cause.proposes == "mend" else ""
