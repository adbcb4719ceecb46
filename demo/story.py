"""The demo's steps, in order; each one raises unless it truly happened."""

from datetime import date, timedelta

import httpx

from airlock.spec import load_model
from airlock.usercode import resolve
from demo.people import NIGHTS, People
from demo.progress import Progress, require
from demo.shop import Shop, open_shop
from demo.traffic import traffic
from demo.world import change_the_world, fill_warehouse, midnight, next_calendar
from stack import lifecycle
from stack.airflow_records import Run
from stack.mailbox import Mail, full_text, read_mails
from stack.settings import Settings
from stack.waiting import wait_until

APPLICANT = {
    "amount": 12000.0,
    "term_months": 48.0,
    "purpose": "car",
    "income": 2600.0,
    "employment_years": 4.0,
    "housing": "rent",
    "existing_debt": 3500.0,
    "open_loans": 1.0,
    "previous_defaults": 0.0,
    "channel": "web",
}


def tell(settings: Settings, progress: Progress) -> None:
    """Tell the whole story once."""
    with progress.step("Start PostgreSQL, MLflow, Airflow, the scoring API and the mail sink"):
        lifecycle.up(settings, progress.say)
    people = People(settings, progress)
    calendar = next_calendar(settings)
    with progress.step("Fill the lender's warehouse: two years of loan applications"):
        progress.say(
            f"{fill_warehouse(settings, calendar):,} applications; today is {calendar.start} in this story"
        )
    with progress.step("Train credit_risk and tumour_diagnosis"):
        credit = people.train(
            "credit_risk", "first look at the year's loans", f"{midnight(calendar.start).isoformat()}"
        )
        tumour = people.train("tumour_diagnosis", "the reference data of the clinic")
        releases = people.release_of(credit), people.release_of(tumour)
    with progress.step("People decide: two for credit (tier high), one for tumours (tier limited)"):
        people.approve(releases[0], ("the gates hold and the suite found nothing", "calibrated well enough"))
        people.approve(releases[1], ("reads like the literature",))
    with progress.step("The shop gets a key, and production answers it"):
        shop = open_shop(settings, people)
        first = ask_credit(shop, progress)
        ask_tumour(shop, progress)
    with progress.step(f"Calm nights: {calendar.calm_nights[0]} to {calendar.calm_nights[1]}"):
        nights(people, progress, *calendar.calm_nights)
        require(not alerts(settings, *calendar.calm_nights), "A calm night has raised an alert.")
        progress.say("No limit was crossed, and nobody was woken.")
    with progress.step(f"The world changes on {calendar.change}: younger applicants, through the web"):
        change_the_world(settings, calendar)
        nights(people, progress, *calendar.changed_nights)
        mail = wait_until(
            lambda: next(iter(alerts(settings, *calendar.changed_nights)), None), what="the alert", timeout=30
        )
        progress.show(full_text(mail))
    with progress.step("The alert says when a training could know the change; dana does not wait for it"):
        why = f"the alert of {calendar.change}: younger applicants, through the web"
        again = people.train("credit_risk", why, midnight(calendar.end).isoformat())
        release = people.release_of(again)
    with progress.step("People decide, and the new version proves itself beside the champion: a canary"):
        with traffic(shop, progress.say) as answers:
            people.approve(release, ("the shift is real; the figures hold", "agreed, watch it closely"))
        given = [f"version {version} {count:,}" for version, count in sorted(answers.items())]
        progress.say(f"Nobody was left without an answer meanwhile: {', '.join(given)}.")
        require(len(answers) == 2, "The new version has answered nobody before it was deployed.")
    with progress.step("The new champion answers"):
        second = ask_credit(shop, progress)
        require(second > first, f"Version {second} answers, and version {first} did before.")


def nights(people: People, progress: Progress, first: date, last: date) -> tuple[Run, ...]:
    """Let Airflow score and watch a range of nights; return the runs that watched, in order."""
    for kind in ("score", "monitor"):
        dag_id = f"credit_risk.{kind}"
        time = midnight(first), midnight(last) + timedelta(hours=23)
        people.dana.backfill(dag_id, *time, again=True)
        runs = people.dana.wait_for_backfill(dag_id, *time, timeout=NIGHTS)
        wanted = (last - first).days + 1
        require(len(runs) == wanted, f"{dag_id} has {len(runs)} runs for {wanted} nights.")
        bad = [run.run_id for run in runs if run.state != "success"]
        require(not bad, f"{dag_id} failed: {', '.join(bad)}.")
        progress.say(f"{dag_id}: {len(runs)} nights done")
    return runs


def alerts(settings: Settings, first: date, last: date) -> list[Mail]:
    """Return the alert mails about credit_risk for a range of nights."""
    dates = [(first + timedelta(days=day)).isoformat() for day in range((last - first).days + 1)]
    return [
        mail
        for mail in read_mails(settings.mail)
        if "credit" in mail.subject.lower()
        and any(date in mail.text and "night" in mail.text for date in dates)
    ]


def ask_credit(shop: Shop, progress: Progress) -> int:
    """Ask production about an applicant; return the version that answers."""
    answer = _ask(shop, "credit_risk", APPLICANT)
    score = answer["predictions"][0]["score"]
    progress.say(f"credit_risk version {answer['version']}: probability of default {score:.3f}")
    return int(answer["version"])


def ask_tumour(shop: Shop, progress: Progress) -> None:
    """Ask production about a tumour."""
    answer = _ask(shop, "tumour_diagnosis", a_tumour(shop.settings))
    progress.say(f"tumour_diagnosis version {answer['version']}: {answer['predictions'][0]['prediction']}")


def a_tumour(settings: Settings) -> dict[str, float]:
    """Return the measures of a real tumour of the reference data."""
    spec = load_model(settings.include, "tumour_diagnosis")
    load = resolve("airlock_models.tumour_diagnosis.data.load", settings.include / "models")
    row = load(start=None, end=None, as_of=None).iloc[0]
    return {name: row[name].item() for name in spec.data.features}


def _ask(shop: Shop, model: str, features: dict) -> dict:
    body = {"rows": [{"features": features}]}
    with shop.client() as client:
        answer = client.post(f"/v1/models/{model}/predict", json=body)
    require(
        answer.status_code == httpx.codes.OK, f"{model} did not answer: {answer.status_code} {answer.text}"
    )
    return answer.json()
