"""The rig of an adapter that speaks HTTP: its forum is a web site on loopback, at the end of a line that can fail."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from bot.model import Millis
from bot.ports import Context, Forum
from bot.testing.faults import Line
from bot.testing.forum_rig import ForumRig
from bot.testing.server import LoopbackSite

S = TypeVar("S", bound="SiteRig")

IMPATIENT = 0.3
"""Seconds that are waited for an answer that does not come."""


class SiteRig(ForumRig):
    """Opens the adapter on a web site while a block lasts; `opened`, `start_thread` and `post` are needed besides."""

    def __init__(self, served: LoopbackSite, ours: Context) -> None:
        self.served = served
        self.ours = ours
        self._patience = ours.net.total
        self._forum: Forum | None = None

    def opened(self) -> Forum:
        """The adapter, opened with `ours` on the address at which the site is served."""
        raise NotImplementedError

    async def began(self) -> None:
        """What there has to be before the first law; the site is served already."""

    async def forum(self) -> Forum:
        return self._forum or await self.reopen()

    async def reopen(self) -> Forum:
        self._forum = self.opened()
        return self._forum

    def goes_by(self, ms: Millis) -> None:
        """Let time pass on the forum, where it has a clock of its own."""

    async def line(self, state: Line) -> None:
        self.ours.net.total = IMPATIENT if state is Line.SILENT else self._patience
        await self.served.line(state)

    async def close(self) -> None:
        await self.ours.net.close()
        await self.served.close()

    async def __aenter__(self: S) -> S:
        await self.served.start()
        await self.began()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
