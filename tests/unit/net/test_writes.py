"""Writes over real sockets: once, and with the truth about whether anything was sent."""

import asyncio
import socket
import traceback

import pytest
from aiohttp import web

from bot.errors import (
    AdapterError,
    LoginRejected,
    NotAllowed,
    OutcomeUnknown,
    Refused,
    SettingsError,
    Unparsable,
    Unreachable,
)
from bot.net import Credential, Net, raise_for_status

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
HOME = "127.0.0.1"
WRITES = ["POST", "PUT", "PATCH", "DELETE"]
SECRET = "s3cr3t" * 5


@pytest.mark.parametrize(
    ("given", "kind", "body"),
    [
        ({"json": {"raw": "ä"}}, "application/json", '{"raw":"ä"}'.encode()),
        ({"form": {"a": "1 ä", "b": "&"}}, "application/x-www-form-urlencoded", b"a=1+%C3%A4&b=%26"),
        ({"form": [("a", "1"), ("a", "2")]}, "application/x-www-form-urlencoded", b"a=1&a=2"),
        ({"body": b"<x/>", "headers": {"content-type": "text/xml"}}, "text/xml", b"<x/>"),
        (
            {"json": [], "headers": {"content-type": "application/activity+json"}},
            "application/activity+json",
            b"[]",
        ),
        ({}, None, b""),
    ],
)
async def test_a_write_arrives_as_given(given, kind, body, serve, net) -> None:
    """Bytes are made once, before anything is sent, so that a retry by the outbox sends the same."""
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.headers.get("Content-Type"), await request.read(), request.headers["K"]))
        return web.Response(status=201, text="made")

    answer = await net().send("post", await serve(handler), credential=Credential("K", SECRET), **given)
    assert (answer.status, answer.body) == (201, b"made")
    method, sent_kind, sent, key = seen[0]
    assert (method, sent, key) == ("POST", body, SECRET)
    assert sent_kind == (kind or "application/octet-stream")


async def test_a_large_body_arrives_whole(serve, net) -> None:
    """A file goes piece by piece, so that nobody else waits for it, and its length is told before."""
    seen = []

    async def handler(request: web.Request) -> web.Response:
        length = sum([len(chunk) async for chunk in request.content.iter_any()])
        seen.append((request.headers["Content-Length"], length))
        return web.Response()

    await net().send("POST", await serve(handler), body=bytes(3 * 2**20))
    assert seen == [(str(3 * 2**20), 3 * 2**20)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_write_is_not_redirected(status: int, serve, net) -> None:
    """Following would write twice, or elsewhere; the caller sees where it was sent."""
    hits = []

    async def handler(request: web.Request) -> web.Response:
        hits.append(request.path)
        return web.Response(status=status, headers={"Location": "/thread/7"}, text="see there")

    server = await serve(handler)
    answer = await net().send("POST", server + "/new", body=b"x")
    assert (answer.status, answer.headers["location"], answer.body) == (status, "/thread/7", b"see there")
    assert hits == ["/new"]


async def test_before_the_first_byte_a_write_is_unreachable(serve, net, names) -> None:
    """Then it may be repeated without a look."""
    silent = names(silent_test=None)
    with pytest.raises(Unreachable):
        await net(resolver=names()).send("POST", "http://nowhere.test/", body=b"x")
    with pytest.raises(Unreachable):
        await net(resolver=silent, connect=0.05).send("POST", "http://silent.test/", body=b"x")
    with pytest.raises(Unreachable):
        await net(resolver=silent).send("POST", "http://silent.test/", body=b"x", total=0.05)
    with socket.socket() as deaf:
        deaf.bind((HOME, 0))
        with pytest.raises(Unreachable):
            await net().send("POST", f"http://{HOME}:{deaf.getsockname()[1]}/", body=b"x")
    with pytest.raises(Unreachable):
        await net().send("POST", (await serve()).replace("http:", "https:"), body=b"x")
    with pytest.raises(NotAllowed):
        await net(allow=[]).send("POST", await serve(), body=b"x")


BREAKS = {
    "cut": b"",
    "cut in the head": b"HTTP/1.1 201 Crea",
    "cut in the body": b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf",
    "not http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "too large": b"HTTP/1.1 201 Created\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
}


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("name", BREAKS)
async def test_after_the_first_byte_a_broken_write_is_unknown_and_not_repeated(
    name: str, method: str, script, net
) -> None:
    """It may have been done. aiohttp by itself repeats PUT and DELETE, and would do it twice."""
    hits = 0

    async def follow(reader: Reader, writer: Writer) -> None:
        nonlocal hits
        hits += 1
        writer.write(BREAKS[name])

    with pytest.raises(OutcomeUnknown):
        await net(max_bytes=1000).send(method, await script(follow), body=b"x")
    assert hits == 1


async def test_a_write_that_gets_no_answer_in_time_is_unknown(script, net) -> None:
    """The server has it and is silent."""

    async def follow(reader: Reader, writer: Writer) -> None:
        await reader.read()

    with pytest.raises(OutcomeUnknown, match=r"no complete answer within 0\.1 s"):
        await net(total=0.1).send("POST", await script(follow), body=b"x")


async def test_a_write_never_rides_on_a_used_connection(serve, net) -> None:
    """A server closes idle ones when it likes; a write sent just then would be neither done nor undone."""
    peers = []

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(text="ok")

    server, client = await serve(handler), net()
    for _ in range(2):
        await client.get(server)
    for _ in range(2):
        await client.send("POST", server, body=b"x")
    assert peers[0] == peers[1]
    assert len(set(peers)) == 3


async def test_a_write_waits_for_a_slot_no_longer_than_its_deadline(script, net) -> None:
    """Whoever recovers it counts from the claim: a write that starts later would be done twice."""
    hits, inside = 0, asyncio.Event()

    async def follow(reader: Reader, writer: Writer) -> None:
        nonlocal hits
        hits += 1
        inside.set()
        await reader.read()

    address, client = await script(follow), net(at_once=1)
    held = asyncio.create_task(client.get(address))
    await inside.wait()
    with pytest.raises(Unreachable, match="under way"):
        await client.send("POST", address, body=b"x", total=0.05)
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held
    assert hits == 1


async def test_what_is_held_open_takes_no_other_calls_place(script, net) -> None:
    """A question that is answered when something happens waits for minutes, at each forum that takes one."""
    inside = asyncio.Event()

    async def follow(reader: Reader, writer: Writer) -> None:
        if not inside.is_set():  # the first one that comes
            inside.set()
            await reader.read()
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()

    address, client = await script(follow), net(at_once=1)
    held = asyncio.create_task(client.send("POST", address, body=b"x", held=True))
    await inside.wait()
    assert (await client.get(address)).status == 204
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held


async def test_a_header_that_cannot_be_sent_is_an_error_of_its_own(net) -> None:
    """A line break would smuggle a second header; in a pasted key it is a mistake that its owner can mend."""
    client = net()
    for bad in ("a\r\nX: y", "a\nb", "a\x00b", "\udcff"):
        with pytest.raises(Refused, match="header X-Name"):
            await client.get(f"http://{HOME}/", headers={"X-Name": bad})
        with pytest.raises(LoginRejected) as caught:
            await client.send("POST", f"http://{HOME}/", credential=Credential("Api-Key", SECRET + bad))
        assert SECRET not in str(caught.value)
    with pytest.raises(SettingsError, match="contact"):
        Net(contact="a\nb")


async def test_misuse_is_a_fault_of_the_program(net) -> None:
    """An adapter that reads with `send` would make every timeout an unknown outcome."""
    with pytest.raises(ValueError, match="get"):
        await net().send("GET", f"http://{HOME}/")
    with pytest.raises(ValueError, match="one of"):
        await net().send("POST", f"http://{HOME}/", json={}, body=b"")


async def test_no_secret_reaches_an_error(serve, script, net, names) -> None:
    """Canary: the texts of aiohttp hold addresses and headers, and a traceback prints them all."""

    async def follow(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-")

    async def garbage(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/9.9 nonsense\r\n\r\n")

    async def handler(request: web.Request) -> web.Response:
        status = int(request.query["status"])
        return web.Response(status=status, headers={"Location": request.path_qs} if status == 302 else {})

    server = await serve(handler)
    tail = f"hook/{SECRET}?key={SECRET}"
    places = [
        f"{await script(follow)}{tail}",
        f"{await script(garbage)}{tail}",
        f"{server}/{tail}&status=302",
        *[f"{server}/{tail}&status={status}" for status in (200, 400, 401, 403, 404, 429, 500)],
        f"{server.replace('http:', 'https:')}/{tail}",
        f"http://nowhere.test/{tail}",
        f"http://10.0.0.1/{tail}",
        f"http://{HOME}:1/{tail}",
        f"http://{SECRET}:x@{HOME}/",
        f"http://{HOME}:x/{tail}",
        f"ftp://{HOME}/{tail}",
    ]
    client = net(resolver=names(), max_bytes=10)
    errors = []
    for place in places:
        for write in (False, True):
            key = Credential("Authorization", f"Bearer {SECRET}")
            try:
                if write:
                    answer = await client.send("POST", place, body=SECRET.encode(), credential=key)
                else:
                    answer = await client.get(place, credential=key)
                raise_for_status(answer, "board 12", write)
                answer.json()
            except AdapterError as error:
                errors.append(error)
    assert len(errors) >= 2 * len(places) - 2
    assert {Unreachable, OutcomeUnknown, Unparsable, NotAllowed} <= {type(caught) for caught in errors}
    for caught in errors:
        assert SECRET not in "".join(traceback.format_exception(caught))
