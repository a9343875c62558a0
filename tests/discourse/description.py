"""Discourse's own description of its API (OpenAPI 3.1), as far as requests and answers are held to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

DESCRIBED = Path(__file__).parents[3] / "shared" / "specs" / "discourse_openapi.json"


class Description:
    """Finds what is said of a request, and what speaks against it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._paths: dict[str, dict[str, Any]] = told["paths"]
        literal = sorted(self._paths, key=lambda path: path.count("{"))
        self._patterns = [(path, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))) for path in literal]

    def path(self, method: str, path: str) -> str | None:
        """The described path that a request goes to."""
        found = (one for one, pattern in self._patterns if pattern.fullmatch(path))
        return next((one for one in found if method.lower() in self._paths[one]), None)

    def against_request(self, method: str, path: str, body: bytes) -> list[str]:
        """What in the body of a request is described otherwise; fields that are not described among it."""
        content = self._paths[path][method.lower()].get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if not body or schema is None:
            return []
        return _against(schema, json.loads(body))

    def against_answer(self, method: str, path: str, status: int, body: bytes) -> list[str]:
        """What in an answer is described otherwise; a field more is none of it, since every version adds some."""
        answers = self._paths[path][method.lower()]["responses"]
        content = answers.get(str(status), {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return [] if schema is None else _against(_open(schema), json.loads(body))


@pytest.fixture(scope="session")
def description() -> Description:
    if not DESCRIBED.exists():
        pytest.skip(f"Discourse's description of its API is not at {DESCRIBED}")
    return Description(json.loads(DESCRIBED.read_bytes()))


def _against(schema: dict[str, Any], value: object) -> list[str]:
    found = Draft202012Validator(schema).iter_errors(value)
    return [f"{'/'.join(map(str, error.absolute_path)) or 'all of it'}: {error.message[:200]}" for error in found]


def _open(schema: Any) -> Any:
    """A schema that allows what it does not name."""
    if isinstance(schema, list):
        return [_open(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _open(value) for name, value in schema.items() if not (name == "additionalProperties" and not value)}
