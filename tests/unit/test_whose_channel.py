"""Whose a channel is that nobody had yet: the chat's to say, where several communities share it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import errors
from bot.commands import carry_out
from bot.model import Answer, Caller, ChannelRef, ChatName, Where
from bot.store.communities import ensure_community, set_notices
from bot.store.mirrors import Maker, made_by
from bot.store.notices import tell_concerned
from bot.testing.faults import Fault
from tests.crash.bench import NOTICES, Bench

LOUNGE = Where(ChannelRef("lounge"))
OURS, THEIRS = "ours", "theirs"


class Shared:
    """A chat in which lounge and annex are of Alice's community, and the attic is of another."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.room.channels |= {name: ChannelRef(name) for name in ("annex", "attic")}
        bench.room.communities = {ChannelRef(name): OURS for name in ("lounge", "annex")}
        bench.room.communities[ChannelRef("attic")] = THEIRS
        self.thread = bench.board.start_thread("Alpha", "the alpha begins", "ann")

    async def build(self) -> Shared:
        await self.bench.start()
        ours = await self.bench.store.write(ensure_community, "fake", OURS, "fake")
        self.alice = Caller(ChatName("fake"), ours, "Alice", admin=True, where=LOUNGE)
        return self

    async def ask(self, line: str) -> Answer:
        """What Alice is answered to a `/mirror` command that she gives in the lounge."""
        return await carry_out(self.bench, self.alice, "mirror", line.split(" "))

    async def owners(self) -> list[tuple[str, str]]:
        """The channels that are known, and whose they are."""
        rows = await self.bench.ask(
            """SELECT p.channel, c.native FROM place p JOIN community c ON c.id=p.community
               WHERE p.parent IS NULL ORDER BY p.id"""
        )
        return [(channel, native) for channel, native in rows]


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Shared]:
    bench = Bench(tmp_path)
    yield await Shared(bench).build()
    await bench.crash()


async def test_what_an_operator_mirrors_belongs_to_whose_the_channel_is(shared):
    """Its admins see it and decide about it, as about what they mirrored themselves."""
    await shared.bench.mirror(shared.thread)
    listed = await shared.ask("list")
    assert [one["channel"] for one in listed.data["mirrors"]] == ["lounge"]
    assert (await shared.ask("remove 1")).ok


async def test_what_an_operator_mirrors_elsewhere_is_behind_the_wall(shared):
    await shared.bench.mirror(shared.thread, "attic")
    assert (await shared.ask("list")).data["mirrors"] == []
    assert await shared.owners() == [("attic", THEIRS)]


async def test_a_channel_stays_with_whoever_has_it(shared):
    """What a community has made must not change hands because a chat learned to tell communities apart."""
    shared.bench.room.communities.clear()
    await shared.bench.mirror(shared.thread)
    shared.bench.room.communities[ChannelRef("lounge")] = OURS
    await shared.bench.mirror(shared.bench.board.start_thread("Beta", "the beta begins", "ben"))
    assert await shared.owners() == [("lounge", "")]


async def test_an_admin_may_name_any_channel_of_the_community(shared):
    """The chat says that it is theirs; of what is another's nothing is made."""
    assert (await shared.ask(f"add https://forum.example/t/{shared.thread} --start yes --into fake:annex")).ok
    answer = await shared.ask(f"add https://forum.example/t/{shared.thread} --start yes --into fake:attic")
    assert (answer.ok, answer.data["error"]) == (False, "Forbidden")
    assert await shared.owners() == [("annex", OURS)]


async def test_where_the_chat_cannot_say_whose_a_channel_is_nothing_is_made(shared):
    """A guess would stay: a channel never changes hands."""
    away = errors.Unreachable("the chat does not answer")
    shared.bench.room.faults.append(Fault(away, act="community"))
    answer = await shared.ask(f"add https://forum.example/t/{shared.thread} --start yes --into fake:annex")
    assert (answer.ok, answer.data["error"]) == (False, "Unreachable")
    assert await shared.owners() == []


async def test_of_a_channel_that_is_known_the_chat_is_not_asked(shared):
    """Nor of the one that the command was given in. Each start makes all mirrors of the settings again."""
    line = f"add https://forum.example/t/{shared.thread} --start yes --into fake"
    assert (await shared.ask(f"{line}:annex")).ok
    away = errors.Unreachable("the chat does not answer")
    shared.bench.room.faults.append(Fault(away, act="community"))
    assert (await shared.ask(f"{line}:annex")).ok
    assert (await shared.ask(f"{line}:lounge")).ok


# ---------------------------------------------------------------------------------------------------------- notices


async def fails(shared: Shared, about: str = "chat:fake") -> None:
    """Something fails that concerns everybody who mirrors into the chat."""
    await shared.bench.store.write(tell_concerned, about, "it fails", 1, chat="fake")
    await shared.bench.work()


async def test_what_an_operator_mirrors_is_told_of_where_the_operator_is_told(shared):
    """Law 11: nobody of that community made it, and the operator's channel is another community's."""
    await shared.bench.tell_admins_in(NOTICES)
    await shared.bench.mirror(shared.thread)
    assert (await shared.ask("status")).data["untold"] == []
    await fails(shared)
    assert shared.bench.told() == ["it fails"]


async def test_what_a_community_is_told_where_it_wants_is_told_nowhere_else(shared):
    """Law 12: the operator's channel has readers of its own."""
    await shared.bench.tell_admins_in(NOTICES)
    await shared.bench.mirror(shared.thread)
    await shared.bench.store.write(made_by, 1, Maker("fake", "u-alice", "lounge"))
    await fails(shared)
    [(place,)] = await shared.bench.ask("SELECT id FROM place WHERE channel='lounge' AND parent IS NULL")
    await shared.bench.store.write(set_notices, shared.alice.community, place)
    await fails(shared, "chat:other")
    assert shared.bench.told() == []
    assert [one.person for one in shared.bench.room.whispers] == ["u-alice"]
    assert "it fails" in shared.bench.texts(LOUNGE)
