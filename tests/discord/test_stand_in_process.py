"""The stand-in in a process of its own outlives whoever is connected, and does what it is told from elsewhere."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

import aiohttp
import pytest

from tests.discord.listener import Listener, connected
from tests.discord.own_process import ROOT, OwnProcess, Refused
from tests.discord.permissions import MENTION_EVERYONE

BOT = """
import asyncio, sys, discord
from tests.discord.stand_in import addressed
client = discord.Client(intents=discord.Intents(guilds=True), guild_ready_timeout=0.01)
@client.event
async def on_ready():
    await client.get_channel(int(sys.argv[3])).send("from a process")
    print("sent", flush=True)
with addressed(sys.argv[1], sys.argv[2]):
    client.run(sys.argv[4], log_handler=None)
"""


async def test_it_does_what_it_is_told(own_process: OwnProcess) -> None:
    """People act there, discord.py hears of it, and what stands in channels is read back."""
    call = own_process.call
    guild = (await call("guild"))["id"]
    talk, board = (await call("channel", guild))["id"], (await call("forum", guild, tags=["news"]))["id"]
    ann = (await call("person", "ann", guild))["id"]
    client = Listener()
    with own_process.addressed():
        async with connected(client, own_process.token):
            said = await call("says", talk, "Hello", who=ann)
            await client.hears("message")
            room = client.get_partial_messageable(int(talk))
            sent = await room.send("Hello yourself", reference=client.of("message")[0])
            await call("reacts", str(sent.id), "📖", who=ann)
            await client.hears("raw_reaction_add")
            post = await call("posts", board, "title", "text", ["news"], who=ann)
            rule = await call("rule", "Fail", "POST", "/messages", status=503)
            with pytest.raises(Exception, match="503"):
                await room.send("written all the same")
            assert await call("happened", rule) == 1
            options = [{"type": 7, "name": "place", "description": "x"}]
            command = {"name": "x", "description": "x", "options": options}
            await client.ask("PUT", f"/applications/{client.me}/commands", [command])
            use = await call("uses", talk, "x", place=board, who=ann)
            asked = await client.hears("interaction")
            assert list(asked.data["resolved"]["channels"]) == [board]
            await asked.response.send_message("used", ephemeral=True)
            await call("gateway.reconnect")
            await client.hears("resumed")
    assert said["content"] == "Hello"
    assert await call("reads", talk, who=ann) == ["Hello", "Hello yourself", "written all the same", "used"]
    assert [one["only_for"] for one in await call("sees", talk, who=ann)] == ["", "", "", ann]
    assert [one["id"] for one in await call("threads_in", board, who=ann)] == [post["id"]]
    with pytest.raises(Refused, match="not_offered"):
        await call("submits", use["id"], {}, who=ann)
    with pytest.raises(Refused, match="50035"):
        await call("says", talk, "x" * 2001, who=ann)
    assert ["POST", f"/channels/{talk}/messages", 503] in await call("asked")


async def test_its_rules_are_set_from_elsewhere(own_process: OwnProcess) -> None:
    """Faults that wait for their release, limits, whoever was called; what there is not, cannot be set."""
    call = own_process.call
    guild = (await call("guild"))["id"]
    talk = (await call("channel", guild))["id"]
    ann = (await call("person", "ann", guild, may=MENTION_EVERYONE))["id"]
    headers = {"Authorization": f"Bot {own_process.token}"}
    path = f"{own_process.api}/channels/{talk}/messages"
    async with aiohttp.ClientSession(headers=headers) as session:
        held = await call("rule", "Hold", "POST", "/messages")
        sending = asyncio.create_task(session.post(path, json={"content": "x"}))
        while not await call("reads", talk, who=ann):
            await asyncio.sleep(0.01)
        assert not sending.done()
        await call("release", held)
        (await sending).close()
        await call("set", "limits", "on", True)
        async with session.post(path, json={"content": "y"}) as answer:
            assert answer.headers["X-RateLimit-Remaining"] == "4"
    everyone = await call("says", talk, "@everyone", who=ann)
    assert await call("pinged") == [everyone["id"]]
    before = await call("says", talk, "x", who=ann)
    await call("forward", 3600)
    assert int((await call("says", talk, "y", who=ann))["id"]) - int(before["id"]) >= 3_600_000 << 22
    for wrong in (["limits", "nothing", 1], ["nothing", "on", 1]):
        with pytest.raises(Refused, match="there is no"):
            await call("set", *wrong)
    with pytest.raises(Refused, match="10003"):
        await call("says", "1", "x", who=ann)
    with pytest.raises(Refused, match="10008"):
        await call("edits", "1", "x", who=ann)


async def test_the_program_is_led_to_it(own_process: OwnProcess) -> None:
    """What follows the address is for the program."""
    command = [sys.executable, "-m", "tests.discord.program", own_process.address, "--help"]
    program = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    said, _ = await program.communicate()
    assert program.returncode == 0
    assert b"Usage" in said


async def test_it_outlives_a_bot_that_is_killed(own_process: OwnProcess) -> None:
    """What was said stands there."""
    call = own_process.call
    guild = (await call("guild"))["id"]
    talk = (await call("channel", guild))["id"]
    ann = (await call("person", "ann", guild))["id"]
    arguments = [own_process.api, own_process.socket, talk, own_process.token]
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, *arguments, cwd=ROOT, stdout=PIPE)
    assert bot.stdout is not None
    assert await bot.stdout.readline() == b"sent\n"
    bot.send_signal(signal.SIGKILL)
    await bot.wait()
    assert await call("reads", talk, who=ann) == ["from a process"]
