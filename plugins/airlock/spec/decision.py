"""Decision: what an answer leads to, and what right and wrong answers cost."""

from typing import Literal, Self

from pydantic import Field, model_validator

from airlock.spec.base import Section


class Costs(Section):
    """What one answer costs; a gain is a negative cost."""

    false_positive: float = Field(description="of a yes that should have been a no")
    false_negative: float = Field(description="of a no that should have been a yes")
    true_positive: float = Field(0.0, description="of a right yes")
    true_negative: float = Field(0.0, description="of a right no")
    unit: str = Field("", description="what they are counted in, such as EUR")

    @model_validator(mode="after")
    def _wrong_costs_more(self) -> Self:
        for wrong, right in (("false_positive", "true_negative"), ("false_negative", "true_positive")):
            if getattr(self, wrong) <= getattr(self, right):
                raise ValueError(f"{wrong} must cost more than {right}. Correct one of them.")
        return self

    @property
    def threshold(self) -> float:
        """The probability from which on a yes costs less than a no.

        References
        ----------
        Elkan: The Foundations of Cost-Sensitive Learning, IJCAI 2001, equation 2.

        >>> Costs(false_positive=1, false_negative=4).threshold
        0.2
        """
        yes = self.false_positive - self.true_negative
        no = self.false_negative - self.true_positive
        return yes / (yes + no)


class Decision(Section):
    """Binary only: what the answer yes means for a person, and where yes begins."""

    yes_means: str = Field(min_length=1, description="what happens to a person for whom the answer is yes")
    unfavourable: Literal["positive", "negative"] = Field(
        "positive", description="the answer people want to avoid; counterfactuals start from it"
    )
    costs: Costs | None = Field(
        None, description="from these the threshold follows; absent: yes from a probability of 0.5 on"
    )

    @property
    def threshold(self) -> float:
        """The probability from which on the answer is yes."""
        return self.costs.threshold if self.costs else 0.5
