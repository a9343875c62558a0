"""The gateway of the stand-in opens, resumes, fails and refuses as Discord's, to discord.py as it is."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
import pytest

from tests.discord import permissions
from tests.discord.gateway import (
    BAD_INTENTS,
    BAD_NUMBER,
    BAD_SHARD,
    BAD_TOKEN,
    BAD_VERSION,
    TOO_FAST,
    UNDECODABLE,
    UNKNOWN_OP,
)
from tests.discord.listener import Listener, Listeners, asked, connected, intents, until
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def test_a_login_shows_the_guilds(stand_in: StandIn, client: Listener, guild: Guild, talk: Channel) -> None:
    """With their channels, roles and the bot itself; each login says which intents it wants."""
    (seen,) = client.guilds
    assert (seen.id, seen.name, seen.me.id) == (int(guild.id), "Readers", client.me)
    assert {one.name for one in seen.channels} == {"talk", "board"}
    assert seen.me.guild_permissions.manage_webhooks
    (login,) = stand_in.gateway.logins
    assert (login["token"], login["intents"]) == (stand_in.token, client.intents.value)


async def test_events_that_were_lost_are_told_to_whoever_resumes(
    stand_in: StandIn, client: Listener, talk: Channel, ann: Person
) -> None:
    """They are lost on the line only; asked to connect anew (op 7), a client resumes and has them all."""
    stand_in.gateway.audience.lose(2, "MESSAGE_CREATE")
    for number in range(3):
        ann.says(talk, str(number))
    await client.hears("message")
    assert [one.content for one in client.of("message")] == ["2"]
    stand_in.gateway.audience.lose(None)
    ann.says(talk, "3")
    stand_in.gateway.audience.lost.clear()
    stand_in.gateway.reconnect()
    await client.hears("resumed")
    assert [one.content for one in client.of("message")] == ["2", "3"], (
        "what was before its last number is not repeated"
    )
    assert (stand_in.gateway.resumed, len(stand_in.gateway.logins)) == (1, 1)


async def test_a_line_that_breaks_is_resumed(stand_in: StandIn, client: Listener, talk: Channel, ann: Person) -> None:
    """What happens meanwhile comes afterwards."""
    stand_in.gateway.cut()
    ann.says(talk, "meanwhile")
    assert (await client.hears("message")).content == "meanwhile"
    assert stand_in.gateway.resumed == 1


async def test_a_session_that_is_over_begins_anew(
    stand_in: StandIn, client: Listener, talk: Channel, ann: Person
) -> None:
    """Op 9: what was missed is not told, and the client is ready a second time. One that may be resumed is resumed."""
    stand_in.gateway.invalidate(resumable=True)
    await client.hears("resumed")
    stand_in.gateway.audience.lose(1)
    ann.says(talk, "missed")
    stand_in.gateway.invalidate()
    await client.hears("ready", 2)
    ann.says(talk, "heard")
    assert (await client.hears("message")).content == "heard"
    assert len(stand_in.gateway.logins) == 2


async def test_a_session_is_kept_for_minutes(stand_in: StandIn, client: Listener, talk: Channel, ann: Person) -> None:
    """Whoever comes later begins anew, and so does everybody after a failure of Discord's."""
    stand_in.gateway.forget()
    await client.hears("ready", 2)
    (session,) = stand_in.gateway.sessions
    stand_in.gateway.resume_answers = 503
    stand_in.gateway.cut()
    await until(lambda: session.left is not None)
    stand_in.forward(stand_in.gateway.resumes_for + 1)
    stand_in.gateway.resume_answers = 0
    await client.hears("ready", 3)
    assert stand_in.gateway.resumed == 0


@pytest.mark.parametrize(("code", "kept"), [(1000, False), (4000, True)])
async def test_who_says_goodbye_has_no_session_any_more(stand_in: StandIn, code: int, kept: bool) -> None:
    """Any other code leaves it there."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{stand_in.socket}?v=10") as line:
        await line.send_json({"op": 2, "d": {"token": stand_in.token, "intents": 0}})
        await until(lambda: stand_in.gateway.sessions)
        await line.close(code=code)
    await until(lambda: stand_in.gateway.closed == [code])
    assert bool(stand_in.gateway.sessions) is kept


async def test_another_process_goes_on_with_a_session(stand_in: StandIn, talk: Channel, ann: Person) -> None:
    """Its id, a number and the token are all that it takes; a number that is not known any more is refused."""
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{stand_in.socket}?v=10") as line:
            await line.receive_json()
            await line.send_json({"op": 2, "d": {"token": stand_in.token, "intents": 1 << 9}})
            ready = await line.receive_json()
            stand_in.gateway.cut()
        ann.says(talk, "missed")
        known = {"token": stand_in.token, "session_id": ready["d"]["session_id"], "seq": ready["s"]}
        async with session.ws_connect(f"{ready['d']['resume_gateway_url']}?v=10") as line:
            await line.receive_json()
            await line.send_json({"op": 6, "d": known})
            missed, resumed = await line.receive_json(), await line.receive_json()
            stand_in.gateway.cut()
    assert (missed["t"], missed["s"], resumed["t"]) == ("MESSAGE_CREATE", ready["s"] + 1, "RESUMED")
    assert await _closed_after(stand_in, {"op": 6, "d": known | {"seq": 99}}) == BAD_NUMBER
    assert await _closed_after(stand_in, {"op": 6, "d": known | {"token": "wrong"}}) == BAD_TOKEN


async def test_discord_py_leaves_its_session_there(stand_in: StandIn, listener: Listeners, talk: Channel) -> None:
    """`Client.close` means to say 1000, and while it waits for events its own waiting says 4000 first."""
    client = await listener()
    await client.close()
    await until(lambda: stand_in.gateway.closed)
    assert (stand_in.gateway.closed, len(stand_in.gateway.sessions)) == ([4000], 1)


async def test_an_address_for_resuming_may_be_dead(
    stand_in: StandIn, client: Listener, talk: Channel, ann: Person
) -> None:
    """The first address goes on to work; a client that asks only the other one does not notice."""
    stand_in.gateway.resume_answers = 404
    stand_in.gateway.reconnect()
    await until(lambda: stand_in.gateway.refused_resumes)
    assert stand_in.gateway.listeners == 0
    other = Listener()
    async with connected(other, stand_in.token):
        ann.says(talk, "x")
        await other.hears("message")
    assert client.of("message") == []


async def test_what_cannot_be_read_ends_a_client(stand_in: StandIn, guild: Guild, talk: Channel, ann: Person) -> None:
    """discord.py lets an exception of its parsers out of `start`; a supervisor has to begin anew."""
    client = Listener()
    running = asyncio.create_task(client.start(stand_in.token))
    await client.hears("ready")
    stand_in.gateway.say_nonsense()
    with pytest.raises(KeyError):
        await running
    await client.close()


@pytest.mark.parametrize("code", [BAD_TOKEN, BAD_SHARD, BAD_INTENTS])
async def test_some_codes_are_the_end(stand_in: StandIn, talk: Channel, code: int) -> None:
    """Others only of the line."""
    client = Listener()
    running = asyncio.create_task(client.start(stand_in.token))
    await client.hears("ready")
    stand_in.gateway.close(4000)
    await client.hears("resumed")
    stand_in.gateway.close(code)
    with pytest.raises(discord.ConnectionClosed) as closed:
        await running
    assert closed.value.code == code
    await client.close()


async def test_intents_have_to_be_granted(stand_in: StandIn, talk: Channel) -> None:
    """4014 where the application was not given one that it asks for."""
    stand_in.take_content()
    client = Listener()
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await client.start(stand_in.token)
    await client.close()


async def test_a_wrong_token_is_refused(stand_in: StandIn) -> None:
    """By every request, and by the gateway."""
    client = Listener()
    with pytest.raises(discord.LoginFailure):
        await client.start("wrong")
    await client.close()
    assert await _closed_after(stand_in, {"op": 2, "d": {"token": "wrong", "intents": 0}}) == BAD_TOKEN


async def test_a_thousand_logins_a_day_are_enough(stand_in: StandIn) -> None:
    """Whoever wants more is given a new token: the one he has is worth nothing then."""
    stand_in.gateway.logins_left = 1
    login = {"op": 2, "d": {"token": stand_in.token, "intents": 0}}
    assert (await asked(stand_in, "GET", "/gateway/bot")).said["session_start_limit"]["remaining"] == 1
    assert await _closed_after(stand_in, login, {"op": 99, "d": None}) == UNKNOWN_OP
    assert await _closed_after(stand_in, login) == BAD_TOKEN


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"op": 99, "d": None}, UNKNOWN_OP),
        ({"d": None}, UNDECODABLE),
        ({"op": 3, "d": {"since": "x" * 4096}}, UNDECODABLE),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 2, "d": {"token": "stand.in.token", "intents": 1 << 40}}, BAD_INTENTS),
        ({"op": 2, "d": {"token": "stand.in.token", "intents": 0, "shard": [1, 1]}}, BAD_SHARD),
    ],
)
async def test_what_is_not_to_be_said_closes_the_line(stand_in: StandIn, said: dict, code: int) -> None:
    """With a code that says what it was."""
    assert await _closed_after(stand_in, said) == code


async def test_only_the_versions_that_are_spoken_are_spoken(stand_in: StandIn) -> None:
    """4012 says so."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{stand_in.socket}?v=6") as line:
        while (await line.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert line.close_code == BAD_VERSION


async def test_members_are_asked_for(client: Listener, guild: Guild, ann: Person) -> None:
    """By their ids, over the gateway."""
    (found,) = await client.place(guild).query_members(user_ids=[int(ann.id)])
    assert found.name == "ann"


async def test_who_comes_and_goes_is_told_to_who_asks(stand_in: StandIn, listener: Listeners, guild: Guild) -> None:
    """With the intent for members."""
    client = await listener(intents=intents(members=True))
    bea = stand_in.person("bea", guild)
    assert (await client.hears("member_join")).id == int(bea.id)
    stand_in.world.leave(guild, bea.user)
    assert (await client.hears("raw_member_remove")).user.id == int(bea.id)


async def test_who_says_too_much_is_cut_off(stand_in: StandIn) -> None:
    """120 in a minute."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{stand_in.socket}?v=10") as line:
        for _ in range(121):
            await line.send_json({"op": 1, "d": None})
        while (await line.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert line.close_code == TOO_FAST


async def test_heartbeats_are_answered_unless_the_line_is_dead(
    stand_in: StandIn, listener: Listeners, talk: Channel
) -> None:
    """Whoever hears nothing for long connects anew."""
    client = await listener()
    await until(lambda: client.latency < 1)
    stand_in.gateway.answers_heartbeats = False
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{stand_in.socket}?v=10") as line:
        assert (await line.receive_json())["d"]["heartbeat_interval"] == 41_250
        await line.send_json({"op": 1, "d": None})
        stand_in.gateway.reconnect()
        assert (await line.receive_json())["op"] == 7


async def test_a_packed_line_says_the_same(stand_in: StandIn, listener: Listeners, talk: Channel, ann: Person) -> None:
    """As Discord packs it, for those that ask."""
    stand_in.gateway.compresses = True
    client = await listener()
    ann.says(talk, "packed")
    assert (await client.hears("message")).content == "packed"


async def test_what_happens_to_guilds_and_roles_is_told(
    stand_in: StandIn, client: Listener, guild: Guild, ann: Person
) -> None:
    """A guild that the bot enters or has to leave, a role that changes, a channel that appears."""
    stand_in.bot_may(guild, permissions.SEND_MESSAGES)
    await client.hears("guild_role_update")
    (seen,) = client.guilds
    assert not seen.me.guild_permissions.manage_webhooks
    role = stand_in.world.new_role(guild, "staff")
    await client.hears("guild_role_create")
    stand_in.world.give_roles(guild, stand_in.world.bot, [role.id])
    await until(lambda: seen.me.get_role(int(role.id)))
    stand_in.world.remove_role(guild, role)
    await client.hears("guild_role_delete")
    talk = stand_in.channel(guild, "talked")
    stand_in.deny(talk, permissions.SEND_MESSAGES)
    await client.hears("guild_channel_update")
    assert not client.room(talk).permissions_for(seen.me).send_messages
    stand_in.world.clear_overwrite(talk, stand_in.world.bot.id)
    await client.hears("guild_channel_update", 2)
    stand_in.channel(guild, "new")
    assert (await client.hears("guild_channel_create", 2)).name == "new"
    other = stand_in.guild("other")
    assert (await client.hears("guild_join")).name == "other"
    stand_in.world.leave(other, stand_in.world.bot)
    assert (await client.hears("guild_remove")).name == "other"


async def test_a_guild_may_be_out_of_sight(stand_in: StandIn, client: Listener, guild: Guild) -> None:
    """That is not the bot's being thrown out."""
    stand_in.world.outage(guild)
    await client.hears("guild_unavailable")
    stand_in.world.outage(guild, over=True)
    await client.hears("guild_available", 2)
    assert client.of("guild_remove") == client.of("guild_join") == []


async def test_discord_may_be_down(stand_in: StandIn, client: Listener, talk: Channel, ann: Person) -> None:
    """What it knows stays: sessions are resumed, messages stand."""
    ann.says(talk, "before")
    await stand_in.down()
    ann.says(talk, "meanwhile")
    await stand_in.up()
    await client.hears("message", 2)
    assert ann.reads(talk) == ["before", "meanwhile"]


async def _closed_after(stand_in: StandIn, *said: dict) -> int | None:
    """The code with which the line is closed after this was said."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{stand_in.socket}?v=10") as line:
        await line.receive_json()
        for one in said:
            await line.send_json(one)
        while (await line.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        return line.close_code
