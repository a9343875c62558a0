"""The line to the homeserver fails as it is told, and in no other way."""

from __future__ import annotations

import asyncio
import os
from io import BytesIO

import aiohttp
import pytest

from tests.matrix.conftest import People
from tests.matrix.people import Person, Refused
from tests.matrix.proxy import Cut, Drip, Drop, Fail, Limit, LoseAnswer, Proxy

SEND = r"/send/m\.room\.message/"


@pytest.fixture
async def ann(people: People) -> Person:
    """Somebody who is not behind the proxy, to see what is there."""
    return await people()


@pytest.fixture
async def room(ann: Person) -> str:
    return await ann.room()


@pytest.fixture
async def behind(proxy: Proxy, ann: Person):
    """The same person with the same device, behind the proxy."""
    person = Person(proxy.address, ann.login)
    yield person
    await person.close()


async def test_without_rules_everything_passes(proxy: Proxy, ann: Person, behind: Person, room: str) -> None:
    """Whatever differs behind the proxy would be taken for a mistake of ours."""
    txn = "a/b ü?#%2F"
    event = await behind.say(room, "Hello ✓", txn=txn)
    (there,), (seen,) = await ann.events(room), await behind.events(room)
    assert (there["event_id"], there["unsigned"]["transaction_id"]) == (event, txn)
    assert [seen["event_id"], seen["content"]] == [there["event_id"], there["content"]]
    assert {(asked.method, asked.fault, asked.status) for asked in proxy.asked} == {
        ("PUT", None, 200),
        ("GET", None, 200),
    }
    with pytest.raises(Refused) as refused:
        await behind.say("!nowhere:localhost", "Hello")
    assert refused.value.said["errcode"] == "M_FORBIDDEN"


async def test_files_pass_whole(proxy: Proxy, ann: Person) -> None:
    """They are larger than messages, and no text."""
    headers = {"Authorization": f"Bearer {ann.login.access_token}"}
    sent = os.urandom(3 * 2**20)
    async with aiohttp.ClientSession(proxy.address, headers=headers) as session:
        async with session.post("/_matrix/media/v3/upload", data=BytesIO(sent)) as answer:
            mxc = (await answer.json())["content_uri"].removeprefix("mxc://")
        async with session.get(f"/_matrix/client/v1/media/download/{mxc}") as answer:
            assert await answer.read() == sent


async def test_an_answer_is_lost_after_acceptance(proxy: Proxy, ann: Person, behind: Person, room: str) -> None:
    """The message stands there, and whoever sent it cannot know; the same transaction id finds it."""
    rule = proxy.rule(LoseAnswer(), "PUT", SEND)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await behind.say(room, "Hello", txn="once")
    assert rule.happened == 1
    (event,) = await ann.events(room)
    assert await behind.say(room, "Hello", txn="once") == event["event_id"]
    assert await ann.texts(room) == ["Hello"]


async def test_a_request_is_lost_before_it_arrives(proxy: Proxy, ann: Person, behind: Person, room: str) -> None:
    """To whoever sent it this looks the same; nothing was done."""
    proxy.rule(Drop(), "PUT", SEND)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await behind.say(room, "Hello")
    assert await ann.texts(room) == []
    assert proxy.asked[-1].status is None


@pytest.mark.parametrize(
    ("limit", "header", "body"),
    [
        (Limit(3), "3", 3000),
        (Limit(3, body=False), "3", None),
        (Limit(3, header=False), "", 3000),
        (Limit(3, header=False, body=False), "", None),
    ],
)
async def test_a_limit_says_in_header_body_or_nowhere_how_long(
    proxy: Proxy, ann: Person, behind: Person, room: str, limit: Limit, header: str, body: int | None
) -> None:
    """Homeservers and the proxies before them differ in where it stands; nothing is done."""
    proxy.rule(limit, "PUT", SEND)
    url = f"{proxy.address}/_matrix/client/v3/rooms/{room}/send/m.room.message/once"
    async with aiohttp.ClientSession() as session, session.put(url, json={}) as answer:
        said = await answer.text()
        assert answer.status == 429
        assert answer.headers.get("Retry-After", "") == header
    assert ("retry_after_ms" in said) == (body is not None)
    assert body is None or f'"retry_after_ms": {body}' in said
    assert await ann.texts(room) == []


async def test_a_storm_of_limits_lasts_until_it_is_over(proxy: Proxy, ann: Person, behind: Person, room: str) -> None:
    """A rule may count, and one without a count holds until it is taken away; other requests pass."""
    storm = proxy.rule(Limit(), "PUT", SEND, times=None)
    for _ in range(5):
        with pytest.raises(Refused):
            await behind.say(room, "Hello")
    await storm.met(5)
    assert await behind.texts(room) == []
    proxy.mend()
    proxy.rule(Limit(), "PUT", SEND, times=2)
    for _ in range(2):
        with pytest.raises(Refused):
            await behind.say(room, "Hello")
    await behind.say(room, "Hello")
    assert await ann.texts(room) == ["Hello"]


@pytest.mark.parametrize("asked", [True, False])
async def test_an_error_says_nothing_of_what_was_done(
    proxy: Proxy, ann: Person, behind: Person, room: str, asked: bool
) -> None:
    """A page in place of JSON comes of the proxy before a homeserver, which may have done what it was asked."""
    proxy.rule(Fail(502, asked=asked), "PUT", SEND)
    with pytest.raises(ValueError, match="Expecting value"):
        await behind.say(room, "Hello")
    assert await ann.texts(room) == (["Hello"] if asked else [])
    assert proxy.asked[-1].status == (200 if asked else None)


async def test_an_answer_drips(proxy: Proxy, ann: Person, behind: Person, room: str) -> None:
    """It is whole in the end, for whoever waits; a limit on the whole call ends it, one on the next byte does not."""
    proxy.rule(Drip(size=16, pause=0.0), "PUT", SEND)
    await behind.say(room, "Hello")
    endless = proxy.rule(Drip(pause=0.05), "PUT", SEND)
    sending = asyncio.create_task(behind.say(room, "Hello again"))
    while len(await ann.texts(room)) < 2:
        await asyncio.sleep(0.01)
    assert not sending.done()
    sending.cancel()
    await asyncio.wait([sending])
    await endless.met()


async def test_a_connection_ends_in_the_middle_of_an_answer(
    proxy: Proxy, ann: Person, behind: Person, room: str
) -> None:
    """Half a sync is none: the next one, from where the last whole one ended, has everything."""
    since = (await behind.call("GET", "/sync", timeout="0"))["next_batch"]
    await ann.say(room, "Hello")
    proxy.rule(Cut(), "GET", "/sync")
    with pytest.raises(aiohttp.ClientPayloadError):
        await behind.call("GET", "/sync", since=since, timeout="0")
    news = await behind.call("GET", "/sync", since=since, timeout="0")
    (event,) = news["rooms"]["join"][room]["timeline"]["events"]
    assert event["content"]["body"] == "Hello"


async def test_a_sync_that_waits_is_cut(proxy: Proxy, behind: Person) -> None:
    """A line that breaks while nothing happens is noticed by nobody but the one who waits."""
    since = (await behind.call("GET", "/sync", timeout="0"))["next_batch"]
    waiting = asyncio.create_task(behind.call("GET", "/sync", since=since, timeout="30000"))
    while not proxy.waiting("/sync"):
        await asyncio.sleep(0.005)
    assert proxy.cut("/sync") == 1
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await waiting
    while proxy.waiting():
        await asyncio.sleep(0.005)


async def test_it_is_down_for_a_while(proxy: Proxy, behind: Person, room: str) -> None:
    """Whoever waits for an answer loses it, whoever comes is refused, and afterwards the address is the same."""
    since = (await behind.call("GET", "/sync", timeout="0"))["next_batch"]
    waiting = asyncio.create_task(behind.call("GET", "/sync", since=since, timeout="30000"))
    while not proxy.waiting("/sync"):
        await asyncio.sleep(0.005)
    async with proxy.outage():
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await waiting
        with pytest.raises(aiohttp.ClientConnectorError):
            await behind.say(room, "Hello")
    await behind.say(room, "Hello")
    assert await behind.texts(room) == ["Hello"]


async def test_what_was_written_stays_written_when_the_writer_hangs_up(
    proxy: Proxy, ann: Person, behind: Person, room: str
) -> None:
    """A client that gave up after its request was sent has sent it."""
    slow = proxy.rule(Drip(pause=0.05), "PUT", SEND)
    sending = asyncio.create_task(behind.say(room, "Hello"))
    while not proxy.waiting(SEND):
        await asyncio.sleep(0)
    sending.cancel()
    await slow.met()
    while await ann.texts(room) != ["Hello"]:
        await asyncio.sleep(0.01)
