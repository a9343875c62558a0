"""A chat that two communities share, and all that one of them has and the other must not see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot import errors
from bot.commands import carry_out
from bot.model import Answer, Caller, ChannelRef, ChatName, PostState, Where
from bot.store.communities import ensure_community, set_notices
from bot.store.places import ensure_channel
from bot.testing.faults import Fault
from tests.crash.bench import Bench

LOUNGE, ATTIC, NOTICES = (Where(ChannelRef(name)) for name in ("lounge", "attic", "notices"))
OURS = "Alpha of ours"
THEIRS = "Beta of theirs"
WHISPERED = "said by their Zed"
MANY = 10


class Town:
    """One chat with two communities: Alice is an admin of one, which has the lounge; Bea of the other, in the attic."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    async def build(self) -> Town:
        """Each community mirrors a thread of the same forum; of Bea's, everything that an admin decides about waits."""
        bench = self.bench
        await bench.start()
        ours, theirs = [await bench.store.write(ensure_community, "fake", name, name) for name in ("ours", "theirs")]
        place = await bench.store.write(ensure_channel, ours, "fake", "notices", "notices")
        await bench.store.write(set_notices, ours, place)
        self.alice = Caller(ChatName("fake"), ours, "Alice", admin=True, where=LOUNGE)
        self.bea = Caller(ChatName("fake"), theirs, "Bea", admin=True, where=ATTIC)
        self.alpha = bench.board.start_thread(OURS, "the alpha begins", "ann")
        self.beta = bench.board.start_thread(THEIRS, "the beta begins", "ben")
        assert (await self.ask(self.alice, f"add https://forum.example/t/{self.alpha} --start yes")).ok
        assert (await self.ask(self.bea, f"add https://forum.example/t/{self.beta} --start yes")).ok
        posts = [bench.board.post(self.beta, "", "ben", f"beta reply {n}") for n in range(MANY)]
        await bench.work()
        # A post and a reply whose outcome nothing can tell, and many posts that are missing at once.
        bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), act="send"))
        bench.board.post(self.beta, "", "ben", "the beta that is held")
        await bench.work()
        bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), act="submit"))
        bench.room.person("Zed").say(bench.thread_of("the beta begins", "attic"), WHISPERED)
        await bench.work()
        await bench.pass_time(600)
        for post in posts:
            bench.board.posts[post].state = PostState.DELETED
        bench.board._touch(self.beta)
        await bench.work()
        self.held = [id for (id,) in await bench.ask("SELECT id FROM delivery WHERE state='held' ORDER BY id")]
        [(self.source,)] = await bench.ask("SELECT id FROM source WHERE losing<>''")
        [(self.mirror,)] = await bench.ask("SELECT id FROM mirror WHERE community=$1", theirs)
        assert len(self.held) == 2
        return self

    async def ask(self, who: Caller, line: str) -> Answer:
        """What somebody is answered to a `/mirror` command."""
        return await carry_out(self.bench, who, "mirror", line.split(" "))

    async def state(self) -> object:
        """All that commands could change."""
        tables = {
            "mirror": "id, community, place, state",
            "place": "id, community, chat, channel",
            "delivery": "id, state, reason, attempts",
            "source": "id, losing, agreed, kept",
            "reply": "id, fate, post_key",
            "audit": "id",
            "notice": "id, community, closed_at",
            "community": "id, notices",
        }
        ask = self.bench.ask
        return {name: await ask(f"SELECT {columns} FROM {name} ORDER BY 1") for name, columns in tables.items()}


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[Town]:
    """A town of its own."""
    unsure = {"key_window": None, "read_back": "none"}
    bench = Bench(folder, chat=unsure, forum=unsure | {"deletes": "absence"})
    yield await Town(bench).build()
    await bench.crash()


def about_theirs(answer: Answer) -> list[str]:
    """What an answer shows of the other community, in words or as data."""
    said = f"{answer.text} {answer.data}".lower()
    return [word for word in ("beta", "gamma", "attic", "bea", "zed", "theirs", "ben") if word in said]
