"""Reads over real sockets, of servers that flood, drip, stall, lie and break off."""

import asyncio
import datetime
import gzip
import socket
import ssl
import tracemalloc

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.errors import Unparsable, Unreachable

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
HOME = "127.0.0.1"


# --------------------------------------------------------------------------------------------------- bounds


async def test_a_compressed_bomb_is_met_by_the_limit_and_not_by_the_memory(serve, net) -> None:
    """64 MiB of zeros come in 64 KiB."""
    bomb = gzip.compress(bytes(64 * 2**20))

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    server, client = await serve(handler), net(max_bytes=2**20)
    await client.get(server + "/", max_bytes=100 * 2**20)
    tracemalloc.start()
    try:
        with pytest.raises(Unparsable, match="larger than 1 MiB"):
            await client.get(server + "/")
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


async def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(serve, net) -> None:
    """The limit is the limit, with and without an announced length."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if "length" in request.query:
            response.content_length = 1001
        await response.prepare(request)
        await response.write(b"x" * 1001)
        return response

    server, client = await serve(handler), net()
    assert len((await client.get(server + "/", max_bytes=1001)).body) == 1001
    with pytest.raises(Unparsable, match="larger than 1000 bytes") as caught:
        await client.get(server + "/", max_bytes=1000)
    assert caught.value.sample == b"x" * 1001
    with pytest.raises(Unparsable):
        await client.get(server + "/?length", max_bytes=1000)


async def test_an_announced_flood_is_refused_before_it_comes(script, net) -> None:
    """The server waits for us to leave; we do so at once."""

    async def follow(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        await reader.read()

    with pytest.raises(Unparsable, match="larger than 8 MiB"):
        await net(total=60).get(await script(follow))


async def test_a_slow_drip_ends_at_the_deadline(script, net) -> None:
    """Every byte is in time and the page never ends."""

    async def follow(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        left = asyncio.ensure_future(reader.read())
        while not left.done():
            writer.write(b"x")
            await asyncio.wait([left], timeout=0.01)
        await left

    with pytest.raises(Unreachable, match=r"no complete answer within 0\.2 s"):
        await net().get(await script(follow), total=0.2)


async def test_redirects_and_answers_share_one_deadline(serve, net) -> None:
    """Five slow redirects of almost the whole time each would be five times the time."""
    leave = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/1":
            return web.Response(status=302, headers={"Location": "/2"})
        await leave.wait()
        return web.Response()

    server = await serve(handler)
    try:
        with pytest.raises(Unreachable, match="within"):
            await net(total=0.2).get(server + "/1")
    finally:
        leave.set()


async def test_a_name_server_that_never_answers_costs_the_connect_time(net, names) -> None:
    """A lookup is part of connecting; the system's own patience is minutes."""

    with pytest.raises(Unreachable, match=r"no connection within 0\.05 s"):
        await net(resolver=names(silent_test=None), connect=0.05).get("http://silent.test/")


async def test_a_full_house_is_said_and_not_blamed_on_the_forum(script, net) -> None:
    """It is we who are busy; the forum has done nothing."""
    inside = asyncio.Event()

    async def follow(reader: Reader, writer: Writer) -> None:
        inside.set()
        await reader.read()

    address, client = await script(follow), net(at_once=1)
    held = asyncio.create_task(client.get(address))
    await inside.wait()
    with pytest.raises(Unreachable, match=r"under way"):
        await client.get(address, total=0.05)
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held


# ------------------------------------------------------------------------------------------- broken servers


ANSWERS = {
    "cut before the head": (b"HTTP/1.1 200 OK\r\nContent-", Unreachable),
    "nothing": (b"", Unreachable),
    "cut in the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Unreachable),
    "cut in a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf", Unreachable),
    "broken gzip": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf",
        Unreachable,
    ),
    "broken chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n", Unparsable),
    "not http": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", Unparsable),
    "129 headers": (
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(129)) + b"\r\n",
        Unparsable,
    ),
    "a long header": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", Unparsable),
    "a line in a header": (b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n", Unparsable),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", Unparsable),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_broken_answer_is_one_of_two_errors(name: str, script, net) -> None:
    """Cut off: come again. Not HTTP: say so."""
    sent, error = ANSWERS[name]

    async def follow(reader: Reader, writer: Writer) -> None:
        writer.write(sent)

    with pytest.raises(error) as caught:
        await net().get(await script(follow))
    assert type(caught.value) is error


async def test_what_cannot_be_reached_says_why(serve, net, names) -> None:
    """Refused, unknown and not encrypted are three different calls to three different people."""
    client = net(resolver=names())
    with pytest.raises(Unreachable, match="its name cannot be looked up"):
        await client.get("http://nowhere.test/")
    with socket.socket() as deaf:
        deaf.bind((HOME, 0))
        with pytest.raises(Unreachable, match="connection refused"):
            await client.get(f"http://{HOME}:{deaf.getsockname()[1]}/")
    with pytest.raises(Unreachable, match="no encrypted connection"):
        await client.get((await serve()).replace("http:", "https:"))


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(serve, net, tmp_path) -> None:
    """Whoever stands between us and the forum can make one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOME)])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "server.pem"
    file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server, client = await serve(ssl=context), net()
    with pytest.raises(Unreachable, match="its certificate is not accepted"):
        await client.get(server)
    with pytest.raises(Unreachable, match="its certificate is not accepted"):
        await client.send("POST", server)


async def test_after_closing_nothing_is_asked(net) -> None:
    """A stopping program answers for itself, in words."""
    client = net()
    await client.close()
    with pytest.raises(Unreachable, match="stopping"):
        await client.get(f"http://{HOME}/")


# --------------------------------------------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("way", "moved"),
    [
        ([301], "/1"),
        ([308, 301], "/2"),
        ([302], ""),
        ([301, 307], "/1"),
        ([302, 301], ""),
        ([], ""),
    ],
)
async def test_where_an_address_moved_for_good_is_told(serve, net, way, moved) -> None:
    """As far as every step on the way there was for good: what is behind a temporary one may change."""

    async def handler(request: web.Request) -> web.Response:
        step = int(request.path[1:] or 0)
        if step == len(way):
            return web.Response(text="there")
        return web.Response(status=way[step], headers={"Location": f"/{step + 1}"})

    server, client = await serve(handler), net()
    answer = await client.get(server + "/")
    assert answer.text() == "there"
    assert answer.moved == (server + moved if moved else "")
