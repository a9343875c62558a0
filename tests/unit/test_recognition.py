"""Whose an address is: told by its form, else by the page that stands there, which is read once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp import web

from bot.app import App, opened
from bot.checks import taken_for
from bot.commands import carry_out
from bot.errors import NotFound
from bot.home import Home
from bot.model import Answer, Caller, ChatName, ForumName, Target, TargetKind
from bot.net import Net
from bot.ports import Match
from bot.recognition import page_of, recognised
from bot.registry import Registry
from bot.settings import Configured, Settings, Web, load
from bot.settings import Net as NetSettings
from bot.setups import Answers, ask_all, set_up
from bot.store import run
from bot.testing.chats import FakeChat
from bot.testing.faults import Line
from bot.testing.forums import FakeForum
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite

OPERATOR = Caller(ChatName(""), 0, "the operator", operator=True)
ADMIN = Caller(ChatName("talk"), 1, "Ada", admin=True)


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the engines of these tests can be told."""

    address: str = ""


class Board(FakeForum):
    """A forum of one board, which has whatever address it is asked for, but for those of another host."""

    def __init__(self, settings: Told, public: bool) -> None:
        super().__init__()
        self.settings = settings
        self.public = public
        self.located: list[str] = []

    async def locate(self, address: str) -> Target:
        self.located.append(address)
        return Target(TargetKind.BOARD, self.board, "The secret garden", public=self.public)


class Engine:
    """An engine that knows its pages by a sign, and some addresses by their form."""

    settings = Told

    def __init__(self, name: str, sign: bytes, form: str = "", certainty: float = 0.6) -> None:
        self.name = name
        self.looked_for = f"“{sign.decode()}”"
        self.public = True
        self.elsewhere = ""
        self.made: list[Board] = []
        self._sign = sign
        self._form = form
        self._certainty = certainty

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        settings: dict[str, object] = {"address": self.elsewhere or f"{parts.scheme}://{parts.netloc}"}
        host = ForumName(parts.netloc.replace(":", "-"))
        if page is not None and self._sign in page:
            return Match(0.95, host, f"{self.name} 3.1: the page says so", settings)
        if self._form and self._form in address:
            return Match(self._certainty, host, f"the address has the form of {self.name}", settings)
        return None

    def open(self, name: str, settings: Told, context: object) -> Board:
        self.made.append(Board(settings, self.public))
        return self.made[-1]


class Shelf(Registry):
    """The engines of these tests, and a chat."""

    def __init__(self, *engines: Engine) -> None:
        super().__init__([])
        self.engines = {engine.name: engine for engine in engines}

    def installed(self, kind: str) -> list[str]:
        return sorted(self.engines) if kind == "forum" else ["talk"]

    def settings(self, kind: str, name: str) -> type[msgspec.Struct] | None:
        return Told

    def _load(self, kind: str, name: str) -> Any:
        if kind == "chat":
            return SimpleNamespace(name="talk", settings=Told, open=lambda *args: FakeChat())
        return self.engines[name]


class Site:
    """A web site, with what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.server = LoopbackSite([web.get("/{path:.*}", self._page)])

    async def _page(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path == "/old":
            raise web.HTTPMovedPermanently("/new/t/7")
        return web.Response(text='<meta name="generator" content="Alpha 3.1">', status=self.status)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    async with made.server:
        yield made


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    made = Net(allow=["127.0.0.1"])
    yield made
    await made.close()


@pytest.fixture
def alpha() -> Engine:
    return Engine("alpha", b'"Alpha')


@pytest.fixture
def shelf(alpha: Engine) -> Shelf:
    return Shelf(alpha, Engine("beta", b'"Beta', "/t/"), Engine("gamma", b'"Gamma', "/gamma/", 1.0))


async def test_a_page_tells_its_engine_where_the_address_does_not(shelf, site, net):
    """A pasted link is enough, whatever it looks like."""
    found = await recognised(shelf, net, f"{site.server.address}/anything")
    assert (found.adapter.name, found.match.why) == ("alpha", "alpha 3.1: the page says so")


async def test_a_page_goes_before_a_form_that_several_engines_share(shelf, site, net):
    assert (await recognised(shelf, net, f"{site.server.address}/t/7")).adapter.name == "alpha"


async def test_a_form_that_says_enough_asks_nobody(shelf, site, net):
    assert (await recognised(shelf, net, f"{site.server.address}/gamma/7")).adapter.name == "gamma"
    assert site.asked == []


async def test_an_address_is_where_it_leads(shelf, site, net):
    """A site that moved is kept under the address that it has now."""
    found = await recognised(shelf, net, f"{site.server.address}/old")
    assert found.address == f"{site.server.address}/new/t/7"
    unmoved = f"{site.server.address}/t/7#post-3"
    assert (await recognised(shelf, net, unmoved)).address == unmoved


@pytest.mark.parametrize("state", [Line.CUT, Line.DEAF])
async def test_what_cannot_be_read_is_whose_its_form_says(shelf, site, net, state):
    await site.server.line(state)
    assert (await recognised(shelf, net, f"{site.server.address}/t/7")).adapter.name == "beta"
    with pytest.raises(NotFound, match=r"no installed forum adapter knows .*/x; .*its page cannot be read"):
        await recognised(shelf, net, f"{site.server.address}/x")


async def test_a_page_of_an_error_tells_its_engine_all_the_same(shelf, site, net):
    """A forum that lets members in alone answers 403, in its own dress."""
    site.status = 403
    assert (await recognised(shelf, net, f"{site.server.address}/x")).adapter.name == "alpha"


async def test_an_engine_that_nobody_knows_is_told_with_what_was_looked_for(site, net):
    shelf = Shelf(Engine("beta", b'"Beta'))
    with pytest.raises(NotFound, match=r"the page answers 200.*looked for beta: “.Beta”"):
        await recognised(shelf, net, f"{site.server.address}/x")


async def test_no_private_address_is_asked(shelf, site):
    """Law 10: whoever may give a command could look into the operator's own network."""
    net = Net()
    with pytest.raises(NotFound, match="its page cannot be read"):
        await recognised(shelf, net, f"{site.server.address}/x")
    await net.close()
    assert site.asked == []


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://talk.example.org/t/1#p", "https://talk.example.org/t/1#p"),
        ("talk.example.org", "https://talk.example.org"),
        ("http://localhost:1/x", "http://localhost:1/x"),
        ("localhost", ""),
        ("sandbox:b1", ""),
        ("ftp://talk.example.org/", ""),
        ("http://[", ""),
        ("some words", ""),
        ("", ""),
    ],
)
def test_only_web_pages_are_asked_for(address, page):
    assert page_of(address) == page


async def test_check_says_which_engine_and_why(shelf, site):
    settings = Settings(net=NetSettings(allow=("127.0.0.1",)))
    finding = await taken_for(shelf, settings, f"{site.server.address}/anything")
    assert (finding.level, finding.text) == ("ok", "alpha (alpha 3.1: the page says so)")


# ------------------------------------------------------------------------------------------------------------- commands

Start = Callable[..., AbstractAsyncContextManager[App]]


@pytest.fixture
def start(tmp_path: Path, shelf: Shelf) -> Start:
    """The program on one home, with these forums in its settings, by name and address."""

    def started(**forums: str) -> AbstractAsyncContextManager[App]:
        settings = Settings(
            web=Web(port=0),
            net=NetSettings(allow=("127.0.0.1",)),
            forums={name: Configured("alpha", Told(address)) for name, address in forums.items()},
            chats={"talk": Configured("talk", Told())},
        )
        return opened(Home(tmp_path / "home"), settings, shelf, RecordingLog())

    return started


async def mirror(app: App, address: str, *words: str, caller: Caller = OPERATOR) -> Answer:
    into = () if caller.where is not None else ("--into", "talk:lounge")
    return await carry_out(app, caller, "mirror", ["add", address, *into, *words])


async def test_a_mirror_keeps_what_was_recognised(start, site, alpha):
    """The forum's name, its adapter and its settings: the page is not asked for a second time."""
    name = f"127.0.0.1-{urlsplit(site.server.address).port}"
    async with start() as app:
        assert (await mirror(app, f"{site.server.address}/old")).ok
        assert alpha.made[-1].located == [f"{site.server.address}/new/t/7"]
        kept = await app.store.read(run, "SELECT name, adapter, settings FROM forum")
        assert kept == [(name, "alpha", f'{{"address":"{site.server.address}"}}')]
        asked = list(site.asked)
        assert (await mirror(app, f"{site.server.address}/another")).ok
        assert site.asked == asked, "the forum is known"
    async with start() as app:
        assert (await app.sought(f"{site.server.address}/third")).opened.name == name
        assert site.asked == asked, "it is known after a restart too"


async def test_an_address_of_a_configured_forum_is_not_asked_for(start, site):
    async with start(ours=site.server.address) as app:
        assert (await app.sought(f"{site.server.address}/t/7")).opened.name == "ours"
        assert site.asked == []


async def test_a_page_that_leads_to_a_configured_forum_elsewhere_is_that_one_s(start, site, alpha):
    """Comments are kept by a server of another host than the pages are of: a second login would read them twice."""
    alpha.elsewhere = "https://comments.example"
    async with start(ours="https://comments.example/", other="https://comments.example/other") as app:
        assert (await app.sought(f"{site.server.address}/anything")).opened.name == "ours"


async def test_a_form_that_is_surer_than_a_known_forums_own_is_looked_at(start, site, shelf):
    """A feed of a site was mirrored first; its threads are read by the engine that knows them, under another name."""
    feed = Engine("feed", b"<rss", "rss", 0.3)
    shelf.engines = {"feed": feed, "beta": shelf.engines["beta"]}
    async with start() as app:
        assert (await mirror(app, f"{site.server.address}/rss")).ok
        shelf.engines["alpha"] = Engine("alpha", b'"Alpha', "rss", 0.4)
        assert (await mirror(app, f"{site.server.address}/rss/t/7")).ok
        names = [name for (name,) in await app.store.read(run, "SELECT name FROM forum ORDER BY id")]
        assert names == [names[0], f"{names[0]}-alpha"]


async def test_readers_words_let_no_page_be_read(start, site):
    """Whatever somebody asks about, no address is asked for at their word."""
    async with start() as app:
        await carry_out(app, OPERATOR, "mirror", ["why", f"{site.server.address}/anything"])
        reader = Caller(ChatName("talk"), 1, "Ray")
        await carry_out(app, reader, "forum", ["boards", f"{site.server.address}/anything"])
        assert site.asked == []


# --------------------------------------------------------------------------------------- what guests cannot read


@pytest.fixture
def hidden(alpha: Engine) -> Engine:
    alpha.public = False
    return alpha


async def test_what_guests_cannot_read_is_mirrored_only_when_that_is_meant(start, site, hidden):
    """With our login it is shown to whoever reads the channel."""
    async with start() as app:
        refused = await mirror(app, f"{site.server.address}/x")
        assert not refused.ok
        assert "guests of" in refused.text
        assert "The secret garden" in refused.text
        assert "`--private show`" in refused.text
        assert await app.store.read(run, "SELECT 1 FROM mirror") == []
        assert (await mirror(app, f"{site.server.address}/x", "--private", "show")).ok
        audited = [what for (what,) in await app.store.read(run, "SELECT what FROM audit ORDER BY id")]
        assert "mirror 1 shows what guests cannot read" in audited


async def test_setup_mirrors_nothing_that_guests_cannot_read(tmp_path, site, shelf, hidden):
    """It is set up, and said what mirrors it."""
    answers = Answers(f"{site.server.address}/x", "talk", "lounge", "notices")
    reach = {"THREADLINE_NET_ALLOW": "127.0.0.1"}
    wanted = await asyncio.to_thread(ask_all, tmp_path / "home", None, answers, reach, shelf)
    said = await set_up(Home(tmp_path / "home"), wanted, reach, shelf)
    assert said.startswith("The secret garden is set up, and not mirrored yet, for guests cannot read it")
    assert f"`threadline mirror {site.server.address}/x --into talk:lounge --private show`" in said
    settings = load(wanted.file, reach, shelf.settings, shelf.installed)
    assert [one.values for one in settings.forums.values()] == [Told(site.server.address)]


async def test_a_community_cannot_have_what_the_operators_login_reads(start, site, hidden):
    """Law 12: it is not told what it is called either."""
    async with start() as app:
        answer = await mirror(app, f"{site.server.address}/x", "--private", "show", caller=ADMIN)
        assert (answer.ok, answer.data["error"]) == (False, "Forbidden")
        assert "garden" not in answer.text
        assert await app.store.read(run, "SELECT 1 FROM mirror") == []
