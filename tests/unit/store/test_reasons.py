"""Reasons are told beside the message that they are about, and say nothing there that its readers may not know."""

from __future__ import annotations

import pytest

from bot.clock import Moment
from bot.jobs import Part
from bot.model import (
    Answer,
    Batch,
    ChannelRef,
    ChatPerson,
    Commanded,
    Deleted,
    Judged,
    Judgement,
    MessageId,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store.endings import conclude
from bot.store.inbox import answer_command, receive, waiting_commands
from bot.store.jobs import head
from bot.store.mirrors import Maker, made_by
from bot.store.notices import open_notice
from bot.store.settling import Settled
from bot.store.turns import Claim, turn
from bot.store.waiting import judge, thread_gone
from bot.store.whispers import whispered, whispers
from bot.testing.store_rig import BEGINNING, StoreRig, op

ADA = ChatPerson(UserId("u1"), "Ada")
WORDS = "secret words"


@pytest.fixture
async def talking(mirrored: StoreRig) -> StoreRig:
    """A thread that stands in the chat, in whose chat thread Ada says something."""
    await mirrored.arrive(op())
    await mirrored.send()
    where = await there(mirrored)
    await happens(mirrored, Said("s1", where, MessageId("s1"), ADA, WORDS, "plain", BEGINNING))
    return mirrored


async def there(house: StoreRig) -> Where:
    [[channel, thread]] = await house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
    return Where(ChannelRef(channel), ThreadRef(thread))


async def happens(house: StoreRig, event: Said | Deleted | Commanded) -> None:
    await house.store.write(receive, "web", Batch((event,), event.id), BEGINNING)


async def deletes(house: StoreRig) -> None:
    await happens(house, Deleted("d1", await there(house), MessageId("s1"), BEGINNING))


async def begin(house: StoreRig, ticket: str = "") -> int:
    """Send what Ada said; a moderator has it where there is a ticket. The delivery."""
    queue = await house.value("SELECT DISTINCT queue FROM delivery WHERE subject='reply'")
    job = await house.store.read(head, queue, house.now)
    assert job is not None
    claim = Claim(job.id, (Part(0, "send", {"text": WORDS}, "key"),), "shown", 1, Moment(BEGINNING, 1, "boot"))
    await house.store.write(turn, job.queue, None, claim, 0, BEGINNING)
    job = await house.store.read(head, queue, house.now)
    assert job is not None
    if ticket:
        settled = Settled(job, {0: ticket}, 1, "shown", queued=ticket)
        await house.store.write(turn, job.queue, settled, None, 0, BEGINNING)
    return job.id


async def told(house: StoreRig) -> tuple[str, str]:
    """The last words that are owed to somebody, and the message that they are about."""
    *_, words = await house.store.read(whispers, "web")
    return words.text, words.message


@pytest.mark.parametrize("state", ["refused", "held"])
async def test_the_reason_of_a_fate_is_about_the_message_and_does_not_repeat_it(talking, state):
    """Beside it that would be noise; and what somebody takes away later must not go on standing in our words."""
    await talking.store.write(conclude, await begin(talking), state, "it is too short", BEGINNING)
    text, message = await told(talking)
    assert message == "s1"
    assert "it is too short" in text
    assert "secret" not in text


async def test_of_a_message_that_was_taken_away_its_author_alone_is_told(talking):
    """Nothing of it may come up in the chat again; and there is nothing left to stand beside."""
    delivery = await begin(talking)
    await deletes(talking)
    await talking.store.write(conclude, delivery, "held", "no answer", BEGINNING)
    text, message = await told(talking)
    assert message == ""
    assert f"“{WORDS}”" in text


async def test_what_a_moderator_writes_to_somebody_is_told_to_them_alone(talking):
    """It was for nobody else to read on the forum."""
    await begin(talking, "t1")
    thread = await talking.value("SELECT id FROM thread")
    judged = Judged("t1", Judgement.REJECTED, why="you were warned twice")
    assert await talking.store.write(judge, thread, [judged], BEGINNING) == 1
    text, message = await told(talking)
    assert message == ""
    assert "you were warned twice" in text
    assert f"“{WORDS}”" in text


async def test_that_a_moderator_rejected_it_is_about_the_message(talking):
    """❌ says as much."""
    await begin(talking, "t1")
    thread = await talking.value("SELECT id FROM thread")
    await talking.store.write(judge, thread, [Judged("t1", Judgement.REJECTED)], BEGINNING)
    assert await told(talking) == ("Your message will not appear on the forum: a moderator rejected it.", "s1")


async def test_that_a_thread_is_gone_is_about_the_message(talking):
    await begin(talking, "t1")
    await talking.store.write(thread_gone, await talking.value("SELECT id FROM thread"), BEGINNING)
    text, message = await told(talking)
    assert message == "s1"
    assert "its thread is not there any more" in text


async def test_answers_to_commands_are_about_no_message(talking):
    """They may hold what one person alone may see, such as how far they have read."""
    await happens(talking, Commanded("c1", await there(talking), ADA, "forum", ("unread",), BEGINNING))
    [(id, command)] = await talking.store.read(waiting_commands, "web")
    await talking.store.write(answer_command, id, "web", command, Answer("3 new"), BEGINNING)
    assert await told(talking) == ("3 new", "")


async def test_what_admins_hear_is_about_no_message(talking):
    """It is for those who made the mirror, and for nobody who reads it."""
    await talking.store.write(made_by, 1, Maker("web", "u9", "lounge"))
    await talking.store.write(open_notice, talking.community, "login:x", "the forum refuses the login", BEGINNING)
    assert await told(talking) == ("the forum refuses the login", "")


async def test_nothing_is_added_to_a_post_behind_which_words_were_said(talking):
    """They may stand beside the message that they are about, and so last in its place."""
    await talking.store.write(conclude, await begin(talking), "refused", "too short", BEGINNING)
    place = await talking.value("SELECT id FROM place WHERE parent IS NOT NULL")
    [words] = await talking.store.read(whispers, "web")

    async def last(state: str) -> int | None:
        mark = "UPDATE place SET last_act=(SELECT MAX(id) FROM delivery WHERE subject='post') WHERE id=$1 RETURNING id"

        def unit():
            yield mark, (place,)
            yield from whispered(words.id, state)
            return (yield "SELECT last_act FROM place WHERE id=$1", (place,))

        [[act]] = await talking.store.write(unit)
        return act

    assert await last("dropped") is not None
    assert await last("sent") is None
