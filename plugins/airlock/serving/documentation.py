"""Documentation: the OpenAPI document with each serving model's own examples, and the same as a page."""

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from airlock.package.signature import Signature
from airlock.serving.versions import Ready, Serving

TEMPLATES = Path(__file__).parent / "templates"
#: The requests that take rows of a model's own fields.
OF_ROWS = ("/v1/models/{model}/predict", "/v1/models/{model}/explain")
METHODS = ("get", "put", "post", "delete", "patch")
JSON = "application/json"
REFERENCE = "#/components/schemas/"


def with_examples(document: Mapping[str, Any], serving: Mapping[str, Serving]) -> dict[str, Any]:
    """Return an OpenAPI document whose requests have an example for each model that serves."""
    signatures = {
        model: one.champion.predictor.signature
        for model, one in sorted(serving.items())
        if isinstance(one.champion, Ready)
    }
    told = deepcopy(dict(document))
    for path in OF_ROWS:
        operation = told["paths"].get(path, {}).get("post")
        if operation is not None and signatures:
            operation["requestBody"]["content"][JSON]["examples"] = {
                model: {"summary": f"A row of {model}", "value": example(signature)}
                for model, signature in signatures.items()
            }
    return told


def example(signature: Signature) -> dict[str, Any]:
    """Return a request with one row that a model can answer, of values that were common in training."""
    features = {feature.name: feature.example for feature in signature.features}
    return {"rows": [{"entity_key": f"{signature.model}-1", "features": features}]}


def page(template: str, **facts: Any) -> tuple[str, str]:
    """Return a page and the policy under which a browser may show it: it loads nothing and runs nothing."""
    nonce = secrets.token_urlsafe(16)
    text = _environment().get_template(f"{template}.html.j2").render(**facts, nonce=nonce)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return text, policy


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each operation of an OpenAPI document as the page shows it."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield {**item[method], "path": path, "method": method.upper()}


def type_of(schema: Mapping[str, Any]) -> str:
    """Return a schema's type in a few words.

    >>> type_of({"type": "array", "items": {"$ref": "#/components/schemas/Row"}})
    'list of Row'
    >>> type_of({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]})
    'date-time or null'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REFERENCE)
    if "anyOf" in schema:
        return " or ".join(type_of(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return str(
        schema.get("format") or schema.get("title" if schema.get("properties") else "type", "anything")
    )


def _marked(text: str) -> Any:
    """Return a description with its `code` and its **emphasis**, and nothing else, as markup."""
    from markupsafe import Markup, escape

    said = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", said))


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader  # only where somebody reads a page

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    made.filters |= {"type": type_of, "marked": _marked, "json": lambda value: json.dumps(value, indent=2)}
    return made
