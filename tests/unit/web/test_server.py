"""What is mounted where, and how the server starts and stops."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.errors import Gone, SettingsError, Unreachable
from bot.ports import LOOPBACK
from bot.settings import Web
from bot.web.pages import TemplatePages
from bot.web.server import GRACE, WebServer
from tests.unit.web.conftest import Serve, Site, chat, forum


def page(answer: Callable[[web.Request], Any], path: str = "/x") -> web.RouteDef:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=str(answer(request)))

    return web.get(path, handler)


def failing(error: Exception) -> web.RouteDef:
    def fail(request: web.Request) -> None:
        raise error

    return page(fail)


async def test_routes_stand_below_the_prefix(serve: Serve) -> None:
    """Two adapters may both have a page /."""
    site = await serve(forum(page(lambda _: "forum", "/")), chat(page(lambda _: "chat", "/")))
    assert (await site.ask("/forum/"))[2] == "forum"
    assert (await site.ask("/chat/"))[2] == "chat"


async def test_a_mount_point_without_its_slash_leads_to_the_page(serve: Serve) -> None:
    """People type addresses without it."""
    site = await serve(forum(page(lambda _: "forum", "/")))
    status, headers, _ = await site.ask("/forum")
    assert (status, headers["Location"]) == (308, "/forum/")


async def test_an_adapter_asks_for_addresses_below_its_own_mount_point(serve: Serve) -> None:
    """It is opened before anybody knows where it is mounted."""
    pages = TemplatePages()
    asked = page(lambda _: pages.url("/static/x.css"))
    site = await serve(forum(asked), chat(asked))
    assert (await site.ask("/forum/x"))[2] == "/forum/static/x.css"
    assert (await site.ask("/chat/x"))[2] == "/chat/static/x.css"


async def test_an_event_stream_knows_its_mount_point_for_as_long_as_it_lasts(serve: Serve) -> None:
    """Live updates are written long after the request began."""
    pages = TemplatePages()
    go = asyncio.Event()

    async def live(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 1\n")
        await go.wait()
        await response.write(pages.url("/m").encode())
        return response

    site = await serve(chat(web.get("/live", live)))
    async with aiohttp.ClientSession() as session, session.get(f"{site.address}/chat/live") as answer:
        assert await answer.content.readline() == b"retry: 1\n"
        go.set()
        assert await answer.content.read() == b"/chat/m"


def unwell() -> Any:
    raise AssertionError("nobody asked")


def test_two_adapters_cannot_stand_in_the_same_place() -> None:
    """One of them could never be reached, and nobody would be told."""
    with pytest.raises(SettingsError, match="/forum"):
        WebServer(Web(port=0), [forum(), forum()], health=unwell)


async def test_an_adapter_without_routes_takes_no_place(serve: Serve) -> None:
    """There may be thousands of forums, and few of them have pages."""
    site = await serve(forum())
    assert (await site.ask("/forum"))[0] == 404


@pytest.mark.parametrize("taken", ["static", "health", "metrics"])
def test_an_adapter_cannot_take_an_address_of_the_house(taken: str) -> None:
    """A page named health would hide how the program is."""
    part = forum()
    part.prefix = taken
    with pytest.raises(SettingsError, match=taken):
        WebServer(Web(port=0), [part], health=unwell)


def local(request: web.Request) -> bool:
    return bool(request.config_dict.get(LOOPBACK, False))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Web(port=0), True),
        (Web(host="localhost", port=0), True),
        (Web(port=0, hosts=("localhost:9000", "[::1]")), True),
        (Web(host="0.0.0.0", port=0), False),
        (Web(port=0, hosts=("forum.example",)), False),
        (Web(port=0, public="https://bot.example"), False),
    ],
)
async def test_adapters_are_told_whether_only_this_computer_reaches_them(
    serve: Serve, settings: Web, expected: bool
) -> None:
    """What has no login opens on loopback only; a further name means that a proxy publishes the server."""
    site = await serve(chat(page(local)), settings=settings)
    assert (await site.ask("/chat/x"))[2] == str(expected)


async def test_a_name_with_several_addresses_is_served_on_one_port(serve: Serve) -> None:
    """ "localhost" is two addresses; a browser may try either with the port that was printed."""
    site = await serve(settings=Web(host="localhost", port=0))
    assert site.address == f"http://localhost:{site.server.port}"
    assert (await site.ask("/health"))[0] == 200


async def test_a_taken_port_is_named_with_what_to_do(serve: Serve) -> None:
    """It is the first thing that goes wrong on many machines."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} .*THREADLINE_WEB_PORT"):
            await serve(settings=Web(port=port))


async def test_a_host_that_is_not_ours_is_named(serve: Serve) -> None:
    """A mistyped address would else end in a number that only a programmer reads."""
    with pytest.raises(SettingsError, match="no address of this computer"):
        await serve(settings=Web(host="192.0.2.1", port=0))
    with pytest.raises(SettingsError, match="no address of this computer"):
        await serve(settings=Web(host="no such host", port=0))


async def test_stopping_ends_event_streams_at_once(serve: Serve) -> None:
    """They never end by themselves, and a restart must not wait for open pages."""
    ended = asyncio.Event()

    async def live(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        try:
            await response.prepare(request)
            await response.write(b"retry: 1\n\n")
            await asyncio.Event().wait()
        finally:
            ended.set()
        return response

    site = await serve(chat(web.get("/live", live)))
    async with aiohttp.ClientSession() as session:
        answers = [await session.get(f"{site.address}/chat/live") for _ in range(5)]
        for answer in answers:
            assert await answer.content.readline() == b"retry: 1\n"
        async with asyncio.timeout(GRACE):  # not one second of the grace is taken
            await site.server.stop()
        assert ended.is_set()


async def test_stopping_lets_a_request_under_way_finish(serve: Serve) -> None:
    """Somebody's post is half written."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        begun.set()
        await go.wait()
        return web.Response(text="done")

    site = await serve(chat(web.get("/slow", slow)))
    asking = asyncio.create_task(site.ask("/chat/slow"))
    await begun.wait()
    stopping = asyncio.create_task(site.server.stop())
    while True:  # until nobody new gets in
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
        except ConnectionError:
            break
        writer.close()
    go.set()
    assert (await asking)[2] == "done"
    await stopping


async def test_what_an_adapter_refuses_is_shown_in_its_words(serve: Serve) -> None:
    """The text of such an error is meant for people."""
    site = await serve(forum(failing(Gone("There is no thread t9."))), chat(failing(Unreachable("The disk is full."))))
    status, _, text = await site.ask("/forum/x")
    assert (status, "There is no thread t9." in text) == (404, True)
    status, _, text = await site.ask("/chat/x")
    assert (status, "The disk is full." in text) == (503, True)


async def test_a_broken_page_says_so_without_its_inside(serve: Serve) -> None:
    """A traceback helps strangers, not readers; its number finds it in the log."""
    site = await serve(forum(failing(RuntimeError("secret thing"))))
    status, _, text = await site.ask("/forum/x")
    assert status == 500
    assert "secret thing" not in text
    assert "Traceback" not in text
    [(event, values)] = site.log.lines
    assert event == "page failed"
    assert values["fault"] in text
    assert "secret thing" in str(values["exc_info"])


async def test_what_breaks_in_mid_stream_does_not_write_a_second_answer(serve: Serve) -> None:
    """Its bytes would stand in the middle of the first one."""

    async def live(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: 1\n\n")
        raise RuntimeError("broke")

    site = await serve(chat(web.get("/live", live)))
    async with aiohttp.ClientSession() as session, session.get(f"{site.address}/chat/live") as answer:
        assert await answer.content.readuntil(b"\n\n") == b"data: 1\n\n"
        with pytest.raises(aiohttp.ClientError):
            await answer.content.read()
    assert [event for event, _ in site.log.lines] == ["page failed"]


@pytest.mark.parametrize("path", ["/nothing", "/forum/nothing", "/static/nothing.css", "/static/..%2fserver.py"])
async def test_what_is_not_there_is_a_page_of_the_house(serve: Serve, path: str) -> None:
    """A reader who followed an old link finds the way back."""
    status, headers, text = await (await serve(forum())).ask(path)
    assert status == 404
    assert headers["Content-Type"].startswith("text/html")
    assert 'href="/"' in text


async def test_an_address_is_shown_as_text(serve: Serve) -> None:
    """What stands in an address is the sender's."""
    _, _, text = await (await serve()).ask("/<script>alert(1)</script>")
    assert "<script>alert" not in text


async def test_a_method_that_a_page_does_not_take_is_named(serve: Serve) -> None:
    """The answer says what would work (RFC 9110, section 15.5.6)."""
    status, headers, _ = await (await serve()).send("/health")
    assert status == 405
    assert "GET" in headers["Allow"]


async def test_redirects_pass(serve: Serve) -> None:
    """Every form answers with one."""

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPSeeOther("/chat/")

    status, headers, _ = await (await serve(chat(web.post("/x", away)))).send("/chat/x")
    assert (status, headers["Location"]) == (303, "/chat/")


@pytest.mark.parametrize(
    ("name", "kind"), [("house.css", "text/css"), ("frames.js", "javascript"), ("icon.svg", "svg")]
)
async def test_style_and_script_are_served(serve: Serve, name: str, kind: str) -> None:
    """Pages load nothing from elsewhere, so it has to be here, and of the type that a browser insists on."""
    status, headers, text = await (await serve()).ask(f"/static/{name}")
    assert status == 200
    assert kind in headers["Content-Type"]
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")


async def test_health_is_json_with_a_status_that_watchers_understand(serve: Serve) -> None:
    """A watcher looks at the status only; a person at the parts."""
    well = {"ok": True, "parts": {"database": "ok"}}

    async def health() -> dict[str, Any]:
        return well

    site: Site = await serve(health=health)
    assert (await site.ask("/health"))[::2] == (200, '{"ok":true,"parts":{"database":"ok"}}')
    well["ok"] = False
    status, headers, _ = await site.ask("/health")
    assert (status, headers["Content-Type"]) == (503, "application/json")


async def test_metrics_are_the_figures_of_the_moment(serve: Serve) -> None:
    """What was measured before somebody asked is out of date."""
    asked = itertools.count(1)

    async def metrics() -> bytes:
        return b"posts_seen_total %d\n" % next(asked)

    site: Site = await serve(metrics=metrics)
    for number in (1, 2):
        status, headers, text = await site.ask("/metrics")
        assert (status, text) == (200, f"posts_seen_total {number}\n")
        assert headers["Content-Type"].startswith("text/plain")
