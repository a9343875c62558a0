"""Requests about the application itself: who it is, where its gateway is, which commands it has."""

from __future__ import annotations

from typing import Any

from tests.discord import wire
from tests.discord.commands import Commands
from tests.discord.gateway import Gateway, application_flags
from tests.discord.refusals import missing_access
from tests.discord.rest import Call, Route
from tests.discord.world import World

_COMMANDS = "/applications/{application}/commands"
_IN_GUILD = "/applications/{application}/guilds/{guild}/commands"


class ApplicationRoutes:
    """What an application asks about itself."""

    def __init__(self, world: World, gateway: Gateway, commands: Commands) -> None:
        self._world = world
        self._gateway = gateway
        self._commands = commands

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("GET", "/users/@me", lambda call: wire.user(self._world.bot)),
            Route("GET", "/oauth2/applications/@me", self._application),
            Route("GET", "/applications/@me", self._application),
            Route("GET", "/gateway", lambda call: {"url": self._gateway.advised["url"]}, token=False),
            Route("GET", "/gateway/bot", lambda call: self._gateway.advised),
            Route("GET", _COMMANDS, self._listed),
            Route("PUT", _COMMANDS, self._put),
            Route("GET", _IN_GUILD, self._listed),
            Route("PUT", _IN_GUILD, self._put),
            Route("GET", f"{_IN_GUILD}/permissions", self._permissions),
        ]

    def _application(self, call: Call) -> Any:
        bot = self._world.bot
        owner = next((one for one in self._world.users.values() if not one.bot), bot)
        return {
            "id": bot.id,
            "name": bot.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": wire.user(owner),
            "verify_key": "0" * 64,
            "flags": application_flags(self._gateway.privileged),
            "approximate_guild_count": len(self._world.guilds),
        }

    def _guild(self, call: Call) -> str:
        guild = call.parts.get("guild", "")
        if guild and self._world.bot.id not in self._world.guild(guild).members:
            raise missing_access()
        return guild

    def _listed(self, call: Call) -> Any:
        return self._commands.registered[self._guild(call)]

    def _put(self, call: Call) -> Any:
        return self._commands.put(self._guild(call), call.body)

    def _permissions(self, call: Call) -> Any:
        return self._commands.overrides(self._guild(call))
