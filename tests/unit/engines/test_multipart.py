"""A form with a file, as a server's own reader takes it apart."""

import aiohttp
import pytest
from aiohttp import web

from adapters.engines.multipart import File, multipart
from bot.testing.server import LoopbackSite

FIELDS = (("type", "composer"), ("word", "Grüße"))


@pytest.mark.parametrize("name", ["cat.png", 'a "b".png', "Grüße 💥.txt", "a\r\nX: y", "a\x00b", "%22", "\ud800"])
@pytest.mark.parametrize("content", [b"", b"\r\n--", bytes(range(256)) * 10, b"----threadline" * 20])
async def test_what_goes_in_comes_out(name: str, content: bytes) -> None:
    """Whatever stands in a name or in a file, it ends nothing and begins nothing."""
    seen: list[tuple[list[tuple[str, str]], str, bytes, str]] = []

    async def taken(request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        words = [(key, value) for key, value in form.items() if isinstance(value, str)]
        seen.append((words, file.filename, file.file.read(), file.content_type))
        return web.Response()

    body, kind = multipart(FIELDS, File("file", name, "image/png", content))
    site = LoopbackSite([web.post("/", taken)])
    async with site, aiohttp.ClientSession(headers={"Content-Type": kind}) as session:
        answer = await session.post(site.address, data=body)
        assert answer.status == 200
    [(words, told, held, what)] = seen
    assert words == list(FIELDS)
    assert held == content
    assert what == "image/png"
    assert "\n" not in told


@pytest.mark.parametrize("kind", ["", "x", "image/png\r\nX: y", "a/b; c=d"])
def test_a_kind_that_is_none_is_any_file(kind: str) -> None:
    """It comes from whoever put the file on a message."""
    assert b"Content-Type: application/octet-stream\r\n" in multipart((), File("f", "a", kind, b""))[0]
