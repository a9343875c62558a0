"""Places that refuse us: what pauses, what ends, what is waited for, and in which words it is told."""

from __future__ import annotations

import pytest

from adapters.chats.discord.chat import DiscordChat
from bot.errors import Gone, NotAllowed, RateLimited, Refused
from bot.model import NO_MESSAGE, Reaction
from tests.discord import permissions
from tests.discord.cards import place, post, send
from tests.discord.faults import Limit
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def test_an_archived_thread_is_opened_for_a_change(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Threads fall asleep after a week; posts are edited all the same."""
    root = await send(chat, place(talk), post(), "k-1")
    inside = place(talk, await chat.open_thread(place(talk), root, "T", "k-2"))
    sent = await send(chat, inside, post("before"), "k-3")
    for act in (
        lambda: chat.edit(inside, sent, chat.render(post("afterwards"))[0]),
        lambda: chat.react(inside, sent, Reaction.POSTED),
        lambda: send(chat, inside, post("more"), "k-4"),
    ):
        stand_in.forward(30 * 86_400)
        await act()
    said = [one for one in ann.sees(stand_in.world.channel(root)) if one.embeds]
    assert "afterwards" in str(said[0].embeds)
    assert len(said) == 2


async def test_a_locked_thread_pauses_until_it_is_unlocked(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """A moderator ended the talk there; what waits is not lost."""
    root = await send(chat, place(talk), post(), "k-1")
    inside = place(talk, await chat.open_thread(place(talk), root, "T", "k-2"))
    sent = await send(chat, inside, post("before"), "k-3")
    stand_in.bot_may(guild, permissions.EVERYONE)
    owner = stand_in.person("mod", guild, may=permissions.MANAGE_THREADS)
    thread = stand_in.world.channel(root)
    for closed in ({"locked": True}, {"archived": True}):
        owner.changes_thread(thread, **closed)
        with pytest.raises(NotAllowed, match="locked"):
            await send(chat, inside, post("more"), "k-4")
    with pytest.raises(NotAllowed, match="locked"):
        await chat.edit(inside, sent, chat.render(post("changed"))[0])
    owner.changes_thread(thread, archived=False, locked=False)
    await send(chat, inside, post("more"), "k-4")


async def test_a_channel_that_is_gone_pauses_and_a_thread_that_is_gone_ends(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """Nobody knows whether a channel was deleted by mistake; a thread that a moderator deleted stays deleted."""
    root = await send(chat, place(talk), post(), "k-1")
    inside = place(talk, await chat.open_thread(place(talk), root, "T", "k-2"))
    stand_in.world.remove_channel(stand_in.world.channel(root))
    with pytest.raises(Gone):
        await send(chat, inside, post(), "k-3")
    stand_in.world.remove_channel(talk)
    for _ in range(2):
        with pytest.raises(NotAllowed, match="no channel"):
            await send(chat, place(talk), post(), "k-4")


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        (permissions.VIEW_CHANNEL, "View Channels"),
        (permissions.SEND_MESSAGES, "Send Messages"),
        (permissions.EMBED_LINKS, "Embed Links"),
    ],
)
async def test_a_refusal_names_the_permission_and_where_to_grant_it(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel, bit: int, name: str
) -> None:
    """An admin who reads "Missing Permissions" has to guess; once it is granted, it goes on by itself."""
    stand_in.bot_may(guild, permissions.EVERYONE)
    await chat.channel(talk.id, None)
    stand_in.deny(talk, bit)
    with pytest.raises(NotAllowed, match=rf"{name}.*Permissions"):
        await send(chat, place(talk), post())
    stand_in.world.clear_overwrite(talk, stand_in.world.bot.id)
    await send(chat, place(talk), post())


async def test_nothing_is_taken_for_missing_where_nothing_may_be_read(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """Discord shows whoever may not read the history an empty one: sent again, the message would stand twice."""
    stand_in.bot_may(guild, permissions.EVERYONE)
    await send(chat, place(talk), post())
    stand_in.deny(talk, permissions.READ_MESSAGE_HISTORY)
    with pytest.raises(NotAllowed, match="Read Message History"):
        await chat.read_back(place(talk), NO_MESSAGE)


async def test_slow_mode_is_waited_out(stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel) -> None:
    """It asks for a pause like any other limit."""
    stand_in.world.slow_mode_binds_bots, talk.slow = True, 30
    stand_in.bot_may(guild, permissions.EVERYONE)
    await send(chat, place(talk), post(), "k-1")
    with pytest.raises(RateLimited) as caught:
        await send(chat, place(talk), post(), "k-2")
    assert 0 < caught.value.seconds <= 30


async def test_moderation_refuses_a_post_for_good(chat: DiscordChat, guild: Guild, talk: Channel, ann: Person) -> None:
    """The server's own rule; repeating it helps nobody."""
    guild.banned_words.add("casino")
    with pytest.raises(Refused, match="AutoMod"):
        await send(chat, place(talk), post("a casino"))
    await send(chat, place(talk), post("a garden"), "k-2")
    assert len(ann.sees(talk)) == 1


@pytest.mark.parametrize(
    ("limit", "least"),
    [
        (Limit(40.0, hidden=True), 40),
        (Limit(40.0, scope="shared"), 40),
        (Limit(40.0, scope="global"), 40),
        (Limit(40.0, via=False), 3600),
    ],
)
async def test_a_pause_that_is_asked_for_is_kept_without_asking_again(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, limit: Limit, least: int
) -> None:
    """Whoever asks on is shut out; who only hears from Cloudflare stays away for an hour."""
    await send(chat, place(talk), post(), "k-1")
    stand_in.faults.rule(limit, "POST", "/messages")
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            await send(chat, place(talk), post(), "k-2")
        assert caught.value.seconds > least - 5
    assert [one.status for one in stand_in.rest.asked if one.method == "POST"].count(429) == 1


async def test_a_pause_of_one_channel_holds_up_no_other(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel, ann: Person
) -> None:
    """One channel never delays another."""
    other = stand_in.channel(guild, "other")
    stand_in.faults.rule(Limit(40.0), "POST", "/messages")
    with pytest.raises(RateLimited):
        await send(chat, place(talk), post(), "k-1")
    await send(chat, place(other), post(), "k-2")
    assert len(ann.sees(other)) == 1
