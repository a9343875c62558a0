"""The composition root: what is built from what, what runs beside what, and how it stops."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import msgspec

from bot import errors, previews
from bot.accounts import Accounts
from bot.arrangement import Arrangement
from bot.clock import Clock, SystemClock
from bot.commands import Callers, carry_out
from bot.commands.groups import mirror_all
from bot.commands.mirrors import order
from bot.confiding import Confiding
from bot.control import ControlServer
from bot.courier import Courier
from bot.examining import examined
from bot.home import Home
from bot.housekeeping import Housekeeping
from bot.indexer import Indexer
from bot.lanes import OpenForum, Sought, own_all
from bot.listener import Listener
from bot.media.cache import Cache, Held
from bot.media.library import Library
from bot.media.renewal import Renewal
from bot.metrics import Metrics
from bot.model import Answer, Caller, ChatName, Target, TargetKind, ThreadPage
from bot.net import Net
from bot.opening import Opening
from bot.options import given
from bot.poller import Poller
from bot.ports import Chat, Examines, Log, Remarks, Serves
from bot.positions import Positions
from bot.redaction import words_of
from bot.registry import Registry
from bot.rounds import rounds
from bot.schedule import Schedule
from bot.sender import Sender, World
from bot.settings import Settings
from bot.store import Store, open_store
from bot.store.places import installation
from bot.store.report import deliveries, status
from bot.store.unit import touch
from bot.syncing import Syncing
from bot.texts import speak
from bot.web.pages import TemplatePages
from bot.web.reading.pages import ReaderPages
from bot.web.server import WebServer
from bot.web.sessions import Sessions

DRAIN = 5.0
"""Seconds that what is in flight has at shutdown before it is left to the next start's recovery: a service manager that
waits for ten sees the end."""

TICK = 30.0
"""Seconds between two looks at everything, in case a wake was lost."""

ARRANGE = 60.0
"""Seconds until a mirror of the settings that could not be made is tried again."""

WATCH = 0.2
"""Seconds between two looks at how far a run with `--once` is."""

OPERATOR = Caller(ChatName(""), 0, "the operator", operator=True)
"""Who speaks on the command line and in the settings."""


class Once(msgspec.Struct, frozen=True):
    """What came of a run that ends: deliveries that it made, that are still owed, and that wait for a decision.

    `waits` names places that rest, and why.
    """

    sent: int
    owed: int
    held: int
    waits: tuple[tuple[str, str], ...] = ()


class App:
    """Everything of one home directory, built; what commands act upon. Made by `opened`."""

    def __init__(
        self, home: Home, settings: Settings, registry: Registry, store: Store, clock: Clock, log: Log, serving: bool
    ) -> None:
        self.home = home
        self.settings = settings
        self.registry = registry
        self.store = store
        self.clock = clock
        self.log = log
        self.schedule = Schedule()
        self.net = Net(contact=settings.net.contact, allow=settings.net.allow)
        self.media = Library(
            self.net,
            Cache(home.media, settings.media.cache_bytes),
            clock.now,
            log,
            largest=min(settings.media.file_bytes, settings.media.cache_bytes),
            renews=Renewal(store, clock.now, self._read_anew),
        )
        self.accounts = Accounts(store, lambda: self.opening.sealer, clock)
        self.confiding = Confiding(lambda: self.opening.sealer)
        self.callers = Callers(self, settings.operators)
        self.pages = TemplatePages(now=clock.now)
        self.sessions = Sessions(store, clock, self.pages, settings.web.public)
        self.opening = Opening(
            home,
            settings,
            registry,
            store,
            clock,
            self.net,
            self.media,
            log,
            serving=serving,
            site=self._site,
            opened=self._poll,
            suggest=self.callers.suggest,
            visitor=self.sessions.visitor,
        )
        self.forums, self.chats = self.opening.forums, self.opening.chats
        self.poller = Poller(store, self.forums, clock, self.schedule, log, self.wake)
        self.sender: Sender | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._address = ""
        self._listeners: dict[str, Listener] = {}
        self._metrics = Metrics()
        self.arrangement = Arrangement(self, OPERATOR, settings.mirrors, settings.community.notices, log)

    # ------------------------------------------------------------------------------------------- what commands act upon

    async def forum_for(self, address: str) -> OpenForum:
        """The forum that an address belongs to by its form; see `Opening.forum_for`."""
        return await self.opening.forum_for(address)

    async def sought(self, address: str) -> Sought:
        """The forum that an address leads to; see `Opening.sought`."""
        return await self.opening.sought(address)

    def forum_at(self, address: str) -> str:
        """The name of the forum that an address belongs to; see `Opening.forum_at`."""
        return self.opening.forum_at(address)

    async def forum(self, name: str) -> OpenForum:
        """A forum by its name."""
        return await self.opening.forum(name)

    async def chat(self, name: str) -> Chat:
        """A chat login, opened once."""
        return await self.opening.chat(name)

    def site(self) -> str:
        """Where people reach our pages, without a slash at the end."""
        return self.settings.web.public.rstrip("/") or self._site()

    def _site(self) -> str:
        web = self.settings.web
        return self._address or f"http://{web.host}:{web.port}"

    def _poll(self, opened: OpenForum) -> None:
        """Poll a forum that is opened while the program runs."""
        if self._tasks is not None:
            self._tasks.create_task(self.poller.run(opened))

    async def held_media(self) -> Held:
        """How much of images and files is kept."""
        return await self.media.held()

    def remarks(self) -> dict[str, list[str]]:
        """What the chats that are open have to say to operators, by name."""
        said = {name: list(chat.remarks()) for name, chat in self.chats.items() if isinstance(chat, Remarks)}
        return {name: remarks for name, remarks in said.items() if remarks}

    def _read_anew(self, forum: str) -> None:
        self.poller.wake(forum)

    def wake(self) -> None:
        """Something may be due or owed now."""
        self.poller.wake()
        if self.sender is not None:
            self.sender.wake()

    async def make_sender(self) -> Sender:
        """The one sender of this process; it owns every lane from now on."""
        if self.sender is None:
            epoch = await self.store.write(own_all, f"{os.uname().nodename}:{os.getpid()}")
            self.sender = Sender(
                self.store,
                World(
                    self.chats,
                    self.forums,
                    self.accounts,
                    self.confiding.opened,
                    self.settings.media.file_bytes,
                ),
                self.clock,
                self.schedule,
                self.log,
                installation=await self.store.write(installation),
                epoch=epoch,
                settle=self.settings.delivery.settle_seconds,
                acted=self.poller.wake,
            )
        return self.sender

    # -------------------------------------------------------------------------------------------------------- commands

    async def handle(self, request: dict[str, Any]) -> Answer:
        """Carry out what the command line asks for, here or through the control socket."""
        if "words" in request:
            return await carry_out(self, OPERATOR, str(request["group"]), [str(word) for word in request["words"]])
        try:
            if "renew_key" in request:
                return await self.accounts.renew_key()
            if "preview" in request:
                shown = await previews.live(self, str(request["preview"]))
                return Answer(previews.text(shown, str(request["as"]), self.registry))
            if "outline" in request:
                named = msgspec.convert(request["outline"], list[str])
                return await mirror_all(self, OPERATOR, named, msgspec.convert(request["values"], dict[str, str]))
            page = msgspec.convert(request["page"], ThreadPage)
            match = msgspec.convert(request["match"], dict[str, Any])
            opened = await self.opening.kept_forum(match["forum"], match["adapter"], match["settings"])
            target = Target(TargetKind.THREAD, page.thread.key, page.thread.title)
            values = msgspec.convert(request["values"], dict[str, str])
            into, layout, replies = values["into"], values["layout"], values["replies"]
            where = opened, match["adapter"], match["settings"], target, into, OPERATOR
            return await order(self, *where, layout, replies, page, given(values))
        except errors.ThreadlineError as error:
            return Answer(words_of(error), {"error": type(error).__name__}, ok=False)

    # --------------------------------------------------------------------------------------------------------- running

    async def once(self, look: Callable[[int, int], None] | None = None) -> Once:
        """Poll everything that is due and deliver everything that is owed.

        `look` is told every now and then how many deliveries of how many are done.
        """
        await self.opening.open_all()
        before = await self.store.read(deliveries)
        watching = asyncio.create_task(self._watch(before, look)) if look is not None else None
        try:
            await self.arrangement.make()
            sender = await self.make_sender()
            polled = True
            while polled:
                await sender.drain()
                polled = False
                for opened in list(self.forums.values()):
                    while await self.poller.poll_one(opened):
                        polled = True
        finally:
            if watching is not None:
                watching.cancel()
        now = await self.store.read(status, None)
        after = now.deliveries
        return Once(
            after["sent"] - before["sent"], after["pending"] + after["sending"], after["held"], tuple(now.paused)
        )

    async def _watch(self, before: dict[str, int], look: Callable[[int, int], None]) -> None:
        ended = sum(before.values()) - before["pending"] - before["sending"]
        while True:
            with suppress(errors.StoreStopped):
                now = await self.store.read(deliveries)
                owed = now["pending"] + now["sending"]
                look(sum(now.values()) - owed - ended, sum(now.values()) - ended)
            await asyncio.sleep(WATCH)

    async def run(self, started: Any = None) -> None:
        """Run until told to stop; `started` is called with the address of the web pages."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self.opening.open_all()
        sender = await self.make_sender()
        serving: list[Serves] = [
            x for x in (*(o.forum for o in self.forums.values()), *self.chats.values()) if isinstance(x, Serves)
        ]
        house = self.store, self.clock, self.sessions, self.pages
        serving.append(ReaderPages(*house, self.media.of(""), self.wake))
        web = WebServer(self.settings.web, serving, health=self.health, metrics=self.metrics, log=self.log)
        control = ControlServer(self.home.socket, self._control)
        try:
            await control.start()
            self._address = await web.start()
            async with asyncio.TaskGroup() as group:
                self.schedule.start()
                for opened in self.forums.values():
                    group.create_task(self.poller.run(opened))
                self._tasks = group  # from now on, a forum that is opened is polled at once
                self.schedule.every("tick", TICK, self.wake)
                about = self.clock, self.schedule, self.log
                group.create_task(Housekeeping(self.store, self.media, self.settings, *about).run())
                sending = group.create_task(sender.run())
                group.create_task(rounds(self.schedule, self.log, "arrange", ARRANGE, self.arrangement.look))
                group.create_task(Positions(self.store, *about).run())
                group.create_task(Courier(self.store, *about, sender.wake).run())
                group.create_task(Indexer(self.store, self.schedule, self.log).run())
                group.create_task(Syncing(self.store, self.forums, self.accounts, *about).run())
                for name, chat in self.chats.items():
                    does = self.callers.carry, self.wake, self.accounts.hidden
                    listener = Listener(ChatName(name), chat, self.store, self.clock, self.log, *does)
                    self._listeners[name] = listener
                    group.create_task(listener.run())
                    if isinstance(chat, Examines):
                        group.create_task(self._look(name, chat))
                if started is not None:
                    started(self._address)
                await stop.wait()
                sender.stop()
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(sending), DRAIN)
                raise Stopped
        except* Stopped:
            pass
        finally:
            self._tasks = None
            self.schedule.stop()
            await control.stop()
            await web.stop()

    async def _look(self, name: str, chat: Examines) -> None:
        """Log what a chat lacks, before the first act fails for it."""
        for one in await examined(chat):
            if one.level == "bad":
                self.log.warning("chat lacks something", chat=name, what=one.text)

    async def _control(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = await self.handle(request)
        offers = msgspec.to_builtins(answer.offers)
        return {"text": answer.text, "data": answer.data, "ok": answer.ok, "offers": offers}

    async def health(self) -> dict[str, Any]:
        """Whether the parts work, for `/health`."""
        try:
            if self.store.trouble:
                await self.store.write(touch)  # what could be read would not tell that nothing can be written
            made = await self.store.read(deliveries)
        except errors.StoreStopped as error:
            return {"ok": False, "parts": {"database": str(error)}}
        owed = made["pending"] + made["sending"]
        parts = {
            f"chat {name}": listener.failing or "ok" for name, listener in self._listeners.items()
        } | self.opening.closed
        well = all(found == "ok" for found in parts.values())
        return {"ok": well, "parts": {"database": "ok"} | parts, "owed": owed, "deliveries": made}

    async def metrics(self) -> bytes:
        """The figures of now, for `/metrics`; the last ones while the database takes no work."""
        with suppress(errors.StoreStopped):
            self._metrics.update(await self.store.read(status, None), self.clock.now())
        return self._metrics.exposed()

    async def close(self) -> None:
        """Let go of everything."""
        await self.opening.close()
        await self.media.close()
        await self.net.close()


class Stopped(Exception):
    """Ends the task group when the program was told to stop."""


@asynccontextmanager
async def opened(
    home: Home,
    settings: Settings,
    registry: Registry,
    log: Log,
    *,
    serving: bool = False,
    clock: Clock | None = None,
) -> AsyncIterator[App]:
    """The program on a home directory, locked for this process; raises `HomeInUse` where another holds it."""
    async with AsyncExitStack() as stack:
        stack.enter_context(home.lock())
        speak(settings.community.language)
        store = await open_store(home.database)
        stack.push_async_callback(store.close)
        app = App(home, settings, registry, store, clock or SystemClock(), log, serving)
        stack.push_async_callback(app.close)
        yield app
