"""Answers what people use of ours: at once that something will come, and then what the house says.

What an answer is given by, a token, counts for a quarter of an hour, and is kept as long in the adapter's folder: a
program that was started anew answers the commands that it had heard before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from adapters.chats.discord import uses
from adapters.chats.discord.guilds import mapping
from adapters.chats.discord.refusals import code_of
from adapters.chats.discord.rest import Object, Rest, Route, route
from adapters.chats.discord.uses import NOBODY, ONLY_FOR_ONE, Use
from adapters.files import found, replaced
from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, Refused
from bot.model import ChannelRef, Said, Where
from bot.ports import Context

FILE = "interactions.json"
"""The file, in the adapter's folder, that holds what commands are answered by; for its owner's eyes alone."""

LASTS = 14 * 60_000
"""Milliseconds for which an answer is given in its place: Discord takes it for a minute more."""

ACKNOWLEDGED = 40060


class Token(msgspec.Struct):
    """What a command is answered by, since when, and how much of the answer was said."""

    token: str
    at: int
    said: int = 0


class Met(NamedTuple):
    """A use that was answered for the first time; `message` is where a form's words are to stand."""

    use: Use
    message: str = ""


class Interactions:
    """What is used of one bot's; `us` and `application` are who we are, known from the first login on."""

    def __init__(self, rest: Rest, context: Context) -> None:
        self._rest = rest
        self._now = context.now
        self._log = context.log
        self._suggestions = context.suggest
        self._file = context.folder / FILE
        self._tokens: dict[str, Token] | None = None
        self._keeping = asyncio.Lock()
        self.us = ""
        self.application = ""

    async def meet(self, data: bytes) -> Met | None:
        """Answer for the first time, the moment it comes; None for what is not ours, or cannot be answered any more."""
        use = uses.use(mapping(msgspec.json.decode(data)))
        if use is not None and use.kind == uses.TYPING:
            await self._suggest(use)
            return None
        answer = uses.first_answer(use, self.us, self.application) if use is not None else None
        if use is None or answer is None:
            return None
        told = {}
        try:
            told = await self._rest.call(
                _callback(use), answer, query={"with_response": "true"}, token=False, free=True
            )
        except AdapterError as error:
            # A command is carried out all the same: its answer finds another way.
            if code_of(error) != ACKNOWLEDGED:
                self._log.warning("discord takes no answer", use=use.id, error=str(error))
        if uses.commands(use):
            await self._keep(use)
        message = mapping(mapping(mapping(told).get("resource")).get("message")).get("id")
        return Met(use, message if isinstance(message, str) else "")

    async def answer(self, command: str, texts: Sequence[str], components: Sequence[Object]) -> bool:
        """Say to who gave a command what it answers, with buttons below the last text.

        False where that can only be said elsewhere.
        """
        async with self._keeping:
            token = (await self._known()).get(command)
        if token is None or self._now() - token.at > LASTS or not self.application:
            return False
        for n, text in enumerate(texts[token.said :], token.said):
            body: Object = {"content": text, "allowed_mentions": NOBODY}
            if n == len(texts) - 1:
                body["components"] = list(components)
            try:
                if n == 0:
                    await self._original(token.token, body)
                else:
                    where = route("POST", "/webhooks/{webhook}/{token}", webhook=self.application, token=token.token)
                    body |= {"flags": ONLY_FOR_ONE}
                    await self._rest.call(where, body, query={"wait": "true"}, token=False, free=True)
            except (Gone, LoginRejected, NotAllowed, Refused) as error:
                self._log.info("an answer goes elsewhere", command=command, error=str(error))
                return False
            token.said = n + 1
        return True

    async def show(self, met: Met, said: Said) -> None:
        """Let the message that was promised show what somebody wrote into the form."""
        try:
            await self._original(met.use.token, uses.shown(said))
        except AdapterError as error:
            self._log.warning("an answer is not shown", use=met.use.id, error=str(error))

    async def _suggest(self, use: Use) -> None:
        """Show who is typing a command what they may mean; where that comes too late, they type on."""
        # Nobody's answer depends on the place, but for whose it is.
        typing = uses.typing(use, Where(ChannelRef(use.channel)))
        if typing is None:
            return
        try:
            answer = uses.choices(await self._suggestions(typing))
            await self._rest.call(_callback(use), answer, write=False, token=False, free=True)
        except AdapterError as error:
            self._log.debug("nothing suggested", use=use.id, error=str(error))

    async def _original(self, token: str, body: object) -> None:
        where = route("PATCH", "/webhooks/{webhook}/{token}/messages/@original", webhook=self.application, token=token)
        await self._rest.call(where, body, write=False, token=False, free=True)

    async def _keep(self, use: Use) -> None:
        now = self._now()
        async with self._keeping:
            known = await self._known()
            for id in [id for id, token in known.items() if now - token.at > LASTS]:
                del known[id]
            known.setdefault(use.id, Token(use.token, now))
            await asyncio.to_thread(replaced, self._file, msgspec.json.encode(known))

    async def _known(self) -> dict[str, Token]:
        if self._tokens is None:
            self._tokens = await asyncio.to_thread(found, self._file, dict[str, Token]) or {}
        return self._tokens


def _callback(use: Use) -> Route:
    return route("POST", "/interactions/{interaction}/{token}/callback", interaction=use.id, token=use.token)
