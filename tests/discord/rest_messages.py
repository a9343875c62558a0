"""Requests about messages: sent, read, changed, deleted, reacted to, pinned."""

from __future__ import annotations

from typing import Any

from tests.discord import wire
from tests.discord.nouns import Channel, Message
from tests.discord.reactions import Reactions
from tests.discord.refusals import Refusal
from tests.discord.rest import Call, Route
from tests.discord.snowflakes import stamp
from tests.discord.talk import Talk
from tests.discord.world import World

_AT = "/channels/{channel}/messages"
_ONE = f"{_AT}/{{message}}"


class MessageRoutes:
    """What the bot does with messages by its own name."""

    def __init__(self, world: World, talk: Talk, reactions: Reactions) -> None:
        self._world = world
        self._talk = talk
        self._reactions = reactions

    def routes(self) -> list[Route]:
        """All of them."""
        reactions = f"{_ONE}/reactions"
        return [
            Route("POST", _AT, self._send),
            Route("GET", _AT, self._history),
            Route("GET", _ONE, self._read),
            Route("PATCH", _ONE, self._edit),
            Route("DELETE", _ONE, self._delete),
            Route("POST", f"{_AT}/bulk-delete", self._delete_many),
            Route("GET", f"{reactions}/{{emoji}}", self._who_reacted),
            Route("PUT", f"{reactions}/{{emoji}}/@me", self._react),
            Route("DELETE", f"{reactions}/{{emoji}}/@me", self._unreact),
            Route("DELETE", f"{reactions}/{{emoji}}/{{user}}", self._unreact),
            Route("DELETE", f"{reactions}/{{emoji}}", self._clear),
            Route("DELETE", reactions, self._clear),
            Route("GET", f"{_AT}/pins", self._pins),
            Route("PUT", f"{_AT}/pins/{{message}}", lambda call: self._pin(call, True)),
            Route("DELETE", f"{_AT}/pins/{{message}}", lambda call: self._pin(call, False)),
            Route("POST", "/channels/{channel}/typing", self._typing),
        ]

    def _channel(self, call: Call) -> Channel:
        return self._world.channel(call["channel"])

    def _message(self, call: Call) -> Message:
        """The message; one that only one person sees is none."""
        channel = self._channel(call)
        self._world.need(self._world.bot.id, channel)
        message = self._world.message(channel.id, call["message"])
        if message.only_for:
            raise Refusal(404, 10008, "Unknown Message")
        return message

    def _told(self, message: Message) -> dict[str, Any]:
        return wire.message(self._world, message, blind=not self._world.reads_content)

    def _send(self, call: Call) -> Any:
        message = self._talk.say(self._channel(call), self._world.bot, call.body, call.files)
        nonce = {"nonce": message.nonce} if message.nonce is not None else {}
        return wire.message(self._world, message) | nonce

    def _history(self, call: Call) -> Any:
        limit = call.number("limit", 50, 100)
        there = self._talk.history(self._world.bot, self._channel(call))
        edge = {key: int(call.query[key]) for key in ("after", "before", "around") if key in call.query}
        if "after" in edge:
            there = [one for one in there if int(one.id) > edge["after"]][:limit]
        elif "around" in edge:
            before = sum(int(one.id) < edge["around"] for one in there)
            there = there[max(0, before - limit // 2) :][:limit]
        elif "before" in edge:
            there = [one for one in there if int(one.id) < edge["before"]]
        return [self._told(one) for one in reversed(there[-limit:])]

    def _read(self, call: Call) -> Any:
        message = self._message(call)
        if message not in self._talk.history(self._world.bot, self._world.channel(message.channel)):
            raise Refusal(403, 50013, "Missing Permissions")
        return self._told(message)

    def _edit(self, call: Call) -> Any:
        message = self._message(call)
        if message.author is not self._world.bot:
            if set(call.body) <= {"flags"}:
                self._talk.may_delete(self._world.bot, message)
            else:
                raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        return wire.message(self._world, self._talk.change(message, call.body, call.files))

    def _delete(self, call: Call) -> None:
        message = self._message(call)
        self._talk.may_delete(self._world.bot, message)
        self._talk.delete(message)

    def _delete_many(self, call: Call) -> None:
        ids = [str(one) for one in call.body["messages"]]
        self._talk.delete_many(self._world.bot, self._channel(call), ids)

    def _who_reacted(self, call: Call) -> Any:
        limit, after = call.number("limit", 25, 100), int(call.query.get("after", 0))
        message = self._message(call)
        who = sorted((one for one in message.reactions.get(call["emoji"], []) if int(one) > after), key=int)
        return [wire.user(self._world.users[one]) for one in who[:limit]]

    def _react(self, call: Call) -> None:
        self._reactions.react(self._world.bot, self._message(call), call["emoji"])

    def _unreact(self, call: Call) -> None:
        bot = self._world.bot
        whose = call.parts.get("user", bot.id)
        self._reactions.unreact(bot, self._message(call), call["emoji"], whose)

    def _clear(self, call: Call) -> None:
        self._reactions.clear_reactions(self._world.bot, self._message(call), call.parts.get("emoji", ""))

    def _pins(self, call: Call) -> Any:
        there = self._talk.history(self._world.bot, self._channel(call))
        pinned = [{"pinned_at": stamp(one.sent), "message": self._told(one)} for one in there if one.pinned]
        return {"items": pinned[::-1], "has_more": False}

    def _pin(self, call: Call, pinned: bool) -> None:
        self._reactions.pin(self._world.bot, self._message(call), pinned=pinned)

    def _typing(self, call: Call) -> None:
        self._world.need(self._world.bot.id, self._channel(call))
