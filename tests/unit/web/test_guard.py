"""Who comes in, and what every answer carries."""

from __future__ import annotations

import io

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import SANDBOXED, for_programs
from bot.settings import Web
from bot.web.guard import LARGEST, Guard, authority, foreign
from tests.unit.web.conftest import Serve, chat


async def _said(request: web.Request) -> web.Response:
    form = await request.post()
    return web.Response(text=f"said {form.get('text', '')}")


SAYS = web.post("/say", _said)


def guard(*hosts: str, own: str = "127.0.0.1", port: int = 8080) -> Guard:
    found = Guard(("127.0.0.1", "localhost", "::1", own), hosts)
    found.port = port
    return found


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080", "localhost.:8080"]
)
def test_the_names_of_this_computer_are_answered_to(host: str) -> None:
    """They are what the printed address and a tunnel use."""
    assert guard().answers_to(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example:8080", "127.0.0.1:9000", "127.0.0.1", "127.0.0.1.evil.example:8080", "localhost:8080:1"),
        *(
            "localhost@evil.example:8080",
            "[::1]evil:8080",
            "::1:8080",
            "localhost:port",
            "localhost/:8080",
            "lo calhost",
        ),
    ],
)
def test_any_other_name_is_not_answered_to(host: str) -> None:
    """A name that its owner lets point here would make their page one of ours (DNS rebinding)."""
    assert not guard().answers_to(host)


def test_a_name_of_the_settings_is_good_with_any_port_or_with_the_one_that_stands_there() -> None:
    """Behind a proxy the port that people see is not ours."""
    named = guard("forum.example", "other.example:8443", "[2001:db8::1]", "[2001:db8::2]:99")
    assert named.answers_to("forum.example")
    assert named.answers_to("Forum.Example:444")
    assert named.answers_to("other.example:8443")
    assert not named.answers_to("other.example")
    assert named.answers_to("[2001:db8::1]:5")
    assert named.answers_to("[2001:db8::2]:99")
    assert not named.answers_to("[2001:db8::2]:98")


def test_a_bound_name_is_answered_to_with_its_own_port() -> None:
    """Who lets the server listen on an address of the local network opens that address."""
    assert guard(own="192.168.1.5").answers_to("192.168.1.5:8080")
    assert not guard(own="192.168.1.5").answers_to("192.168.1.6:8080")


@given(st.text(max_size=300))
def test_whatever_stands_in_a_host_header_breaks_nothing(host: str) -> None:
    """It is the first thing that a stranger controls."""
    guard("forum.example").answers_to(host)
    foreign({"Host": host, "Origin": host})
    foreign({"Host": "localhost:8080", "Referer": host})


OURS = {"Host": "localhost:8080"}


@pytest.mark.parametrize(
    "told",
    [
        {"Origin": "http://localhost:8080"},
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Referer": "http://localhost:8080/forum/t/1"},
        {"Sec-Fetch-Site": "none", "Origin": "http://localhost:8080"},
        {"Host": "forum.example", "Origin": "https://forum.example"},
        {"Host": "forum.example", "Origin": "http://forum.example:80"},
        {"Host": "forum.example:8443", "Origin": "https://forum.example:8443"},
    ],
)
def test_a_form_of_ours_is_carried_out(told: dict[str, str]) -> None:
    """Browsers differ in what they tell; a proxy in front may speak https."""
    assert foreign({**OURS, **told}) is None


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:8080.evil.example"},
        {"Origin": "http://evil@localhost:8080"},
        {"Origin": "file://localhost:8080"},
        {"Origin": "http://evil.example", "Referer": "http://localhost:8080/"},
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://evil.example/http://localhost:8080/"},
        {"Referer": "http://[/"},
        {"Host": "[", "Origin": "http://["},
    ],
)
def test_a_form_from_elsewhere_is_not_carried_out(told: dict[str, str]) -> None:
    """Another site could post in the name of whoever looks at it."""
    assert foreign({**OURS, **told}) is not None


def test_an_authority_has_a_name_and_a_port() -> None:
    """Names are compared in one spelling."""
    assert authority("Example.ORG.") == ("example.org", 80)
    assert authority("[::1]:81") == ("::1", 81)
    assert authority("a b") is None


async def test_a_stranger_s_name_gets_a_page_that_says_why(serve: Serve) -> None:
    """Whoever set up a proxy has to learn what to do; a stranger learns no name that would work."""
    site = await serve(settings=Web(port=0, hosts=("secret.example",)))
    status, headers, text = await site.ask("/", headers={"Host": "evil.example"})
    assert status == 421
    assert "does not answer to" in text
    assert "secret.example" not in text
    assert "default-src" in headers["Content-Security-Policy"]


async def test_a_post_without_our_origin_does_not_arrive(serve: Serve) -> None:
    """The check stands before every adapter, so that none can forget it."""
    site = await serve(chat(SAYS))
    status, _, text = await site.ask("/chat/say", "POST", data={"text": "x"}, headers={"Origin": "http://evil.example"})
    assert status == 403
    assert "Nothing was changed" in text
    assert (await site.ask("/chat/say", "POST", data={"text": "x"}))[0] == 403
    assert (await site.send("/chat/say", data={"text": "x"}))[2] == "said x"


@for_programs
async def _called(request: web.Request) -> web.Response:
    return web.Response(text="heard")


async def test_other_programs_are_let_in_where_an_adapter_wants_them_and_under_our_name_alone(serve: Serve) -> None:
    """They have no page to send a form from; whoever takes their calls finds out who they are."""
    site = await serve(chat(SAYS, web.post("/called", _called)), settings=Web(port=0, public="https://bot.example/a"))
    for headers in ({}, {"Origin": "http://evil.example"}, {"Host": "bot.example"}):
        assert (await site.ask("/chat/called", "POST", headers=headers))[2] == "heard"
        assert (await site.ask("/chat/say", "POST", headers=headers))[0] == 403
    assert (await site.ask("/chat/called", "POST", headers={"Host": "evil.example"}))[0] == 421


async def test_more_than_a_mebibyte_is_refused_and_said_so(serve: Serve) -> None:
    """Every size has a bound."""
    site = await serve(chat(SAYS))
    much = io.BytesIO(b"text=" + b"x" * LARGEST)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, text = await site.send("/chat/say", data=much, headers=headers)
    assert status == 413
    assert "1 MiB" in text


async def test_a_stranger_s_file_is_bound_more_strictly_than_a_page(serve: Serve) -> None:
    """Opened by itself, it must not be a page of ours."""

    async def file(request: web.Request) -> web.Response:
        return web.Response(body=b"GIF89a", headers={"Content-Security-Policy": SANDBOXED})

    site = await serve(chat(web.get("/file", file)))
    _, headers, _ = await site.ask("/chat/file")
    assert headers.getall("Content-Security-Policy") == [SANDBOXED]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/static/house.css", "/health", "/metrics", "/nothing", "/chat", "/chat/plain"])
async def test_every_answer_carries_what_keeps_pages_safe(serve: Serve, path: str) -> None:
    """One page without the headers is the one that is attacked."""

    async def plain(request: web.Request) -> web.Response:
        return web.Response(text="x", headers={"Content-Security-Policy": "default-src *"})

    site = await serve(chat(web.get("/plain", plain)))
    _, headers, _ = await site.ask(path)
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'"
    )
    assert headers.getall("Content-Security-Policy") == [headers["Content-Security-Policy"]]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "aiohttp" not in headers["Server"]
