"""Commands, buttons, menus and modals in use: three seconds for an answer, a quarter of an hour for the rest."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.discord import forms, wire
from tests.discord.components import check_modal
from tests.discord.nouns import (
    COMMAND,
    CONTEXT_MENU,
    DEFAULT,
    EPHEMERAL,
    LOADING,
    REPLY,
    Channel,
    Message,
    Upload,
    User,
)
from tests.discord.refusals import Form, Refusal, bad_form, unknown
from tests.discord.talk import Talk
from tests.discord.world import Event, World

USED, PRESSED, TYPING, SUBMITTED = 2, 3, 4, 5
"""What people do: use a command, press a button or choose, type an option that is completed, submit a modal."""

MESSAGE, LATER, UPDATE_LATER, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
"""How it is answered."""

_FITTING = {
    USED: (MESSAGE, LATER, MODAL),
    PRESSED: (MESSAGE, LATER, UPDATE_LATER, UPDATE, MODAL),
    TYPING: (CHOICES,),
    SUBMITTED: (MESSAGE, LATER, UPDATE_LATER, UPDATE),
}
SOON, LONG = 3.0, 900.0


@dataclass
class Use:
    """One interaction, and what came of it."""

    id: str
    token: str
    kind: int
    user: User
    channel: Channel
    made: float
    data: dict[str, Any]
    message: Message | None = None
    """Below which the button stands."""
    answer: int | None = None
    original: Message | None = None
    """What `@original` is."""
    messages: list[Message] = field(default_factory=list)
    """All answers that are messages, in order."""
    choices: list[dict[str, Any]] | None = None
    modal: dict[str, Any] | None = None
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def answered(self) -> Use:
        """Wait for an answer of any kind."""
        await self._answered.wait()
        return self

    async def said(self, messages: int = 1) -> list[Message]:
        """Wait until so many messages answer it, none of which is a promise of one."""
        while len(self.messages) < messages or any(one.flags & LOADING for one in self.messages):
            await asyncio.sleep(0.002)
        return self.messages

    @property
    def ephemeral(self) -> bool:
        """Whether the first answer is seen by that person only."""
        return self.original is not None and bool(self.original.flags & EPHEMERAL)

    def was_answered(self, kind: int) -> None:
        """It was, by an answer of this kind."""
        self.answer = kind
        self._answered.set()


class Interactions:
    """All interactions there were."""

    def __init__(self, world: World, talk: Talk) -> None:
        self.uses: dict[str, Use] = {}
        """By token."""
        self._world = world
        self._talk = talk

    def begin(
        self, kind: int, user: User, channel: Channel, data: dict[str, Any], message: Message | None = None
    ) -> Use:
        """Somebody does something that the application is to answer."""
        world = self._world
        use = Use(world.ids.new(), secrets.token_urlsafe(60), kind, user, channel, world.clock.now(), data, message)
        self.uses[use.token] = use
        guild = world.guilds.get(channel.guild)
        told: dict[str, Any] = {
            "id": use.id,
            "application_id": world.bot.id,
            "type": kind,
            "token": use.token,
            "version": 1,
            "channel_id": channel.id,
            "channel": {**wire.channel(world, channel), "permissions": str(world.may(user.id, channel))},
            "app_permissions": str(world.may(world.bot.id, channel)),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": forms.FILE_BYTES,
            "context": 0 if guild else 1,
            "authorizing_integration_owners": {"0": guild.id if guild else "0"},
            "data": data,
        }
        if guild:
            who = wire.member(guild, guild.members[user.id]) | {"permissions": str(world.may(user.id, channel))}
            of = {"id": guild.id, "locale": "en-US", "features": []}
            told |= {"guild_id": guild.id, "guild": of, "guild_locale": "en-US", "member": who}
        else:
            told["user"] = wire.user(user)
        if message is not None:
            told["message"] = wire.message(world, message)
        world.tell(Event("INTERACTION_CREATE", told, channel.guild, channel))
        return use

    # ----------------------------------------------------------------------------------------------------- answering

    def answer(self, key: str, token: str, body: dict[str, Any], files: list[Upload]) -> dict[str, Any]:
        """Take the one answer to an interaction; it has three seconds."""
        use = self.uses.get(token)
        if use is None or use.id != key:
            raise unknown("interaction")
        if use.answer is not None:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        if self._world.clock.now() - use.made > SOON:
            raise unknown("interaction")
        kind, data = body.get("type"), body.get("data") or {}
        fitting = _FITTING[use.kind]
        if kind not in fitting or (kind in (UPDATE, UPDATE_LATER) and use.message is None):
            raise bad_form("type", "BASE_TYPE_CHOICES", f"Value must be one of {fitting}.")
        if kind == MESSAGE:
            use.original = self._write(use, data, files)
        elif kind == LATER:
            use.original = self._write(use, {"flags": int(data.get("flags") or 0) & EPHEMERAL | LOADING}, [])
        elif kind == UPDATE:
            assert use.message is not None, "there is nothing to update"
            use.original = self._talk.change(use.message, data, files)
        elif kind == UPDATE_LATER:
            use.original = use.message
        elif kind == CHOICES:
            use.choices = self._choices(data)
        else:
            form = Form()
            check_modal(form, data)
            form.check()
            use.modal = data
        use.was_answered(kind)
        return self._told(use, kind)

    def _told(self, use: Use, kind: int) -> dict[str, Any]:
        told: dict[str, Any] = {"interaction": {"id": use.id, "type": use.kind}}
        if (message := use.original) is not None:
            told["interaction"] |= {
                "response_message_id": message.id,
                "response_message_loading": bool(message.flags & LOADING),
                "response_message_ephemeral": bool(message.flags & EPHEMERAL),
            }
            told["resource"] = {"type": kind, "message": wire.message(self._world, message)}
        return told

    def _choices(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        form, choices = Form(), data.get("choices")
        if form.count("data.choices", choices, 25):
            for number, one in enumerate(choices or []):
                form.long(f"data.choices.{number}.name", one.get("name"), 100, 1)
                if isinstance(one.get("value"), str):
                    form.long(f"data.choices.{number}.value", one["value"], 100, 1)
        form.check()
        return list(choices or [])

    def _write(self, use: Use, data: dict[str, Any], files: list[Upload]) -> Message:
        kind = CONTEXT_MENU if use.data.get("type") == 3 else COMMAND
        if use.kind != USED or use.messages:
            kind = REPLY if use.message is not None or use.messages else DEFAULT
        message = self._talk.say(
            use.channel,
            self._world.bot,
            data,
            files,
            kind=kind,
            only_for=use.user.id if int(data.get("flags") or 0) & EPHEMERAL else "",
            interaction=self._metadata(use),
            loading=bool(int(data.get("flags") or 0) & LOADING),
        )
        use.messages.append(message)
        return message

    def _metadata(self, use: Use) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": use.id,
            "type": use.kind,
            "user": wire.user(use.user),
            "authorizing_integration_owners": {"0": use.channel.guild or "0"},
        }
        if use.kind == PRESSED and use.message is not None:
            told["interacted_message_id"] = use.message.id
        if use.messages:
            told["original_response_message_id"] = use.messages[0].id
        return told

    # ------------------------------------------------------------------------------------------------- what follows

    def open(self, token: str) -> Use:
        """The interaction that this token still speaks for."""
        use = self.uses.get(token)
        if use is None or use.answer is None:
            raise unknown("Webhook")
        if self._world.clock.now() - use.made > LONG:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        return use

    def follow_up(self, use: Use, body: dict[str, Any], files: list[Upload]) -> Message:
        """Another answer; the first one after a promise keeps it."""
        if use.original is not None and use.original.flags & LOADING:
            return self.change(use, "@original", body, files)
        return self._write(use, body, files)

    def message(self, use: Use, key: str) -> Message:
        """One of the answers."""
        there = [one for one in [use.original, *use.messages] if one is not None]
        for one in there:
            if (key == "@original" and one is use.original) or one.id == key:
                return self._world.message(one.channel, one.id)
        raise unknown("Message")

    def change(self, use: Use, key: str, body: dict[str, Any], files: list[Upload]) -> Message:
        """Change one of the answers; a promise is kept by that."""
        message = self.message(use, key)
        before = message.flags
        message.flags &= ~LOADING
        try:
            return self._talk.change(message, {one: body[one] for one in body if one != "flags"}, files)
        except Refusal:
            message.flags = before
            raise

    def delete(self, use: Use, key: str) -> None:
        """Take one of the answers back."""
        self._talk.delete(self.message(use, key))
