"""How channels, threads and messages of Discord are named."""

import pytest

from adapters.chats.discord import names
from adapters.chats.discord.names import At, Sought
from bot.errors import Gone, Refused
from bot.testing.forum_talk import JUNK


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("123", Sought("123")),
        (" <#123> ", Sought("123")),
        ("https://discord.com/channels/1/2", Sought("2")),
        ("https://ptb.discord.com/channels/1/2/3", Sought("2")),
        ("#New Books!", Sought(name="new-books")),
        ("Bücher & Tee", Sought(name="bücher-tee")),
        ("My Server/#talk", Sought(name="talk", guild="My Server")),
        ("42/talk", Sought(name="talk", guild="42")),
    ],
)
def test_a_channel_is_meant_by_id_link_mention_or_name(name: str, means: Sought):
    """People write what they have at hand."""
    assert names.sought(name) == means


@pytest.mark.parametrize("name", ["", "#", "!!!", "a\x00b", "💥"])
def test_what_no_channel_can_be_called_is_refused(name: str):
    """With what it may be made of, so that the next try succeeds."""
    if name == "💥":
        assert names.sought(name).name == "💥"
    else:
        with pytest.raises(Refused, match="letters"):
            names.sought(name)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("3", "3"),
        ("2/3", "2/3"),
        ("https://discord.com/channels/1/2/3", "3"),
        ("https://canary.discordapp.com/channels/@me/2/3?x=1", "3"),
    ],
)
def test_a_message_is_meant_by_id_or_link(link: str, message: str):
    """`settle LINK`."""
    assert names.message_named(link) == message


@pytest.mark.parametrize(
    "link", [*JUNK, "https://discord.com/channels/1/2", "https://elsewhere.example/channels/1/2/3"]
)
def test_what_names_no_message_is_gone(link: str):
    """A channel's link is none of a message."""
    with pytest.raises(Gone):
        names.message_named(link)


@pytest.mark.parametrize("junk", JUNK)
def test_only_ids_go_into_addresses(junk: str):
    """They come from a database, and would be part of a path."""
    for form in (names.channel_of, names.person_of, names.message_of):
        with pytest.raises(Gone):
            form(junk)


def test_a_further_message_of_a_forum_post_names_its_post():
    """Its place is the forum, which does not say in which post it stands; the first one has the post's own id."""
    assert names.in_post("7", "7") == "7"
    assert names.in_post("7", "9") == "7/9"
    assert names.message_of("7/9") == At("9", "7")
    assert names.message_of("7") == At("7")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A  title\n", "A title"),
        ("", "Thread"),
        ("\u200b", "Thread"),
        ("x" * 101, "x" * 99 + "…"),
        ("y" * 100, "y" * 100),
    ],
)
def test_a_title_is_made_fit_to_name_a_thread(title: str, name: str):
    """1 to 100 characters on one line."""
    assert names.title_of(title) == name


def test_an_id_tells_when_it_was_made():
    """In milliseconds since 1970, as all our times."""
    assert names.made_at(str((1_700_000_000_000 - names.EPOCH) << 22)) == 1_700_000_000_000
