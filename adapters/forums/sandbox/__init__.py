"""The sandbox: a small threaded forum that Threadline serves itself, to try everything with."""

from __future__ import annotations

import msgspec

from adapters.forums.sandbox.addresses import LOOPBACK, SCHEME, parsed
from adapters.forums.sandbox.forum import SandboxForum, SandboxSettings
from bot.errors import Unparsable
from bot.model import ForumName, ThreadPage
from bot.ports import Context, Match

__all__ = ["SandboxAdapter", "SandboxForum", "SandboxSettings", "adapter"]


class SandboxAdapter:
    """How to recognise and open the sandbox."""

    name = "sandbox"
    settings: type[msgspec.Struct] = SandboxSettings
    looked_for = ""

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        found = parsed(address)
        if found is None:
            return None
        if not found.origin:
            return Match(1.0, ForumName(self.name), f'the address begins with "{SCHEME}:"')
        if found.host in LOOPBACK:
            # Where the pages are served, only the opened forum knows: it refuses what stands elsewhere.
            return Match(0.4, ForumName(self.name), "the address looks like a page of the sandbox on this machine")
        return None

    def open(self, name: ForumName, settings: SandboxSettings, context: Context) -> SandboxForum:
        return SandboxForum(name, settings, context)

    def saved(self, page: bytes, address: str, settings: SandboxSettings) -> ThreadPage:
        raise Unparsable(
            "Saved pages of the sandbox are not read: give the address of a thread instead.",
            looked_for="nothing: the sandbox has no saved pages",
            sample=page,
        )


adapter = SandboxAdapter()
