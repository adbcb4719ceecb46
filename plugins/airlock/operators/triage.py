"""TriageOperator: is there anything that somebody must look at?"""

from airflow.sdk import BaseBranchOperator, Context, timezone

from airlock.operators.base import database
from airlock.operators.night_step import NightStepOperator
from airlock.operators.run import name_of_run, run_of
from airlock.settings import settings
from airlock.spec.people import load_people


class TriageOperator(NightStepOperator, BaseBranchOperator):
    """Note the night in the incidents, and go on to the alert when it crossed a limit or something is untold.

    It ends quietly otherwise.
    """

    def choose_branch(self, context: Context) -> str | None:
        from airlock.chain.night_incidents import Look, news, note_night

        run = run_of(context)
        night = self.night(context)
        owner = load_people(settings().include).with_email(self.spec.owner.email)
        look = Look(name_of_run(run), timezone.utcnow(), owner)
        for incident in note_night(self.spec, night, look, database()):
            self.log.warning("Incident %s: %s", incident.id, incident.sentence)
        with database().connect() as connection:
            return "alert" if night.findings or news(connection, night) else None
