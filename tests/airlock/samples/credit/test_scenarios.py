import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from airlock.samples.credit import default_probability

IN_SEASON = ("2025-11-24", "2025-12-25")


def share(rows: pd.DataFrame, column: str, *values: str) -> float:
    return rows[column].isin(values).mean()


def assert_calm_law(rows: pd.DataFrame) -> None:
    known = rows[rows["income"].notna()]
    np.testing.assert_allclose(default_probability(known), known["probability"], rtol=1e-12)


def split_by_season(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    inside = (rows["applied_at"] >= IN_SEASON[0]) & (rows["applied_at"] < IN_SEASON[1])
    return rows[inside], rows[~inside].reset_index(drop=True)


def test_calm_obeys_the_published_law(during) -> None:
    assert_calm_law(during("calm"))


def test_feed_fault_changes_the_unit_of_income_and_nothing_else(during) -> None:
    calm, fault = during("calm"), during("feed_fault")
    pd.testing.assert_frame_equal(fault.assign(income=fault["income"] / 100), calm)


def test_a_bad_source_loses_the_employment_of_the_partners_applicants_and_nothing_else(during) -> None:
    calm, bad = during("calm"), during("bad_source")
    partner = calm["channel"] == "partner"
    pd.testing.assert_frame_equal(bad[~partner], calm[~partner])
    assert (bad.loc[partner, "employment_years"] == 0).all() and 0.1 < partner.mean() < 0.25
    pd.testing.assert_frame_equal(bad.drop(columns="employment_years"), calm.drop(columns="employment_years"))


def test_season_brings_more_and_smaller_loans_for_other_purposes(during) -> None:
    calm, _ = split_by_season(during("calm"))
    rush, _ = split_by_season(during("season"))
    assert 1.7 < len(rush) / len(calm) < 1.9
    assert rush["amount"].median() < 0.7 * calm["amount"].median()
    assert share(rush, "purpose", "household", "travel") > 2 * share(calm, "purpose", "household", "travel")


def test_season_leaves_people_law_and_the_rest_of_the_year_alone(during) -> None:
    calm_inside, calm_outside = split_by_season(during("calm"))
    inside, outside = split_by_season(during("season"))
    pd.testing.assert_frame_equal(outside, calm_outside)
    assert_calm_law(inside)
    for column in ("age", "income", "employment_years", "existing_debt", "previous_defaults"):
        assert abs(inside[column].mean() - calm_inside[column].mean()) < 0.06 * calm_inside[column].std(), (
            column
        )


def test_covariate_shift_brings_younger_poorer_people_by_web(during) -> None:
    calm, shift = during("calm"), during("covariate_shift")
    assert len(shift) == len(calm)
    assert shift["age"].mean() < calm["age"].mean() - 8
    assert shift["income"].median() < 0.8 * calm["income"].median()
    assert share(shift, "channel", "web") > share(calm, "channel", "web") + 0.2


def test_covariate_shift_keeps_the_law(during) -> None:
    shift = during("covariate_shift")
    assert_calm_law(shift)
    assert abs(shift["defaulted"].mean() - shift["probability"].mean()) < 0.01


def test_label_shift_brings_more_defaults_and_leaves_the_other_places_alone(during) -> None:
    calm, shift = during("calm"), during("label_shift")
    assert len(shift) == len(calm)
    assert shift["defaulted"].mean() > calm["defaulted"].mean() + 0.25
    same = shift["customer_id"] == calm["customer_id"]
    assert 0.3 < 1 - same.mean() < 0.5
    pd.testing.assert_frame_equal(shift[same], calm[same])


def test_label_shift_keeps_what_applications_look_like_given_their_outcome(during) -> None:
    calm, shift = during("calm"), during("label_shift")
    for defaulted in (True, False):
        one, other = (rows[rows["defaulted"] == defaulted] for rows in (calm, shift))
        for column in ("age", "income", "amount", "employment_years", "existing_debt", "probability"):
            assert ks_2samp(one[column].dropna(), other[column].dropna()).pvalue > 0.001, column
        for value in ("web", "partner", "branch"):
            assert abs(share(one, "channel", value) - share(other, "channel", value)) < 0.02
    assert ks_2samp(calm["probability"], shift["probability"]).pvalue < 1e-6


def test_concept_drift_keeps_all_that_is_seen_of_an_application(during) -> None:
    hidden = ["defaulted", "probability"]
    pd.testing.assert_frame_equal(
        during("concept_drift").drop(columns=hidden), during("calm").drop(columns=hidden)
    )


def test_concept_drift_makes_the_old_law_a_worse_guide(during) -> None:
    drift = during("concept_drift")
    known = drift[drift["income"].notna()]
    by_old_law = roc_auc_score(known["defaulted"], default_probability(known))
    by_new_law = roc_auc_score(known["defaulted"], known["probability"])
    assert by_old_law < by_new_law - 0.03
    calm = during("calm")
    assert by_old_law < roc_auc_score(calm["defaulted"], calm["probability"]) - 0.06


def test_biased_label_records_a_quarter_of_the_womens_good_loans_as_defaulted(during) -> None:
    calm, biased = during("calm"), during("biased_label")
    pd.testing.assert_frame_equal(biased.drop(columns="defaulted"), calm.drop(columns="defaulted"))
    good = ~calm["defaulted"]
    women = calm["sex"] == "female"
    assert 0.23 < biased.loc[women & good, "defaulted"].mean() < 0.27
    assert biased.loc[women & ~good, "defaulted"].all()
    assert (biased.loc[~women, "defaulted"] == calm.loc[~women, "defaulted"]).all()


def test_proxy_column_lets_the_channel_give_the_sex_away(during) -> None:
    calm, proxy = during("calm"), during("proxy_column")
    known = {
        name: roc_auc_score(rows["sex"] == "female", rows["channel"] == "web")
        for name, rows in (("calm", calm), ("proxy", proxy))
    }
    assert abs(known["calm"] - 0.5) < 0.02
    assert known["proxy"] > 0.85
    assert abs(share(proxy, "channel", "web") - share(calm, "channel", "web")) < 0.03


def test_proxy_column_changes_nothing_but_the_channel_and_keeps_the_law(during) -> None:
    calm, proxy = during("calm"), during("proxy_column")
    follows = ["channel", "income", "defaulted", "probability"]  # income is left out more often by web
    pd.testing.assert_frame_equal(proxy.drop(columns=follows), calm.drop(columns=follows))
    assert_calm_law(proxy)


def test_a_fraud_ring_is_at_work_among_the_partners_tenants_only(during) -> None:
    calm, fraud = during("calm"), during("fraud_ring")
    hidden = ["defaulted", "probability"]
    pd.testing.assert_frame_equal(fraud.drop(columns=hidden), calm.drop(columns=hidden))
    ring = (calm["channel"] == "partner") & (calm["housing"] == "rent")
    pd.testing.assert_frame_equal(fraud[~ring], calm[~ring])
    assert 0.03 < ring.mean() < 0.10
    assert fraud.loc[ring, "defaulted"].mean() > calm.loc[ring, "defaulted"].mean() + 0.3
    before, now = (logit(rows.loc[ring, "probability"]) for rows in (calm, fraud))
    np.testing.assert_allclose(now - before, 2.5)
