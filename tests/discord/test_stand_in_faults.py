"""What goes wrong between discord.py and the stand-in goes wrong as it is told, and in no other way."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
import pytest

from tests.discord.faults import Drop, Fail, Hold, Limit, LoseAnswer
from tests.discord.listener import Listener, asked, refused, until
from tests.discord.nouns import Channel
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

SEND = r"/messages$"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py waits up to nine seconds before it tries again: here whoever sleeps sleeps a thousandth of that."""
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds, result=None: sleep(seconds / 1000, result))


def at(channel: Channel) -> str:
    return f"/channels/{channel.id}/messages"


async def test_a_bots_message_survives_an_error_after_it_was_written(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """discord.py tries again with the same nonce, and is given the message that stands there."""
    rule = stand_in.faults.rule(Fail(502), "POST", SEND)
    sent = await room.send("once")
    assert ann.reads(talk) == ["once"]
    assert str(sent.id) in stand_in.world.messages[talk.id]
    assert rule.happened == 1
    assert [one.status for one in stand_in.rest.asked[-2:]] == [502, 200]


async def test_a_webhook_writes_again_what_it_has_written(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """It has no nonce; neither has a post in a forum. An error before anything was done does no harm."""
    hook = await room.create_webhook(name="x")
    stand_in.faults.rule(Fail(500), "POST", "/webhooks/")
    await hook.send("twice", wait=True)
    stand_in.faults.rule(Fail(500, done=False), "POST", "/webhooks/")
    await hook.send("once", wait=True)
    assert ann.reads(talk) == ["twice", "twice", "once"]


async def test_a_forum_post_is_made_again(stand_in: StandIn, client: Listener, board: Channel, ann: Person) -> None:
    """Two posts, for one that was asked for."""
    forum = client.get_channel(int(board.id))
    assert isinstance(forum, discord.ForumChannel)
    stand_in.faults.rule(Fail(502), "POST", "/threads")
    await forum.create_thread(name="title", content="x")
    assert [one.name for one in ann.threads_in(board)] == ["title", "title"]


async def test_a_thread_on_a_message_is_refused_the_second_time(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """160004 says that it is there."""
    sent = await room.send("OP")
    stand_in.faults.rule(Fail(502), "POST", "/threads")
    with refused(160004):
        await sent.create_thread(name="x")
    assert [one.id for one in ann.threads_in(talk)] == [str(sent.id)]


async def test_503_is_not_tried_again(stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person) -> None:
    """A bot's request is over then, though it may have been done."""
    stand_in.faults.rule(Fail(503), "POST", SEND)
    with pytest.raises(discord.DiscordServerError):
        await room.send("done")
    assert ann.reads(talk) == ["done"]


@pytest.mark.parametrize("done", [True, False])
async def test_a_line_that_breaks_does_not_say_whether_it_was_done(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person, done: bool
) -> None:
    """To whoever asked, both look the same."""
    stand_in.faults.rule(LoseAnswer() if done else Drop(), "POST", SEND)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await room.send("x", nonce="n")
    assert ann.reads(talk) == (["x"] if done else [])
    await room.send("x", nonce="n")
    assert ann.reads(talk) == ["x"]


@pytest.mark.parametrize("done", [True, False])
async def test_an_answer_is_held_until_it_is_released(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person, done: bool
) -> None:
    """Before it is done, or after."""
    hold = Hold(done=done)
    rule = stand_in.faults.rule(hold, "POST", SEND)
    sending = asyncio.create_task(room.send("x"))
    await until(lambda: rule.met and (ann.reads(talk) or not done))
    assert (sending.done(), stand_in.rest.waiting) == (False, 1)
    assert ann.reads(talk) == (["x"] if done else [])
    hold.release()
    await sending
    assert ann.reads(talk) == ["x"]
    stand_in.faults.rule(Hold(seconds=0.001), "POST", SEND)
    await room.send("y")


async def test_who_hangs_up_does_not_undo_it(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """What was asked is done, whoever waits for the answer or not."""
    hold = Hold(done=False)
    rule = stand_in.faults.rule(hold, "POST", SEND)
    sending = asyncio.create_task(room.send("x"))
    await until(lambda: rule.met)
    sending.cancel()
    await asyncio.wait([sending])
    hold.release()
    await rule.came()
    assert ann.reads(talk) == ["x"]


@pytest.mark.parametrize(
    ("limit", "headers"),
    [
        (Limit(7), {"X-RateLimit-Scope": "user", "X-RateLimit-Remaining": "0", "Retry-After": "8"}),
        (Limit(7, hidden=True), {"X-RateLimit-Scope": "user", "X-RateLimit-Remaining": "3"}),
        (Limit(219, scope="shared"), {"X-RateLimit-Scope": "shared"}),
        (Limit(1, scope="global"), {"X-RateLimit-Scope": "global", "X-RateLimit-Global": "true"}),
        (Limit(3, code=30046), {"X-RateLimit-Scope": "user"}),
    ],
)
async def test_a_limit_comes_when_it_is_told(stand_in: StandIn, talk: Channel, limit: Limit, headers: dict) -> None:
    """Of each kind; nothing is done, and it is counted as any other."""
    rule = stand_in.faults.rule(limit, "POST", SEND)
    status, told, said = await asked(stand_in, "POST", at(talk), {"content": "x"})
    assert status == 429
    assert headers.items() <= dict(told).items()
    assert "Via" in told
    assert (said["retry_after"], said["global"]) == (limit.seconds, limit.scope == "global")
    assert said.get("code", 0) == limit.code
    assert stand_in.limits.invalid == int(limit.scope != "shared")
    assert rule.happened == 1
    assert stand_in.world.messages[talk.id] == {}


async def test_discord_py_waits_out_a_limit(
    stand_in: StandIn, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """It asks again when the time is over; one of Cloudflare's it takes for a ban, and gives up at once."""
    stand_in.faults.rule(Limit(0.01), "POST", SEND, times=3)
    await room.send("x")
    ban = stand_in.faults.rule(Limit(3600, via=False), times=None)
    with refused(0, status=429):
        await room.send("y")
    assert ban.happened == 1
    stand_in.faults.mend()
    await room.send("z")
    assert ann.reads(talk) == ["x", "z"]


async def test_rules_are_for_what_they_name(stand_in: StandIn, talk: Channel) -> None:
    """A method, a path, a number of times; older rules go first."""
    first = stand_in.faults.rule(Fail(500), "POST", SEND)
    second = stand_in.faults.rule(Fail(502, done=False), "", f"^{at(talk)}", times=2)
    told = [(await asked(stand_in, "POST", at(talk), {"content": "x"})).status for _ in range(2)]
    told.append((await asked(stand_in, "GET", at(talk))).status)
    told.append((await asked(stand_in, "GET", at(talk))).status)
    assert told == [500, 502, 502, 200]
    assert (first.happened, second.happened) == (1, 2)
    assert [one.fault for one in stand_in.rest.asked] == [Fail(500), Fail(502, False), Fail(502, False), None]
    assert len(stand_in.world.messages[talk.id]) == 1


async def test_a_faulty_answer_to_an_interaction_stands_all_the_same(
    stand_in: StandIn, client: Listener, talk: Channel, ann: Person
) -> None:
    """discord.py tries again, and is told that it was acknowledged: that is as good as done."""
    await client.ask("PUT", f"/applications/{client.me}/commands", [{"name": "x", "description": "x"}])
    stand_in.faults.rule(Fail(500), "POST", "/callback")
    use = ann.uses(talk, "x")
    asking: discord.Interaction = await client.hears("interaction")
    with refused(40060):
        await asking.response.send_message("seen")
    assert [one.content for one in use.messages] == ["seen"]
