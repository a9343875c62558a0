"""Says something to one person: where they gave a command, beside their message, or in private."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Sequence

from adapters.chats.discord import buttons, markers, names, render
from adapters.chats.discord.guilds import mapping
from adapters.chats.discord.interactions import Interactions
from adapters.chats.discord.rest import Object, Rest, route
from adapters.chats.discord.uses import NOBODY
from bot import markup
from bot.errors import Gone, NotAllowed, Refused
from bot.model import MessageId, Offer, UserId, Where, answered_command
from bot.ports import in_words

MOST_SAID = 1_000
"""Keys under which it is remembered how much was said."""


class Telling:
    """What one bot says to people."""

    def __init__(self, rest: Rest, interactions: Interactions) -> None:
        self._rest = rest
        self._interactions = interactions
        self._said: dict[str, int] = {}

    async def tell(
        self, where: Where, person: UserId, text: str, key: str, about: MessageId, offers: Sequence[Offer]
    ) -> None:
        """Say it in answer to the command or the message that it is about; else in private.

        Only an answer to a command has buttons. In a talk of two nobody is an admin of anything: what is offered there
        stands in the text, to be typed in the server.
        """
        command = answered_command(key)
        if command:
            texts = render.notice(text, [one for one in offers if not buttons.fits(one)])
            if await self._interactions.answer(command, texts, buttons.of_offers(offers)):
                return
        if offers:
            text = markup.write(in_words(markup.read(text, "markdown"), offers, render.SIGN), "markdown")
        message = await self._message(where, person, about) if about else None
        if message is not None:
            try:
                await self._beside(message, text, key)
            except (Gone, NotAllowed, Refused):
                # The channel lets us say nothing, and the person has to hear it all the same.
                of = markup.read(str(message.get("content") or ""), "markdown")
                text = markup.write(markup.reminding(markup.read(text, "markdown"), of), "markdown")
            else:
                return
        channel = await self._rest.call(
            route("POST", "/users/@me/channels"), {"recipient_id": names.person_of(person)}, write=False
        )
        await self._say(str(channel["id"]), text, key, {"allowed_mentions": NOBODY})

    async def _message(self, where: Where, person: UserId, about: MessageId) -> Object | None:
        """A message of that person's; None where it does not stand there, or is another's."""
        try:
            channel, message = names.channel_of(where.thread or where.channel), names.message_of(about).message
            path = route("GET", "/channels/{channel}/messages/{message}", channel=channel, message=message)
            found: Object = await self._rest.call(path)
        except (Gone, NotAllowed, Refused):
            return None
        author = mapping(found.get("author")).get("id")
        user = mapping(mapping(found.get("interaction_metadata")).get("user")).get("id")
        return found if person in (author, user) else None

    async def _beside(self, message: Object, text: str, key: str) -> None:
        reference = {"message_id": message["id"], "fail_if_not_exists": True}
        # An answer that calls nobody is not noticed; it calls whom it is for, and nobody else.
        calls = NOBODY | {"replied_user": True}
        await self._say(
            str(message["channel_id"]), text, key, {"message_reference": reference, "allowed_mentions": calls}
        )

    async def _say(self, channel: str, text: str, key: str, how: Object) -> None:
        where = route("POST", "/channels/{channel}/messages", channel=channel)
        for n, words in enumerate(render.notice(text)):
            if n < self._said.get(key, 0):
                continue
            await self._rest.call(where, {"content": words, **how, **markers.nonce(_nonce(f"{key}-{n}"))})
            self._said.pop(key, None)
            self._said[key] = n + 1
            if len(self._said) > MOST_SAID:
                del self._said[next(iter(self._said))]


def _nonce(key: str) -> str:
    """A key in so few characters as Discord takes."""
    return b32encode(hashlib.sha256(key.encode()).digest())[:24].decode()
