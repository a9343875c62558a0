"""What an event of the gateway is, in the house's nouns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.discord.events import deleted, edited, is_persons, reacted, said, unread
from adapters.chats.discord.names import made_at
from bot.model import ChannelRef, Millis, ThreadRef, Where

US, ANN, ONE, TWO = "1", "2", "1000000000000000001", "1000000000000000002"
CHANNEL = Where(ChannelRef("10"))
THREAD = Where(ChannelRef("10"), ThreadRef("20"))
NOW = Millis(1_700_000_000_000)


def message(content: object = "hello", **more: Any) -> dict[str, Any]:
    author = {"id": ANN, "username": "ann", "global_name": "Ann", "bot": False}
    return {"id": TWO, "channel_id": "10", "type": 0, "content": content, "author": author, **more}


def answering(target: str = ONE, **more: Any) -> dict[str, Any]:
    return message(type=19, message_reference={"message_id": target, "channel_id": "10"}, **more)


def test_a_message_is_what_its_author_wrote() -> None:
    """With the time that stands in its id."""
    told = said(message(), CHANNEL, True, US)
    assert told is not None
    assert (told.id, told.message, told.where, told.text, told.format) == (TWO, TWO, CHANNEL, "hello", "discord")
    assert (told.person.id, told.person.name, told.person.admin) == (ANN, "Ann", True)
    assert (told.at, told.reply_to) == (made_at(TWO), "")


def test_a_reply_says_what_it_answers_and_a_forwarded_message_does_not() -> None:
    """What is forwarded refers to another channel, and to a message that is no parent here."""
    told = said(answering(), CHANNEL, False, US)
    assert told is not None
    assert told.reply_to == ONE
    elsewhere = said(message(type=19, message_reference={"message_id": ONE, "channel_id": "11"}), CHANNEL, False, US)
    assert elsewhere is not None
    assert elsewhere.reply_to == ""


@pytest.mark.parametrize(
    "other",
    [
        {"webhook_id": "5"},
        {"author": {"id": "6", "bot": True}},
        {"author": {"id": "6", "system": True}},
        {"type": 7},
        {"type": 18},
        {"type": 20},
        {"type": 21},
        {"author": None},
    ],
)
def test_bots_webhooks_and_discord_itself_say_nothing(other: dict[str, Any]) -> None:
    """Programs do not answer each other, and our own posts must not return to the forum."""
    assert not is_persons(message(**other))
    assert said(message(**other), CHANNEL, False, US) is None


def test_what_opens_a_post_of_a_forum_stands_in_the_forum() -> None:
    """There the outbox has put it; what follows stands in the thread."""
    opener = said(message(id="20"), THREAD, False, US)
    later = said(message(), THREAD, False, US)
    assert opener is not None
    assert later is not None
    assert (opener.where, later.where) == (CHANNEL, THREAD)


def test_words_that_are_kept_from_us_are_no_words() -> None:
    """Without the content intent a message comes blank: it must neither be posted nor blank out a post."""
    assert said(message(""), CHANNEL, False, US) is None
    assert edited(message("", edited_timestamp="2026-01-01"), CHANNEL, False, US) is None
    assert unread(answering(content=""))
    assert not unread(answering(content="", attachments=[{"id": "3"}])), "a picture alone has none"
    assert not unread(message("")), "and what answers nobody is not missed"


def test_an_edit_is_one_only_where_its_author_changed_it() -> None:
    """Discord tells of a preview that it added in the same way."""
    assert edited(message(edited_timestamp=None), CHANNEL, False, US) is None
    first = edited(message(edited_timestamp="2026-01-01T00:00:00+00:00"), CHANNEL, False, US)
    second = edited(message(edited_timestamp="2026-01-01T00:00:01+00:00"), CHANNEL, False, US)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert (first.message, first.text) == (TWO, "hello")


def test_a_deletion_names_the_message_alone() -> None:
    """Nobody says who took it away."""
    told = deleted(TWO, THREAD, NOW)
    assert told is not None
    assert (told.message, told.person, told.at, told.where) == (TWO, None, NOW, THREAD)
    assert deleted({"no": "id"}, THREAD, NOW) is None


def test_a_reaction_is_its_sign() -> None:
    """As people of other chats write it: some clients add that it is a picture."""
    data = {"message_id": TWO, "user_id": ANN, "emoji": {"id": None, "name": "❤\ufe0f"}}
    told = reacted(data, CHANNEL, True, "s 1", False, NOW)
    assert told is not None
    assert (told.message, told.reaction, told.on, told.person.id) == (TWO, "❤", True, ANN)
    own = reacted({**data, "emoji": {"id": "9", "name": "wave"}}, CHANNEL, False, "s 2", False, NOW)
    assert own is not None
    assert (own.reaction, own.on) == (":wave:", False)
    assert own.id != told.id
    bot = {**data, "member": {"user": {"id": ANN, "bot": True}}}
    assert reacted(bot, CHANNEL, True, "s 3", False, NOW) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(TWO),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "content", "author", "member", "emoji", "name", "message_id", "user_id", "roles"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "type", "content", "author", "emoji", "user_id", "mentions"]), _JSON))
def test_no_payload_is_too_strange(data: dict[str, Any]) -> None:
    """What cannot be read is nothing, and keeps nobody from being heard."""
    said(data, CHANNEL, False, US)
    edited(data, CHANNEL, False, US)
    reacted(data, CHANNEL, True, "mark", False, NOW)
    deleted(data, CHANNEL, NOW)
    unread(data)
