"""Robustness: how answers must behave when a row changes."""

from typing import Literal

from pydantic import Field

from airlock.spec.base import Section


class Rule(Section):
    """A metamorphic rule: when a feature goes one way, the score must not go the other."""

    feature: str = Field(description="the feature that is changed, all others staying as they are")
    goes: Literal["up", "down", "elsewhere"] = Field(
        description="numbers go up or down; categories and booleans go elsewhere: to each other value"
    )
    score: Literal["must_not_rise", "must_not_fall", "must_not_change"] = Field(
        description="what the score must not do; the probability of yes, or the number predicted"
    )
    by: float = Field(
        0.25, ge=0.01, le=3, description="how far a number goes, in standard deviations of the feature"
    )
    tolerance: float = Field(
        0.01,
        ge=0,
        le=0.1,
        description="a move of the score by no more is none; a share of its spread for a regression",
    )
    at_most: float = Field(0.05, ge=0, le=0.2, description="the share of rows that may break the rule")

    @property
    def sentence(self) -> str:
        """The rule as people read it.

        >>> Rule(feature="income", goes="up", score="must_not_rise").sentence
        'When income goes up, the score must not rise.'
        """
        return f"When {self.feature} goes {self.goes}, the score {self.score.replace('_', ' ')}."
