"""Threadline between a chat in memory and a forum that an adapter reaches: each engine as its stand-in knows it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from adapters.forums.phpbb import sessions, writing
from bot.commands.mirrors import order
from bot.lanes import OpenForum
from bot.model import Caller, ChatName, Millis, PostKey, Target, TargetKind, ThreadKey, Where
from bot.store.in_names import Somebody
from bot.store.persons import ensure_person
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import follow, said
from tests.contract import test_discourse, test_flarum, test_isso, test_nodebb, test_phpbb, test_sandbox
from tests.crash.bench import NOTICES, Bench
from tests.environment import NotInstalled, python_of
from tests.servers.blog import Blog

WORLDS = ("sandbox", "isso", "discourse", "discourse with a person's key", "nodebb", "flarum", "phpbb")
"""The forums that take posts."""


class Between(Bench):
    """The bench, whose forum is reached through an adapter; its people act through `rig`."""

    thread: ThreadKey
    first: PostKey
    """The one answer in it."""
    place: Where
    """The chat thread that shows it."""

    def __init__(
        self, folder: Path, rig: ForumRig, opened: OpenForum, now: Millis, passes: Callable[[Millis], object]
    ) -> None:
        super().__init__(folder)
        self.rig = rig
        self.opened = opened
        self.fake_clock.jump(now - self.fake_clock.now())
        self._passes = passes

    async def shows(self) -> None:
        """A first process that shows a thread, its chat thread open, and has a channel for admins."""
        await self.start()
        self.thread = await self.rig.start_thread("Plain talk", "The opening words", "ann")
        self.first = await self.rig.post(self.thread, "", "ben", "First answer")
        await self.tell_admins_in(NOTICES)
        who = Caller(ChatName("fake"), 1, "the operator", operator=True)
        target = Target(TargetKind.THREAD, self.thread, "Plain talk")
        made = await order(self, self.opened, "fake", "{}", target, "fake:lounge", who, "threads", "all")
        assert made.ok, made.text
        await self.work()
        [self.place] = self.room.threads

    async def pass_time(self, seconds: float, step: float = 60.0) -> None:
        while seconds > 0:
            self._passes(int(min(step, seconds) * 1000))
            await super().pass_time(min(step, seconds), step)
            seconds -= step

    async def lends(self, name: str) -> None:
        """Somebody of the chat lends us their account of that name."""
        who = await self.store.write(ensure_person, "fake", f"u-{name}", name, self.clock.now())
        invitation = await self.accounts.invite(who, self.opened)
        await self.accounts.answer(
            who, self.opened, await self.rig.answer(name, invitation), Somebody(1, "fake", f"u-{name}", name)
        )

    async def stands(self, text: str) -> list[str]:
        """Who wrote the posts of the thread that hold a text."""
        page = await follow(self.opened.forum, self.thread)
        return [post.author.name for post in page.live if text in said(post.body)]

    async def fates(self) -> list[tuple[str, str]]:
        """What became of the replies, and why, oldest first."""
        return [(fate, why) for fate, why in await self.ask("SELECT fate, reason FROM reply ORDER BY id")]


@asynccontextmanager
async def between(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Between]:
    """A thread of one of `WORLDS`, mirrored."""
    async with AsyncExitStack() as stack:
        rig, passes = await _rig(name, folder, stack, monkeypatch)
        forum = await rig.forum()
        now = rig.ours.now() if isinstance(rig, _SITES) else int(time.time() * 1000)
        bench = Between(folder, rig, OpenForum("fake", forum, "fake"), now, passes)
        await bench.shows()
        try:
            yield bench
        finally:
            await bench.crash()


_SITES = (test_discourse.Rig, test_nodebb.Rig, test_flarum.Rig, test_phpbb.Rig)


async def _rig(
    name: str, folder: Path, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> tuple[ForumRig, Callable[[Millis], object]]:
    if name == "sandbox":
        sandbox = test_sandbox.SandboxRig(folder)
        stack.push_async_callback(sandbox.close)
        return sandbox, lambda ms: None
    if name == "isso":
        try:
            programs = python_of("servers", "isso").parent
        except NotInstalled as why:
            pytest.skip(str(why))
        isso = test_isso.Rig(await stack.enter_async_context(Blog(programs, folder / "isso")), folder)
        stack.push_async_callback(isso.close)
        return isso, lambda ms: None
    for module in (sessions, writing):  # the board's clock goes on with every request
        monkeypatch.setattr(module, "SECOND", 0.0)
    made = {
        "discourse": lambda: test_discourse.Rig(folder),
        "discourse with a person's key": lambda: test_discourse.Rig(folder, user_key=True),
        "nodebb": lambda: test_nodebb.Rig(folder),
        "flarum": lambda: test_flarum.Rig(folder, token=True, board="all"),
        "phpbb": lambda: test_phpbb.Rig(folder),
    }
    site = await stack.enter_async_context(made[name]())
    return site, site.goes_by
