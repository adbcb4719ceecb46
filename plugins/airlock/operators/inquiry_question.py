"""What a person reads before they say what to do about an incident, built from the records alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airlock.operators.links import dossier_link, incident_link, model_link, page_link
from airlock.settings import settings
from airlock.spec.people import Act, load_people

if TYPE_CHECKING:
    from airlock.chain.inquiry import Inquiry


def inquiry_question(about: "Inquiry") -> str:
    """Return why a person is asked, what was found, where to look, and what each answer does right now.

    Airflow keeps the text of the first time, however often the task asks: what changes is told by mail.
    """
    return "\n\n".join([*_why(about), *_found(about), *_look_closer(about), *_answers(about)])


def _why(about: "Inquiry") -> Iterator[str]:
    from airlock.evaluation.escape import escape

    yield f"The night of **{about.night.night}** crossed limits."
    if about.cause:
        evidence = [f"- {escape(one.sentence)}" for one in about.cause.evidence]
        yield "\n".join([f"#### {escape(about.cause.sentence)}", "", *evidence])


def _found(about: "Inquiry") -> Iterator[str]:
    from airlock.evaluation.escape import escape

    lines = [f"- {escape(one.sentence)} {one.how_bad}, since {one.since}" for one in about.found]
    yield "\n".join(["#### What was found", "", *(lines or [f"- {escape(about.incident.sentence)}"])])


def _look_closer(about: "Inquiry") -> Iterator[str]:
    places = {
        f"Incident {about.incident.id}": incident_link(about.incident.id),
        "The night's report": about.night.report and page_link(about.night.report),
        f"The dossier of version {about.night.version}": about.dossier and dossier_link(about.dossier),
        "The model's history": model_link(about.night.model),
    }
    yield " · ".join(f"[{name}]({link})" for name, link in places.items() if link)


def _answers(about: "Inquiry") -> Iterator[str]:
    model, way = about.night.model, about.way
    who = {act: " or ".join(load_people(settings().include).who_may(act)) or "nobody" for act in Act}
    back = (
        f"cannot be done now. {way.against}"
        if way.serves is None or way.before is None
        else f"takes version {way.serves.version} back for good, and version {way.before.version} answers "
        f"within seconds. For {who[Act.ROLL_BACK]}."
    )
    yield "\n".join(
        [
            "#### Your answer",
            "",
            f"- **Retrain** starts {model}.train, which searches anew. It is yours: you may not approve what "
            f"it makes. For {who[Act.TRAIN]}.",
            "- **Ignore** settles the incident with your words. Found again, it is a new one. For "
            f"{who[Act.HANDLE_INCIDENT]}.",
            f"- **Roll back** {back}",
            f"- **Investigate** gives the incident to you. For {who[Act.HANDLE_INCIDENT]}.",
            "",
            "Say why in any case. Nothing happens by itself until somebody answers, or the incident is over.",
        ]
    )
