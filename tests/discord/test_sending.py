"""What the adapter writes on Discord: where it stands, what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from adapters.chats.discord import rest
from adapters.chats.discord.chat import DiscordChat
from bot.errors import Gone, OutcomeUnknown, Unreachable
from bot.model import NO_MESSAGE, Card, CardKind, Found, MessageId
from tests.discord.cards import KEY, LINK, Opener, only, place, post, send
from tests.discord.faults import Drop, Fail, Hold, LoseAnswer
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def test_what_a_limit_holds_up_is_known_as_soon_as_it_stands(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """The wait is before a request and not behind it: a program that is killed meanwhile knows what it did."""
    stand_in.limits.on, stand_in.limits.pace = True, 50.0
    for n in range(12):
        sent = await send(chat, place(talk), post(f"line {n}"), f"key-{n}")
        assert ann.sees(talk)[-1].id == sent
    assert stand_in.limits.refused == []


async def test_many_channels_at_once_stay_below_the_global_limit(
    stand_in: StandIn, opened: Opener, guild: Guild, ann: Person
) -> None:
    """Whoever asks more often than Discord takes is refused, and shut out in the end."""
    chat = await opened(budget=45.0)
    channels = [stand_in.channel(guild, f"room-{n}") for n in range(30)]
    stand_in.limits.on = True
    await asyncio.gather(*(send(chat, place(one), post()) for one in channels))
    assert [len(ann.sees(one)) for one in channels] == [1] * 30
    assert stand_in.limits.refused == []


async def test_a_lost_answer_is_found_by_its_nonce_and_later_by_its_marker(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Inside the window the same message comes back; after it, the message is found by the key that it carries."""
    stand_in.faults.rule(LoseAnswer(), "POST", "/messages")
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(talk), post())
    assert await send(chat, place(talk), post()) == only(ann, talk).id
    stand_in.forward(130)
    assert await chat.read_back(place(talk), NO_MESSAGE) == (Found(MessageId(only(ann, talk).id), KEY),)


async def test_discord_out_of_order_counts_as_no_failure_of_a_message(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """After one write without an answer it is asked first whether Discord is there at all."""
    stand_in.faults.rule(Fail(502, done=False), times=None)
    with pytest.raises(Unreachable):
        await chat.probe()
    stand_in.faults.mend()
    await chat.channel(talk.id, None)
    stand_in.faults.rule(Fail(502, done=False), times=None)
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(talk), post())
    with pytest.raises(Unreachable):
        await send(chat, place(talk), post())
    stand_in.faults.mend()
    await send(chat, place(talk), post())
    assert len(ann.sees(talk)) == 1


async def test_a_message_that_somebody_removed_is_not_sent_anew_by_its_key(
    chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """It was sent, and a moderator took it away: it stays away."""
    await chat.delete(place(talk), await send(chat, place(talk), post()))
    with pytest.raises(Gone):
        await send(chat, place(talk), post())
    assert ann.sees(talk) == []


async def test_what_nobody_can_answer_stops_no_message(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Discord refuses the whole message for a reference to a line of its own."""
    first = await send(chat, place(talk), post(), "k-1")
    stand_in.reactions.pin(stand_in.world.bot, stand_in.world.message(talk.id, first), pinned=True)
    line = ann.sees(talk)[-1]
    sent = await send(chat, place(talk), post(reply_to=line.id), "k-2")
    assert [one.id for one in ann.sees(talk)] == [first, line.id, sent]


async def test_a_post_shows_who_wrote_it_and_where_it_stands(chat: DiscordChat, talk: Channel, ann: Person) -> None:
    """Name, picture and badge of the author, and a link to the post, on every copy."""
    face = "https://forum.example/a.png"
    await send(chat, place(talk), post(title="A title", avatar=face, badge="staff", number="#3", path=("Home", "Talk")))
    [embed] = only(ann, talk).embeds
    assert embed["author"] == {"name": "Ann", "url": LINK, "icon_url": face}
    assert embed["footer"] == {"text": "staff · #3"}
    assert embed["description"] == f"Home › Talk\n\n### [A title](<{LINK}>)\n\nWords"


async def test_a_deleted_post_becomes_a_tombstone_and_comes_back(chat: DiscordChat, talk: Channel, ann: Person) -> None:
    """In place, without its words; they can be shown there again."""
    sent = await send(chat, place(talk), post("Secret words"))
    [gone] = chat.render(Card(CardKind.TOMBSTONE, note="deleted on the forum", number="#3", link=LINK))
    await chat.edit(place(talk), sent, gone)
    assert "Secret" not in str(only(ann, talk).embeds)
    assert "deleted on the forum" in str(only(ann, talk).embeds)
    await chat.edit(place(talk), sent, chat.render(post("Words again"))[0])
    assert "Words again" in str(only(ann, talk).embeds)


async def test_an_answer_that_takes_too_long_has_an_unknown_outcome(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message stands there all the same."""
    await chat.channel(talk.id, None)
    monkeypatch.setattr(rest, "_WRITING", aiohttp.ClientTimeout(total=0.2))
    stand_in.faults.rule(Hold(), "POST", "/messages")
    with pytest.raises(OutcomeUnknown, match="no complete answer within"):
        await send(chat, place(talk), post())
    stand_in.faults.mend()
    await send(chat, place(talk), post())
    assert len(ann.sees(talk)) == 1


async def test_nothing_happened_when_the_line_broke_before_it(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """A connection that ends without an answer may have carried the message: its key tells."""
    stand_in.faults.rule(Drop(), "POST", "/messages")
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(talk), post())
    await send(chat, place(talk), post())
    assert len(ann.sees(talk)) == 1


async def test_what_is_asked_while_the_program_stops_is_never_sent(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Also what waited for its turn: it is as if it had not been begun."""
    stand_in.limits.on, stand_in.limits.pace = True, 5.0
    for n in range(5):
        await send(chat, place(talk), post(), f"k-{n}")
    waiting = asyncio.create_task(send(chat, place(talk), post(), "k-5"))
    await asyncio.sleep(0)
    await chat.close()
    with pytest.raises(Unreachable, match="stopping"):
        await waiting
    with pytest.raises(Unreachable, match="stopping"):
        await send(chat, place(talk), post(), "k-6")
    assert len(ann.sees(talk)) == 5
