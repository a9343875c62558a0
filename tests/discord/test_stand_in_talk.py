"""What is said on the stand-in is said as on Discord, to discord.py as it is."""

from __future__ import annotations

import io

import aiohttp
import discord
import pytest

from tests.discord import permissions
from tests.discord.listener import Listener, refused
from tests.discord.nouns import Channel, Guild
from tests.discord.people import NotOffered, Person
from tests.discord.refusals import Refusal
from tests.discord.stand_in import StandIn

NOBODY = discord.AllowedMentions.none()


def at(talk: Channel) -> str:
    return f"/channels/{talk.id}/messages"


async def test_people_and_the_bot_talk(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """The bot's own message comes back to it; a person's answer says what it answers, and pings unless told not to."""
    sent = await room.send("  Hello\n")
    standing = stand_in.world.message(talk.id, str(sent.id))
    ann.says(talk, "Hello yourself", to=standing)
    heard = await client.hears("message", 2)
    assert (heard.content, heard.reference.message_id) == ("Hello yourself", sent.id)
    assert heard.reference.resolved.content == "Hello"
    assert heard.mentions == [client.user]
    ann.says(talk, "Quietly", to=standing, ping=False)
    assert (await client.hears("message", 3)).mentions == []
    assert ann.reads(talk) == ["Hello", "Hello yourself", "Quietly"]
    assert client.of("message")[0].nonce == sent.nonce


async def test_a_nonce_is_written_once_within_its_window(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """That is what makes a bot's message safe to repeat; after the window, or without enforcing it, it is not."""
    first, again = await room.send("once", nonce="n1"), await room.send("another text", nonce="n1")
    assert (again.id, again.content) == (first.id, "once")
    stand_in.forward(119)
    assert (await room.send("once", nonce="n1")).id == first.id
    stand_in.forward(2)
    assert (await room.send("twice", nonce="n1")).id != first.id
    await room.send("thrice", nonce="n2")
    stand_in.talk.forget_nonces()
    await room.send("thrice", nonce="n2")
    assert ann.reads(talk) == ["once", "twice", "thrice", "thrice"]


async def test_a_nonce_is_of_one_channel_and_has_to_be_enforced(
    stand_in: StandIn, client: Listener, guild: Guild, talk: Channel, ann: Person
) -> None:
    """Else it is only handed back."""
    other = stand_in.channel(guild, "other")
    for channel in (talk, other):
        await client.ask("POST", at(channel), {"content": "x", "nonce": "n", "enforce_nonce": True})
    told = await client.ask("POST", at(talk), {"content": "x", "nonce": "n"})
    assert told["nonce"] == "n"
    assert (ann.reads(talk), ann.reads(other)) == (["x", "x"], ["x"])
    with refused(50035, "nonce"):
        await client.ask("POST", at(talk), {"content": "x", "nonce": "n" * 26})


async def test_a_message_that_was_deleted_since_is_unknown_to_its_nonce(
    room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """It was sent, and deleted; it is not written anew."""
    await (await room.send("once", nonce="n")).delete()
    with refused(10008, status=404):
        await room.send("once", nonce="n")
    assert ann.reads(talk) == []


async def test_a_reference_to_nothing_can_be_let_go(client: Listener, room: discord.TextChannel, talk: Channel) -> None:
    """Whoever replies says whether the reply may stand alone; Discord's own messages take no reply."""
    lost = discord.MessageReference(message_id=1, channel_id=room.id, fail_if_not_exists=False)
    sent = await room.send("alone", reference=lost)
    assert (sent.reference, sent.type) == (None, discord.MessageType.default)
    gone = await room.send("gone")
    reply = await gone.reply("reply")
    await gone.delete()
    there = await client.ask("GET", f"{at(talk)}/{reply.id}")
    assert there["referenced_message"] is None
    assert "referenced_message" not in await client.ask("GET", f"{at(talk)}/{sent.id}")
    await reply.pin()
    note = (await client.hears("message", 4)).to_reference()
    with refused(50035, "message_reference"):
        await room.send("x", reference=note)
    elsewhere = discord.MessageReference(message_id=sent.id, channel_id=1, fail_if_not_exists=False)
    with refused(50035, "message_reference"):
        await room.send("x", reference=elsewhere)


async def test_who_is_called_is_written_down(
    stand_in: StandIn, guild: Guild, talk: Channel, room: discord.TextChannel, ann: Person
) -> None:
    """A request that does not say whom it may call calls all that it names, sent or changed."""
    role = stand_in.world.new_role(guild, "staff", mentionable=True)
    text = f"<@{ann.id}> <@&{role.id}> @everyone"
    quiet = await room.send(text, allowed_mentions=NOBODY)
    await quiet.reply("x", allowed_mentions=NOBODY)
    assert stand_in.pinged == []
    assert (quiet.mentions, quiet.mention_everyone) == ([], False)
    await quiet.edit(content=text)
    (edit,) = stand_in.pinged
    assert (edit.act, edit.people, edit.roles, edit.everyone) == ("changed", [ann.id], [role.id], True)
    said = ann.says(talk, "hello")
    stand_in.world.pings.clear()
    await room.send("x", reference=discord.MessageReference(message_id=int(said.id), channel_id=room.id))
    some = discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(int(ann.id))])
    await room.send(text, allowed_mentions=some)
    assert [(one.people, one.roles, one.everyone) for one in stand_in.pinged] == [([ann.id], [], False)] * 2
    ann.says(talk, "@everyone")
    assert not stand_in.world.pings[-1].everyone, "who may not call everybody, does not"


async def test_messages_change_in_place(
    client: Listener, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """Only their own author changes them; what the request leaves out stays."""
    sent = await room.send("one", embed=discord.Embed(title="title"))
    edited = await sent.edit(content="two")
    assert (edited.id, edited.content, edited.embeds[0].title) == (sent.id, "two", "title")
    assert (await client.hears("raw_message_edit")).message.edited_at is not None
    with refused(50006):
        await sent.edit(content="", embed=None)
    said = ann.says(talk, "mine")
    with refused(50005):
        await room.get_partial_message(int(said.id)).edit(content="ours")
    with refused(10008):
        await room.get_partial_message(1).edit(content="x")
    ann.edits(said, "mine, changed")
    await client.hears("raw_message_edit", 2)
    with pytest.raises(NotOffered):
        ann.edits(ann.sees(talk)[0], "not hers")
    assert ann.reads(talk) == ["two", "mine, changed"]


async def test_a_link_that_is_shown_is_no_edit(stand_in: StandIn, client: Listener, talk: Channel, ann: Person) -> None:
    """Discord tells it as a change, without a time of it."""
    stand_in.talk.unfurl(ann.says(talk, "https://example.com/"))
    heard = await client.hears("raw_message_edit")
    assert (heard.message.edited_at, len(heard.message.embeds)) == (None, 1)


async def test_messages_are_deleted_one_by_one_and_together(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, guild: Guild, ann: Person
) -> None:
    """Others' messages only by who may manage them; many together while they are fresh."""
    mod = stand_in.person("mod", guild, may=permissions.MANAGE_MESSAGES)
    ours = await room.send("ours")
    await ours.delete()
    assert (await client.hears("raw_message_delete")).message_id == ours.id
    with refused(10008):
        await ours.delete()
    hers = ann.says(talk, "hers")
    stand_in.bot_may(guild, permissions.VIEW_CHANNEL)
    with refused(50013):
        await room.get_partial_message(int(hers.id)).delete()
    many = [ann.says(talk, str(number)) for number in range(3)]
    mod.deletes_many(many)
    heard = await client.hears("raw_bulk_message_delete")
    assert heard.message_ids == {int(one.id) for one in many}
    mod.deletes(hers)
    await client.hears("raw_message_delete", 2)
    stand_in.bot_may(guild, permissions.MANAGE_MESSAGES)
    with refused(50035, "messages"):
        await client.ask("POST", f"{at(talk)}/bulk-delete", {"messages": [ann.says(talk, "one").id]})
    with pytest.raises(Refusal, match="50013"):
        ann.deletes_many(ann.sees(talk))
    old = ann.says(talk, "old")
    stand_in.forward(15 * 86_400)
    with refused(50034):
        await client.ask("POST", f"{at(talk)}/bulk-delete", {"messages": [old.id, ann.says(talk, "new").id]})
    assert ann.reads(talk) == ["one", "old", "new"]


async def test_history_is_read_in_pages(
    client: Listener, room: discord.TextChannel, talk: Channel, board: Channel, ann: Person
) -> None:
    """After, before and around an id; a hundred at once at most."""
    said = [ann.says(talk, str(number)) for number in range(150)]
    after = [one.content async for one in room.history(limit=None, after=discord.Object(int(said[9].id)))]
    assert after == [str(number) for number in range(10, 150)]
    before = [one.content async for one in room.history(limit=120, before=discord.Object(int(said[140].id)))]
    assert before == [str(number) for number in range(139, 19, -1)]
    around = await client.ask("GET", at(talk), around=said[50].id, limit="3")
    assert [one["content"] for one in around] == ["51", "50", "49"]
    assert len(await client.ask("GET", at(talk))) == 50
    with refused(50035, "limit"):
        await client.ask("GET", at(talk), limit="101")
    with refused(50008):
        await client.ask("GET", at(board))


async def test_reactions_are_counted_by_who(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, guild: Guild, ann: Person
) -> None:
    """The first of a kind needs a permission; there are twenty kinds; words are none."""
    said = ann.says(talk, "hello")
    message = room.get_partial_message(int(said.id))
    await message.add_reaction("✅")
    await message.add_reaction("✅")
    ann.reacts(said, "📖")
    ann.unreacts(said, "📖")
    assert (await client.hears("raw_reaction_add", 2)).user_id == int(ann.id)
    assert str((await client.hears("raw_reaction_remove")).emoji) == "📖"
    fetched = await room.fetch_message(int(said.id))
    assert [(str(one.emoji), one.count, one.me) for one in fetched.reactions] == [("✅", 1, True)]
    assert [one.id async for one in fetched.reactions[0].users()] == [client.me]
    with refused(10014):
        await message.add_reaction("check")
    stand_in.deny(talk, permissions.ADD_REACTIONS)
    ann.reacts(said, "🔖")
    await message.add_reaction("🔖")
    with refused(50013):
        await message.add_reaction("❌")
    await message.remove_reaction("🔖", discord.Object(int(ann.id)))
    await message.clear_reactions()
    await client.hears("raw_reaction_clear")
    with refused(10014):
        await message.remove_reaction("check", discord.Object(client.me))
    stand_in.bot_may(guild, 0)
    ann.reacts(said, "🔖")
    with refused(50013):
        await message.remove_reaction("🔖", discord.Object(int(ann.id)))
    for clearing in (message.clear_reactions, lambda: message.clear_reaction("🔖")):
        with refused(50013):
            await clearing()
    stand_in.bot_may(guild, permissions.MANAGE_MESSAGES)
    await message.clear_reaction("🔖")
    await client.hears("raw_reaction_clear_emoji")
    for number in range(20):
        ann.reacts(said, chr(0x1F600 + number))
    with pytest.raises(Refusal, match="30010"):
        ann.reacts(said, "✅")


async def test_files_come_back_from_an_address_that_ends(
    stand_in: StandIn, client: Listener, room: discord.TextChannel
) -> None:
    """A file shown by an embed is no attachment; whoever wants a file later asks for a new address."""
    shown = discord.Embed(title="x").set_image(url="attachment://a.png")
    files = [
        discord.File(io.BytesIO(b"picture"), "a.png"),
        discord.File(io.BytesIO(b"words"), "b c.txt", description="d"),
    ]
    sent = await room.send(embed=shown, files=files)
    (attachment,) = sent.attachments
    assert (attachment.filename, attachment.description, attachment.size) == ("b c.txt", "d", 5)
    assert await attachment.read() == b"words"
    url = sent.embeds[0].image.url or ""
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert await answer.read() == b"picture"
        stand_in.forward(86_401)
        async with session.get(url) as answer:
            assert answer.status == 404
        async with session.get((await room.fetch_message(sent.id)).embeds[0].image.url or "") as answer:
            assert await answer.read() == b"picture"
    kept = await sent.edit(attachments=[attachment, discord.File(io.BytesIO(b"more"), "c.txt")])
    assert [one.filename for one in kept.attachments] == ["b c.txt", "c.txt"]


async def test_files_that_are_too_large_are_refused(
    stand_in: StandIn, client: Listener, room: discord.TextChannel
) -> None:
    """Ten mebibytes each, 25 together, ten of them."""
    ten = b"x" * (10 * 2**20)
    with refused(40005, status=413):
        await room.send(file=discord.File(io.BytesIO(ten + b"x"), "a"))
    with refused(40005, status=413):
        await room.send(files=[discord.File(io.BytesIO(ten), "a") for _ in range(3)])
    assert len((await room.send(files=[discord.File(io.BytesIO(ten), "a") for _ in range(2)])).attachments) == 2
    with refused(50035, "attachments"):
        many = [discord.File(io.BytesIO(b"x"), "a") for _ in range(11)]
        await client.http.send_message(room.id, params=discord.http.handle_message_parameters(files=many))
    form = aiohttp.FormData({"payload_json": "{}"}, quote_fields=False)
    for number in range(11):
        form.add_field(f"files[{number}]", b"x", filename="a")
    headers = {"Authorization": f"Bot {stand_in.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{stand_in.api}/channels/{room.id}/messages", data=form) as answer,
    ):
        assert (await answer.json())["errors"].keys() == {"attachments"}


async def test_pins_are_noted(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """Discord says so in the channel; there is room for 250."""
    sent = await room.send("keep")
    await sent.pin()
    await client.hears("guild_channel_pins_update")
    assert [one.id async for one in room.pins()] == [sent.id]
    assert (await client.hears("message", 2)).type is discord.MessageType.pins_add
    assert (await client.hears("raw_message_edit")).message.pinned
    await sent.unpin()
    assert [one.id async for one in room.pins()] == []
    for _ in range(250):
        stand_in.reactions.pin(stand_in.world.bot, ann.says(talk, "x"), pinned=True)
    with refused(30003):
        await sent.pin()
