"""Requests about webhooks and answers to interactions, which share their addresses."""

from __future__ import annotations

from typing import Any

from tests.discord import wire
from tests.discord.hooks import Hooks
from tests.discord.interactions import Interactions, Use
from tests.discord.nouns import Message, Webhook
from tests.discord.permissions import MANAGE_WEBHOOKS
from tests.discord.rest import Call, Route
from tests.discord.talk import Talk
from tests.discord.world import World

_ONE, _HELD = "/webhooks/{webhook}", "/webhooks/{webhook}/{token}"
_SAID = f"{_HELD}/messages/{{message}}"


class HookRoutes:
    """What is done by webhooks, and by tokens of interactions as if they were such."""

    def __init__(self, world: World, talk: Talk, hooks: Hooks, interactions: Interactions) -> None:
        self._world = world
        self._talk = talk
        self._hooks = hooks
        self._interactions = interactions

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("GET", "/channels/{channel}/webhooks", self._of_channel),
            Route("POST", "/channels/{channel}/webhooks", self._make),
            Route("GET", "/guilds/{guild}/webhooks", self._of_guild),
            Route("GET", _ONE, lambda call: self._told(self._managed(call))),
            Route("PATCH", _ONE, lambda call: self._change(self._managed(call), call, move=True)),
            Route("DELETE", _ONE, lambda call: self._hooks.remove(self._managed(call))),
            Route("GET", _HELD, lambda call: self._told(self._held(call), maker=False), token=False),
            Route("PATCH", _HELD, lambda call: self._change(self._held(call), call, move=False), token=False),
            Route("DELETE", _HELD, lambda call: self._hooks.remove(self._held(call)), token=False),
            Route("POST", _HELD, self._execute, token=False),
            Route("GET", _SAID, self._read, token=False),
            Route("PATCH", _SAID, self._edit, token=False),
            Route("DELETE", _SAID, self._delete, token=False),
            Route("POST", "/interactions/{interaction}/{token}/callback", self._answer, token=False),
        ]

    # ----------------------------------------------------------------------------------------------------- webhooks

    def _managed(self, call: Call) -> Webhook:
        return self._hooks.managed(self._world.bot, call["webhook"])

    def _held(self, call: Call) -> Webhook:
        return self._hooks.held(call["webhook"], call["token"])

    def _told(self, hook: Webhook, *, maker: bool = True) -> dict[str, Any]:
        """A webhook; its token is told to its application, or to who has it."""
        mine = hook.application == self._world.bot.id or not maker
        told = wire.webhook(hook, self._world.users[hook.maker], token=mine)
        return told if maker else {key: value for key, value in told.items() if key != "user"}

    def _of_channel(self, call: Call) -> Any:
        channel = self._world.channel(call["channel"])
        self._world.need(self._world.bot.id, channel, MANAGE_WEBHOOKS)
        return [self._told(one) for one in self._world.webhooks.values() if one.channel == channel.id]

    def _of_guild(self, call: Call) -> Any:
        guild = self._world.guild(call["guild"])
        self._world.need_in_guild(self._world.bot.id, guild, MANAGE_WEBHOOKS)
        return [self._told(one) for one in self._world.webhooks.values() if one.guild == guild.id]

    def _make(self, call: Call) -> Any:
        channel = self._world.channel(call["channel"])
        return self._told(self._hooks.make(self._world.bot, channel, call.body.get("name") or ""))

    def _change(self, hook: Webhook, call: Call, *, move: bool) -> Any:
        self._hooks.change(hook, call.body, move=move)
        return self._told(hook, maker=move)

    # ----------------------------------------------------------------------------------------------------- speaking

    def _use(self, call: Call) -> Use | None:
        """The interaction that this is about, if it is about one."""
        return self._interactions.open(call["token"]) if call["webhook"] == self._world.bot.id else None

    def _shown(self, message: Message) -> dict[str, Any]:
        return wire.message(self._world, message)

    def _execute(self, call: Call) -> Any:
        if (use := self._use(call)) is not None:
            return self._shown(self._interactions.follow_up(use, call.body, call.files))
        thread = call.query.get("thread_id", "")
        message = self._hooks.speak(self._held(call), call.body, call.files, thread=thread)
        return self._shown(message) if call.asks("wait") else None

    def _message(self, call: Call) -> Message:
        thread = call.query.get("thread_id", "")
        return self._hooks.message(self._held(call), call["message"], thread=thread)

    def _read(self, call: Call) -> Any:
        if (use := self._use(call)) is not None:
            return self._shown(self._interactions.message(use, call["message"]))
        return self._shown(self._message(call))

    def _edit(self, call: Call) -> Any:
        if (use := self._use(call)) is not None:
            return self._shown(self._interactions.change(use, call["message"], call.body, call.files))
        return self._shown(self._talk.change(self._message(call), call.body, call.files))

    def _delete(self, call: Call) -> None:
        if (use := self._use(call)) is not None:
            self._interactions.delete(use, call["message"])
        else:
            self._talk.delete(self._message(call))

    def _answer(self, call: Call) -> Any:
        told = self._interactions.answer(call["interaction"], call["token"], call.body, call.files)
        return told if call.asks("with_response") else None
