"""Webhooks: made, found, used to speak under any name, and gone for good once they are deleted."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from tests.discord.nouns import FORUMS, THREADS, Channel, Message, Upload, User, Webhook
from tests.discord.permissions import MANAGE_WEBHOOKS
from tests.discord.refusals import Form, Refusal, bad_form, unknown
from tests.discord.talk import Talk
from tests.discord.threads import Threads
from tests.discord.world import Event, World

IN_A_CHANNEL, IN_A_GUILD = 15, 1000
_NOT_IN_NAMES = ("discord", "clyde")
_NO_NAMES = ("everyone", "here")


class Hooks:
    """All webhooks."""

    def __init__(self, world: World, talk: Talk, threads: Threads) -> None:
        self._world = world
        self._talk = talk
        self._threads = threads

    def make(self, who: User, channel: Channel, name: str) -> Webhook:
        """A new one; raises 30007 where there are as many as may be."""
        world = self._world
        world.need(who.id, channel, MANAGE_WEBHOOKS)
        self._check_name("name", name)
        if channel.kind in THREADS:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        there = sum(hook.channel == channel.id for hook in world.webhooks.values())
        if there >= IN_A_CHANNEL:
            raise Refusal(400, 30007, f"Maximum number of webhooks reached ({IN_A_CHANNEL})")
        if sum(hook.guild == channel.guild for hook in world.webhooks.values()) >= IN_A_GUILD:
            raise Refusal(400, 30007, f"Maximum number of webhooks reached ({IN_A_GUILD})")
        hook = Webhook(
            world.ids.new(),
            channel.id,
            channel.guild,
            name.strip(),
            secrets.token_urlsafe(51),
            who.id,
            world.bot.id if who is world.bot else None,
        )
        world.webhooks[hook.id] = hook
        self._changed(hook)
        return hook

    def managed(self, who: User, key: str) -> Webhook:
        """The webhook, for one who may manage it."""
        if key not in self._world.webhooks:
            raise unknown("Webhook")
        hook = self._world.webhooks[key]
        self._world.need(who.id, self._world.channel(hook.channel), MANAGE_WEBHOOKS)
        return hook

    def held(self, key: str, token: str) -> Webhook:
        """The webhook, for one who has its token."""
        if key not in self._world.webhooks:
            raise unknown("Webhook")
        if not secrets.compare_digest(self._world.webhooks[key].token, token):
            raise Refusal(401, 50027, "Invalid Webhook Token")
        return self._world.webhooks[key]

    def change(self, hook: Webhook, body: dict[str, Any], *, move: bool) -> None:
        """Name it, or send it to another channel."""
        if "name" in body:
            self._check_name("name", body["name"])
            hook.name = body["name"].strip()
        if move and body.get("channel_id"):
            hook.channel = self._world.channel(str(body["channel_id"])).id
        self._changed(hook)

    def remove(self, hook: Webhook) -> None:
        """It is gone; what it said stays."""
        del self._world.webhooks[hook.id]
        self._changed(hook)

    def speak(self, hook: Webhook, body: dict[str, Any], files: list[Upload], *, thread: str = "") -> Message:
        """Say something where it stands, in a thread there, or as a new post of its forum."""
        channel = self._world.channel(hook.channel)
        name = body.get("username")
        if name is not None:
            self._check_name("username", name)
        author = User(hook.id, (name or hook.name).strip(), bot=True, avatar=hook.avatar)
        title, avatar = body.get("thread_name"), body.get("avatar_url") or None
        if avatar:
            if not str(avatar).startswith(("http://", "https://")):
                raise bad_form("avatar_url", "URL_TYPE_INVALID_SCHEME", "Must be one of ('http', 'https').")
            author.avatar = hashlib.md5(avatar.encode(), usedforsecurity=False).hexdigest()
        if channel.kind in FORUMS:
            if title and thread:
                raise Refusal(
                    400, 220002, "Webhooks posted to forum channels cannot have both a thread_name and thread_id"
                )
            if not title and not thread:
                raise Refusal(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
            if title:
                wish = {"name": title, "applied_tags": body.get("applied_tags"), "message": self._plain(body)}
                return self._threads.post(author, channel, wish, files, hook=hook, avatar=avatar)[1]
        elif title:
            raise Refusal(400, 220003, "Webhooks can only create threads in forum channels")
        if thread:
            channel = self._thread(hook, thread)
        return self._talk.say(channel, author, self._plain(body), files, hook=hook, avatar=avatar)

    def message(self, hook: Webhook, key: str, *, thread: str = "") -> Message:
        """A message that it said; one in a thread is found only by whoever names the thread."""
        channel = self._thread(hook, thread) if thread else self._world.channel(hook.channel)
        message = self._world.messages[channel.id].get(key)
        if message is None or message.webhook != hook.id:
            raise unknown("Message")
        return message

    def _plain(self, body: dict[str, Any]) -> dict[str, Any]:
        """What webhooks know of a message: they answer nothing, and repeat whatever comes twice."""
        return {key: value for key, value in body.items() if key not in ("message_reference", "nonce", "enforce_nonce")}

    def _thread(self, hook: Webhook, key: str) -> Channel:
        thread = self._world.channels.get(key)
        if thread is None or thread.parent != hook.channel:
            raise unknown("Channel")
        return thread

    def _check_name(self, where: str, name: Any) -> None:
        form = Form()
        form.long(where, name.strip() if isinstance(name, str) else name, 80, 1)
        form.check()
        for word in _NOT_IN_NAMES:
            if word in name.casefold():
                raise bad_form(where, "USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
        if name.strip().casefold() in _NO_NAMES:
            raise bad_form(where, "USERNAME_INVALID_EQUALS", f'Username cannot be "{name.strip()}"')

    def _changed(self, hook: Webhook) -> None:
        channel = self._world.channel(hook.channel)
        data = {"guild_id": hook.guild, "channel_id": hook.channel}
        self._world.tell(Event("WEBHOOKS_UPDATE", data, hook.guild, channel))
