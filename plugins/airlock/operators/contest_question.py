"""What a person reads before they decide about a contested decision, built from the records alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airlock.operators.links import decision_link, dossier_link, model_link

if TYPE_CHECKING:
    from airlock.chain.contested import Contested
    from airlock.package.explaining import Explanation


def contest_question(about: "Contested", explanation: "Explanation | str") -> str:
    """Return why the decision is contested, what was decided, what moved it, and what the answers mean."""
    return "\n\n".join(
        [
            *_contest(about),
            *_decision(about),
            *_explanation(explanation),
            *_answers(about),
        ]
    )


def _contest(about: "Contested") -> Iterator[str]:
    from airlock.evaluation.escape import escape
    from airlock.mail.words import moment

    contest = about.contest
    yield f"**{escape(contest.asked_by)}** passed this on, on {moment(contest.asked_at)}:"
    yield f"> {escape(contest.reason)}"


def _decision(about: "Contested") -> Iterator[str]:
    from airlock.evaluation.escape import escape
    from airlock.mail.words import moment

    decision, passage = about.decision, about.passage
    entity = "" if decision.entity_key is None else f" about **{escape(decision.entity_key)}**"
    yield (
        f"#### What was decided\n\nThe answer{entity} was **{escape(decision.prediction)}**, with the score "
        f"{decision.score:.4g}, given on {moment(decision.scored_at)} by version {decision.version}, in "
        f"production since {moment(passage.since)}."
    )
    yield (
        f"[The dossier of this version]({dossier_link(passage.dossier_digest)}) · "
        f"[the model's history]({model_link(decision.model)}) · "
        f"[the decision]({decision_link(decision.id)}) `{decision.id}`"
    )


def _explanation(explanation: "Explanation | str") -> Iterator[str]:
    from airlock.evaluation.escape import escape

    if isinstance(explanation, str):
        yield f"#### Why: it cannot be explained\n\n{escape(explanation)}"
        return
    lines = [f"- {escape(one.sentence)}" for one in explanation.contributions]
    yield (
        f"#### What was known, and what it did\n\nOn average {escape(explanation.about)} is "
        f"{explanation.base:.3g}, here it is {explanation.score:.3g}.\n\n" + "\n".join(lines)
    )


def _answers(about: "Contested") -> Iterator[str]:
    from airlock.evaluation.escape import escape

    classes = about.signature.classes
    one_of = f"one of {', '.join(escape(name) for name in classes)}" if classes else "a number"
    yield (
        "#### Your answer\n\n**Uphold** keeps the model's answer; leave *Your answer* empty. **Overturn** "
        f"puts yours in its place: write it as *Your answer*, {one_of}. Say why in either case."
    )
