"""What is a command in a room."""

from __future__ import annotations

import pytest

from adapters.chats.matrix.receiving.commands import command


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("!forum", ("forum", ())),
        ("!Forum unread --all", ("forum", ("unread", "--all"))),
        (
            '!mirror add https://forum.example/b --only "two words"',
            ("mirror", ("add", "https://forum.example/b", "--only", "two words")),
        ),
        ("!mirror add “two words”", ("mirror", ("add", "two words"))),
        ("!mirror it's # fine \\n", ("mirror", ("it's", "#", "fine", "\\n"))),
        ('!mirror "never closed', ("mirror", ('"never', "closed"))),
        ("  !forum\n new ", ("forum", ("new",))),
    ],
)
def test_a_command_is_its_group_and_words(text, told):
    """Quotes hold words together; nothing else in them means anything."""
    found = command(text)
    assert found is not None
    assert found[:2] == told


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("!forum unread --all", "unread --all"),
        ('!forum post b "A title" It was\n\n  so', 'post b "A title" It was\n\n  so'),
        ("!forum post b Title  “quoted” ", "post b Title  “quoted”"),
    ],
)
def test_a_command_is_told_as_it_stands_there_too(text, typed):
    """What becomes a post is to stand there as it was written, and a title ends where its quotes do."""
    found = command(text)
    assert found is not None
    assert found[2] == typed


@pytest.mark.parametrize("text", ["", "forum", "!", "! forum", "!forums", "!help", "/forum", "say !forum", "!!forum"])
def test_anything_else_is_something_said(text):
    """It goes to the forum, if it is an answer."""
    assert command(text) is None


def test_the_prefix_can_be_another_one():
    """Several programs may listen in a room."""
    assert command("t.forum new", "t.") == ("forum", ("new",), "new")
    assert command("!forum new", "t.") is None
