"""`check`: every forum, chat and mirror is really tried, and every finding is told, whatever else is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from adapters.chats.web.chat import WebChat
from bot.app import opened
from bot.checks import check
from bot.errors import Unreachable
from bot.home import Home
from bot.ports import Observation
from bot.reaching import Finding
from bot.registry import Registry
from bot.settings import load
from bot.testing.faults import Line
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite

DATA = Path(__file__).parents[1] / "data" / "democratic_underground"


async def shown(request: web.Request) -> web.Response:
    """The site: a start page, one board, one thread."""
    if request.path == "/10331234567":
        return web.Response(text=(DATA / "thread.html").read_text("utf-8"), content_type="text/html")
    if request.query.get("id", "1033") == "1033":
        return web.Response(text=(DATA / "board.html").read_text("utf-8"), content_type="text/html")
    return web.Response(status=404)


@pytest.fixture
async def site() -> AsyncIterator[LoopbackSite]:
    async with LoopbackSite([web.get("/{path:.*}", shown)]) as site:
        yield site


def du(name: str, address: str) -> str:
    return f'[forums.{name}]\nadapter = "democratic_underground"\naddress = "{address}"\n'


def near(*addresses: str) -> str:
    """What lets the program reach these addresses though they are private."""
    return f"[net]\nallow = {[address.removeprefix('http://') for address in addresses]}\n"


CHAT = '[chats.web]\nadapter = "web"\n'
NOBODY = "http://127.0.0.1:1"
Check = Callable[[str], Awaitable[dict[str, Finding]]]


@pytest.fixture
def checked(tmp_path: Path) -> Check:
    """What `check` finds with some settings, by what it is about."""

    async def found(text: str) -> dict[str, Finding]:
        file = tmp_path / "t.toml"
        file.write_text(text, "utf-8")
        findings = await check(tmp_path / "home", file, {"PORT": "0"}, Registry())
        assert len({finding.about for finding in findings}) == len(findings)
        return {finding.about: finding for finding in findings}

    return found


async def mirrored(tmp_path: Path, text: str, *words: str) -> None:
    """Make a mirror in the database."""
    file, registry = tmp_path / "t.toml", Registry()
    file.write_text(text, "utf-8")
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog()) as app:
        answer = await app.handle({"group": "mirror", "words": ["add", *words, "--into", "web:lounge"]})
        assert answer.ok, answer.text


async def test_a_configured_forum_is_asked_even_if_nothing_is_mirrored_from_it(checked: Check, site) -> None:
    """A wrong address would be found out by the first mirror, long after everything was said to be ok."""
    found = await checked(du("du", NOBODY) + CHAT + near(NOBODY))
    assert (found["forum du"].level, found["database"].level) == ("bad", "ok")
    assert "127.0.0.1:1/ cannot be reached: connection refused" in found["forum du"].text
    found = await checked(du("du", site.address) + CHAT + near(site.address))
    assert found["forum du"] == Finding("ok", "forum du", f"{site.address} answers")


async def test_what_may_not_be_reached_says_how_it_may(checked: Check, site) -> None:
    """The operator's own address is no exception from the rules of the network: it is allowed by name."""
    found, host = await checked(du("du", site.address) + CHAT), site.address.removeprefix("http://")
    assert found["forum du"].bad
    assert f'[net] allow = ["{host}"]' in found["forum du"].text


async def test_whatever_is_mirrored_is_read(checked: Check, site, tmp_path: Path) -> None:
    """It was readable once; whether it still is, only a reading tells."""
    text = du("du", site.address) + CHAT + near(site.address)
    await mirrored(tmp_path, text, f"{site.address}/?com=forum&id=1033")
    await mirrored(tmp_path, text, f"{site.address}/10331234567")
    found = await checked(text)
    assert found["forum du"].text == "2 of 2 mirrored boards and threads could be read"
    assert [found[f"mirror {number}"].level for number in (1, 2)] == ["ok", "ok"]
    assert found["mirror 1"].text.endswith("(du) → web:lounge")
    await site.line(Line.CUT)
    found = await checked(text)
    assert [found[about].level for about in ("forum du", "mirror 1", "mirror 2")] == ["bad", "bad", "note"]
    assert "cannot be reached" in found["mirror 1"].text
    assert found["mirror 2"].text.startswith("not tried, for du does not answer")


async def test_a_mirror_of_the_settings_is_read(checked: Check, site) -> None:
    """A board that is not there any more would stay an empty channel."""
    mirror = '[[mirrors]]\naddress = "{}"\ninto = "web:lounge"\n'
    text = du("du", site.address) + CHAT + near(site.address)
    good, bad = f"{site.address}/?com=forum&id=1033", f"{site.address}/?com=forum&id=1777"
    found = await checked(text + mirror.format(good) + mirror.format(bad) + mirror.format("ftp://nobody.example/"))
    assert found[f"mirror {good}"].level == "ok"
    assert "404" in found[f"mirror {bad}"].text
    assert found[f"mirror {bad}"].bad
    assert "no installed forum adapter knows" in found["mirror ftp://nobody.example/"].text
    assert found["forum du"].text == "1 of 2 mirrored boards and threads could be read"


async def test_where_nobody_hears_of_what_fails_that_is_a_finding(checked: Check, site, tmp_path: Path) -> None:
    """Law 11: a mirror of the settings or of the command line has no maker whom a chat knows."""
    text = du("du", site.address) + CHAT + near(site.address)
    assert not [about for about in await checked(text) if about.startswith("notices")]
    configured = text + f'[[mirrors]]\naddress = "{site.address}/?com=forum&id=1033"\ninto = "web:lounge"\n'
    assert "notices = " in (await checked(configured))["notices for web"].text
    await mirrored(tmp_path, text, f"{site.address}/10331234567")
    assert (await checked(text))["notices for web"].level == "note"
    assert "notices for web" not in await checked(configured + '[community]\nnotices = "web:notices"\n')


async def test_forums_are_asked_side_by_side(checked: Check) -> None:
    """One that hangs must not cost the time of all others; here each answers once the other was asked."""
    asked: set[str] = set()
    both = asyncio.Event()

    async def together(request: web.Request) -> web.Response:
        asked.add(request.host)
        if len(asked) == 2:
            both.set()
        await both.wait()
        return web.Response(text="here")

    sites = [LoopbackSite([web.get("/", together)]) for _ in range(2)]
    try:
        for site in sites:
            await site.start()
        text = "".join(du(f"du{number}", site.address) for number, site in enumerate(sites))
        found = await checked(text + CHAT + near(*(site.address for site in sites)))
    finally:
        for site in sites:
            await site.close()
    assert [found[f"forum du{number}"].level for number in range(2)] == ["ok", "ok"]


async def test_a_chat_is_asked_too(checked: Check, tmp_path: Path) -> None:
    """The web chat's file may be damaged: then the program takes no message."""
    assert (await checked(CHAT))["chat web"] == Finding("ok", "chat web", "channels: 1, messages: 0")
    journal = tmp_path / "home" / "chats" / "web" / "chat.jsonl"
    journal.write_text("this is no entry\n[]\n")
    found = (await checked(CHAT))["chat web"]
    assert found.bad
    assert f"Line 1 of {journal} is damaged" in found.text


async def test_a_chat_that_can_look_more_closely_is_asked_what_it_sees(tmp_path: Path, monkeypatch) -> None:
    """Every finding says what to do; where it cannot be had, what answered stands all the same."""
    seen: list[Observation] = [Observation("ok", "2 rooms"), Observation("bad", "a room that may not be written into")]

    async def examine(self) -> tuple[Observation, ...]:
        if not seen:
            raise Unreachable("nobody answers")
        return tuple(seen)

    monkeypatch.setattr(WebChat, "examine", examine, raising=False)

    async def levels() -> list[tuple[str, str]]:
        file = tmp_path / "threadline.toml"
        file.write_text(CHAT)
        findings = await check(tmp_path / "home", file, {}, Registry())
        return [(one.level, one.text) for one in findings if one.about == "chat web"]

    assert await levels() == [
        ("ok", "channels: 1, messages: 0"),
        ("ok", "2 rooms"),
        ("bad", "a room that may not be written into"),
    ]
    seen.clear()
    assert (await levels())[1] == ("note", "could not be looked at more closely: nobody answers")


async def test_a_home_that_cannot_be_used_is_one_finding_among_the_others(tmp_path: Path) -> None:
    """Who has two mistakes must not be told of one at a time."""
    (tmp_path / "file").touch()
    findings = await check(tmp_path / "file" / "home", None, {}, Registry())
    assert {"python", "packages", "disk", "settings"} <= {finding.about for finding in findings}
    [home] = [finding for finding in findings if finding.about == "home"]
    assert home.bad
    assert "name another with --home" in home.text


async def test_a_setting_that_an_adapter_refuses_is_a_finding(checked: Check, site) -> None:
    """The adapter looks at it when it is opened; the other forums are tried all the same."""
    wrong = du("wrong", "https://www.democraticunderground.com") + 'timezone = "Amrica/New_York"\n'
    found = await checked(wrong + du("du", site.address) + CHAT + near(site.address))
    assert "did you mean 'America/New_York'?" in found["forum wrong"].text
    assert found["forum du"].level == "ok"
