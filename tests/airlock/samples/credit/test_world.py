from datetime import date

import pytest

from airlock.samples.credit import Episode, Regime, World

DAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Episode("earthquake", DAY), "unknown scenario 'earthquake'; write one of calm, feed_fault"),
        (lambda: Episode("season", DAY, DAY), "end 2026-11-01 is not after start 2026-11-01"),
        (lambda: Episode("season", DAY, strength=0), r"strength 0 is outside \(0, 1\]"),
        (lambda: Episode("season", DAY, strength=float("nan")), "strength nan is outside"),
        (lambda: World(seed=-1), "seed -1 is outside"),
        (lambda: World(applications_per_day=0), "applications per day is 0; write a whole number from 1 up"),
    ],
)
def test_a_wrong_value_is_refused_with_its_cure(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_an_episode_ends_the_day_before_its_end() -> None:
    world = World(episodes=(Episode("feed_fault", DAY, date(2026, 11, 3)),))
    shares = [world.regime(date(2026, 11, day)).income_in_cents for day in (2, 3)]
    assert shares == [1.0, 0.0]
    assert world.regime(date(2026, 10, 31)) == Regime()


def test_episodes_compose() -> None:
    world = World(episodes=(Episode("covariate_shift", DAY), Episode("feed_fault", DAY, strength=0.5)))
    regime = world.regime(DAY)
    assert regime.youth > 0
    assert regime.income_in_cents == 0.5


def test_season_returns_every_year() -> None:
    world = World(episodes=(Episode("season", date(2024, 1, 1)),))
    volumes = [world.regime(date(year, 12, 10)).volume for year in (2024, 2025, 2026)]
    assert volumes[0] > 1
    assert len(set(volumes)) == 1
    assert world.regime(date(2025, 7, 1)) == Regime()
