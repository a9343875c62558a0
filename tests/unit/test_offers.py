"""What is offered below a text, and how it is put where nothing can be pressed."""

import pytest

from bot import markup
from bot.commands.words import for_shell
from bot.markup.nodes import document
from bot.model import Answer, Offer, offered
from bot.offers import of_delivery, of_flood, of_losing, to_held
from bot.ports import in_words
from bot.store.offers import restored, stored

ALL = (to_held(), *of_flood(3, "mirror 3"), *of_delivery(12), *of_losing(4, "source 4"))


@pytest.mark.parametrize("words", [("flood", "3", "all"), ("filter", "3", "--words", "cats, dogs"), ("a", "")])
def test_a_line_is_read_as_the_command_that_it_was_made_of(words):
    """It is all that a button knows."""
    assert offered(Offer("Do it", "mirror", words).line) == ("mirror", words)


def test_what_can_be_decided_is_offered_whole():
    """Each offer is a command that needs no further word."""
    assert [offer.line for offer in ALL] == [
        "mirror held",
        "mirror flood 3 all",
        "mirror flood 3 digest",
        "mirror flood 3 seen",
        "mirror retry 12",
        "mirror skip 12",
        "mirror settle source:4",
        "mirror skip source:4",
    ]


def test_offers_of_one_text_are_told_apart():
    """Two buttons of one name are a guess."""
    labels = [offer.label for offer in (*ALL, *of_flood(5, "mirror 5"), *of_delivery(13))]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("format", ["plain", "markdown", "discord", "matrix"])
def test_what_cannot_be_pressed_says_what_to_type(format):
    """With the chat's own sign before it, a line for each."""
    body = in_words(markup.read("Much came at once.", "plain"), of_flood(3), "!")
    read = markup.read(markup.write(body, format), {"discord": "markdown", "matrix": "html"}.get(format, format))
    assert markup.write(read, "plain").split("\n") == [
        "Much came at once.",
        "",
        "Show all: !mirror flood 3 all",
        "One list: !mirror flood 3 digest",
        "Skip: !mirror flood 3 seen",
    ]


def test_without_offers_a_text_stays_as_it_is():
    body = markup.read("Much came at once.", "plain")
    assert in_words(body, (), "!") is body
    assert in_words(None, (), "!") == document()


def test_the_command_line_says_what_to_type_there():
    """Its commands are called otherwise than in chats."""
    answer = Answer("It is mirrored.", offers=(Offer("Remove", "mirror", ("remove", "3")), *of_losing(4)[:1]))
    assert for_shell(answer).split("\n") == [
        "It is mirrored.",
        "Remove: threadline unmirror 3",
        "They are deleted: threadline settle source:4",
    ]


def test_no_more_is_kept_than_a_text_can_offer():
    """Law 10: every size has a bound."""
    many = [offer for n in range(100) for offer in of_delivery(n)]
    assert restored(stored(many)) == tuple(many[:20])
    assert (stored(()), restored("")) == ("", ())
