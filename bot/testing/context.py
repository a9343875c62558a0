"""The context in which an adapter under test is opened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from bot.model import Command, Millis, Suggestion, Typing
from bot.net import Net
from bot.ports import Context, Fetches, Log, Pages
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog


def context(
    tmp_path: Path,
    name: str = "under-test",
    allow: Sequence[str] = ("127.0.0.1",),
    *,
    now: Callable[[], Millis] | None = None,
    log: Log | None = None,
    pages: Pages | None = None,
    public: str = "",
    media: Fetches | None = None,
    commands: Sequence[Command] = (),
    suggest: Callable[[Typing], Awaitable[tuple[Suggestion, ...]]] | None = None,
) -> Context:
    """What `open` of an adapter is given: the real HTTP client, which reaches `allow` besides public addresses.

    `allow` is written as in the settings: "host", "host:port" or "10.0.0.0/8". The clock stands still unless `now` is
    given, no image or file can be had unless `media` is; the folder `tmp_path/name` is not made yet. End with
    `await context.net.close()`.
    """
    return Context(
        name=name,
        net=Net(allow=allow),
        now=now if now is not None else FakeClock().now,
        work=_work,
        log=log if log is not None else RecordingLog(),
        folder=tmp_path / name,
        pages=pages,
        public=public,
        media=media,
        commands=commands,
        suggest=suggest,
    )


async def _work(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await asyncio.to_thread(function, *args, **kwargs)
