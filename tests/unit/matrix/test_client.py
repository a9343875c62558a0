"""What went wrong with a call, as the error of its reaction."""

import asyncio

import pytest
from aiohttp import web

from adapters.chats.matrix.client import PAUSE, Client, Denied, Rejected, path
from bot.errors import Gone, NotAllowed, OutcomeUnknown, RateLimited, Unparsable, Unreachable
from tests.unit.matrix.conftest import caught, error

WRITE, READ = ("PUT", path("it")), ("GET", path("it"))


@pytest.fixture
async def client(stub):
    client = Client(stub.address)
    yield client
    await client.close()


def test_every_step_of_a_path_is_quoted_whole():
    """Ids and keys hold any sign; a slash in one must not lead elsewhere."""
    assert path("rooms", "!a/../b:c", "send") == "/_matrix/client/v3/rooms/%21a%2F..%2Fb%3Ac/send"


@pytest.mark.parametrize(
    ("answer", "write", "read"),
    [
        (error(401, "M_UNKNOWN_TOKEN"), Rejected, Rejected),
        (error(403, "M_USER_DEACTIVATED"), Rejected, Rejected),
        (error(403, "M_FORBIDDEN"), NotAllowed, NotAllowed),
        (error(404, "M_NOT_FOUND"), Gone, Gone),
        (error(413, "M_TOO_LARGE"), Denied, Denied),
        (error(400, "M_BAD_JSON"), Denied, Denied),
        (error(403, "M_RESOURCE_LIMIT_EXCEEDED"), Unreachable, Unreachable),
        (error(500, "M_UNKNOWN"), OutcomeUnknown, Unreachable),
        (web.Response(status=502, text="<h1>Bad Gateway</h1>", content_type="text/html"), OutcomeUnknown, Unreachable),
        (web.Response(status=404, text="<h1>Not Found</h1>", content_type="text/html"), OutcomeUnknown, Unparsable),
        (web.Response(text="<h1>Welcome</h1>", content_type="text/html"), OutcomeUnknown, Unparsable),
        (web.Response(text="[]"), OutcomeUnknown, Unparsable),
        (web.Response(text="[" * 100_000), OutcomeUnknown, Unparsable),
    ],
)
async def test_a_refusal_is_the_error_of_its_reaction(stub, client, answer, write, read):
    """A page in place of an answer comes from something before the homeserver, which may have done it all the same."""
    for call, kind in ((WRITE, write), (READ, read)):
        stub.says(call[0], "it", answer)
        await caught(kind, client.call(*call))


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", {"retry_after_ms": 99_000}, 7.0),
        (None, {"retry_after_ms": 4638}, 4.638),
        (None, {}, PAUSE),
        ("soon", {"retry_after_ms": "x"}, PAUSE),
        (None, {"retry_after_ms": -1}, PAUSE),
    ],
)
async def test_a_pause_is_read_from_the_header_and_else_from_the_body(stub, client, header, body, seconds):
    """The body's is older, and some that limit us know only the header."""
    answer = error(429, "M_LIMIT_EXCEEDED", **body)
    if header:
        answer.headers["Retry-After"] = header
    stub.says("PUT", "it", answer)
    assert (await caught(RateLimited, client.call(*WRITE))).seconds == seconds


async def test_a_pause_that_a_proxy_asks_for_is_one_too(stub, client):
    """It speaks no Matrix, and nothing was done."""
    stub.says("PUT", "it", web.Response(status=429, text="slow down", headers={"Retry-After": "3"}))
    assert (await caught(RateLimited, client.call(*WRITE))).seconds == 3.0


async def test_whether_the_device_is_kept_is_told(stub, client):
    """By it a new login goes on, or starts anew."""
    stub.says("PUT", "it", error(401, "M_UNKNOWN_TOKEN", soft_logout=True))
    assert (await caught(Rejected, client.call(*WRITE))).soft
    stub.says("PUT", "it", error(401, "M_UNKNOWN_TOKEN"))
    assert not (await caught(Rejected, client.call(*WRITE))).soft


async def test_what_never_left_is_unreachable():
    """Nothing was sent: it is sent later without looking."""
    client = Client("http://127.0.0.1:1")
    for call in (WRITE, READ):
        await caught(Unreachable, client.call(*call))
    await client.close()
    await caught(Unreachable, client.call(*READ))


async def test_a_line_that_breaks_after_a_write_leaves_it_unknown():
    """And after a reading it does not matter."""
    asked = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.read(1)
        asked += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await caught(OutcomeUnknown, client.call(*WRITE))
    await caught(Unreachable, client.call(*READ))
    await client.close()
    server.close()
    await server.wait_closed()
    assert asked >= 2


async def test_no_token_and_no_address_stand_in_an_error(stub, client):
    """Errors go into notices."""
    client.token = "syt_secret"
    stub.says("PUT", "it", error(403, "M_FORBIDDEN"))
    told = str(await caught(NotAllowed, client.call(*WRITE, {"body": "words"})))
    assert "words of its own" in told
    assert "syt_secret" not in told
