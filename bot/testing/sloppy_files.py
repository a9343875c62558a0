"""A chat that breaks the laws of what people put on their messages."""

from __future__ import annotations

import enum

import msgspec

from bot.errors import Gone
from bot.model import Attached, Event, MessageId, Said
from bot.testing.chats import FakeChat


class FileFlaw(enum.StrEnum):
    """One thing that adapters get wrong about files; a flaw of a chat like the others."""

    FILES_UNTOLD = "files on messages are not told"
    NAMES_ARE_WORDS = "the name of a file is heard as said"
    FILES_CUT = "files cut short"
    FILES_IN_MEMORY = "files lost at a restart"
    FILES_UNBOUNDED = "files given however large they are"
    FILES_OUTLIVE = "files given whose message is gone"
    BARE_ERRORS_ON_FILES = "KeyError for an odd file"


class SloppyFiles(FakeChat):
    """A `FakeChat` with flaws in what it does with files."""

    flaws: frozenset[enum.StrEnum]
    _restarts: int

    async def file(self, attached: Attached, most: int) -> bytes:
        if FileFlaw.BARE_ERRORS_ON_FILES in self.flaws and attached.address not in self.files:
            raise KeyError(attached.address)
        if FileFlaw.FILES_IN_MEMORY in self.flaws and self._restarts:
            raise Gone("nothing is known of a file")
        if FileFlaw.FILES_UNBOUNDED in self.flaws:
            most = 2**40
        if FileFlaw.FILES_OUTLIVE in self.flaws and attached.address in self.files:
            self.messages[MessageId(attached.address.partition("/")[0])].deleted = False
        found = await super().file(attached, most)
        return found[:-1] if FileFlaw.FILES_CUT in self.flaws else found

    def told_files(self, event: Event) -> Event:
        """What is told of an event, as far as its files go."""
        if not isinstance(event, Said) or not event.files:
            return event
        if FileFlaw.FILES_UNTOLD in self.flaws:
            return msgspec.structs.replace(event, files=())
        if FileFlaw.NAMES_ARE_WORDS in self.flaws:
            return msgspec.structs.replace(event, text=event.text or event.files[0].name)
        return event
