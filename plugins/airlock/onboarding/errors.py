"""What keeps a model from being drafted."""


class OnboardingError(Exception):
    """A model cannot be drafted from what was given; says what is wrong and the cure."""

    def __init__(self, given: str, wrong: str, cure: str) -> None:
        super().__init__(given, wrong, cure)
        self.given = given
        self.wrong = wrong
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.given}: {self.wrong} {self.cure}".rstrip()
