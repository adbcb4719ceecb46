"""Scopes: what an API key lets its client ask of the scoring API."""

from collections.abc import Mapping
from typing import Literal

Scope = Literal["predict", "explain", "decisions", "contest", "outcomes", "feedback", "smoke_test"]

#: What an application may be given, and what each lets it do.
ISSUABLE: Mapping[Scope, str] = {
    "predict": "ask for answers",
    "explain": "ask why a row is answered as it is",
    "decisions": "read past decisions with their inputs",
    "contest": "contest a decision for the person it is about",
    "outcomes": "report what came true",
    "feedback": "say what people think of decisions",
}

#: Of Airlock itself alone: whoever may name the version that answers could go around the release.
RESERVED: Scope = "smoke_test"
EVERY: frozenset[Scope] = frozenset({*ISSUABLE, RESERVED})
