"""The words of chat users leave the database when nothing needs them any more, and not before."""

import pytest

from bot.acts import Drop, step
from bot.clock import Moment
from bot.jobs import Part, Subject
from bot.mirroring import Act
from bot.model import Author, Batch, ChannelRef, ChatPerson, Deleted, MessageId, Said, ThreadRef, UserId, Where
from bot.store.endings import conclude
from bot.store.inbox import receive
from bot.store.jobs import head
from bot.store.said import forget_older_said
from bot.store.settling import Settled
from bot.store.turns import Claim, turn
from bot.testing.store_rig import BEGINNING, op, post

ADA = ChatPerson(UserId("u1"), "Ada of the chat")
WORDS = "secret words"


@pytest.fixture
async def talking(mirrored):
    """A thread that stands in the chat, in whose chat thread Ada says something."""
    await mirrored.arrive(op())
    await mirrored.send()
    await happens(mirrored, Said("s1", await there(mirrored), MessageId("s1"), ADA, WORDS, "plain", BEGINNING))
    return mirrored


async def there(house):
    [[channel, thread]] = await house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
    return Where(ChannelRef(channel), ThreadRef(thread))


async def happens(house, event):
    await house.store.write(receive, "web", Batch((event,), event.id), BEGINNING)


async def deletes(house):
    await happens(house, Deleted("d1", await there(house), MessageId("s1"), BEGINNING))


async def next_job(house):
    [[queue]] = await house.rows("SELECT DISTINCT queue FROM delivery WHERE subject='reply'")
    return await house.store.read(head, queue, house.now)


async def begin(house):
    """The reply is being sent."""
    job = await next_job(house)
    claim = Claim(job.id, (Part(0, "send", {"text": WORDS}, "key"),), "shown", 1, Moment(BEGINNING, 1, "boot"))
    await house.store.write(turn, job.queue, None, claim, 0, BEGINNING)
    return await next_job(house)


async def land(house, key="p1"):
    """The forum took it, and shows it."""
    job = await begin(house)
    await house.store.write(turn, job.queue, Settled(job, {0: key}, 1, "shown"), None, 0, BEGINNING)
    await house.read_thread(op(), post(key, WORDS, author=Author("x")))


async def text(house):
    return await house.value("SELECT text FROM reply")


async def test_the_words_of_a_reply_leave_that_was_deleted_before_it_was_sent(talking):
    """Law 10: nobody has them but we."""
    await deletes(talking)
    while (job := await next_job(talking)) is not None:
        decision = step(job, BEGINNING, False)
        assert isinstance(decision, Drop)
        await talking.store.write(conclude, job.id, "dropped", decision.reason, BEGINNING)
    assert (await text(talking), await talking.value("SELECT fate FROM reply")) == ("", "dropped")


async def test_the_words_of_a_deleted_reply_stay_while_it_may_be_recognised_by_them(talking):
    """Whether it was posted is not known: the forum's page may tell."""
    job = await begin(talking)
    await deletes(talking)
    assert await text(talking) == WORDS
    await talking.store.write(conclude, job.id, "held", "its answer was lost", BEGINNING)
    assert await text(talking) == WORDS
    await talking.store.write(conclude, job.id, "dropped", "skipped by an admin", BEGINNING)
    assert await text(talking) == ""


@pytest.mark.parametrize("state", ["refused", "dropped"])
async def test_the_words_of_a_reply_that_was_given_up_leave_when_it_is_deleted(talking, state):
    job = await begin(talking)
    await talking.store.write(conclude, job.id, state, "too short", BEGINNING)
    assert await text(talking) == WORDS
    await deletes(talking)
    job = await next_job(talking)
    assert (job.subject, job.act) == (Subject.REPLY, Act.DELETE)
    decision = step(job, BEGINNING, False)
    assert isinstance(decision, Drop)
    await talking.store.write(conclude, job.id, "dropped", decision.reason, BEGINNING)
    assert await text(talking) == ""


async def test_words_older_than_the_settings_allow_leave(talking):
    """Retention is a setting, and what people said in the chat is no exception."""
    await land(talking)
    assert await talking.store.write(forget_older_said, BEGINNING) == 0
    assert await talking.store.write(forget_older_said, BEGINNING + 1) == 1
    assert await text(talking) == ""
    assert await talking.store.write(forget_older_said, BEGINNING + 1) == 0


async def test_old_words_of_a_refused_reply_leave_too(talking):
    job = await begin(talking)
    await talking.store.write(conclude, job.id, "refused", "too short", BEGINNING)
    assert await talking.store.write(forget_older_said, BEGINNING + 1) == 1


async def test_old_words_that_are_still_to_be_sent_or_recognised_stay(talking):
    """A forum may be down, or a moderator take his time, for longer than texts are kept."""
    assert await talking.store.write(forget_older_said, BEGINNING + 1) == 0
    job = await begin(talking)
    assert await talking.store.write(forget_older_said, BEGINNING + 1) == 0
    ticket = Settled(job, {0: "t1"}, 1, "shown", queued="t1")
    await talking.store.write(turn, job.queue, ticket, None, 0, BEGINNING)
    assert await talking.store.write(forget_older_said, BEGINNING + 1) == 0
    assert await text(talking) == WORDS
