"""ObserveOperator: look at a challenger until it has passed or ended."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, Context, timezone

from airlock.operators.base import connect, database
from airlock.operators.release_step import ReleaseStepOperator
from airlock.settings import settings
from airlock.store import StoreAway

if TYPE_CHECKING:
    from airlock.chain.trial import Look

#: Airflow's own time limit never comes first: `within` is judged from the records, whatever was restarted.
NO_TIMEOUT = timedelta(days=3650)


class ObserveOperator(BaseSensorOperator, ReleaseStepOperator):
    """
    Judge what a challenger answers, every so often, and end as soon as it has.

    Between two looks the task takes no worker's place. What a look found is recorded or it was not there:
    the state of this task decides nothing. While the records or the store are away, looks are missed.
    """

    template_fields: Sequence[str] = ReleaseStepOperator.template_fields

    def __init__(self, *, every: timedelta, **kwargs: Any) -> None:
        super().__init__(mode="reschedule", poke_interval=every, timeout=NO_TIMEOUT, **kwargs)

    def poke(self, context: Context) -> bool:
        from sqlalchemy.exc import OperationalError

        try:
            seen = self._look(context)
        except (OperationalError, StoreAway) as away:
            self.log.warning("This look is missed, and the next one tells: %s", away)
            return False
        challenger = seen.challenger
        self.log.info(
            "Version %s, %s, step %s: %s", challenger.version, challenger.way, challenger.step, seen.sentence
        )
        return challenger.ended_at is not None

    def _look(self, context: Context) -> "Look":
        from airlock.chain.trial import Place, look

        engine = database()
        with engine.connect() as connection:
            release, _ = self.records(connection, context)
        place = Place(
            engine=engine,
            store=self.store,
            models=settings().models,
            connect=connect,
            scoring_url=settings().scoring_url,
        )
        return look(self.spec, release.id, place, at=timezone.utcnow())
