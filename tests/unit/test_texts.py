"""The catalogue of texts: all that is said is there, all that is there is said, in every language alike."""

from __future__ import annotations

import ast
import re
import shutil
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot import texts
from bot.commands import CATALOGUE, parse, worded
from bot.errors import NotFound
from bot.model import Command

TEMPLATES = sorted(Path(bot.__file__).parent.rglob("templates/**/*.html"))
"""Templates say what has no values; whoever has values gives them the text."""

SOURCES = sorted(Path(bot.__file__).parent.rglob("*.py"))


def helps(command: Command) -> list[tuple[str, str]]:
    """The keys of what is said of a command and of what it takes, each with where it stands."""
    name = f"{command.group} {command.name}"
    return [(name, command.help), *((f"{name} {one.name}", one.help) for one in command.parameters)]


def said() -> Iterator[tuple[str, set[str], bool, str]]:
    """Each text that is said: its key, the names of its values, whether it counts, and where."""
    for command, _ in CATALOGUE.values():
        for name, help in helps(command):
            yield help, set(), False, name
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                key = node.args[0]
                if isinstance(key, ast.Attribute) and key.attr == "help":
                    continue  # of a command, as above
                assert isinstance(key, ast.Constant), f"{path}:{node.lineno}: write the key out"
                names = {word.arg for word in node.keywords if word.arg is not None}
                yield str(key.value), names, len(node.args) > 1, f"{path.name}:{node.lineno}"
    for path in TEMPLATES:
        for found in re.finditer(r'\bsays\("([^"]+)"\)', path.read_text("utf-8")):
            yield found[1], set(), False, path.name


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


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """A second language, of which there are two texts."""
    shutil.copytree(Path(bot.__file__).parent / "texts" / "en", tmp_path / "en")
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "help.toml").write_text('mirror_list = "kiuj speguloj estas"', "utf-8")
    (tmp_path / "xx" / "words.toml").write_text('[days]\none = "{count} tago"\nother = "{count} tagoj"', "utf-8")
    monkeypatch.setattr(texts, "files", lambda package: tmp_path)
    texts.catalogue.cache_clear()
    yield "xx"
    texts.speak("en")
    texts.catalogue.cache_clear()


def test_a_language_is_a_folder_and_what_it_lacks_is_said_in_english(foreign):
    """A translation can be used before it is whole."""
    texts.speak(foreign)
    assert [texts.say("words.days", 1), texts.say("words.days", 1200)] == ["1 tago", "1,200 tagoj"]
    assert texts.say("held.nothing") == "Nothing is held."


def test_the_help_of_commands_is_said_in_the_language_that_is_spoken_then(foreign):
    """They are made when the program is loaded, before anybody chose a language."""
    command, _ = CATALOGUE["mirror", "list"]
    assert worded(command).help == "which mirrors there are"
    texts.speak(foreign)
    assert worded(command).help == "kiuj speguloj estas"
    with pytest.raises(NotFound, match="`/mirror list`: kiuj speguloj estas"):
        parse("mirror", ["help"])


def test_every_command_says_its_help_by_key():
    """What stands there in words is said in English whatever the language."""
    for command, _ in CATALOGUE.values():
        for name, help in helps(command):
            assert help.startswith("help."), name


WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}|\0 [a-z]{2,}|[a-z]{2,} \0")
"""Words beside words or values; what is written large (ADDRESS, MiB) is no sentence."""


def words_in(path: Path) -> list[str]:
    """What a module says by itself: its strings with words in them, but for docstrings and what stands between ` `."""
    tree = ast.parse(path.read_text("utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    stated = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(one.value) if isinstance(one, ast.Constant) else "\0" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (parts | stated):
            text = node.value
        else:
            continue
        if WORDS.search(re.sub(r"`[^`]*`", "", text)):
            found.append(f"{path.name}:{node.lineno}: {text}")
    return found


@pytest.mark.parametrize("path", sorted(Path(bot.__file__).parent.glob("commands/*.py")), ids=lambda path: path.stem)
def test_commands_say_nothing_that_is_not_in_the_catalogue(path):
    """It would be said in English whatever the language."""
    assert words_in(path) == []
