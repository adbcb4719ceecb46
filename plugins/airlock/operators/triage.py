"""TriageOperator: is there anything that somebody must look at?"""

from airflow.sdk import BaseBranchOperator, Context

from airlock.operators.night_step import NightStepOperator


class TriageOperator(NightStepOperator, BaseBranchOperator):
    """Go on to the alert when the night crossed a limit, and end quietly otherwise."""

    def choose_branch(self, context: Context) -> str | None:
        return "alert" if self.night(context).findings else None
