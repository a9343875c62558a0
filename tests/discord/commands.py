"""The application's commands: what may be registered, where, how often a day, and who may use them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from tests.discord import permissions
from tests.discord.nouns import Channel, User
from tests.discord.refusals import Form, Refusal, unknown
from tests.discord.world import Event, World

CHAT, USER, MESSAGE = 1, 2, 3
SUB, GROUP = 1, 2
MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
OPTIONS, CHARACTERS, A_DAY = 25, 8000, 200
_NAME = re.compile(r"[-_'\w]{1,32}")


class Commands:
    """Commands, those for everywhere under the guild ""."""

    def __init__(self, world: World) -> None:
        self.registered: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.synced: list[str] = []
        """Each PUT, by the guild that it was for."""
        self._world = world
        self._overrides: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._made: dict[str, list[float]] = defaultdict(list)

    def put(self, guild: str, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Let there be these and no others; those whose name was there keep their id."""
        self._check(wanted)
        known = {(one["type"], one["name"]): one for one in self.registered[guild]}
        now = self._world.clock.now()
        recent = self._made[guild] = [at for at in self._made[guild] if now - at < 86_400]
        new = [one for one in wanted if (one.get("type", CHAT), one["name"]) not in known]
        if recent and len(recent) + len(new) > A_DAY:
            said = f"Max number of daily application command creates has been reached ({A_DAY})"
            raise Refusal(429, 30034, said, retry_after=round(86_400 - (now - recent[0]), 3), **{"global": False})
        recent += [now] * len(new)
        self.registered[guild] = [
            self._kept(guild, one, known.get((one.get("type", CHAT), one["name"]))) for one in wanted
        ]
        self.synced.append(guild)
        return self.registered[guild]

    def _kept(self, guild: str, one: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
        kept = {
            "type": CHAT,
            "description": "",
            "nsfw": False,
            "default_member_permissions": None,
            "contexts": None,
            "integration_types": [0],
            **one,
            "application_id": self._world.bot.id,
        }
        same = before is not None and all(before.get(key) == value for key, value in kept.items())
        kept["id"] = before["id"] if before else self._world.ids.new()
        kept["version"] = before["version"] if before and same else self._world.ids.new()
        return kept | ({"guild_id": guild} if guild else {})

    # ------------------------------------------------------------------------------------------------------ offering

    def offered(self, user: User, channel: Channel, name: str, kind: int = CHAT) -> dict[str, Any] | None:
        """The command that somebody is offered under a name there; None where he is offered none."""
        for guild in (channel.guild, "") if channel.guild else ("",):
            for one in self.registered[guild]:
                if (one["type"], one["name"]) == (kind, name):
                    return one if self._may(user, channel, one) else None
        return None

    def allow(self, guild: str, name: str, target: str, allowed: bool) -> None:
        """In a guild's settings: let a role, a member or a channel use a command, or not."""
        one = next(one for one in [*self.registered[guild], *self.registered[""]] if one["name"] == name)
        world = self._world
        kind = 1 if target in world.guilds[guild].roles else 3 if target in world.channels else 2
        rules = self._overrides[guild, one["id"]]
        rules[:] = [rule for rule in rules if rule["id"] != target]
        rules.append({"id": target, "type": kind, "permission": allowed})
        data = {"id": one["id"], "application_id": world.bot.id, "guild_id": guild, "permissions": list(rules)}
        world.tell(Event("APPLICATION_COMMAND_PERMISSIONS_UPDATE", data, guild))

    def overrides(self, guild: str) -> list[dict[str, Any]]:
        """What the guild's settings say of commands."""
        return [
            {"id": command, "application_id": self._world.bot.id, "guild_id": guild, "permissions": rules}
            for (where, command), rules in self._overrides.items()
            if where == guild
        ]

    def _may(self, user: User, channel: Channel, one: dict[str, Any]) -> bool:
        if not channel.guild:
            return one.get("contexts") is None or 1 in one["contexts"]
        if one.get("contexts") is not None and 0 not in one["contexts"]:
            return False
        guild = self._world.guilds[channel.guild]
        may = self._world.may(user.id, channel)
        if not may & permissions.USE_APPLICATION_COMMANDS:
            return False
        if permissions.in_guild(guild, user.id) == permissions.ALL:
            return True
        rules = {rule["id"]: rule["permission"] for rule in self._overrides.get((guild.id, one["id"]), ())}
        if rules.get(channel.id) is False:
            return False
        if user.id in rules:
            return bool(rules[user.id])
        roles = [rules[role] for role in guild.members[user.id].roles if role in rules]
        if roles:
            return any(roles)
        if guild.id in rules:
            return bool(rules[guild.id])
        default = one.get("default_member_permissions")
        return default is None or (default != "0" and may & int(default) == int(default))

    # ------------------------------------------------------------------------------------------------------ checking

    def _check(self, wanted: list[dict[str, Any]]) -> None:
        form = Form()
        for kind, most in MOST.items():
            if sum(one.get("type", CHAT) == kind for one in wanted) > most:
                raise Refusal(400, 30032, f"Maximum number of application commands reached ({most})")
        names = [(one.get("type", CHAT), one.get("name")) for one in wanted]
        for number, one in enumerate(wanted):
            if names.index(names[number]) != number:
                said = "Application command names must be unique"
                form.wrong(f"{number}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", said)
            if one.get("type", CHAT) != CHAT:
                form.long(f"{number}.name", one.get("name"), 32, 1)
                if one.get("description"):
                    form.wrong(
                        f"{number}.description", "APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED", "Not allowed here."
                    )
                continue
            if _length(one) > CHARACTERS:
                said = f"Command exceeds maximum size ({CHARACTERS})"
                form.wrong(str(number), "APPLICATION_COMMAND_TOO_LARGE", said)
            self._check_named(form, str(number), one)
            self._check_options(form, f"{number}.options", one.get("options") or [])
        form.check()

    def _check_named(self, form: Form, at: str, one: dict[str, Any]) -> None:
        name = one.get("name") or ""
        if not _NAME.fullmatch(name) or name != name.lower():
            form.wrong(f"{at}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        form.long(f"{at}.description", one.get("description"), 100, 1)

    def _check_options(self, form: Form, at: str, options: list[dict[str, Any]]) -> None:
        if not form.count(at, options, OPTIONS):
            return
        optional = False
        for number, one in enumerate(options):
            here = f"{at}.{number}"
            self._check_named(form, here, one)
            if one["type"] in (SUB, GROUP):
                self._check_options(form, f"{here}.options", one.get("options") or [])
                continue
            if one.get("required") and optional:
                said = "Required options must be placed before non-required options"
                form.wrong(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", said)
            optional |= not one.get("required")
            choices = one.get("choices") or []
            form.count(f"{here}.choices", choices, OPTIONS)
            for index, choice in enumerate(choices):
                form.long(f"{here}.choices.{index}.name", choice["name"], 100, 1)
            if choices and one.get("autocomplete"):
                said = "Choices and autocomplete cannot both be set"
                form.wrong(here, "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", said)


def _length(one: dict[str, Any]) -> int:
    """The characters that count: names, descriptions and values."""
    own = sum(len(str(one.get(key) or "")) for key in ("name", "description", "value"))
    return own + sum(map(_length, [*(one.get("options") or []), *(one.get("choices") or [])]))


def within(command: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """The command itself, or the subcommand of it; raises 10063 where there is none."""
    at = command
    for word in path:
        found = [one for one in at.get("options") or [] if one["type"] in (SUB, GROUP) and one["name"] == word]
        if not found:
            raise unknown("application command")
        at = found[0]
    return at
