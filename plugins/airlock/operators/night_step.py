"""NightStepOperator: what the steps after measuring have in common."""

from typing import TYPE_CHECKING

from airflow.sdk import Context

from airlock.operators.base import ModelOperator, database
from airlock.operators.run import run_of

if TYPE_CHECKING:
    from airlock.data.window import Window
    from airlock.governance.nights import Night


class NightStepOperator(ModelOperator):
    """A step that acts on a measured night."""

    def night(self, context: Context) -> "Night":
        """Return the record of the night that the run watches."""
        from airlock.governance import nights

        with database().connect() as connection:
            night = nights.find(connection, self.model, self.window(context).night)
        assert night is not None, "measure records the night before this step runs"
        return night

    def window(self, context: Context) -> "Window":
        """Return the night as a stretch of time."""
        from airlock.data.window import night_of

        return night_of(run_of(context).interval_end)
