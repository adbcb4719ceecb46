"""DecideContestOperator: ask a person about a contested decision, and record the answer as Airflow got it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.sdk.execution_time.hitl import HITLUser

from airlock.operators.asking import AskingOperator
from airlock.operators.base import database
from airlock.operators.contest_question import contest_question
from airlock.operators.contest_step import ContestStepOperator
from airlock.operators.links import approval_link
from airlock.operators.mailing import mail_once
from airlock.settings import settings
from airlock.spec import ModelSpec
from airlock.spec.people import Act, load_people

if TYPE_CHECKING:
    from airlock.chain.contested import Contested
    from airlock.governance.contests import Verdict

OPTIONS = ["Uphold", "Overturn"]
FORM = {
    "reason": Param("", type="string", title="Why?", description="Kept with your answer.", source="task"),
    "prediction": Param(
        "",
        type="string",
        title="Your answer",
        description="Only to overturn: what should have been answered.",
        source="task",
    ),
}


class DecideContestOperator(AskingOperator, ContestStepOperator):
    """
    Mail those who decide, show what was decided and why, and wait; there is no answer by default.

    The answer is written only here, when Airflow resumes the task with the response it recorded: marking the
    task as success decides nothing. An answer that does not count is written to the audit log, and the
    question is asked again.

    :param deciders: the Airflow users whom the form lets answer.
    """

    template_fields: Sequence[str] = (
        *ContestStepOperator.template_fields,
        *AskingOperator.template_fields,
        "deciders",
    )

    def __init__(self, *, deciders: list[str], **kwargs: Any) -> None:
        super().__init__(
            subject="",  # like the body known only when the contest is
            options=OPTIONS,
            params=dict(FORM),
            assigned_users=[HITLUser(id=user, name=user) for user in deciders],
            **kwargs,
        )
        self.deciders = deciders

    def execute(self, context: Context) -> Any:
        from airlock.chain.contested import contested, explained
        from airlock.governance import contests
        from airlock.governance.decision import part_of

        with database().connect() as connection:
            known = self.contest(connection, context)
            if known.state != "open":
                return None
            about = contested(connection, self.store, known)
            explanation = explained(connection, self.store, about)
            refused = [entry.facts["reason"] for entry in contests.refused_answers(connection, known)]
        asked = [user for user in deciders_of(self.spec) if not part_of(user, about.makers)]
        if not asked:
            raise AirflowFailException(
                f"Nobody is left who may decide contests of {self.model} and had no hand in version "
                f"{known.version}. Name more in approval.approvers, and clear this task."
            )
        self.subject = f"{self.spec.title}: is this decision right? (contest {known.id})"
        self.body = contest_question(about, explanation)
        task = context["ti"]
        mail_once(
            f"contest/{known.id}/asked/{len(refused)}",
            load_people(settings().include).emails(asked),
            "contest_asked",
            title=self.spec.title,
            model=self.model,
            version=known.version,
            contest=known.id,
            asked_by=known.asked_by,
            asked_at=known.asked_at,
            refused=refused,
            link=approval_link(task.dag_id, task.run_id, task.task_id),
        )
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        self._record(context, answer)
        return answer

    def _record(self, context: Context, answer: Any) -> None:
        """Record the answer, or that it does not count: both are committed before anything is raised."""
        from airlock.chain.contested import contested
        from airlock.governance import contests

        with database().begin() as connection:
            known = self.contest(connection, context, lock=True)
            about = contested(connection, self.store, known)
            given = _verdict(answer)
            if (known.decided_by, known.decided_at) == (given.responder, given.responded_at):
                return
            against = self._objection(about, given)
            if against is None:
                contests.decide(
                    connection, known.id, _spelt(about, given), answered=about.decision.prediction
                )
                return
            contests.refuse_answer(connection, known, given, against)
        self.log.warning("The answer by %s does not count: %s", given.responder or "nobody", against)
        if not given.responder or known.state != "open":
            raise AirflowFailException(against)
        raise AirflowException(f"{against} The question is asked again.")

    def _objection(self, about: "Contested", given: "Verdict") -> str | None:
        """Say why an answer does not count, by what people may do at this moment."""
        from airlock.governance import contests
        from airlock.package.labels import WrongOutcome

        may = load_people(settings().include).may(given.responder, Act.DECIDE_CONTEST)
        try:
            spelt = _spelt(about, given)
        except WrongOutcome as wrong:
            return f"{given.prediction[:60]!r} {wrong}"
        return contests.objection(
            about.contest,
            spelt,
            may=may and given.responder in deciders_of(self.spec),
            makers=about.makers,
            answered=about.decision.prediction,
        )


def deciders_of(spec: ModelSpec) -> tuple[str, ...]:
    """Return who decides contests of a model: its approvers, or every approver where it names none."""
    return spec.approval.approvers or load_people(settings().include).who_may(Act.DECIDE_CONTEST)


def _verdict(answer: Any) -> "Verdict":
    from airlock.governance.contests import Verdict

    form = answer["params_input"]
    return Verdict(
        responder=(answer["responded_by_user"] or {"name": ""})["name"],
        choice=answer["chosen_options"][0],
        prediction=str(form.get("prediction") or "").strip(),
        reason=str(form.get("reason") or "").strip(),
        responded_at=answer["responded_at"],
    )


def _spelt(about: "Contested", given: "Verdict") -> "Verdict":
    """Return a person's answer as the model would have spelt it."""
    from dataclasses import replace

    from airlock.package.labels import outcome_of

    if not given.prediction:
        return given
    return replace(given, prediction=outcome_of(about.signature, given.prediction))
