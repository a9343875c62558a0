"""Requests about guilds, channels and threads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.discord import permissions, wire
from tests.discord.nouns import DM, FORUMS, NEWS_THREAD, PRIVATE_THREAD, PUBLIC_THREAD, TEXT, THREADS, Channel
from tests.discord.refusals import Form, bad_form, missing_access, unknown
from tests.discord.rest import Call, Route
from tests.discord.threads import Threads
from tests.discord.world import World

_CHANNEL = "/channels/{channel}"
_PUBLIC = (NEWS_THREAD, PUBLIC_THREAD)


class ChannelRoutes:
    """What the bot does with channels and threads."""

    def __init__(self, world: World, threads: Threads) -> None:
        self._world = world
        self._threads = threads

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("GET", "/users/@me/guilds", self._guilds),
            Route("POST", "/users/@me/channels", self._direct),
            Route("GET", "/users/{user}", self._user),
            Route("GET", "/guilds/{guild}", self._guild),
            Route("DELETE", "/users/@me/guilds/{guild}", self._leave_guild),
            Route("GET", "/guilds/{guild}/channels", self._channels),
            Route("POST", "/guilds/{guild}/channels", self._new_channel, status=201),
            Route("GET", "/guilds/{guild}/roles", self._roles),
            Route("GET", "/guilds/{guild}/members/{user}", self._member),
            Route("GET", "/guilds/{guild}/threads/active", self._active),
            Route("GET", _CHANNEL, self._read),
            Route("PATCH", _CHANNEL, self._change),
            Route("DELETE", _CHANNEL, self._delete),
            Route("PUT", f"{_CHANNEL}/permissions/{{target}}", self._overwrite),
            Route("DELETE", f"{_CHANNEL}/permissions/{{target}}", self._clear_overwrite),
            Route("POST", f"{_CHANNEL}/messages/{{message}}/threads", self._thread_on, status=201),
            Route("POST", f"{_CHANNEL}/threads", self._thread, status=201),
            Route("GET", f"{_CHANNEL}/threads/archived/public", lambda call: self._archived(call, _PUBLIC)),
            Route("GET", f"{_CHANNEL}/threads/archived/private", self._archived_private),
            Route("PUT", f"{_CHANNEL}/thread-members/@me", self._join),
            Route("PUT", f"{_CHANNEL}/thread-members/{{user}}", self._join),
            Route("DELETE", f"{_CHANNEL}/thread-members/@me", self._leave),
            Route("DELETE", f"{_CHANNEL}/thread-members/{{user}}", self._leave),
            Route("GET", f"{_CHANNEL}/thread-members", self._thread_members),
        ]

    def _channel(self, call: Call, *needed: int) -> Channel:
        channel = self._world.channel(call["channel"])
        if channel.kind != DM:
            self._world.need(self._world.bot.id, channel, *needed)
        return channel

    # ------------------------------------------------------------------------------------------------ guilds, people

    def _guilds(self, call: Call) -> Any:
        mine = [one for one in self._world.guilds.values() if self._world.bot.id in one.members]
        may = {one.id: str(permissions.in_guild(one, self._world.bot.id)) for one in mine}
        return [{"id": one.id, "name": one.name, "owner": False, "permissions": may[one.id]} for one in mine]

    def _guild(self, call: Call) -> Any:
        guild = self._world.guild(call["guild"])
        self._world.need_in_guild(self._world.bot.id, guild)
        return wire.guild(guild)

    def _leave_guild(self, call: Call) -> None:
        self._world.leave(self._world.guild(call["guild"]), self._world.bot)

    def _channels(self, call: Call) -> Any:
        guild = self._world.guild(call["guild"])
        self._world.need_in_guild(self._world.bot.id, guild)
        there = [one for one in self._world.channels.values() if one.guild == guild.id and one.kind not in THREADS]
        return [wire.channel(self._world, one) for one in there]

    def _new_channel(self, call: Call) -> Any:
        world, guild = self._world, self._world.guild(call["guild"])
        world.need_in_guild(world.bot.id, guild, permissions.MANAGE_CHANNELS)
        self._check(call.body, named=True)
        parent = str(call.body["parent_id"]) if call.body.get("parent_id") else None
        kind = call.body.get("type", TEXT)
        made = world.new_channel(guild, call.body["name"], kind, parent=parent, topic=call.body.get("topic"))
        for one in call.body.get("permission_overwrites") or ():
            world.overwrite(made, str(one["id"]), int(one.get("allow") or 0), int(one.get("deny") or 0))
        return wire.channel(world, made)

    def _roles(self, call: Call) -> Any:
        guild = self._world.guild(call["guild"])
        self._world.need_in_guild(self._world.bot.id, guild)
        return [wire.role(one) for one in guild.roles.values()]

    def _member(self, call: Call) -> Any:
        guild = self._world.guild(call["guild"])
        self._world.need_in_guild(self._world.bot.id, guild)
        if call["user"] not in guild.members:
            raise unknown("Member" if call["user"] in self._world.users else "User")
        return wire.member(guild, guild.members[call["user"]])

    def _user(self, call: Call) -> Any:
        if call["user"] not in self._world.users:
            raise unknown("User")
        return wire.user(self._world.users[call["user"]])

    def _direct(self, call: Call) -> Any:
        user = self._world.users.get(str(call.body.get("recipient_id")))
        if user is None:
            raise unknown("User")
        return wire.channel(self._world, self._world.direct(user))

    # ----------------------------------------------------------------------------------------------------- channels

    def _read(self, call: Call) -> Any:
        return wire.channel(self._world, self._channel(call))

    def _change(self, call: Call) -> Any:
        channel, body, world = self._channel(call), call.body, self._world
        if channel.kind in THREADS:
            return wire.channel(world, self._threads.change(world.bot, channel, body))
        world.need(world.bot.id, channel, permissions.MANAGE_CHANNELS)
        self._check(body, named="name" in body, forum=channel.kind in FORUMS)
        if "available_tags" in body:
            world.set_tags(channel, body["available_tags"])
        channel.name = body.get("name", channel.name)
        channel.topic = body.get("topic", channel.topic)
        channel.slow = body.get("rate_limit_per_user") or 0 if "rate_limit_per_user" in body else channel.slow
        channel.flags = body.get("flags", channel.flags)
        world.changed(channel)
        return wire.channel(world, channel)

    def _delete(self, call: Call) -> Any:
        channel = self._channel(call)
        needed = permissions.MANAGE_THREADS if channel.kind in THREADS else permissions.MANAGE_CHANNELS
        self._world.need(self._world.bot.id, channel, needed)
        told = wire.channel(self._world, channel)
        self._world.remove_channel(channel)
        return told

    def _overwrite(self, call: Call) -> None:
        channel = self._channel(call, permissions.MANAGE_ROLES)
        allow, deny = int(call.body.get("allow") or 0), int(call.body.get("deny") or 0)
        self._world.overwrite(channel, call["target"], allow, deny)

    def _clear_overwrite(self, call: Call) -> None:
        self._world.clear_overwrite(self._channel(call, permissions.MANAGE_ROLES), call["target"])

    def _check(self, body: dict[str, Any], *, named: bool, forum: bool = False) -> None:
        form = Form()
        form.long("name", body.get("name"), 100, int(named))
        form.long("topic", body.get("topic"), 4096 if forum else 1024)
        if body.get("rate_limit_per_user") is not None:
            form.number("rate_limit_per_user", body["rate_limit_per_user"], 0, 21_600)
        form.check()

    # ------------------------------------------------------------------------------------------------------ threads

    def _thread_on(self, call: Call) -> Any:
        message = self._world.message(self._channel(call).id, call["message"])
        return wire.channel(self._world, self._threads.from_message(self._world.bot, message, call.body))

    def _thread(self, call: Call) -> Any:
        channel, world = self._channel(call), self._world
        if channel.kind in FORUMS:
            if "message" not in call.body:
                raise bad_form("message", "BASE_TYPE_REQUIRED", "This field is required")
            thread, message = self._threads.post(world.bot, channel, call.body, call.files)
            return {**wire.channel(world, thread), "message": wire.message(world, message)}
        return wire.channel(world, self._threads.free(world.bot, channel, call.body))

    def _archived_private(self, call: Call) -> Any:
        self._channel(call, permissions.MANAGE_THREADS)
        return self._archived(call, (PRIVATE_THREAD,))

    def _archived(self, call: Call, kinds: tuple[int, ...]) -> Any:
        limit = call.number("limit", 50, 100)
        channel = self._channel(call, permissions.READ_MESSAGE_HISTORY)
        before = datetime.fromisoformat(call.query["before"]).timestamp() if "before" in call.query else None
        found = self._threads.archived(self._world.bot, channel, kinds, before)
        return self._listed(found[:limit]) | {"has_more": len(found) > limit}

    def _active(self, call: Call) -> Any:
        guild = self._world.guild(call["guild"])
        self._world.need_in_guild(self._world.bot.id, guild)
        return self._listed(self._threads.active(self._world.bot, guild.id))

    def _listed(self, threads: list[Channel]) -> dict[str, Any]:
        bot = self._world.bot.id
        mine = [one for one in threads if one.thread and bot in one.thread.members]
        return {
            "threads": [wire.channel(self._world, one) for one in threads],
            "members": [wire.thread_member(one, bot) for one in mine],
        }

    def _join(self, call: Call) -> None:
        whom = self._world.users.get(call.parts.get("user", self._world.bot.id))
        channel = self._channel(call)
        if whom is None or whom.id not in self._world.guilds[channel.guild].members:
            raise missing_access() if whom else unknown("User")
        self._threads.join(self._world.bot, channel, whom)

    def _leave(self, call: Call) -> None:
        self._threads.leave(self._world.bot, self._channel(call), call.parts.get("user", self._world.bot.id))

    def _thread_members(self, call: Call) -> Any:
        channel = self._channel(call)
        return [wire.thread_member(channel, one) for one in channel.thread.members] if channel.thread else []
