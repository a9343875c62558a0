"""Posts that are said under the names of their authors."""

from __future__ import annotations

import pytest

from adapters.chats.discord.chat import DiscordChat
from bot.errors import Gone, OutcomeUnknown
from bot.model import NO_MESSAGE, MessageId
from bot.secret import known
from tests.discord.cards import KEY, Opener, place, post, send
from tests.discord.faults import Fail
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def test_webhooks_speak_under_the_names_of_authors(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, ann: Person
) -> None:
    """One webhook of ours does for a channel, also after a restart; names that Discord refuses are made fit."""
    first = await send(hooked, place(talk), post(author="Ben Author", avatar="https://forum.example/b.png"), "k-1")
    for n, name in enumerate(("everyone", "The Discord Clyde", "")):
        await send(hooked, place(talk), post(author=name), f"k-2{n}")
    shown = ann.sees(talk)
    assert [one.author.name for one in shown] == ["Ben Author", "everyone·", "The Di·scord Cl·yde", "Threadline"]
    assert "author" not in shown[0].embeds[0]
    await hooked.edit(place(talk), first, hooked.render(post("Changed"))[0])
    assert "Changed" in str(ann.sees(talk)[0].embeds)
    await hooked.delete(place(talk), first)
    assert len(ann.sees(talk)) == 3
    assert len(stand_in.world.webhooks) == 1


async def test_a_webhook_answers_in_words_and_speaks_in_threads(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, guild: Guild, ann: Person
) -> None:
    """Webhooks have no native replies: the line that says what is answered leads there."""
    root = await send(hooked, place(talk), post(), "k-1")
    inside = place(talk, await hooked.open_thread(place(talk), root, "A thread", "k-2"))
    first = await send(hooked, inside, post("first"), "k-3")
    await send(hooked, inside, post("answer", reply_to=first), "k-4")
    said = [one for one in ann.sees(stand_in.world.channel(root)) if one.webhook]
    assert [one.id for one in said][:1] == [first]
    assert f"https://discord.com/channels/{guild.id}/{root}/{first}" in said[1].embeds[0]["description"]
    await hooked.edit(inside, first, hooked.render(post("changed"))[0])
    assert "changed" in str(said[0].embeds)


async def test_what_a_webhook_said_without_an_answer_is_found_by_looking(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, board: Channel
) -> None:
    """Webhooks have no keys: said again, it would stand there twice."""
    assert (hooked.caps.key_window, hooked.caps.read_back) == (None, "proof")
    for where in (place(talk), place(board)):
        stand_in.faults.rule(Fail(502), "POST", "/webhooks/")
        with pytest.raises(OutcomeUnknown):
            await send(hooked, where, post(title="T"))
        assert [one.marker for one in await hooked.read_back(where, NO_MESSAGE)] == [KEY]


async def test_a_webhook_that_cannot_be_read_back_says_so(opened: Opener) -> None:
    """Without the content intent Discord shows its messages blank."""
    assert (await opened(identity="webhook", message_content=False)).caps.read_back == "none"


async def test_what_was_said_under_the_other_identity_is_changed_all_the_same(
    stand_in: StandIn, chat: DiscordChat, hooked: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Somebody changed the setting; posts go on being edited and deleted where they stand."""
    first = await send(chat, place(talk), post("by the bot"), "k-1")
    second = await send(hooked, place(talk), post("by a webhook"), "k-2")
    await hooked.edit(place(talk), first, hooked.render(post("changed"))[0])
    await chat.edit(place(talk), second, chat.render(post("changed"))[0])
    assert ["changed" in str(one.embeds) for one in ann.sees(talk)] == [True, True]
    with pytest.raises(Gone):
        await chat.edit(place(talk), MessageId(ann.says(talk, "mine").id), chat.render(post("changed"))[0])
    await chat.delete(place(talk), second)
    await hooked.delete(place(talk), first)
    assert ann.reads(talk) == ["mine"]


async def test_a_webhook_that_somebody_deleted_is_replaced(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Discord says so before anything was done."""
    await send(hooked, place(talk), post(), "k-1")
    [hook] = stand_in.world.webhooks.values()
    stand_in.hooks.remove(hook)
    await send(hooked, place(talk), post(), "k-2")
    assert len(ann.sees(talk)) == 2


async def test_what_a_webhook_speaks_by_is_known_to_the_log(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel
) -> None:
    """Whoever has it speaks in that channel, for as long as the webhook is there."""
    await send(hooked, place(talk), post(), "k-1")
    [hook] = stand_in.world.webhooks.values()
    assert hook.token in set(known)
