"""Posts of forum channels, and what chat threads and posts are called."""

from __future__ import annotations

import pytest

from adapters.chats.discord.chat import DiscordChat
from bot.errors import Gone, NotAllowed, OutcomeUnknown, RateLimited
from bot.model import NO_MESSAGE, Found, MessageId
from tests.discord import permissions
from tests.discord.cards import KEY, LONG, place, post, send
from tests.discord.faults import LoseAnswer
from tests.discord.nouns import REQUIRE_TAG, Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def test_a_forum_channel_gets_a_post_for_each_thread(
    stand_in: StandIn, chat: DiscordChat, board: Channel, ann: Person
) -> None:
    """Its title is the thread's, its tags are those that are called like the board; replies stand in it."""
    first = await send(chat, place(board), post(title="A certain title", path=("Home", "News")))
    thread = await chat.open_thread(place(board), first, "A certain title", "k-2")
    [made] = ann.threads_in(board)
    assert (made.id, made.name) == (thread, "A certain title")
    assert made.thread is not None
    assert made.thread.tags == [tag.id for tag in board.tags if tag.name == "news"]
    reply = await send(chat, place(board, thread), post("An answer", reply_to=first), "k-3")
    assert [one.id for one in ann.sees(made)] == [first, reply]
    assert (ann.sees(made)[1].reference or {})["message_id"] == first
    await chat.edit(place(board), first, chat.render(post("Changed", title="A certain title"))[0])
    assert "Changed" in str(ann.sees(made)[0].embeds)


async def test_a_long_opening_post_goes_on_in_its_forum_post(chat: DiscordChat, board: Channel, ann: Person) -> None:
    """A second message of it must not become a second post."""
    parts = [await chat.send(place(board), one, f"k-{n}") for n, one in enumerate(chat.render(post(LONG, title="T")))]
    [made] = ann.threads_in(board)
    assert len(ann.sees(made)) == len(parts) > 1
    await chat.edit(place(board), parts[1], chat.render(post("Changed"))[0])
    assert "Changed" in str(ann.sees(made)[1].embeds)
    await chat.delete(place(board), parts[1])
    assert len(ann.sees(made)) == len(parts) - 1
    assert [one.marker for one in await chat.read_back(place(board), parts[0])] == ["k-2"][: len(parts) - 2]


async def test_a_forum_post_without_an_answer_is_found_by_looking(
    stand_in: StandIn, chat: DiscordChat, board: Channel, talk: Channel, ann: Person
) -> None:
    """It is made without a key: repeating it would make a second one. It is found also when it was archived since."""
    assert (await chat.key_window(place(board)), await chat.key_window(place(talk))) == (None, 120.0)
    earlier = await send(chat, place(board), post(title="Earlier"), "k-0")
    stand_in.faults.rule(LoseAnswer(), "POST", "/threads")
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(board), post(title="Lost"))
    lost = ann.threads_in(board)[-1]
    assert await chat.read_back(place(board), earlier) == (Found(MessageId(lost.id), KEY),)
    stand_in.forward(30 * 86_400)
    assert await chat.read_back(place(board), earlier) == (Found(MessageId(lost.id), KEY),)
    assert [one.marker for one in await chat.read_back(place(board), NO_MESSAGE)] == ["k-0", KEY]
    assert await chat.key_window(place(board, lost.id)) == 120.0


async def test_peoples_posts_are_none_of_ours(chat: DiscordChat, board: Channel, ann: Person) -> None:
    """Read-back tells what we wrote."""
    ann.posts(board, "Mine", "Hello")
    assert await chat.read_back(place(board), NO_MESSAGE) == ()


async def test_the_tags_of_the_forum_come_before_its_boards(chat: DiscordChat, board: Channel, ann: Person) -> None:
    """Five at the most; those that the channel does not have are left out."""
    await send(chat, place(board), post(title="Tagged", tags=("Old", "unknown"), path=("News",)))
    [made] = ann.threads_in(board)
    assert made.thread is not None
    assert [tag.name for one in made.thread.tags for tag in board.tags if tag.id == one] == ["old", "news"]


async def test_tags_that_only_moderators_give_are_left_to_them(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, board: Channel, ann: Person
) -> None:
    """Discord would refuse the whole post."""
    stand_in.bot_may(guild, permissions.EVERYONE)
    board.tags[0].moderated = True
    await send(chat, place(board), post(title="Tagged", tags=("News", "Help")))
    [made] = ann.threads_in(board)
    assert made.thread is not None
    assert made.thread.tags == [board.tags[1].id]


async def test_a_forum_channel_that_wants_a_tag_says_so(
    stand_in: StandIn, chat: DiscordChat, board: Channel, ann: Person
) -> None:
    """Its admins can do something about it; the place waits for them."""
    board.flags |= REQUIRE_TAG
    with pytest.raises(NotAllowed, match="tag"):
        await send(chat, place(board), post(title="Untagged"))
    await send(chat, place(board), post(title="Tagged", path=("Help",)))
    assert [one.name for one in ann.threads_in(board)] == ["Tagged"]


# ------------------------------------------------------------------------------------------------------------ titles


@pytest.mark.parametrize("kind", ["text", "forum"])
async def test_a_thread_is_renamed_as_often_as_discord_takes_it(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, board: Channel, ann: Person, kind: str
) -> None:
    """Twice in ten minutes: whoever asks for more is refused, and cannot open the thread meanwhile."""
    channel = talk if kind == "text" else board
    stand_in.limits.on, stand_in.limits.pace = True, 50.0
    root = await send(chat, place(channel), post(title="Old"), "k-1")
    inside = place(channel, await chat.open_thread(place(channel), root, "Old", "k-2"))
    for title in ("New", "x" * 300):
        await chat.retitle(inside, title)
    [thread] = ann.threads_in(channel)
    assert thread.name == "x" * 99 + "…"
    with pytest.raises(RateLimited) as caught:
        await chat.retitle(inside, "Newest")
    assert 590 < caught.value.seconds <= 600
    await send(chat, inside, post("more"), "k-3")
    assert stand_in.limits.refused == []


async def test_a_thread_that_sleeps_is_renamed_too_and_one_that_is_gone_says_so(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """An author may mend a title after weeks."""
    root = await send(chat, place(talk), post(), "k-1")
    inside = place(talk, await chat.open_thread(place(talk), root, "Old", "k-2"))
    stand_in.forward(30 * 86_400)
    await chat.retitle(inside, "New")
    [thread] = ann.threads_in(talk)
    assert thread.name == "New"
    stand_in.world.remove_channel(thread)
    with pytest.raises(Gone):
        await chat.retitle(inside, "Newer")


async def test_a_post_that_a_webhook_began_is_renamed_by_whoever_may_manage_threads(
    stand_in: StandIn, hooked: DiscordChat, guild: Guild, board: Channel, ann: Person
) -> None:
    """It is the webhook's; without that permission its title stays."""
    root = await send(hooked, place(board), post(title="Old"), "k-1")
    await hooked.retitle(place(board, root), "New")
    assert [one.name for one in ann.threads_in(board)] == ["New"]
    stand_in.bot_may(guild, permissions.ALL & ~permissions.MANAGE_THREADS)
    with pytest.raises(NotAllowed):
        await hooked.retitle(place(board, root), "Newer")
