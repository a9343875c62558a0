"""Who may answer from a chat: asked of the oldest mirror, told in words, and never twice in vain."""

from __future__ import annotations

import pytest

from bot.model import (
    DAY,
    MINUTE,
    Batch,
    ChannelRef,
    ChatPerson,
    Deleted,
    Edited,
    MessageId,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.replying import HOUSE, SAME, Answering, Rules
from bot.store.answering import close_loops, set_rules
from bot.store.inbox import receive
from bot.store.notices import open_notices
from bot.store.persons import ensure_person, join
from bot.testing.store_rig import StoreRig, op

ADA, BEN = ChatPerson(UserId("u1"), "Ada"), ChatPerson(UserId("u2"), "Ben", roles=("Helpers",))


class Talk:
    """People who talk in the chat thread of a mirrored thread."""

    def __init__(self, house: StoreRig) -> None:
        self.house = house
        self._count = 0

    async def where(self) -> Where:
        [[channel, thread]] = await self.house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
        return Where(ChannelRef(channel), ThreadRef(thread))

    async def happens(self, event: Said | Edited | Deleted) -> None:
        await self.house.store.write(receive, "web", Batch((event,), event.id), self.house.now)

    async def says(self, text: str, who: ChatPerson = ADA, answers: str = "", meant: bool = False) -> str:
        """Somebody says something; what became of it."""
        self._count += 1
        name = f"s{self._count}"
        message = MessageId(name)
        where, now = await self.where(), self.house.now
        await self.happens(Said(name, where, message, who, text, "plain", now, MessageId(answers), meant))
        rows = await self.house.rows("SELECT fate FROM reply WHERE message=$1", name)
        return str(rows[0][0]) if rows else ""

    async def rule(self, answering: Answering = Answering(), replies: str = "all") -> None:  # noqa: B008  frozen
        """An admin says who may answer."""
        mirror = await self.house.value("SELECT MIN(id) FROM mirror")
        await self.house.store.write(set_rules, mirror, Rules(replies, answering), None, "Zoe", self.house.now)

    async def told(self) -> list[tuple[str, str]]:
        """To whom what was said, beside which message."""
        return [(who, text) for who, text in await self.house.rows("SELECT person, text FROM whisper ORDER BY id")]


@pytest.fixture
async def talk(mirrored: StoreRig) -> Talk:
    await mirrored.arrive(op())
    await mirrored.send()
    return Talk(mirrored)


async def test_who_has_none_of_the_roles_is_refused_with_the_reason(talk: Talk) -> None:
    """❌ alone would leave people guessing."""
    await talk.rule(Answering(who=("Helpers", "level 50")))
    assert await talk.says("May I?") == "refused"
    [(who, text)] = await talk.told()
    assert who == "u1"
    assert "Helpers, level 50" in text
    assert await talk.house.value("SELECT message FROM whisper") == "s1"
    assert await talk.house.rows("SELECT * FROM delivery WHERE subject='reply'") == []
    assert await talk.says("I may", BEN) == "pending"


async def test_the_reason_is_told_once_a_day(talk: Talk) -> None:
    """Where few may answer, others talk all the same; nobody wants to hear it at every word."""
    await talk.rule(Answering(who=("Helpers",)))
    await talk.says("one")
    await talk.says("two")
    assert len(await talk.told()) == 1
    talk.house.now += DAY
    await talk.says("three")
    assert len(await talk.told()) == 2


async def test_who_meant_the_forum_hears_it_each_time(talk: Talk) -> None:
    """They filled in a form for it."""
    await talk.rule(Answering(who=("Helpers",)))
    await talk.says("one", meant=True)
    await talk.says("two", meant=True)
    assert len(await talk.told()) == 2


async def test_what_was_refused_does_not_go_to_the_forum_when_it_is_changed(talk: Talk) -> None:
    await talk.rule(Answering(who=("Helpers",)))
    await talk.says("May I?")
    where, now = await talk.where(), talk.house.now
    await talk.happens(Edited("e1", where, MessageId("s1"), ADA, "Well?", "plain", now))
    assert await talk.house.rows("SELECT act FROM delivery WHERE subject='reply' AND act='create'") == []
    assert await talk.house.value("SELECT fate FROM reply") == "refused"


async def test_the_oldest_mirror_of_the_channel_decides(talk: Talk) -> None:
    """As it decides what is shown."""
    thread = await talk.house.value("SELECT id FROM thread")
    await talk.house.mirror(thread=thread)
    await talk.rule(Answering(who=("Helpers",)))
    assert await talk.says("May I?") == "refused"


async def test_programs_and_read_only_channels_hear_nothing(talk: Talk) -> None:
    await talk.rule(Answering(who=("Helpers",)))
    assert await talk.says("beep", ChatPerson(UserId("u9"), "Robot", bot=True)) == ""
    await talk.rule(replies="none")
    assert await talk.says("hello") == ""
    assert await talk.told() == []


async def test_nobody_sends_more_than_the_house_lets_them(talk: Talk) -> None:
    """A forum that is flooded bars the bridge for all."""
    for number in range(HOUSE):
        assert await talk.says(f"words {number}") == "pending"
    assert await talk.says("and more") == "refused"
    assert await talk.says("and more of it") == "refused"
    [(who, text)] = await talk.told()
    assert who == "u1"
    assert "try again in 10 minutes" in text
    assert await talk.says("others go on", BEN) == "pending"
    talk.house.now += 10 * MINUTE
    assert await talk.says("later") == "pending"


async def test_what_was_refused_counts_for_nothing(talk: Talk) -> None:
    """Who waits as long as they were told may go on, whatever they tried meanwhile."""
    await talk.rule(Answering(at_most=1))
    assert await talk.says("one") == "pending"
    talk.house.now += 9 * MINUTE
    assert await talk.says("two") == "refused"
    talk.house.now += MINUTE
    assert await talk.says("three") == "pending"


async def test_logins_of_one_person_are_counted_together(talk: Talk) -> None:
    await talk.rule(Answering(at_most=2))
    write = talk.house.store.write
    await write(
        join, await write(ensure_person, "web", "u1", "Ada", 1), await write(ensure_person, "web", "u2", "B", 1)
    )
    assert await talk.says("one") == "pending"
    assert await talk.says("two", BEN) == "pending"
    assert await talk.says("three") == "refused"


async def test_a_loop_is_cut_and_the_admins_are_told_once(talk: Talk) -> None:
    """A bot or bridge that is not known as one: it is not answered, not even in words, for it might answer those."""
    for _ in range(SAME):
        assert await talk.says("I did not understand that") == "pending"
    assert [await talk.says("I did not understand that") for _ in range(5)] == ["refused"] * 5
    assert await talk.told() == []
    [notice] = [text for about, text, _ in await talk.house.store.read(open_notices) if about.startswith("loop:")]
    assert "Ada" in notice
    assert await talk.says("Something else") == "pending"


async def test_who_still_loops_a_day_later_is_told_of_again(talk: Talk) -> None:
    for _ in range(SAME + 1):
        await talk.says("ping")
    await talk.house.store.write(close_loops, talk.house.now + 1)
    assert len(await talk.house.store.read(open_notices)) == 1
    await talk.house.store.write(close_loops, talk.house.now + DAY + 1)
    assert await talk.house.store.read(open_notices) == []


async def test_files_alone_are_no_loop(talk: Talk) -> None:
    """Whoever shows four pictures says nothing four times."""
    assert [await talk.says("") for _ in range(SAME + 2)] == ["pending"] * (SAME + 2)


async def test_other_rules_are_noted_with_what_held_before(talk: Talk) -> None:
    await talk.rule(Answering(who=("Helpers",)), "replies")
    await talk.rule(Answering(who=("Helpers",)), "replies")
    rows = await talk.house.rows("SELECT who, what, old, new FROM audit WHERE what LIKE 'answers%'")
    assert rows == [("Zoe", "answers of mirror 1 changed", "replies: all", "replies: replies; from: Helpers")]


async def test_who_says_that_it_is_later_gets_no_more_by_that(talk: Talk) -> None:
    """Other servers tell when something was said: a year from now it would count for nothing, and never grow old."""
    await talk.rule(Answering(at_most=2))
    where, now = await talk.where(), talk.house.now
    for n in range(3):
        said = Said(f"f{n}", where, MessageId(f"f{n}"), ADA, f"word {n}", "plain", now + (n + 1) * 365 * DAY)
        await talk.happens(said)
    assert await talk.house.rows("SELECT fate, said_at FROM reply ORDER BY id") == [
        ("pending", now),
        ("pending", now),
        ("refused", now),
    ]


async def test_a_clock_that_is_set_back_turns_nobody_away(talk: Talk) -> None:
    """What was said later than now tells nothing about now: they would wait for as long as the clock was wrong."""
    await talk.rule(Answering(at_most=2))
    for n in range(2):
        assert await talk.says(f"word {n}") == "pending"
    for _ in range(SAME):
        await talk.says("again")
    talk.house.now -= DAY
    assert await talk.says("again") == "pending"
