"""Tells Discord our commands, where they are not the ones that it was told last: it counts how often that is done."""

from __future__ import annotations

import asyncio

import msgspec

from adapters.chats.discord.rest import Rest, route
from adapters.chats.discord.tree import digest, tree
from adapters.files import found, replaced
from bot.errors import AdapterError
from bot.ports import Context

FILE = "commands.json"
"""The file, in the adapter's folder, that says which commands Discord knows."""


class Known(msgspec.Struct, frozen=True):
    """The commands that Discord was told last."""

    digest: str = ""


class Registering:
    """The commands of one application."""

    def __init__(self, rest: Rest, context: Context) -> None:
        self._rest = rest
        self._log = context.log
        self._file = context.folder / FILE
        self._tree = tree(context.commands)

    async def sync(self, application: str) -> None:
        """Let Discord know our commands; where it cannot be told now, the next login tells it."""
        now = digest(application, self._tree)
        known = await asyncio.to_thread(found, self._file, Known)
        if known is not None and known.digest == now:
            return
        where = route("PUT", "/applications/{application}/commands", application=application)
        try:
            await self._rest.call(where, self._tree, write=False)
        except AdapterError as error:
            self._log.warning("commands not registered", error=str(error))
            return
        await asyncio.to_thread(replaced, self._file, msgspec.json.encode(Known(now)))
        self._log.info("commands registered", commands=len(self._tree))
