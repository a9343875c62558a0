"""What an adapter is given when it is opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from bot.media.port import Fetches, Nothing
from bot.model import Command, Millis, Suggestion, Typing
from bot.net import Net
from bot.ports.pages import Pages

P = ParamSpec("P")
T = TypeVar("T")


class Log(Protocol):
    """A structured log; every line is one event with values. Secrets are redacted behind it."""

    def debug(self, event: str, **values: Any) -> Any:
        """For developers."""

    def info(self, event: str, **values: Any) -> Any:
        """What happened, for the operator."""

    def warning(self, event: str, **values: Any) -> Any:
        """What the operator may have to act on."""

    def error(self, event: str, **values: Any) -> Any:
        """What broke."""


class Context:
    """What an adapter is given when it is opened: nothing else of the program is within its reach."""

    def __init__(
        self,
        *,
        name: str,
        net: Net,
        now: Callable[[], Millis],
        work: Callable[..., Awaitable[Any]],
        log: Log,
        folder: Path,
        pages: Pages | None = None,
        site: Callable[[], str] = lambda: "",
        public: str = "",
        toil: Callable[..., Awaitable[Any]] | None = None,
        media: Fetches | None = None,
        commands: Sequence[Command] = (),
        suggest: Callable[[Typing], Awaitable[tuple[Suggestion, ...]]] | None = None,
    ) -> None:
        self.name = name
        self.net = net
        """The guarded HTTP client; adapters open no connection of their own but through their network's library."""
        self.now = now
        """The time in milliseconds, UTC."""
        self._work = work
        self._toil = toil or work
        self.log = log
        self.folder = folder
        """A directory of this adapter's own, mode 0700, made on first use by the adapter."""
        self.pages = pages
        """Given when the web server runs; None in a command that serves nothing."""
        self.site = site
        """The address of our own web pages, without a slash at the end; asked when it is needed."""
        self.public = public
        """Where other sites reach our web pages, over https and without a slash at the end; empty where they cannot."""
        self.media = media if media is not None else Nothing()
        """Fetches the images and files that stand in cards, for chats."""
        self.commands = tuple(commands)
        """What can be said to the house, for chats that have to know it before it is said."""
        self._suggest = suggest

    async def suggest(self, typing: Typing) -> tuple[Suggestion, ...]:
        """What somebody may mean who types a value of a command, at most 25; only what they may know of."""
        return await self._suggest(typing) if self._suggest is not None else ()

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a pure function off the event loop."""
        return await self._work(function, *args, **kwargs)  # type: ignore[no-any-return]

    async def toil(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a pure function in a process of its own, for what a stranger's bytes could make slow.

        Function, arguments and result must be picklable. Raises `Unparsable` where it takes longer than 10 s.
        """
        return await self._toil(function, *args, **kwargs)  # type: ignore[no-any-return]
