"""The catalogue of texts: all that is said is there, all that is there is said, in every language alike."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot import texts

SOURCES = sorted(Path(bot.__file__).parent.rglob("*.py"))


def said() -> Iterator[tuple[str, set[str], bool, str]]:
    """Each call of `say` with a key written out: the key, the names of its values, whether it counts, and where."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                key = node.args[0]
                assert isinstance(key, ast.Constant), f"{path}:{node.lineno}: write the key out"
                names = {word.arg for word in node.keywords if word.arg is not None}
                yield str(key.value), names, len(node.args) > 1, f"{path.name}:{node.lineno}"


def wanted(text: str | dict[str, str]) -> set[str]:
    """The names that stand in a text."""
    forms = [text] if isinstance(text, str) else text.values()
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


def test_every_text_that_is_said_is_there_with_its_values():
    """A missing one would fail before a reader's eyes."""
    for key, names, counts, where in said():
        assert key in texts.catalogue("en"), where
        text = texts.catalogue("en")[key]
        assert wanted(text) <= names | ({"count"} if counts else set()), where
        assert counts or isinstance(text, str), where


def test_every_text_that_is_there_is_said():
    """What nobody says would be translated for nothing."""
    assert set(texts.catalogue("en")) == {key for key, *_ in said()}


@pytest.mark.parametrize("language", texts.languages())
def test_a_translation_has_no_other_texts_and_values(language):
    """A value that English does not have would fail when it is said."""
    english = texts.catalogue("en")
    for key, text in texts.catalogue(language).items():
        assert wanted(text) <= wanted(english[key])
        assert isinstance(text, str) == isinstance(english[key], str)
        assert isinstance(text, str) or {"one", "other"} <= set(text)


def test_an_unknown_language_is_refused_by_name():
    """Whoever sets it learns which there are."""
    with pytest.raises(ValueError, match=r'"xx".*: en'):
        texts.speak("xx")
