"""Puts messages into channels and threads, changes them, takes them away, and reads what stands there.

What Discord refuses because a thread is archived is done again once the thread is open: nothing was done before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from adapters.chats.discord import names
from adapters.chats.discord.checking import Checking
from adapters.chats.discord.hooks import Hooks, answering, speaker
from adapters.chats.discord.markers import nonce
from adapters.chats.discord.permissions import READ_MESSAGE_HISTORY
from adapters.chats.discord.pictures import Shown
from adapters.chats.discord.places import Place, Places, Spot
from adapters.chats.discord.refusals import ARCHIVED, LOCKED, NOT_OURS, UNKNOWN_MESSAGE, Denied, Missing, Shut, code_of
from adapters.chats.discord.rest import Object, Rest, route
from bot.errors import Gone, NotAllowed, Refused
from bot.model import MessageId, Payload, Reaction, Where

T = TypeVar("T")

MESSAGES = "/channels/{channel}/messages"
MESSAGE = f"{MESSAGES}/{{message}}"
REACTION = f"{MESSAGE}/reactions/{{emoji}}/@me"
PIN = f"{MESSAGES}/pins/{{message}}"
PAGE = 100
TOO_LARGE = 40005
BAD_FORM = 50035

ACCESS = (50001, 50013)
"""Codes of what the bot lacks a permission for."""


class Writing:
    """What one bot says, by itself or as webhooks."""

    def __init__(self, rest: Rest, places: Places, checking: Checking, hooks: Hooks, speaks: bool) -> None:
        self._rest = rest
        self._places = places
        self._checking = checking
        self._hooks = hooks
        self._speaks = speaks
        """Whether webhooks do."""

    async def say(self, home: Place, channel: str, payload: Payload, shown: Shown, key: str) -> MessageId:
        """Say something in a channel or in a thread of it; under an equal key once, where no webhook speaks."""
        answered = _answered(payload)
        if self._speaks:
            body = _in_answer(shown.body, home.guild, channel, answered) | speaker(payload)
            said = await self._hooks.say(home.id, body, shown.files, channel if channel != home.id else "")
            return MessageId(str(said["id"]))
        body = shown.body | nonce(key)
        where = route("POST", MESSAGES, channel=channel)

        async def act(more: Object) -> Object:
            return dict(await self.awake(channel, lambda: self._rest.call(where, body | more, files=shown.files)))

        reference = {"message_reference": {"message_id": answered, "fail_if_not_exists": False}} if answered else {}
        try:
            said = await act(reference)
        except Denied as error:
            if not reference or error.code != BAD_FORM:
                raise
            said = await act({})  # what nobody can answer, such as a line of Discord's own, stops no message
        return MessageId(str(said["id"]))

    async def change(self, spot: Spot, payload: Payload, shown: Shown) -> None:
        """Replace a message of ours, also one from before webhooks spoke, or from when they did."""
        answered = _answered(payload)
        where = route("PATCH", MESSAGE, channel=spot.channel, message=spot.message)

        async def by_webhook() -> None:
            body = _in_answer(shown.body, spot.home.guild, spot.channel, answered)
            await self._hooks.change(spot, body, shown.files)

        async def by_bot() -> None:
            await self._rest.call(where, shown.body, files=shown.files)

        first, then = (by_webhook, by_bot) if self._speaks else (by_bot, by_webhook)
        try:
            await self.awake(spot.channel, first)
        except (Missing, Denied) as error:
            others = error.code == UNKNOWN_MESSAGE if self._speaks else error.code == NOT_OURS
            if not others or not (self._speaks or await self._hooks.there(spot.home.id)):
                raise
            await self.awake(spot.channel, then)

    async def remove(self, spot: Spot) -> None:
        """Delete a message; one that is not there is no error."""
        with suppress(Missing):
            await self._rest.call(route("DELETE", MESSAGE, channel=spot.channel, message=spot.message))

    async def react(self, spot: Spot, reaction: Reaction | None) -> None:
        """Make one reaction the only one of ours; None takes it away."""
        message = await self.read(spot)
        wanted = reaction.value if reaction is not None else ""
        ours = [str((one.get("emoji") or {}).get("name")) for one in message.get("reactions") or () if one.get("me")]
        for emoji in ours:
            if emoji != wanted:
                await self._reaction("DELETE", spot, emoji)
        if wanted and wanted not in ours:
            await self._reaction("PUT", spot, wanted)

    async def _reaction(self, method: str, spot: Spot, emoji: str) -> None:
        where = route(method, REACTION, channel=spot.channel, message=spot.message, emoji=emoji)
        await self.awake(spot.channel, lambda: self._rest.call(where))

    async def pin(self, spot: Spot) -> None:
        """Keep a message at the top of its channel; Discord takes it twice and lets it stand once."""
        where = route("PUT", PIN, channel=spot.channel, message=spot.message)
        await self.awake(spot.channel, lambda: self._rest.call(where))

    async def read(self, spot: Spot) -> Object:
        """A message as it stands."""
        return dict(await self._rest.call(route("GET", MESSAGE, channel=spot.channel, message=spot.message)))

    async def history(self, home: Place, channel: str, after: str) -> list[Object]:
        """All messages of a channel or thread behind one, oldest first.

        Whoever may not read what was is shown nothing, without a word: `NotAllowed` then.
        """
        found: list[Object] = []
        where = route("GET", MESSAGES, channel=channel)
        while True:
            page = await self._rest.call(where, query={"limit": str(PAGE), "after": after})
            found += sorted(page, key=lambda one: int(one["id"]))
            if len(page) < PAGE:
                break
            after = str(found[-1]["id"])
        if not found and not await self._checking.may(home) & READ_MESSAGE_HISTORY:
            lacks = await self._checking.lacking(home)
            raise NotAllowed(f"The bot may not read what was said in #{home.name}: {lacks}.")
        return found

    async def awake(self, channel: str, act: Callable[[], Awaitable[T]]) -> T:
        """Do something in a thread, which is opened for it where it was archived."""
        try:
            return await act()
        except Denied as error:
            if error.code != ARCHIVED:
                raise
        try:
            await self._rest.call(route("PATCH", "/channels/{channel}", channel=channel), {"archived": False})
        except Shut as error:
            raise Shut(
                "The thread is archived and locked; unlock it, or give the bot's role “Manage Threads”.", LOCKED
            ) from error
        return await act()

    async def explained(self, error: Missing | Denied | Shut, where: Where, home: Place) -> Gone | NotAllowed | Refused:
        """An error of writing to a place, with what the bot lacks there and where to grant it."""
        if code_of(error) in ACCESS and (lacks := await self._checking.lacking(home)):
            return NotAllowed(f"{lacks[0].upper()}{lacks[1:]}.")
        return await self._places.lost(error, where)


def without_files(shown: Shown) -> Shown:
    """A message without its images; the links to them stand in its text."""
    embeds = [{field: value for field, value in shown.embeds[0].items() if field != "image"}]
    attachments = [one for one in shown.attachments if "filename" not in one]
    return shown._replace(embeds=embeds, attachments=attachments, files=[])


def _in_answer(body: Object, guild: str, channel: str, answered: str) -> Object:
    """What a webhook says in answer to a message: natively it answers none."""
    if not answered:
        return body
    first, *more = body["embeds"]
    return {**body, "embeds": [answering(first, guild, channel, answered), *more]}


def _answered(payload: Payload) -> str:
    """The id of the message that a payload answers; empty where it answers none."""
    try:
        return names.message_of(str(payload.get("reply_to") or "")).message
    except Gone:
        return ""
