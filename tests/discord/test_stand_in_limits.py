"""Rate limits of the stand-in: with headers and without, for one channel, for all, for an address."""

from __future__ import annotations

import asyncio

import discord
import pytest

from tests.discord.limits import BUCKETS, EXECUTE, GLOBAL
from tests.discord.listener import Listener, asked
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


@pytest.fixture
def limited(stand_in: StandIn) -> StandIn:
    """The stand-in with its limits."""
    stand_in.limits.on = True
    return stand_in


@pytest.fixture
def unthrottled(limited: StandIn) -> StandIn:
    """Without buckets, so that other limits come first."""
    limited.limits.buckets.clear()
    return limited


def at(channel: Channel) -> str:
    return f"/channels/{channel.id}/messages"


async def test_off_there_are_none(stand_in: StandIn, talk: Channel) -> None:
    """No header, no 429, however much is asked."""
    answers = [await asked(stand_in, "POST", at(talk), {"content": "x"}) for _ in range(60)]
    assert {one.status for one in answers} == {200}
    assert not [name for name in answers[-1].headers if name.lower().startswith("x-ratelimit")]


async def test_a_bucket_tells_what_is_left(limited: StandIn, talk: Channel, guild: Guild) -> None:
    """Until nothing is left; other channels and other routes have buckets of their own, and time fills all."""
    told = [await asked(limited, "POST", at(talk), {"content": "x"}) for _ in range(6)]
    assert [one.headers["X-RateLimit-Remaining"] for one in told] == ["4", "3", "2", "1", "0", "0"]
    refused = told[-1]
    assert (refused.status, refused.headers["X-RateLimit-Scope"], refused.said["global"]) == (429, "user", False)
    assert 4 < refused.said["retry_after"] <= 5
    assert refused.headers["Via"]
    assert float(refused.headers["X-RateLimit-Reset-After"]) <= 5
    other = await asked(limited, "POST", at(limited.channel(guild)), {"content": "x"})
    edit = await asked(limited, "PATCH", f"{at(talk)}/{told[0].said['id']}", {"content": "y"})
    assert (other.status, edit.status) == (200, 200)
    buckets = {one.headers["X-RateLimit-Bucket"] for one in (*told, other)}
    assert len(buckets) == 1
    assert edit.headers["X-RateLimit-Bucket"] not in buckets
    limited.forward(5)
    assert (await asked(limited, "POST", at(talk), {"content": "x"})).status == 200
    assert limited.limits.refused == ["bucket POST /channels/{channel}/messages"]


async def test_a_client_that_minds_the_headers_is_never_refused(
    limited: StandIn, client: Listener, room: discord.TextChannel
) -> None:
    """discord.py waits before the sixth, and returns the fifth late: it was there long before."""
    limited.limits.pace = 50
    for number in range(12):
        await room.send(str(number))
    assert limited.limits.refused == []
    limited.limits.pace = 1
    limited.forward(5)
    for number in range(4):
        await room.send(str(number))
    last = asyncio.create_task(room.send("the fifth"))
    while limited.world.messages[str(room.id)][max(limited.world.messages[str(room.id)])].content != "the fifth":
        await asyncio.sleep(0.002)
    assert not last.done()
    last.cancel()
    await asyncio.wait([last])


async def test_a_bot_has_fifty_requests_a_second(unthrottled: StandIn, guild: Guild) -> None:
    """Over all channels; the interactions of people do not count."""
    channels = [unthrottled.channel(guild, str(number)) for number in range(10)]
    answers = [await asked(unthrottled, "GET", f"/channels/{channels[number % 10].id}") for number in range(GLOBAL)]
    assert {one.status for one in answers} == {200}
    refused = await asked(unthrottled, "GET", f"/channels/{channels[0].id}")
    assert (refused.status, refused.said["global"], refused.headers["X-RateLimit-Scope"]) == (429, True, "global")
    assert refused.headers["X-RateLimit-Global"] == "true"
    assert "X-RateLimit-Remaining" not in refused.headers
    answer = await asked(unthrottled, "POST", "/interactions/1/x/callback", {}, token=False)
    assert (answer.status, answer.said["code"]) == (404, 10062)
    unthrottled.forward(1)
    assert (await asked(unthrottled, "GET", f"/channels/{channels[0].id}")).status == 200


async def test_webhooks_count_for_the_address_that_they_are_used_from(
    unthrottled: StandIn, guild: Guild, talk: Channel
) -> None:
    """Whoever holds their token needs no other, and does not use up the bot's."""
    hooks = [unthrottled.hooks.make(unthrottled.world.bot, unthrottled.channel(guild), "x") for _ in range(10)]
    paths = [f"/webhooks/{hooks[number % 10].id}/{hooks[number % 10].token}" for number in range(GLOBAL + 1)]
    unthrottled.limits.buckets.clear()
    told = [await asked(unthrottled, "GET", path, token=False) for path in paths]
    assert [one.status for one in told] == [200] * GLOBAL + [429]
    assert told[-1].said["global"] is True
    assert (await asked(unthrottled, "GET", f"/channels/{talk.id}")).status == 200


async def test_a_channel_takes_thirty_webhook_messages_a_minute(limited: StandIn, talk: Channel) -> None:
    """No header says so: something is left, and yet it is refused, whichever webhook speaks."""
    limited.limits.buckets[EXECUTE] = (1000, 2.0)
    hooks = [limited.hooks.make(limited.world.bot, talk, "x") for _ in range(2)]
    told = []
    for number in range(31):
        hook = hooks[number % 2]
        told.append(await asked(limited, "POST", f"/webhooks/{hook.id}/{hook.token}", {"content": "x"}, token=False))
    assert [one.status for one in told] == [204] * 30 + [429]
    refused = told[-1]
    assert int(refused.headers["X-RateLimit-Remaining"]) > 0
    assert 50 < refused.said["retry_after"] <= 60
    assert limited.limits.refused == [f"hidden {EXECUTE}"]
    limited.forward(60)
    assert (await asked(limited, "POST", f"/webhooks/{hooks[0].id}/{hooks[0].token}", {"content": "x"})).status == 204


async def test_old_messages_are_edited_rarely(unthrottled: StandIn, talk: Channel) -> None:
    """Those that are older than an hour, three in six seconds, with a code of its own."""
    unthrottled.limits.buckets = dict.fromkeys(BUCKETS, (1000, 5.0))
    ids = [(await asked(unthrottled, "POST", at(talk), {"content": "x"})).said["id"] for _ in range(4)]
    told = [await asked(unthrottled, "PATCH", f"{at(talk)}/{one}", {"content": "y"}) for one in ids]
    assert {one.status for one in told} == {200}
    unthrottled.forward(3601)
    told = [await asked(unthrottled, "PATCH", f"{at(talk)}/{one}", {"content": "z"}) for one in ids]
    assert [one.status for one in told] == [200, 200, 200, 429]
    assert told[-1].said["code"] == 30046
    unthrottled.forward(6)
    assert (await asked(unthrottled, "PATCH", f"{at(talk)}/{ids[3]}", {"content": "z"})).status == 200


async def test_a_channel_gets_another_name_rarely(limited: StandIn, talk: Channel) -> None:
    """Twice in ten minutes, whatever its bucket has left; other changes of it go on."""
    path = f"/channels/{talk.id}"
    told = [await asked(limited, "PATCH", path, {"name": f"name-{number}"}) for number in range(3)]
    assert [one.status for one in told] == [200, 200, 429]
    assert told[-1].said["retry_after"] > 590
    assert int(told[-1].headers["X-RateLimit-Remaining"]) > 0
    assert (await asked(limited, "PATCH", path, {"topic": "x"})).status == 200
    limited.forward(600)
    assert (await asked(limited, "PATCH", path, {"name": "name-3"})).status == 200


async def test_threads_are_made_by_all_together(unthrottled: StandIn, board: Channel, ann: Person) -> None:
    """Their limit is shared: it takes minutes, and nothing of it is held against anybody."""
    path, body = f"/channels/{board.id}/threads", {"name": "x", "message": {"content": "x"}}
    told = []
    for number in range(51):
        if number == 40:
            unthrottled.forward(1)
        told.append(await asked(unthrottled, "POST", path, body))
    assert [one.status for one in told] == [201] * 50 + [429]
    assert told[-1].headers["X-RateLimit-Scope"] == "shared"
    assert told[-1].said["retry_after"] > 200
    assert unthrottled.limits.invalid == 0


async def test_too_many_invalid_requests_end_in_a_ban(stand_in: StandIn, talk: Channel) -> None:
    """401, 403 and 429 count, whatever the limits; then Cloudflare answers, with a page, and names no `Via`."""
    stand_in.limits.invalid_allowed = 3
    for _ in range(2):
        assert (await asked(stand_in, "GET", "/users/@me", token=False)).status == 401
    stand_in.deny(talk, 1 << 10)
    assert (await asked(stand_in, "GET", f"/channels/{talk.id}")).status == 403
    assert stand_in.limits.invalid == 3
    banned = await asked(stand_in, "GET", "/users/@me")
    assert (banned.status, "Via" in banned.headers, isinstance(banned.said, str)) == (429, False, True)
    stand_in.forward(601)
    assert (await asked(stand_in, "GET", "/users/@me")).status == 200


async def test_windows_can_be_made_shorter(limited: StandIn, talk: Channel) -> None:
    """A hundred times as fast, five seconds are fifty milliseconds; a test of pacing takes no minutes then."""
    limited.limits.pace = 100
    told = [await asked(limited, "POST", at(talk), {"content": "x"}) for _ in range(5)]
    assert all(float(one.headers["X-RateLimit-Reset-After"]) <= 0.05 for one in told)
    limited.forward(0.05)
    assert (await asked(limited, "POST", at(talk), {"content": "x"})).status == 200
