"""Opening what the settings name and the database needs: forums and chat logins, each once, with its secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from bot import errors
from bot.clock import Clock
from bot.commands import CATALOGUE, worded
from bot.home import Home
from bot.lanes import OpenForum, Sought
from bot.media.library import Library
from bot.model import ChatName, ForumName, Suggestion, Typing
from bot.net import Net
from bot.ports import Chat, Context, ForumAdapter, Log, Match, Subcommand, Visitor
from bot.recognition import recognised
from bot.redaction import reason_of, words_of
from bot.registry import Registry
from bot.secret import Secret
from bot.settings import Settings, secret_fields, site
from bot.store import Store
from bot.store.forums import adapters_of, wanted_forums
from bot.store.granting import leave
from bot.store.notices import close_notice, close_quietly, open_notices, tell_concerned
from bot.store.places import wanted_chats
from bot.store.vault import secrets
from bot.texts import say
from bot.web.pages import TemplatePages
from bot.workshop import Workshop

if TYPE_CHECKING:
    from aiohttp import web

    from bot.seal import Sealer

OPENING = "opening:"
"""What notices about a chat or forum begin with that cannot be opened."""

SETTING = "setting"
"""The purpose under which secrets given to `setup` are sealed; their owner is "chats.NAME.KEY"."""


_Which = tuple[str, str, str]
"""Name, adapter and settings of a forum; of one that the settings name, the name alone."""


class Opening:
    """The forums and chats of one home, by name; `forums` and `chats` grow while the program runs.

    `opened` is told of every forum that is opened, `suggest` says what may be meant by what is typed in a chat, `site`
    where our own web pages are, `visitor` who is signed in to those of a chat; pages are given to adapters where they
    are served.
    """

    def __init__(
        self,
        home: Home,
        settings: Settings,
        registry: Registry,
        store: Store,
        clock: Clock,
        net: Net,
        media: Library,
        log: Log,
        *,
        serving: bool,
        site: Callable[[], str],
        opened: Callable[[OpenForum], None],
        suggest: Callable[[ChatName, Typing], Awaitable[tuple[Suggestion, ...]]],
        visitor: Callable[[ChatName, web.Request], Awaitable[Visitor | None]],
    ) -> None:
        self._home = home
        self._settings = settings
        self._registry = registry
        self._store = store
        self._clock = clock
        self._net = net
        self._media = media
        self._log = log
        self._serving = serving
        self._site = site
        self._opened = opened
        self._suggest = suggest
        self._visitor = visitor
        self._workshop = Workshop()
        self._sealer: Sealer | None = None
        self.forums: dict[str, OpenForum] = {}
        self.chats: dict[str, Chat] = {}
        self.closed: dict[str, str] = {}
        """Chats and forums that could not be opened at the start ("chat web"), and why."""

    def _context(self, kind: str, name: str, adapter: str) -> Context:
        return Context(
            name=name,
            net=self._net,
            now=self._clock.now,
            work=asyncio.to_thread,
            log=self._log,
            folder=self._home.folder(f"{kind}s", name),
            pages=self._pages(kind, name, adapter) if self._serving else None,
            site=self._site,
            public=self._settings.web.public.rstrip("/"),
            toil=self._workshop.do,
            media=self._media.of(name) if kind == "chat" else None,
            commands=[worded(command) for command, _ in CATALOGUE.values()] if kind == "chat" else (),
            suggest=partial(self._suggest, ChatName(name)) if kind == "chat" else None,
        )

    def _pages(self, kind: str, name: str, adapter: str) -> TemplatePages:
        package = self._registry.package(kind, adapter)
        if kind != "chat":
            return TemplatePages(package)
        return TemplatePages(package, visitor=partial(self._visitor, ChatName(name)))

    @property
    def sealer(self) -> Sealer:
        """Seals and opens secrets; its keys are made when the first secret is sealed."""
        if self._sealer is None:
            from bot.seal import Sealer  # the ciphers take 7 MiB, and who keeps no secrets here does without

            self._sealer = Sealer.open(self._home.key)
        return self._sealer

    async def _with_secrets(self, table: str, name: str, settings: Any) -> Any:
        """Settings with those secrets filled in that were sealed by `setup` and that nothing else gives."""
        missing = [field for field in secret_fields(type(settings)) if not getattr(settings, field)]
        if not missing:
            return settings
        sealed = await self._store.read(secrets, SETTING)
        found = {
            field: Secret(self.sealer.unseal(SETTING, owner, sealed[owner]))
            for field in missing
            if (owner := f"{table}.{name}.{field}") in sealed
        }
        return msgspec.structs.replace(settings, **found)

    async def _open_forum(self, name: str, adapter: str, settings: Any, kept: str = "{}") -> OpenForum:
        """Open a forum once."""
        if name not in self.forums:
            with _opening(f"forum {name}"):
                settings = await self._with_secrets("forums", name, settings)
                if name in self.forums:  # another command opened it meanwhile
                    return self.forums[name]
                context = self._context("forum", name, adapter)
                forum = self._registry.forum(adapter).open(ForumName(name), settings, context)
            opened = self.forums[name] = OpenForum(name, forum, adapter, kept)
            self.closed.pop(f"forum {name}", None)
            self._opened(opened)
            await self._store.write(leave, name, forum.caps.impersonates, self._clock.now())
        return self.forums[name]

    async def open_all(self) -> None:
        """Open every chat and forum that is configured, and those that the database needs.

        One that cannot be opened is left out: the log, `/health` and a notice say why, and the others work.
        """
        chats = dict.fromkeys([*self._settings.chats, *await self._store.read(wanted_chats)])
        kept = [name for name, *_ in await self._store.read(wanted_forums)]
        forums = dict.fromkeys([*self._settings.forums, *kept])
        for name in chats:
            await self._open("chat", name, self.chat(name))
        for name in forums:
            await self._open("forum", name, self.forum(name))
        opened = {*(f"chat {name}" for name in self.chats), *(f"forum {name}" for name in self.forums)}
        for about in {about for about, *_ in await self._store.read(open_notices) if about.startswith(OPENING)}:
            what, now = about.removeprefix(OPENING), self._clock.now()
            if what in opened:
                await self._store.write(close_notice, about, say("notices.usable", what=what), now)
            elif what not in self.closed:
                await self._store.write(close_quietly, about, now)

    async def _open(self, kind: str, name: str, opening: Awaitable[object]) -> None:
        """Open one of them; where that fails, say so."""
        try:
            await opening
        except errors.StoreStopped:
            raise
        except errors.ThreadlineError as error:
            what, why = f"{kind} {name}", reason_of(error)
            self.closed[what] = why
            self._log.error("not opened", what=what, error=why, exc_info=error.__cause__)
            text = say("notices.unusable", what=what, why=why)
            chat, forum = (name, "") if kind == "chat" else ("", name)
            await self._store.write(tell_concerned, OPENING + what, text, self._clock.now(), forum, chat)

    async def kept_forum(self, name: str, adapter: str, kept: str) -> OpenForum:
        """A forum by its name; one that no settings file names is opened with what was kept of its settings."""
        if name in self.forums or name in self._settings.forums:
            return await self.forum(name)
        try:
            values = msgspec.json.decode(kept, type=self._registry.forum(adapter).settings)
        except msgspec.DecodeError as error:
            raise errors.SettingsError(
                f"what was kept of the settings of {name} cannot be read any more: {error}; "
                f'name it in the settings file, as [forums.{name}] with adapter = "{adapter}"'
            ) from error
        return await self._open_forum(name, adapter, values, kept)

    async def forum(self, name: str) -> OpenForum:
        """A forum by its name."""
        if name in self.forums:
            return self.forums[name]
        if name in self._settings.forums:
            configured = self._settings.forums[name]
            return await self._open_forum(name, configured.adapter, configured.values)
        for known, adapter, kept in await self._store.read(wanted_forums):
            if known == name:
                return await self.kept_forum(name, adapter, kept)
        raise errors.NotFound(say("commands.no_forum", forum=name))

    async def forum_for(self, address: str) -> OpenForum:
        """The forum that an address belongs to by its form: one that stands there by the settings, or that is read.

        Else the surest adapter opens one. Nobody is asked. Raises `NotFound` where no adapter knows the address.
        """
        known = await self._known(address)
        return await self._kept(known or await self._named(*self._registry.recognise(address)))

    async def sought(self, address: str) -> Sought:
        """The forum that an address leads to: what `forum_for` knows, else whose the page is that stands there."""
        known = await self._known(address)
        if known is None:
            found = await recognised(self._registry, self._net, address)
            address = found.address
            known = await self._known(address) or await self._named(found.adapter, found.match)
        return Sought(await self._kept(known), address)

    def forum_at(self, address: str) -> str:
        """The name of the forum that an address belongs to by its form, which need not be open."""
        at = self._settings.forum_at(address)
        return at if at is not None else self._configured(*self._registry.recognise(address))[0]

    async def _kept(self, which: _Which) -> OpenForum:
        name, adapter, kept = which
        return await (self.kept_forum(name, adapter, kept) if adapter else self.forum(name))

    async def _known(self, address: str) -> _Which | None:
        """The forum that stands at an address, as the settings or the database know it.

        Of the latter its adapter may have been taken for want of a better one: another one that is surer of the address
        goes before it.
        """
        at = self._settings.forum_at(address)
        if at is not None:
            return at, "", ""
        best = self._registry.surest(address)
        for name, adapter, kept in await self._store.read(wanted_forums):
            if adapter not in self._registry.installed("forum") or not _stands_at(kept, address):
                continue
            own = self._registry.forum(adapter).recognise(address)
            if own is None or best is None or own.certainty >= best[1].certainty:
                return name, adapter, kept
        return None

    async def _named(self, adapter: ForumAdapter, match: Match) -> _Which:
        """What a forum that is not known yet is kept as: under a name that no forum of another engine has."""
        name, of, kept = self._configured(adapter, match)
        if of:
            configured = self._settings.forums.get(name)
            taken = [configured.adapter] if configured is not None else await self._store.read(adapters_of, name)
            if any(other != of for other in taken):
                name = ForumName(f"{name}-{of}")
        return name, of, kept

    def _configured(self, adapter: ForumAdapter, match: Match) -> _Which:
        """The configured forum that a match means, by its name alone; else what the match says of it."""
        named = [name for name, known in self._settings.forums.items() if known.adapter == adapter.name]
        if match.forum in named:
            return match.forum, "", ""
        at = self._settings.forum_at(str(match.settings.get("address", "")))  # a page may stand elsewhere
        if at is not None and at in named:
            return at, "", ""
        if len(named) == 1 and not match.settings:
            return named[0], "", ""
        return match.forum, adapter.name, msgspec.json.encode(match.settings).decode()

    async def chat(self, name: str) -> Chat:
        """A chat login, opened once."""
        if name not in self.chats:
            configured = self._settings.chats.get(name)
            if configured is None:
                known = ", ".join(self._settings.chats) or say("commands.none")
                raise errors.NotFound(say("commands.no_chat", chat=name, known=known))
            if why := self.closed.get(f"chat {name}"):
                # Opened later, nobody would listen to it.
                raise errors.SettingsError(say("commands.chat_closed", chat=name, why=why))
            with _opening(f"chat {name}"):
                adapter = self._registry.chat(configured.adapter)
                context = self._context("chat", name, configured.adapter)
                values = await self._with_secrets("chats", name, configured.values)
                if name in self.chats:  # another command opened it meanwhile
                    return self.chats[name]
                self.chats[name] = adapter.open(ChatName(name), values, context)
        return self.chats[name]

    async def do(self, name: str, subcommand: Subcommand, values: Any) -> str:
        """Have an adapter do something of its own for a chat login, by its settings; what to say."""
        configured = self._settings.chats[name]
        values = await self._with_secrets("chats", name, values)
        return await subcommand.run(values, self._context("chat", name, configured.adapter))

    async def close(self) -> None:
        """Let go of every forum and chat."""
        for opened in self.forums.values():
            await opened.forum.close()
        for chat in self.chats.values():
            await chat.close()
        await self._workshop.close()


def _stands_at(kept: str, address: str) -> bool:
    """Whether a forum whose settings the database keeps stands where an address leads."""
    try:
        own = site(msgspec.json.decode(kept, type=_Address).address)
    except msgspec.DecodeError:
        return False
    place = site(address)
    return bool(own and place and own[0] == place[0] and place[1][: len(own[1])] == own[1])


class _Address(msgspec.Struct):
    address: str = ""


@contextmanager
def _opening(what: str) -> Iterator[None]:
    """What goes wrong inside becomes an error that a person can act on."""
    try:
        yield
    except errors.ThreadlineError:
        raise
    except Exception as error:
        raise errors.SettingsError(f"the {what} cannot be opened: {type(error).__name__}: {words_of(error)}") from error
