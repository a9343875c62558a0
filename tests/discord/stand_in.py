"""Discord on loopback: REST and gateway behind one port, and everybody who is there, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import discord
import yarl
from aiohttp import web

from tests.discord import permissions, wire
from tests.discord.commands import Commands
from tests.discord.faults import Faults
from tests.discord.gateway import PATH, Gateway
from tests.discord.hooks import Hooks
from tests.discord.interactions import Interactions
from tests.discord.limits import Limits
from tests.discord.nouns import Channel, Guild, Ping
from tests.discord.people import Person
from tests.discord.reactions import Reactions
from tests.discord.rest import PREFIX, Rest
from tests.discord.rest_application import ApplicationRoutes
from tests.discord.rest_channels import ChannelRoutes
from tests.discord.rest_hooks import HookRoutes
from tests.discord.rest_messages import MessageRoutes
from tests.discord.sessions import CONTENT, PRIVILEGED
from tests.discord.snowflakes import Clock
from tests.discord.talk import Talk
from tests.discord.threads import Threads
from tests.discord.world import World

TOKEN = "stand.in.token"


class StandIn:
    """All of it. `limits` are Discord's rate limits; without `content` the application lacks that intent.

    What it knows outlives its connections: `down` and `up` again, it is the same.
    """

    def __init__(self, *, limits: bool = False, content: bool = True, port: int = 0) -> None:
        self.token = TOKEN
        self.clock = Clock()
        self.world = World(self.clock)
        self.world.reads_content = content
        self.talk = Talk(self.world)
        self.reactions = Reactions(self.world, self.talk)
        self.threads = Threads(self.world, self.talk)
        self.hooks = Hooks(self.world, self.talk, self.threads)
        self.commands = Commands(self.world)
        self.interactions = Interactions(self.world, self.talk)
        self.gateway = Gateway(self.world, self.token)
        self.gateway.privileged = PRIVILEGED if content else PRIVILEGED & ~CONTENT
        self.limits = Limits(self.clock, on=limits)
        self.faults = Faults()
        self.rest = Rest(self.world, self.token, self.limits, self.faults)
        self._port = port
        self._runner: web.AppRunner | None = None

    # -------------------------------------------------------------------------------------------------- being there

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api(self) -> str:
        """Below which all requests go: what `discord.http.Route.BASE` is to be."""
        return self.address + PREFIX

    @property
    def socket(self) -> str:
        """Where bots listen: what `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY` is to be."""
        return f"ws://127.0.0.1:{self._port}{PATH}"

    async def up(self, *more: web.AbstractRouteDef) -> None:
        """Listen, again or for the first time."""
        if self._runner is not None:
            return
        routes = [
            *MessageRoutes(self.world, self.talk, self.reactions).routes(),
            *ChannelRoutes(self.world, self.threads).routes(),
            *HookRoutes(self.world, self.talk, self.hooks, self.interactions).routes(),
            *ApplicationRoutes(self.world, self.gateway, self.commands).routes(),
        ]
        files = web.get("/attachments/{channel}/{file}/{name}", self._file)
        app = self.rest.app(routes, *self.gateway.routes(), files, *more)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.world.address = self.address
        self.gateway.address = f"ws://127.0.0.1:{self._port}"

    async def down(self) -> None:
        """Refuse connections, and end those that are there."""
        if self._runner is not None:
            self.faults.mend()
            self.gateway.cut()
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> StandIn:
        await self.up()
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self.down()

    @contextmanager
    def addressed(self) -> Iterator[None]:
        """discord.py talks to it while the block lasts."""
        with addressed(self.api, self.socket):
            yield

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A file, for a day; then whoever wants it has to ask for a new address."""
        until = request.query.get("ex", "0")
        there = self.world.files.get(request.match_info["file"])
        given = request.query.get("hm") == wire.signature(request.rel_url.raw_path, until)
        if there is None or not given or int(until, 16) < self.clock.now():
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=there.data)

    # ----------------------------------------------------------------------------------------------- what is there

    def guild(self, name: str = "Readers", *, may: int = permissions.ALL, **more: Any) -> Guild:
        """A guild that the bot was invited to, with these permissions."""
        guild = self.world.new_guild(name, **more)
        if self.world.bot.id in guild.members:
            self.bot_may(guild, may)
        return guild

    def channel(self, guild: Guild, name: str = "talk", **more: Any) -> Channel:
        """A text channel."""
        return self.world.new_channel(guild, name, **more)

    def forum(self, guild: Guild, name: str = "board", tags: list[str] | None = None, **more: Any) -> Channel:
        """A forum channel with tags of these names."""
        return self.world.new_forum(guild, name, tags, **more)

    def bot_may(self, guild: Guild, may: int) -> None:
        """Let the bot do this in a guild, besides what everybody may."""
        self.world.change_role(guild, self.world.bots_role(guild), may & permissions.ALL & ~permissions.ADMINISTRATOR)

    def deny(self, channel: Channel, *what: int) -> None:
        """Take permissions from the bot in a channel."""
        self.world.overwrite(channel, self.world.bot.id, deny=sum(what))

    def person(self, name: str, *guilds: Guild, may: int = 0) -> Person:
        """Somebody new in these guilds, who may do this besides what everybody may."""
        user = self.world.new_user(name, *guilds)
        for guild in guilds:
            if may:
                role = self.world.new_role(guild, f"role of {name}", may)
                self.world.give_roles(guild, user, [role.id])
        return Person(user, self)

    # ------------------------------------------------------------------------------------------------ what happens

    def forward(self, seconds: float) -> None:
        """Let time pass at once: windows close, tokens end, threads fall asleep."""
        self.clock.forward(seconds)
        self.threads.archive_quiet()

    def take_content(self) -> None:
        """The application loses the intent for others' words, from the next login on."""
        self.world.reads_content = False
        self.gateway.privileged &= ~CONTENT

    @property
    def pinged(self) -> list[Ping]:
        """Every message so far that called somebody."""
        return [ping for ping in self.world.pings if ping.anybody]


@contextmanager
def addressed(api: str, socket: str) -> Iterator[None]:
    """discord.py talks to a stand-in while the block lasts: its two addresses are all that is changed."""
    before = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = api, yarl.URL(socket)
    try:
        yield
    finally:
        discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = before
