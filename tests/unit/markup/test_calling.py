"""Whom the words of a chat user call on a forum: those who are meant, and nobody else."""

import re

import pytest

from bot import markup
from bot.markup.calling import CALLS_NOBODY, called, calling, calls_nobody
from bot.markup.nodes import Kind, Node, document, paragraph, walk

# What makes a mention: Discourse (also with names of any script), NodeBB, Flarum by name and by number.
DISCOURSE = re.compile(r"(?<![A-Za-z0-9_])@(\w[\w.-]{0,58}\w|\w)")
NODEBB = re.compile(r"(?:^|\s|>|;)@[\w\-_.@]+")
FLARUM = re.compile(r"\B@[a-z0-9_-]+(?!#)", re.IGNORECASE | re.ASCII)
FLARUM_BY_ID = re.compile(r"\B@[\"|“].+[\"|”]#[a-z]?[0-9]+\b", re.ASCII)
ENGINES = (DISCOURSE, NODEBB, FLARUM, FLARUM_BY_ID)


def nobody(_who):
    return ""


@pytest.mark.parametrize(
    "words",
    [
        "@admin",
        "hello @admin",
        "(@admin)",
        ">@admin",
        "é@admin",
        "@@admin",
        "@everyone @here @staff",
        "\\@admin",
        '@"Ann"#12',
        '@"Staff"#g4',
        '@"Ann"#p7',
        "@Ärger",
        "&#64;admin",
        "**@**admin",
        "@*admin*",
        "# @admin",
        "> @admin",
        "- @admin",
        "[@admin](https://x.example/)",
        "![@admin](https://x.example/a.png)",
        "@<u>admin</u>",
        "a_@admin",
    ],
)
@pytest.mark.parametrize("format", ["markdown", "bbcode", "plain"])
def test_no_words_that_somebody_types_call_anybody_on_a_forum(words, format):
    """Law 10: who is called is told by mail; a stranger in a chat could have all moderators told."""
    written = markup.write(calling(markup.read(words, "markdown"), nobody), format)
    for engine in ENGINES:
        assert not engine.search(written), (engine.pattern, written)


def test_addresses_stay_as_they_are():
    """A mail address calls nobody, and one with a character that is not seen would lead nowhere."""
    words = "ann@example.org https://x.example/@ann/1"
    written = markup.write(calling(markup.read(words, "markdown"), nobody), "markdown")
    assert written == "ann@example.org <https://x.example/@ann/1>"


def test_code_stays_as_it_is():
    """It is copied, and engines look for no mentions in it."""
    words = "`@decorated`\n\n```\n@decorated\n```"
    assert markup.write(calling(markup.read(words, "markdown"), nobody), "markdown") == words


def test_what_is_read_again_says_the_same_words():
    """An echo is recognised by its words, whether a forum keeps what is not seen or not."""
    tree = document(paragraph(Node(Kind.MENTION, "Ann"), " and @bob"))
    assert markup.words(calling(tree, nobody)).replace(CALLS_NOBODY, "") == markup.words(tree)


def test_who_is_meant_is_called_as_the_forum_does_it():
    tree = document(paragraph("hello ", Node(Kind.MENTION, "Ann", "17"), " and ", Node(Kind.MENTION, "Bob", "18")))
    assert called(tree) == {"17", "18"}
    written = markup.write(calling(tree, {"17": "@annie"}.get), "plain")
    assert written == f"hello @annie and @{CALLS_NOBODY}Bob"


def test_a_text_as_deep_as_any_is_gone_through():
    tree = paragraph("@deep")
    for _ in range(250):
        tree = Node(Kind.QUOTE, children=(tree,))
    assert [node.text for node in walk(calling(tree, nobody)) if node.text] == [f"@{CALLS_NOBODY}deep"]


def test_words_that_call_nobody_are_left_alone():
    once = calls_nobody("@ann @ noon ann@example.org")
    assert once == f"@{CALLS_NOBODY}ann @ noon ann@example.org"
    assert calls_nobody(once) == once


def test_a_call_to_everybody_is_a_word() -> None:
    """Whoever may call a whole room may not call a whole forum."""
    assert calls_nobody("@everyone, @here! @Room.") == "everyone, here! Room."
    assert calls_nobody("@here_we_go @roomba") == f"@{CALLS_NOBODY}here_we_go @{CALLS_NOBODY}roomba"
