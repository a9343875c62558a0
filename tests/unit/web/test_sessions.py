"""Signing in: by a link that works once, for whom it was made, on a press of theirs, until they leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from bot.model import DAY, MINUTE, ChatName
from bot.ports import SIGN_OUT, Pane, for_programs
from bot.redaction import redacted
from bot.settings import Web
from bot.store import open_store, run
from bot.store.communities import ensure_community
from bot.store.persons import ensure_person
from bot.store.sessions import DATA, READER, SESSIONS, issue, shut, sign_in
from bot.testing.clock import FakeClock
from bot.web.pages import TemplatePages
from bot.web.sessions import AT, COOKIE, Sessions
from tests.unit.web.conftest import Serve, Site

TOKEN = "a-token-that-nobody-guesses"


class Reading:
    """Pages behind the sign-in: one that says who reads."""

    prefix = "read"

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def pane(self) -> Pane | None:
        return None

    def routes(self) -> Sequence[web.RouteDef]:
        @for_programs
        async def hook(request: web.Request) -> web.Response:
            return await self._who(request)

        return [
            *self._sessions.routes(),
            web.get("/", self._who),
            web.get("/as/{chat}", self._visitor),
            web.post("/hook", hook),
        ]

    async def _who(self, request: web.Request) -> web.Response:
        who = await self._sessions.who(request)
        return web.json_response(msgspec.to_builtins(who))

    async def _visitor(self, request: web.Request) -> web.Response:
        visitor = await self._sessions.visitor(ChatName(request.match_info["chat"]), request)
        return web.json_response(msgspec.to_builtins(visitor))


class Door:
    """A server with that page, and two people: Ann and Zoe."""

    def __init__(self, tmp_path: Path, serve: Serve) -> None:
        self._path = tmp_path / "threadline.db"
        self._serve = serve
        self.clock = FakeClock()

    async def open(self, public: str = "") -> Door:
        self.store = await open_store(self._path)
        self.community = await self.store.write(ensure_community, "web", "", "Here")
        for name in ("Ann", "Zoe"):
            await self.store.write(ensure_person, "web", name.lower(), name, self.clock.now())
        sessions = Sessions(self.store, self.clock, TemplatePages(), public)
        self.site: Site = await self._serve(Reading(sessions), settings=Web(port=0))
        return self

    async def issue(self, user: str = "ann", token: str = TOKEN, opens: str = READER) -> str:
        await self.store.write(issue, token, opens, "web", user, self.community, self.clock.now())
        return token

    async def enter(self, token: str = TOKEN) -> tuple[int, str]:
        """Press the button: the status, and the cookie that was set."""
        status, headers, _ = await self.site.send(f"/read/in/{token}")
        return status, headers.get("Set-Cookie", "")

    async def who(self, cookie: str) -> Any:
        """Whom a browser with this cookie is taken for."""
        value = cookie.partition(";")[0]
        _, _, text = await self.site.ask("/read/", headers={"Cookie": value} if value else {})
        return msgspec.json.decode(text)

    async def visitor(self, chat: str, cookie: str) -> Any:
        """Who comes to the pages of a chat with this cookie."""
        value = cookie.partition(";")[0]
        _, _, text = await self.site.ask(f"/read/as/{chat}", headers={"Cookie": value} if value else {})
        return msgspec.json.decode(text)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.store.write(run, sql)]


@pytest.fixture
async def door(tmp_path: Path, serve: Serve) -> AsyncIterator[Door]:
    made = await Door(tmp_path, serve).open()
    yield made
    await made.store.close()


async def test_a_link_signs_its_person_in_with_one_press(door: Door) -> None:
    """Who reads is told by the cookie alone, from then on."""
    await door.issue()
    status, headers, text = await door.site.ask(f"/read/in/{TOKEN}")
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert "Sign in as Ann" in text
    assert await door.who("") is None
    status, cookie = await door.enter()
    assert status == 303
    who = await door.who(cookie)
    assert (who["chat"], who["user"], who["name"], who["community"]) == ("web", "ann", "Ann", door.community)
    assert who["sight"] == {"community": door.community, "channel": 0}, "what is private to a channel is not seen"


async def test_looking_at_a_link_uses_nothing_up(door: Door) -> None:
    """Chats fetch the addresses that stand in them, to show what is there."""
    await door.issue()
    for method in ("GET", "HEAD", "GET"):
        status, headers, _ = await door.site.ask(f"/read/in/{TOKEN}", method)
        assert (status, "Set-Cookie" in headers) == (200, False)
    assert (await door.enter())[0] == 303


async def test_a_link_works_once(door: Door) -> None:
    """Whoever finds it later in a history gets nowhere, and learns what to do."""
    await door.issue()
    await door.enter()
    assert await door.enter() == (410, "")
    for ask in (door.site.ask, door.site.send):
        status, headers, text = await ask(f"/read/in/{TOKEN}")
        assert (status, headers["Cache-Control"]) == (410, "no-store")
        assert "forum web" in text
        assert "Ann" not in text


async def test_two_presses_at_once_make_one_session(door: Door) -> None:
    """Two browsers that race are not both let in."""
    await door.issue()
    answers = await asyncio.gather(*(door.enter() for _ in range(8)))
    assert sorted(status for status, _ in answers) == [303] + [410] * 7
    assert await door.rows("SELECT count(*) FROM session") == [(1,)]


async def test_a_link_is_good_for_ten_minutes(door: Door) -> None:
    """Later it may have been seen by others."""
    await door.issue()
    door.clock.advance(10 * MINUTE - 1)
    assert (await door.site.ask(f"/read/in/{TOKEN}"))[0] == 200
    door.clock.advance(1)
    assert (await door.site.ask(f"/read/in/{TOKEN}"))[0] == 410
    assert await door.enter() == (410, "")


async def test_a_new_link_takes_the_place_of_the_one_before(door: Door) -> None:
    """Who asks again, because somebody looked over their shoulder, is safe."""
    await door.issue(token="before")
    await door.issue(token="after")
    assert await door.enter("before") == (410, "")
    assert (await door.enter("after"))[0] == 303


async def test_a_link_is_one_persons_own(door: Door) -> None:
    """Each opens what is its own; what is made up opens nothing."""
    await door.issue("ann", "of ann")
    await door.issue("zoe", "of zoe")
    for token, name in (("of zoe", "Zoe"), ("of ann", "Ann")):
        _, cookie = await door.enter(token)
        assert (await door.who(cookie))["name"] == name
    assert await door.enter("made up") == (410, "")
    assert await door.who(f"{COOKIE}=made-up") is None


async def test_a_link_opens_what_it_was_made_for_and_nothing_else(door: Door) -> None:
    """Of two kinds, neither is good for the other."""
    await door.issue(token="data", opens=DATA)
    assert await door.enter("data") == (410, "")
    await door.issue(token="reader", opens=READER)
    assert (await door.site.send("/read/mydata/reader"))[0] == 410
    assert (await door.enter("reader"))[0] == 303


async def test_the_file_of_ones_data_is_given_once(door: Door) -> None:
    """It is the largest secret of all."""
    await door.issue(token="data", opens=DATA)
    status, _, text = await door.site.ask("/read/mydata/data")
    assert (status, "Ann" in text) == (200, True)
    status, headers, text = await door.site.send("/read/mydata/data")
    assert (status, headers.get("Set-Cookie")) == (200, None)
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Cache-Control"] == "no-store"
    assert "Zoe" not in text
    assert msgspec.json.decode(text)["logins"][0]["name"] == "Ann"
    assert (await door.site.send("/read/mydata/data"))[0] == 410


async def test_a_press_from_another_site_signs_nobody_in(door: Door) -> None:
    """The guard at the door of all pages sees to it: no page carries a token against forged forms besides."""
    await door.issue()
    for headers in ({"Origin": "https://evil.example"}, {}, {"Sec-Fetch-Site": "cross-site"}):
        status, _, _ = await door.site.ask(f"/read/in/{TOKEN}", "POST", headers=headers)
        assert status == 403
    assert (await door.enter())[0] == 303
    status, cookie = await door.enter(await door.issue())
    out = await door.site.ask("/read/out", "POST", headers={"Origin": "https://evil.example", "Cookie": cookie})
    assert (status, out[0]) == (303, 403)
    assert await door.who(cookie) is not None


async def test_the_cookie_is_for_our_pages_and_no_script_reads_it(door: Door) -> None:
    """It says in the chat on our pages, too, who somebody is."""
    await door.issue()
    _, cookie = await door.enter()
    told = {part.strip() for part in cookie.split(";")}
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= told
    assert "Secure" not in told, "on this computer, pages are read without https"


async def test_who_signed_in_is_the_same_in_the_chat_on_our_pages(door: Door) -> None:
    """With a login of another chat: one of that very chat is a name that anybody can take at its door."""
    _, cookie = await door.enter(await door.issue())
    assert await door.visitor("lounge", cookie) == {"id": "web:ann", "name": "Ann", "chat": "web"}
    assert await door.visitor("web", cookie) is None
    rows = await door.rows("SELECT chat, user_id, name, of_chat, of_user FROM identity WHERE person=1 ORDER BY chat")
    assert rows == [("lounge", "web:ann", "Ann", "web", "ann"), ("web", "ann", "Ann", "", "")]
    await door.site.send("/read/out", headers={"Cookie": cookie.partition(";")[0]})
    assert await door.visitor("lounge", cookie) is None
    assert await door.visitor("lounge", "") is None


async def test_where_programs_send_things_nobody_is_known(door: Door) -> None:
    """It is not looked at who made a browser send something there."""
    _, cookie = await door.enter(await door.issue())
    status, _, text = await door.site.ask("/read/hook", "POST", headers={"Cookie": cookie.partition(";")[0]})
    assert (status, msgspec.json.decode(text)) == (200, None)


def test_a_chat_knows_where_the_way_out_is() -> None:
    """Its pages have the button, too."""
    assert f"{AT}/out" == SIGN_OUT


async def test_under_an_https_address_the_cookie_goes_nowhere_else(tmp_path: Path, serve: Serve) -> None:
    """One request without https would show it to the whole network."""
    door = await Door(tmp_path, serve).open("https://forum.example")
    await door.issue()
    _, cookie = await door.enter()
    assert "Secure" in cookie
    await door.store.close()


async def test_a_browser_stays_signed_in_while_it_is_used(door: Door) -> None:
    """Ninety days from the last time on."""
    await door.issue()
    _, cookie = await door.enter()
    for _ in range(4):
        door.clock.advance(60 * DAY)
        assert await door.who(cookie) is not None
    door.clock.advance(90 * DAY)
    assert await door.who(cookie) is None


async def test_who_signs_out_is_out_on_the_server_too(door: Door) -> None:
    """A copy of the cookie is worth nothing then; other browsers of theirs stay."""
    _, here = await door.enter(await door.issue())
    _, there = await door.enter(await door.issue())
    status, headers, text = await door.site.send("/read/out", headers={"Cookie": here.partition(";")[0]})
    assert (status, "signed out" in text) == (200, True)
    assert "Max-Age=0" in headers["Set-Cookie"]
    assert await door.who(here) is None
    assert await door.who(there) is not None
    assert (await door.site.send("/read/out"))[0] == 200, "twice does no harm"


async def test_what_is_shut_is_open_nowhere(door: Door) -> None:
    """A login that is forgotten, or somebody else's from now on, opens nothing: of others, all stays."""
    _, ann = await door.enter(await door.issue("ann"))
    _, zoe = await door.enter(await door.issue("zoe"))
    await door.issue("ann", "one more")
    await door.store.write(shut, "web", "ann")
    assert await door.who(ann) is None
    assert await door.enter("one more") == (410, "")
    assert await door.who(zoe) is not None


async def test_a_login_that_is_forgotten_reads_nothing(door: Door) -> None:
    """Who somebody is, is asked anew each time."""
    _, cookie = await door.enter(await door.issue())
    await door.rows("DELETE FROM identity WHERE user_id='ann'")
    assert await door.who(cookie) is None


async def test_browsers_of_one_login_have_a_bound(door: Door) -> None:
    """The oldest leaves: every size has one."""
    for number in range(SESSIONS + 1):
        await door.store.write(sign_in, "web", "ann", door.community, f"s{number}", door.clock.now())
    assert await door.who(f"{COOKIE}=s0") is None
    assert await door.who(f"{COOKIE}=s1") is not None
    assert await door.who(f"{COOKIE}=s{SESSIONS}") is not None


async def test_no_token_stands_in_the_database_or_in_the_log(door: Door) -> None:
    """Whoever copies the file, or reads the log, signs in as nobody."""
    _, cookie = await door.enter(await door.issue())
    await door.issue(token="still-open-and-unused")
    value = cookie.partition(";")[0].partition("=")[2]
    kept = str([await door.rows(f"SELECT * FROM {table}") for table in ("ticket", "session")])
    assert not [one for one in (TOKEN, value, "still-open-and-unused") if one in kept]
    await door.rows("DROP TABLE session")
    assert (await door.enter("still-open-and-unused"))[0] >= 500
    assert "still-open-and-unused" not in redacted(str(door.site.log.lines)), "as all that is logged passes it"
