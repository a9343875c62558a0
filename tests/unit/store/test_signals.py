"""Signals become marks in the commit in which they are heard: reactions, answers, and what somebody wrote."""

from __future__ import annotations

import msgspec
import pytest

from bot.acts import Perform, parts, step
from bot.clock import Moment
from bot.jobs import Job
from bot.model import (
    Author,
    Batch,
    ChannelRef,
    ChatPerson,
    Event,
    MessageId,
    PostKey,
    Reacted,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store import run
from bot.store.discussion import unread_posts
from bot.store.inbox import catch_up, cursor, receive
from bot.store.jobs import head
from bot.store.marks import mark_to
from bot.store.outbox import ready
from bot.store.persons import ensure_person, person_of
from bot.store.settling import Settled
from bot.store.turns import Claim, turn
from bot.testing.store_rig import BEGINNING, StoreRig, op, post

ADA, BEN = ChatPerson(UserId("u1"), "Ada"), ChatPerson(UserId("u2"), "Ben")
BOT = ChatPerson(UserId("u3"), "Robot", bot=True)
CHANNEL = Where(ChannelRef("lounge"))
ALL = ["p0", "p1", "p2", "p3"]


@pytest.fixture
async def talk(mirrored: StoreRig) -> StoreRig:
    """A thread with three replies that stands in the chat; nobody has read any of it."""
    await mirrored.arrive(op(), post("p1"), post("p2"), post("p3"))
    await mirrored.send()
    return mirrored


async def inside(house: StoreRig) -> Where:
    return Where(CHANNEL.channel, ThreadRef(await house.value("SELECT thread_ref FROM place WHERE thread IS NOT NULL")))


async def message(house: StoreRig, key: str) -> MessageId:
    rows = """SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post
              WHERE o.key=$1 ORDER BY c.id DESC LIMIT 1"""
    return MessageId(await house.value(rows, key))


async def happens(house: StoreRig, event: Event) -> None:
    await house.store.write(receive, "web", Batch((event,), event.id), house.now)


async def reacts(
    house: StoreRig, sign: str, key: str, who: ChatPerson = ADA, on: bool = True, where: Where = CHANNEL
) -> None:
    """Somebody puts a reaction on a copy; of its place no more is told than the channel."""
    at = await message(house, key)
    await happens(house, Reacted(f"{sign} {at} {who.id} {on} {house.now}", where, at, who, sign, on, house.now))


async def says(house: StoreRig, text: str, answers: str = "", who: ChatPerson = ADA) -> None:
    """Somebody writes in the chat thread, in answer to a message or to none."""
    where = await inside(house)
    await happens(house, Said(text, where, MessageId(text), who, text, "plain", house.now, MessageId(answers)))


async def posts_it(house: StoreRig, key: str) -> None:
    """What somebody wrote in the chat becomes a post."""
    for queue, _, forum in await house.store.read(ready, house.now):
        if forum and (job := await house.store.read(head, queue, house.now)) is not None:
            await _submitted(house, job, key)


async def _submitted(house: StoreRig, job: Job, key: str) -> None:
    decision = step(job, house.now, False)
    assert isinstance(decision, Perform)
    job = replaced(job, decision.shows)
    claim = Claim(job.id, job.parts, decision.shows, 1, Moment(house.now, 1, "boot"))
    await house.store.write(turn, job.queue, None, claim, job.ord, house.now)
    await house.store.write(turn, job.queue, Settled(job, {0: key}, 1, decision.shows), None, 0, house.now)


def replaced(job: Job, shows: str) -> Job:
    return msgspec.structs.replace(job, parts=parts(job, shows, [{"thread": "t", "text": "words"}], "home"))


async def unread(house: StoreRig, who: ChatPerson = ADA) -> list[str]:
    """The posts that somebody has not read; all of them, where nobody knows who that is."""
    person = await house.store.read(person_of, "web", who.id)
    thread = await house.value("SELECT id FROM thread WHERE key='t'")
    new = {one.id for one in await house.store.read(unread_posts, person or 0, thread)} if person else None
    return [key for id, key in await house.rows("SELECT id, key FROM post ORDER BY n") if new is None or id in new]


async def levels(house: StoreRig) -> list[tuple[str, str]]:
    rows = "SELECT i.user_id, f.level FROM follow f JOIN identity i ON i.person=f.person ORDER BY i.user_id"
    return [(user, level) for user, level in await house.rows(rows)]


# ------------------------------------------------------------------------------------------------------------ reactions


async def test_an_open_book_on_a_copy_reads_up_to_its_post(talk: StoreRig):
    """What arrived before it is read with it; what stands behind it is not."""
    await reacts(talk, "📖", "p2")
    assert await unread(talk) == ["p3"]
    assert await unread(talk, BEN) == ALL


async def test_a_book_that_is_taken_away_changes_nothing(talk: StoreRig):
    """Law 8: marks only rise."""
    await reacts(talk, "📖", "p2")
    talk.now += 1
    await reacts(talk, "📖", "p2", on=False)
    assert await unread(talk) == ["p3"]
    await reacts(talk, "📖", "p3", who=BEN, on=False)
    assert await talk.store.read(person_of, "web", BEN.id) is None


async def test_a_book_further_up_lowers_nothing(talk: StoreRig):
    """Law 8."""
    await reacts(talk, "📖", "p3")
    talk.now += 1
    await reacts(talk, "📖", "p1")
    assert await unread(talk) == []


async def test_a_bookmark_follows_a_thread_until_it_is_taken_away(talk: StoreRig):
    """On whichever of its messages."""
    await reacts(talk, "🔖", "p2")
    assert await levels(talk) == [("u1", "follow")]
    assert await unread(talk) == ALL
    talk.now += 1
    await reacts(talk, "🔖", "p2", on=False)
    assert await levels(talk) == []


async def test_a_crossed_out_speaker_mutes_a_thread_until_it_is_taken_away(talk: StoreRig):
    await reacts(talk, "🔇", "p0")
    assert await levels(talk) == [("u1", "mute")]
    talk.now += 1
    await reacts(talk, "🔇", "p0", on=False)
    assert await levels(talk) == []


async def test_what_was_said_last_of_a_thread_stays_when_an_older_sign_goes(talk: StoreRig):
    """Who followed it, and muted it then, wants to hear nothing."""
    await reacts(talk, "🔖", "p2")
    await reacts(talk, "🔇", "p2")
    assert await levels(talk) == [("u1", "mute")]
    talk.now += 1
    await reacts(talk, "🔖", "p2", on=False)
    assert await levels(talk) == [("u1", "mute")]


@pytest.mark.parametrize("sign", ["👀", "👍", "✅", ""])
async def test_other_reactions_are_peoples_own(talk: StoreRig, sign: str):
    """Nobody is noted who said nothing to us."""
    await reacts(talk, sign, "p2")
    assert await talk.rows("SELECT user_id FROM identity") == []


async def test_bots_read_nothing(talk: StoreRig):
    await reacts(talk, "📖", "p2", who=BOT)
    assert await talk.rows("SELECT user_id FROM identity") == []


async def test_a_sign_on_what_shows_no_post_means_nothing(talk: StoreRig):
    """What people say to each other; and the same id in another channel is another message."""
    at = await message(talk, "p2")
    elsewhere = Where(ChannelRef("kitchen"))
    await happens(talk, Reacted("r1", CHANNEL, MessageId("nothing of ours"), ADA, "📖", True, talk.now))
    await happens(talk, Reacted("r2", elsewhere, at, ADA, "📖", True, talk.now))
    await talk.store.write(receive, "other", Batch((Reacted("r3", CHANNEL, at, ADA, "📖", True, talk.now),), "r3"), 0)
    assert await talk.rows("SELECT user_id FROM identity") == []


async def test_where_nothing_is_mirrored_any_more_no_sign_counts(talk: StoreRig):
    """Law 12: what a community does not see it does not mark."""
    await talk.store.write(run, "UPDATE mirror SET state='removed'")
    await reacts(talk, "📖", "p2")
    await reacts(talk, "🔖", "p2")
    assert await talk.rows("SELECT user_id FROM identity") == []
    assert await levels(talk) == []


async def test_a_sign_in_a_place_that_guests_of_the_forum_cannot_read_counts_there(talk: StoreRig):
    """Who reacts in that channel sees it."""
    await talk.store.write(run, "UPDATE mirror SET private=1")
    await reacts(talk, "📖", "p2")
    assert await unread(talk) == ["p3"]


async def test_a_sign_has_its_effect_with_the_cursor(talk: StoreRig):
    """What is behind the cursor is never told again."""
    event = Reacted("r1", CHANNEL, await message(talk, "p2"), ADA, "📖", True, talk.now)

    def broken():
        yield from receive("web", Batch((event,), "later"), talk.now)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await talk.store.write(broken)
    assert await talk.store.read(cursor, "web") == ""
    assert await unread(talk) == ALL


async def test_a_sign_on_a_message_that_is_just_being_recorded_waits_for_that(talk: StoreRig):
    """People are faster than we record."""
    await talk.read_thread(op(), *map(post, ("p1", "p2", "p3", "p4")))
    [(queue, _, _)] = await talk.store.read(ready, talk.now)
    job = await talk.store.read(head, queue, talk.now)
    assert job is not None
    decision = step(job, talk.now, False)
    assert isinstance(decision, Perform)
    job = msgspec.structs.replace(job, parts=parts(job, decision.shows, [{"text": "p4"}], "home"))
    claim = Claim(job.id, job.parts, decision.shows, 1, Moment(talk.now, 1, "boot"))
    await talk.store.write(turn, job.queue, None, claim, job.ord, talk.now)
    await happens(talk, Reacted("r1", await inside(talk), MessageId("m99"), ADA, "📖", True, talk.now))
    assert await unread(talk) == [*ALL, "p4"]
    await talk.store.write(turn, job.queue, Settled(job, {0: "m99"}, 1, decision.shows), None, 0, talk.now)
    assert await talk.store.write(catch_up, "web", talk.now) == 1
    assert await unread(talk) == []


# -------------------------------------------------------------------------------------------------------------- answers


async def test_an_answer_reads_up_to_what_it_answers(talk: StoreRig):
    """Whoever answers a post has come so far."""
    await says(talk, "s1", await message(talk, "p2"))
    assert await unread(talk) == ["p3"]


async def test_what_answers_nothing_reads_nothing(talk: StoreRig):
    """Who joins a talk at its end may have read none of it."""
    await says(talk, "s1")
    await says(talk, "s2", "something that people said")
    assert await unread(talk) == ALL


async def test_an_answer_to_an_answer_reads_up_to_the_post_that_it_became(talk: StoreRig):
    """As soon as it is one; before, nobody knows where it will stand."""
    await says(talk, "s1", who=BEN)
    await says(talk, "s2", "s1")
    assert await unread(talk) == ALL
    await posts_it(talk, "p4")
    await talk.read_thread(op(), *map(post, ("p1", "p2", "p3", "p4")))
    await says(talk, "s3", "s1")
    assert await unread(talk) == []


async def test_an_answer_where_nothing_goes_back_reads_all_the_same(talk: StoreRig):
    """It says how far somebody is, whatever the forum hears of it."""
    await talk.store.write(run, "UPDATE mirror SET replies='none'")
    await says(talk, "s1", await message(talk, "p2"))
    assert await unread(talk) == ["p3"]


# ------------------------------------------------------------------------------------------------------------ one's own


async def test_what_somebody_wrote_is_never_new_to_them(talk: StoreRig):
    """And to nobody else is it old."""
    await talk.store.write(ensure_person, "web", BEN.id, BEN.name, BEGINNING)
    await says(talk, "s1")
    await posts_it(talk, "p4")
    await talk.read_thread(op(), *map(post, ("p1", "p2", "p3", "p4", "p5")))
    assert await unread(talk) == [*ALL, "p5"]
    assert await unread(talk, BEN) == [*ALL, "p4", "p5"]


async def test_what_somebody_wrote_next_moves_their_mark(talk: StoreRig):
    """A talk leaves one mark, and not one for each word."""
    await says(talk, "s1", await message(talk, "p3"))
    await posts_it(talk, "p4")
    await talk.read_thread(op(), *map(post, ("p1", "p2", "p3", "p4")))
    assert await unread(talk) == []
    assert await talk.rows("SELECT n FROM post_mark") == []


async def test_what_somebody_wrote_on_the_forum_is_not_new_to_them_here(talk: StoreRig):
    """Known by the account that they connected; of others of that name nothing is known."""
    ada = await talk.store.write(ensure_person, "web", ADA.id, ADA.name, BEGINNING)
    await talk.store.write(ensure_person, "web", BEN.id, BEN.name, BEGINNING)
    await talk.store.write(
        run, "INSERT INTO forum_account (person, forum, native) VALUES ($1, $2, '77')", ada, talk.forum
    )
    await talk.store.write(mark_to, ada, await talk.value("SELECT id FROM post WHERE key='p3'"))
    own, other = post("p4", author=Author("Ada", "77")), post("p5", author=Author("Ada", "78"))
    await talk.read_thread(op(), *map(post, ("p1", "p2", "p3")), own, other)
    assert await unread(talk) == ["p5"]
    assert await unread(talk, BEN) == [*ALL, "p4", "p5"]


async def test_of_authors_without_an_id_nobody_is_known(talk: StoreRig):
    """An empty id is nobody's."""
    ada = await talk.store.write(ensure_person, "web", ADA.id, ADA.name, BEGINNING)
    await talk.store.write(
        run, "INSERT INTO forum_account (person, forum, native) VALUES ($1, $2, '')", ada, talk.forum
    )
    await talk.read_thread(op(), *map(post, ("p1", "p2", "p3")), post("p4", author=Author("Ada")))
    assert PostKey("p4") in await unread(talk)
