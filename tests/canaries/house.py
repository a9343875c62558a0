"""The whole program over four forums that can be made to say everything back, and a chat in memory; secrets in all."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.lanes import Gate
from bot.listener import Listener
from bot.log import configure
from bot.model import HOUR, ChannelRef, ChatName, Where
from bot.ports import Secret, Serves
from bot.registry import Registry
from bot.settings import Web, load
from bot.store import run
from bot.testing.chats import FakeChat
from bot.testing.clock import NOON, FakeClock
from bot.testing.server import LoopbackSite
from bot.web.reading.pages import ReaderPages
from bot.web.server import WebServer
from tests.canaries import parrots
from tests.canaries.gathering import Canaries, Outputs
from tests.discourse.stand_in import StandIn as Discourse
from tests.flarum.stand_in import StandIn as Flarum
from tests.nodebb.stand_in import StandIn as NodeBB
from tests.phpbb.board import Board

LOUNGE, NOTICES = Where(ChannelRef("lounge")), Where(ChannelRef("notices"))

PATIENCE = 30.0
"""Seconds after which what is not so yet never will be."""

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[community]
notices = "talk:notices"
[chats.talk]
adapter = "talk"
token = '{chat}'
[forums.discourse]
adapter = "discourse"
address = "{discourse}"
username = "threadline"
api_key = '{discourse_key}'
requests = 60000.0
[forums.nodebb]
adapter = "nodebb"
address = "{nodebb}"
token = '{nodebb_token}'
spacing = 0.0
[forums.flarum]
adapter = "flarum"
address = "{flarum}"
token = '{flarum_token}'
user_id = "{flarum_user}"
requests = 600000.0
[forums.phpbb]
adapter = "phpbb"
address = "{phpbb}"
username = "bridge"
password = '{phpbb_password}'
"""


class TalkSettings(msgspec.Struct, frozen=True):
    """Settings of the chat."""

    token: Secret


class Talk:
    """The adapter of a chat in memory, with a token."""

    settings = TalkSettings

    def __init__(self, chat: FakeChat) -> None:
        self._chat = chat

    def open(self, name: ChatName, settings: TalkSettings, context: object) -> FakeChat:
        return self._chat


class Shelf(Registry):
    """The adapters that are installed, and that one."""

    def __init__(self, chat: FakeChat) -> None:
        super().__init__()
        self._talk = Talk(chat)

    def installed(self, kind: str) -> list[str]:
        return [*super().installed(kind), *(["talk"] if kind == "chat" else [])]

    def settings(self, kind: str, name: str) -> type[msgspec.Struct] | None:
        return TalkSettings if name == "talk" else super().settings(kind, name)

    def package(self, kind: str, name: str) -> str:
        return super().package(kind, "web" if name == "talk" else name)

    def _load(self, kind: str, name: str) -> Any:
        return self._talk if name == "talk" else super()._load(kind, name)


class Forums:
    """The four stand-ins, each with its secrets and a thread."""

    def __init__(self, canaries: Canaries) -> None:
        self.clock = FakeClock(NOON)
        self.discourse, self.nodebb, self.flarum, self.phpbb = (
            Discourse(self.clock),
            NodeBB(self.clock),
            Flarum(),
            Board(),
        )
        self.sites: dict[str, LoopbackSite] = {
            "discourse": self.discourse.site,
            "nodebb": self.nodebb.site,
            "flarum": self.flarum.site,
            "phpbb": self.phpbb.site,
        }
        self.ways = {
            "discourse": parrots.every(parrots.discourse),
            "nodebb": parrots.every(parrots.nodebb),
            "flarum": parrots.every(parrots.flarum),
            "phpbb": parrots.every(parrots.discourse),
        }
        self._canaries = canaries
        self.threads: dict[str, str] = {}

    def begin(self) -> dict[str, str]:
        """What stands there, and what the settings say of it."""
        keep = self._canaries.keep
        discourse, nodebb, flarum, phpbb = self.discourse.world, self.nodebb.world, self.flarum.world, self.phpbb
        discourse.category("Talk", "talk", id=7)
        discourse.user("threadline")
        topic = discourse.start(discourse.user("ann"), "Plain talk", "The opening words", 7).topic
        nodebb.category("Talk", 5)
        told = nodebb.start(nodebb.user("ann"), "Plain talk", "The opening words", 5)
        flarum.tag("Computers", "computers", position=0)
        flarum.tag("Talk", "talk", position=0, parent=1)
        flarum.keys.add(keep("Flarum's key", self._canaries.mint("Flarum's key")))
        op = flarum.start(flarum.user("ann"), "Plain talk", "The opening words", 1, 2)
        self.flarum.throttles = False
        board = phpbb.start("Plain talk", "The opening words", "ann")
        phpbb.passwords["bridge"] = self._canaries.mint("phpBB's password", 'over "the" river & {}/+')
        self.threads = {
            "discourse": f"{self.discourse.address}/t/{topic}",
            "nodebb": f"{self.nodebb.address}/topic/{told.tid}",
            "flarum": f"{self.flarum.address}/d/{op.discussion}",
            "phpbb": f"{phpbb.site.address}/viewtopic.php?t={board.id}",
        }
        return {
            "discourse": self.discourse.address,
            "discourse_key": keep("Discourse's key", self.discourse.api_key("threadline")),
            "nodebb": self.nodebb.address,
            "nodebb_token": keep("NodeBB's token", self.nodebb.token("threadline")),
            "flarum": self.flarum.address,
            "flarum_token": self._canaries.kept["Flarum's key"],
            "flarum_user": str(flarum.user("bridge").id),
            "phpbb": phpbb.site.address,
            "phpbb_password": phpbb.passwords["bridge"],
        }

    def answer(self, forum: str, name: str, link: str) -> str:
        """What somebody answers who does as an invitation says; all of it that opens something is a secret."""
        keep = self._canaries.keep
        match forum:
            case "discourse":
                coded = "".join(self.discourse.allow(name, link).split())
                keep(f"{name}'s key of Discourse", next(reversed(self.discourse.user_keys)))
                return keep(f"{name}'s answer of Discourse", coded)
            case "nodebb":
                return keep(f"{name}'s token of NodeBB", self.nodebb.token(name))
            case "flarum":
                user = self.flarum.world.user(name)
                user.password = self._canaries.mint(f"{name}'s password of Flarum", 'a"{}&b/+')
                return f"{name} {user.password}"
            case _:
                self.phpbb.users.setdefault(name, 100 + len(self.phpbb.users))
                self.phpbb.passwords[name] = self._canaries.mint(f"{name}'s password of phpBB", "c'{}&d/+")
                return f"{name} {self.phpbb.passwords[name]}"


class House:
    """The program, and what people say to it."""

    def __init__(self, app: App, chat: FakeChat, forums: Forums, outputs: Outputs, address: str) -> None:
        self.app = app
        self.chat = chat
        self.forums = forums
        self.outputs = outputs
        self.address = address

    async def operator(self, *words: str, group: str = "mirror") -> str:
        """What the command line answers."""
        answer = await self.app.handle({"group": group, "words": list(words)})
        self.outputs.add(f"`{words[0]}`", f"{answer.text}\n{msgspec.json.encode(answer.data).decode()}\n")
        return answer.text

    async def reader(self, name: str, line: str) -> str:
        """What somebody is told to a command that they type."""
        person = self.chat.person(name)
        before = len(self.chat.whispered(person.id))
        self.chat.person(name).command(LOUNGE, f"forum {line}")
        async with asyncio.timeout(PATIENCE):
            while len(self.chat.whispered(person.id)) == before:
                await asyncio.sleep(0.01)
                sender = await self.app.make_sender()
                await sender.drain()
        return self.chat.whispered(person.id)[-1]

    async def connect(self, name: str, forum: str) -> str:
        """Somebody lends their account, as people do it."""
        asked = await self.reader(name, f"connect {forum}")
        self.outputs.add("what people are told", asked)
        link = next((word for word in asked.replace("<", " ").replace(">", " ").split() if "user-api-key" in word), "")
        told = await self.reader(name, f"connect {forum} {self.forums.answer(forum, name, link)}")
        self.outputs.add("what people are told", told)
        return told

    async def works(self) -> None:
        """An hour goes by, in which everything is done that is due."""
        self.forums.clock.advance(HOUR)
        self.forums.flarum.world.now += HOUR // 1000
        self.forums.phpbb.now += HOUR // 1000
        heard = len(self.chat.heard)
        async with asyncio.timeout(PATIENCE):
            while int((await self.rows("SELECT count(*) FROM inbox"))[0][0]) < heard:
                await asyncio.sleep(0.01)
        await self.app.once()

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        return [tuple(row) for row in await self.app.store.read(run, sql)]


@asynccontextmanager
async def house(folder: Path, canaries: Canaries, outputs: Outputs, log: io.StringIO) -> AsyncIterator[House]:
    """All of it, running; every forum's thread is mirrored."""
    forums = Forums(canaries)
    async with AsyncExitStack() as stack:
        for site in forums.sites.values():
            await stack.enter_async_context(site)
        chat = FakeChat(channels=("lounge", "notices"), now=forums.clock.now)
        text = SETTINGS.format(chat=canaries.mint("the chat's token"), **forums.begin())
        file = folder / "threadline.toml"
        file.write_text(text, "utf-8")
        file.chmod(0o600)
        registry = Shelf(chat)
        settings = load(file, {}, registry.settings, registry.installed)
        lines = configure("debug", log)
        app = await stack.enter_async_context(
            opened(Home(folder / "home"), settings, registry, lines, serving=True, clock=forums.clock)
        )
        await app.opening.open_all()
        for one in app.forums.values():
            one.gate = Gate()  # nobody has to wait a second between two readings
        listener = Listener(
            ChatName("talk"), chat, app.store, app.clock, lines, app.callers.carry, lambda: None, app.accounts.hidden
        )
        listening = asyncio.create_task(listener.run())
        serving: list[Serves] = [ReaderPages(app.store, app.clock, app.sessions, app.pages, app.media.of(""), app.wake)]
        web = WebServer(Web(port=0), serving, health=app.health, metrics=app.metrics, log=lines)
        try:
            address = await web.start()
            app._address = address
            made = House(app, chat, forums, outputs, address)
            for link in forums.threads.values():
                answer = await carry_out(app, OPERATOR, "mirror", ["add", link, "--into", "talk:lounge"])
                assert answer.ok, answer.text
            await app.once()
            yield made
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await web.stop()


async def fetched(session: aiohttp.ClientSession, outputs: Outputs, name: str, url: str, method: str = "GET") -> str:
    """A page of ours, with its headers but for the cookie that it gives."""
    async with session.request(method, url, allow_redirects=False) as answer:
        text = await answer.text()
        headers = "\n".join(f"{k}: {v}" for k, v in answer.headers.items() if k != "Set-Cookie")
        outputs.add(name, f"{answer.status}\n{headers}\n{text}")
        return text
