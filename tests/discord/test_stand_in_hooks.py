"""Webhooks on the stand-in speak as on Discord: under any name, answering nobody, and as often as they are asked."""

from __future__ import annotations

import discord
import pytest

from tests.discord import permissions
from tests.discord.listener import Listener, refused
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


@pytest.fixture
async def hook(room: discord.TextChannel) -> discord.Webhook:
    return await room.create_webhook(name="mirror")


@pytest.fixture
async def poster(client: Listener, board: Channel) -> discord.Webhook:
    forum = client.get_channel(int(board.id))
    assert isinstance(forum, discord.ForumChannel)
    return await forum.create_webhook(name="poster")


async def test_a_webhook_speaks_under_any_name(
    stand_in: StandIn, client: Listener, hook: discord.Webhook, talk: Channel
) -> None:
    """Its message says which webhook it was, and has no member; without `wait` nothing is told of it."""
    picture = "https://forum.example/ann.png"
    sent = await hook.send("Hello", username="Ann of the forum", avatar_url=picture, wait=True)
    assert await hook.send("quietly") is None  # type: ignore[func-returns-value]
    heard = await client.hears("message", 2)
    first = client.of("message")[0]
    assert (first.author.name, first.webhook_id, first.id) == ("Ann of the forum", hook.id, sent.id)
    assert (heard.author.name, heard.content) == ("mirror", "quietly")
    standing = stand_in.world.message(talk.id, str(sent.id))
    assert (standing.avatar_url, standing.application) == (picture, str(client.me))


async def test_what_a_webhook_says_it_may_change_and_take_back(
    client: Listener, hook: discord.Webhook, room: discord.TextChannel
) -> None:
    """And nobody else may change it."""
    sent = await hook.send("one", wait=True)
    assert (await sent.edit(content="two")).content == "two"
    assert (await hook.fetch_message(sent.id)).content == "two"
    with refused(50005):
        await room.get_partial_message(sent.id).edit(content="x")
    other = await room.create_webhook(name="other")
    with refused(10008):
        await other.edit_message(sent.id, content="x")
    await sent.delete()
    with refused(10008):
        await sent.edit(content="x")


async def test_a_webhook_answers_nobody_and_knows_no_nonce(
    client: Listener, hook: discord.Webhook, talk: Channel, ann: Person
) -> None:
    """Both are silently left out: what is sent twice stands there twice."""
    said = ann.says(talk, "hello")
    body = {"content": "x", "nonce": "n", "enforce_nonce": True, "message_reference": {"message_id": said.id}}
    told = [await client.ask("POST", f"/webhooks/{hook.id}/{hook.token}", body, wait="true") for _ in range(2)]
    assert told[0]["id"] != told[1]["id"]
    assert not {"nonce", "message_reference"} & set(told[0])
    assert ann.reads(talk) == ["hello", "x", "x"]


async def test_a_forum_takes_a_name_or_a_thread(
    client: Listener, poster: discord.Webhook, hook: discord.Webhook, board: Channel, talk: Channel, ann: Person
) -> None:
    """Exactly one of them; elsewhere a name makes no thread."""
    post = await poster.send("body", thread_name="title", username="Ann", wait=True)
    (thread,) = ann.threads_in(board)
    assert (str(post.id), post.channel.id, thread.name) == (thread.id, int(thread.id), "title")
    place = discord.Object(int(thread.id))
    answer = await poster.send("answer", thread=place, wait=True)
    with refused(220001):
        await poster.send("x")
    with refused(220003):
        await hook.send("x", thread_name="x")
    path = f"/webhooks/{poster.id}/{poster.token}"
    with refused(220002):
        await client.ask("POST", path, {"content": "x", "thread_name": "x"}, thread_id=thread.id)
    with refused(10003):
        await hook.send("a thread of another channel", thread=place)
    with refused(10008):
        await poster.fetch_message(answer.id)
    assert (await poster.fetch_message(answer.id, thread=place)).content == "answer"
    await poster.edit_message(answer.id, content="changed", thread=place)
    await poster.delete_message(post.id, thread=place)
    assert ann.reads(thread) == ["changed"]
    tags = [discord.Object(int(tag.id)) for tag in board.tags[:2]]
    await poster.send("x", thread_name="tagged", applied_tags=tags)  # type: ignore[arg-type]
    tagged = ann.threads_in(board)[1].thread
    assert (tagged and tagged.tags) == [tag.id for tag in board.tags[:2]]


async def test_some_names_are_refused(hook: discord.Webhook, room: discord.TextChannel) -> None:
    """A name that Discord keeps for itself, one that calls everybody, one that is too long."""
    for name in ("My Discord name", "CLYDE", "everyone", "here", "x" * 81, " "):
        with refused(50035, "username"):
            await hook.send("x", username=name)
    with refused(50035, "name"):
        await room.create_webhook(name="discord")
    with refused(50035, "name"):
        await hook.edit(name="discord")
    with refused(50035, "avatar_url"):
        await hook.send("x", avatar_url="ann.png")
    assert (await hook.send("x", username="y" * 80, wait=True)).author.name == "y" * 80


async def test_a_webhook_belongs_to_whoever_has_its_token(
    stand_in: StandIn, client: Listener, hook: discord.Webhook, room: discord.TextChannel, ann: Person, guild: Guild
) -> None:
    """A wrong token is told from a webhook that is gone; others' tokens are not told."""
    wrong = discord.Webhook.partial(hook.id, "x" * 60, client=client)
    with refused(50027, status=401):
        await wrong.send("x")
    hers = stand_in.hooks.make(
        stand_in.person("mod", guild, may=permissions.MANAGE_WEBHOOKS).user,
        stand_in.world.channel(str(room.id)),
        "hers",
    )
    tokens = {one.name: one.token for one in await room.webhooks()}
    assert tokens == {"mirror": hook.token, "hers": None}
    await hook.edit(name="renamed")
    assert (await client.fetch_webhook(hook.id)).name == "renamed"
    await client.hears("webhooks_update", 3)
    await hook.delete()
    with refused(10015, status=404):
        await hook.send("x")
    with refused(10015):
        await hook.delete()
    stand_in.deny(stand_in.world.channel(str(room.id)), permissions.MANAGE_WEBHOOKS)
    with refused(50013):
        await room.create_webhook(name="x")
    with refused(50013):
        await client.fetch_webhook(int(hers.id))


async def test_a_channel_has_room_for_fifteen(stand_in: StandIn, guild: Guild, room: discord.TextChannel) -> None:
    """And a guild for a thousand."""
    for number in range(1000):
        if number % 15 == 0:
            channel = stand_in.channel(guild, str(number))
        stand_in.hooks.make(stand_in.world.bot, channel, "x")
    with refused(30007, status=400):
        await room.create_webhook(name="x")
    stand_in.world.webhooks.clear()
    for _ in range(15):
        await room.create_webhook(name="x")
    with refused(30007, status=400):
        await room.create_webhook(name="x")


async def test_without_parse_a_webhook_calls_everybody(stand_in: StandIn, hook: discord.Webhook, ann: Person) -> None:
    """It needs no permission for that; edits are parsed anew."""
    nobody = discord.AllowedMentions.none()
    sent = await hook.send(f"@everyone <@{ann.id}>", wait=True, allowed_mentions=nobody)
    assert stand_in.pinged == []
    await hook.send("@everyone")
    await hook.edit_message(sent.id, content=f"<@{ann.id}>")
    assert [(one.act, one.people, one.everyone) for one in stand_in.pinged] == [
        ("sent", [], True),
        ("changed", [ann.id], False),
    ]


async def test_webhooks_go_with_their_channel(stand_in: StandIn, hook: discord.Webhook, talk: Channel) -> None:
    """They are unknown afterwards."""
    stand_in.world.remove_channel(talk)
    with refused(10015):
        await hook.send("x")
