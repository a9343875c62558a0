"""`/forum post` as it is typed: what is the title, what is the text, and that the text stays as it stands."""

from __future__ import annotations

import pytest

from bot.commands.catalogue import CATALOGUE, parse
from bot.commands.words import behind, usage
from bot.errors import ThreadlineError


def test_the_text_of_a_thread_stays_as_it_was_typed():
    """Lines, quotes and indentation are part of what somebody writes."""
    typed = 'post  lounge "A fine title"  He said "no".\n\n    code --here\nend '
    words = ("post", "lounge", "A fine title", "He", "said", "no.", "code", "--here", "end")
    assert parse("forum", words, typed=typed).values == {
        "board": "lounge",
        "title": "A fine title",
        "text": 'He said "no".\n\n    code --here\nend',
    }


def test_options_stand_before_the_text():
    """Behind its beginning they are words like any others."""
    words = ("post", "--tags", "red, blue", "lounge", "Title", "some", "--tags", "words")
    assert parse("forum", words).values == {
        "tags": "red, blue",
        "board": "lounge",
        "title": "Title",
        "text": "some --tags words",
    }


@pytest.mark.parametrize("words", [("post",), ("post", "lounge"), ("post", "lounge", "Title")])
def test_what_is_missing_is_said(words):
    with pytest.raises(ThreadlineError, match="text"):
        parse("forum", words)


@pytest.mark.parametrize(
    ("typed", "words", "rest"),
    [
        ("post b t the text", ("post", "b", "t"), "the text"),
        ('post b "a title"\nthe text', ("post", "b", "a title"), "the text"),
        ('post b "a title" "quoted" text', ("post", "b", "a title"), '"quoted" text'),
        ("post b “a title” „quoted“ text", ("post", "b", "a title"), "„quoted“ text"),
        ("post b t", ("post", "b", "t"), ""),
        ("something else", ("post", "b", "t"), None),
        ("", ("post",), None),
    ],
)
def test_what_stands_behind_words_is_found_in_what_was_typed(typed, words, rest):
    assert behind(typed, words) == rest


def test_a_title_that_is_typed_stands_between_quotes():
    """Else its first word would be a thread of the forum's, and nobody could take that back from here."""
    words = ("post", "here", "Trip", "in", "June", "Who", "comes?")
    with pytest.raises(ThreadlineError, match="put the title between quotes"):
        parse("forum", words, typed="post here Trip in June Who comes?")
    assert parse("forum", (*words[:4], "June Who comes?")).values["title"] == "Trip", "fields hold it together"
    quoted = parse("forum", ("post", "here", "Trip", "Who", "comes?"), typed="post here “Trip” Who comes?")
    assert quoted.values == {"board": "here", "title": "Trip", "text": "Who comes?"}


def test_the_help_says_what_an_option_takes_and_what_stands_between_quotes():
    """Whoever types it has nothing else to go by."""
    command, _ = CATALOGUE["forum", "post"]
    assert usage(command, "/").startswith('`/forum post [--tags TAGS] [--preview yes] BOARD "TITLE" TEXT …`: ')
