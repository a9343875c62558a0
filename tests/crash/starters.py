"""People who start threads from the chat: the bench with a mirrored board, whose commands are carried out."""

from __future__ import annotations

from bot.commands.callers import Callers
from bot.commands.mirrors import order
from bot.model import Caller, ChatName, Target, TargetKind, ThreadKey
from bot.options import Given
from bot.store.inbox import answer_command, waiting_commands
from bot.testing.forum_world import PostRow
from tests.crash.bench import CHANNEL, NOTICES, Bench

CHAT = ChatName("fake")


class Starters(Bench):
    """A bench whose people give commands; the whole board is mirrored into the lounge."""

    lounge = CHANNEL

    async def begin(self) -> None:
        """A first process that mirrors the board, with one thread in it, and has a channel for admins."""
        await self.start()
        await self.tell_admins_in(NOTICES)
        self.board.start_thread("The first", "op says", "ann")
        who = Caller(CHAT, 1, "the operator", operator=True)
        target = Target(TargetKind.BOARD, self.board.board, "General")
        made = await order(self, self.opened, "fake", "{}", target, "fake:lounge", who, "cards", "all", new=Given())
        assert made.ok, made.text
        await self.work()

    async def take_in(self) -> None:
        await super().take_in()
        await self.carry()

    async def carry(self) -> None:
        """Carry out the commands that wait, as the listener does."""
        for id, command in await self.store.read(waiting_commands, CHAT):
            answer = await Callers(self, ()).carry(CHAT, command)
            await self.store.write(answer_command, id, CHAT, command, answer, self.clock.now())

    async def asks(self, name: str, line: str) -> str:
        """What somebody hears who gives a reader's command in the lounge, with all that follows from it at once."""
        self.room.person(name).command(CHANNEL, f"forum {line}")
        before = len(self.heard(name))
        await self.work()
        return self.heard(name)[before]

    def heard(self, name: str) -> list[str]:
        """What somebody was told in private, in order."""
        return [told.text for told in self.room.whispers if told.person == f"u-{name}"]

    def begun(self, title: str) -> list[PostRow]:
        """The OPs on the forum of threads with a title, those too that a moderator has."""
        return [row for row in self.board.posts.values() if row.op and row.title == title]

    def threads_on(self, row: PostRow) -> str:
        """The board on which an OP's thread stands."""
        return self.board.threads[row.thread].board

    def shown(self, text: str) -> list[str]:
        """The messages of ours in the lounge that hold a text."""
        return [told for told in self.texts(CHANNEL) if text in told]

    async def fates(self) -> list[tuple[str, str]]:
        """What became of the threads that were asked for, and why, oldest first."""
        return [(fate, reason) for fate, reason in await self.ask("SELECT fate, reason FROM opener ORDER BY id")]

    def thread_called(self, title: str) -> ThreadKey:
        """The thread with a title."""
        [row] = self.begun(title)
        return row.thread
