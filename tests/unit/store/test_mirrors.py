"""Layouts, overlapping and removed mirrors, on what stands in the chat."""

import pytest

from bot.clock import Moment
from bot.jobs import Answered, Part
from bot.mirroring import Act, Layout
from bot.model import (
    Author,
    Batch,
    Body,
    BodyState,
    ChannelRef,
    ChatPerson,
    Deleted,
    Edited,
    MessageId,
    PostState,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store.endings import conclude
from bot.store.inbox import receive
from bot.store.ingest import owe_known
from bot.store.jobs import head
from bot.store.settling import Settled
from bot.store.turns import Claim, turn, unclaim
from bot.store.unmirror import remove_mirror
from bot.testing.store_rig import BEGINNING, answer, listed, op, post


async def test_cards_open_at_the_first_reply_and_once(house):
    await house.mirror(layout=Layout.CARDS)
    await house.read_list()
    await house.arrive(op())
    await house.send()
    await house.read_thread(op(), post("p1"))
    assert await house.owed() == [("open", "p0", "channel"), ("create", "p1", "thread")]
    await house.send()
    await house.read_thread(op(), post("p1"), post("p2"))
    assert await house.owed() == [("create", "p2", "thread")]


async def test_opening_a_card_does_not_pass_for_showing_its_newest_words(house):
    """The edit behind the opening must still be made."""
    await house.mirror(layout=Layout.CARDS)
    await house.read_list()
    await house.arrive(op())
    await house.send()
    await house.read_thread(op("p0", "other words"), post("p1"))
    assert await house.owed() == [("open", "p0", "channel"), ("edit", "p0", "channel"), ("create", "p1", "thread")]
    await house.send()
    assert await house.owed("dropped") == []
    assert await house.copies() == [("p0", 2, "shown", 0), ("p1", 1, "shown", 0)]


@pytest.mark.parametrize("layout", [Layout.THREADS, Layout.CARDS])
async def test_the_next_reply_brings_a_refused_op_again(house, layout):
    """What waited for its chat thread stands in the channel meanwhile: a thread without an OP cannot be opened."""
    await house.mirror(layout=layout)
    await house.read_list()
    await house.arrive(op(), post("p1"))
    await house.send(refuse=[(Act.CREATE, "p0")])
    assert await house.copies() == [("p1", 1, "shown", 0)]
    assert await house.owed("sent") == [("create", "p1", "channel")]
    await house.read_thread(op(), post("p1"), post("p2"))
    await house.send()
    assert [(key, generation) for key, _, _, generation in await house.copies()] == [("p1", 0), ("p0", 1), ("p2", 0)]
    assert ("create", "p2", "thread") in await house.owed("sent")
    assert await house.owed() == []


async def test_a_stream_that_becomes_threads_opens_what_stands_without_one(house):
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op())
    await house.send()
    await house.store.write(remove_mirror, mirror, None, "Ada", BEGINNING)
    await house.mirror(layout=Layout.THREADS)
    await house.read_list(listed("t", "2"))
    await house.read_thread(op(), post("p1"))
    assert await house.owed() == [("open", "p0", "channel"), ("create", "p1", "thread")]
    await house.send()
    assert [key for key, *_ in await house.copies()] == ["p0", "p1"]


async def test_a_removed_mirror_takes_what_is_pending_with_it_and_leaves_what_stands(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1"), post("p2"))
    [[mirror]] = await mirrored.rows("SELECT id FROM mirror")
    await mirrored.store.write(remove_mirror, mirror, None, "Ada", BEGINNING)
    assert await mirrored.owed() == []
    assert await mirrored.owed("dropped") == [("create", "p2", "thread")]
    assert [key for key, *_ in await mirrored.copies()] == ["p0", "p1"]


async def test_a_text_whose_tombstone_a_removed_mirror_drops_leaves(mirrored):
    """Law 10: nothing is owed about it any more, and nobody would ever look again."""
    await mirrored.arrive(op(), post("p1", "secret words"))
    await mirrored.send()
    await mirrored.read_thread(op())
    assert await mirrored.owed() == [("delete", "p1", "thread")]
    await mirrored.store.write(remove_mirror, 1, None, "Ada", BEGINNING)
    assert await mirrored.owed("dropped") == [("delete", "p1", "thread")]
    assert await mirrored.value("SELECT body FROM post WHERE key='p1'") == ""


async def test_a_text_that_another_channel_is_still_to_bury_stays(mirrored):
    await mirrored.arrive(op(), post("p1", "secret words"))
    await mirrored.mirror("library", thread=await mirrored.value("SELECT id FROM thread"))
    thread = await mirrored.value("SELECT id FROM thread")
    await mirrored.store.write(owe_known, 2, thread, BEGINNING)
    await mirrored.send()
    await mirrored.read_thread(op())
    await mirrored.store.write(remove_mirror, 1, None, "Ada", BEGINNING)
    assert await mirrored.owed() == [("delete", "p1", "thread")]
    assert await mirrored.value("SELECT body FROM post WHERE key='p1'") == "secret words"
    await mirrored.send()
    assert await mirrored.value("SELECT body FROM post WHERE key='p1'") == ""


async def test_mirroring_again_shows_what_was_dropped_and_repeats_nothing(mirrored):
    """The dropped create counts as a generation: the new one has a key of its own."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1"), post("p2"))
    [[mirror]] = await mirrored.rows("SELECT id FROM mirror")
    await mirrored.store.write(remove_mirror, mirror, None, "Ada", BEGINNING)
    again = await mirrored.mirror()
    await mirrored.store.write(owe_known, again, await mirrored.value("SELECT id FROM thread"), BEGINNING)
    assert await mirrored.owed() == [("create", "p2", "thread")]
    assert await mirrored.rows("SELECT generation, backfill FROM delivery WHERE state='pending'") == [(1, 1)]
    await mirrored.send()
    assert [key for key, *_ in await mirrored.copies()] == ["p0", "p1", "p2"]


async def test_an_overlapping_mirror_shows_nothing_twice(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.mirror(thread=await mirrored.value("SELECT id FROM thread"))
    await mirrored.read_thread(op(), post("p1"), post("p2"))
    assert [key for _, key, _ in await mirrored.owed()] == ["p0", "p1", "p2"]


async def test_posts_before_a_mirrors_beginning_are_not_shown(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.mirror("library")
    await mirrored.read_thread(op(), post("p1"), post("p2"))
    library = await mirrored.channel("library")
    rows = """SELECT p.key FROM delivery d JOIN post p ON p.id=d.subject_id WHERE d.channel=$1 ORDER BY d.id"""
    assert await mirrored.rows(rows, library) == [("p0",), ("p2",)]


async def test_a_copy_that_a_person_removed_stays_removed(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    gone = Deleted("e1", await thread_place(mirrored), MessageId("m3"), BEGINNING)
    await mirrored.store.write(receive, "web", Batch((gone,), "1"), BEGINNING)
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 1, "removed", 0)]
    await mirrored.read_thread(op(), post("p1", "other words"))
    await mirrored.read_thread(op())
    await mirrored.read_thread(op(), post("p1", "third words"))
    assert await mirrored.owed() == []


# ---------------------------------------------------------------------------------------- posts that come from the chat

ADA = ChatPerson(UserId("u1"), "Ada of the chat")


async def thread_place(house):
    [[channel, thread]] = await house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
    return Where(ChannelRef(channel), ThreadRef(thread))


async def said(house, words="hello *there*", id="s1"):
    """A person answers in the chat thread; the reply's id."""
    what = Said(id, await thread_place(house), MessageId(id), ADA, words, "markdown", BEGINNING)
    await house.store.write(receive, "web", Batch((what,), id), BEGINNING)
    return await house.value("SELECT id FROM reply WHERE message=$1", id)


async def submitting(house, marker="marker-1"):
    """The reply's delivery as it is while its outcome is not known; the delivery's id."""
    [[queue]] = await house.rows("SELECT DISTINCT queue FROM delivery WHERE subject='reply'")
    job = await house.store.read(head, queue, house.now)
    acts = (Part(0, "send", {"text": "hello there"}, marker),)
    claim = Claim(job.id, acts, "shown", 1, Moment(BEGINNING, 1, "boot"))
    await house.store.write(turn, queue, None, claim, 0, BEGINNING)
    return job.id


async def posted(house, key):
    """The forum took the reply, and named the post that it became."""
    delivery = await submitting(house)
    [[queue]] = await house.rows("SELECT queue FROM delivery WHERE id=$1", delivery)
    job = await house.store.read(head, queue, house.now)
    await house.store.write(turn, queue, Settled(job, {0: key}, 1, "shown"), None, 0, BEGINNING)


async def fate(house):
    return await house.rows("SELECT fate, post_key FROM reply")


@pytest.fixture
async def talking(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    return mirrored


MINE = Author("Ada of the chat")


async def test_a_post_that_carries_a_replys_marker_is_that_reply(talking):
    """Its message in the chat is the copy: nobody sees the words twice."""
    reply = await said(talking)
    await submitting(talking, "marker-1")
    await talking.read_thread(op(), post("p1"), post("p2", "anything", author=Author("Somebody"), marker="marker-1"))
    assert await talking.owed() == [("edit", "p2", "thread")], "where it says something else, that is told"
    assert await fate(talking) == [("posted", "p2")]
    rows = """SELECT c.reply, c.state, m.message FROM copy c JOIN copy_message m ON m.copy=c.id
                JOIN post p ON p.id=c.post WHERE p.key='p2'"""
    assert await talking.rows(rows) == [(reply, "shown", "s1")]


async def test_a_post_with_a_replys_author_and_words_is_that_reply(talking):
    """Forums without a marker; formats differ, words do not."""
    await said(talking)
    await submitting(talking)
    await talking.read_thread(
        op(), post("p1"), post("p2", body=Body(BodyState.PRESENT, "<p>hello <i>there</i></p>", "html"), author=MINE)
    )
    assert await fate(talking) == [("posted", "p2")]
    assert await talking.owed() == []


@pytest.mark.parametrize(
    "cells", [{"words": "hello there"}, {"words": "other words", "author": MINE}], ids=["author", "words"]
)
async def test_a_post_with_another_author_or_other_words_is_somebody_elses(talking, cells):
    await said(talking)
    await submitting(talking)
    await talking.read_thread(op(), post("p1"), post("p2", **cells))
    assert await fate(talking) == [("pending", "")]
    assert await talking.owed() == [("create", "p2", "thread")]


async def test_what_was_never_sent_is_recognised_in_nothing(talking):
    """Laws 1 and 3: two people of one name may say the same, and each of them wants to be read on both sides."""
    await said(talking)
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await fate(talking) == [("pending", "")]
    assert await talking.owed() == [("create", "p2", "thread")]


async def test_what_certainly_never_arrived_is_recognised_in_nothing(talking):
    """The forum could not be reached: the claim was taken back, and the words are still to be sent."""
    await said(talking)
    delivery = await submitting(talking)
    [[queue]] = await talking.rows("SELECT queue FROM delivery WHERE id=$1", delivery)
    await talking.store.write(unclaim, delivery, queue, BEGINNING, "no line")
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await fate(talking) == [("pending", "")]
    assert await talking.owed() == [("create", "p2", "thread")]


async def test_an_author_without_a_name_is_not_the_account_whose_name_is_not_known(talking):
    await said(talking)
    await submitting(talking)
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=Author("")))
    assert await talking.owed() == [("create", "p2", "thread")]


async def test_another_marker_is_somebody_elses_whatever_the_words(talking):
    await said(talking)
    await submitting(talking, "marker-1")
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE, marker="marker-2"))
    assert await talking.owed() == [("create", "p2", "thread")]


async def test_one_reply_is_recognised_in_one_post_only(talking):
    await said(talking)
    await submitting(talking)
    twins = [post(key, "hello there", author=MINE) for key in ("p2", "p3")]
    await talking.read_thread(op(), post("p1"), *twins)
    assert await fate(talking) == [("posted", "p2")]
    assert await talking.owed() == [("create", "p3", "thread")]


async def test_two_equal_replies_are_recognised_in_two_posts(talking):
    await said(talking, id="s1")
    held = await submitting(talking, "marker-1")
    await talking.store.write(conclude, held, "held", "its answer was lost", BEGINNING)
    await said(talking, id="s2")
    await submitting(talking, "marker-2")
    await talking.read_thread(op(), post("p1"), *(post(key, "hello there", author=MINE) for key in ("p2", "p3")))
    assert await fate(talking) == [("posted", "p2"), ("posted", "p3")]
    assert await talking.owed() == []


async def test_a_refused_reply_is_recognised_in_nothing(talking):
    """The forum did not take it; who writes the same on the forum wrote it there."""
    await said(talking)
    delivery = await submitting(talking)
    await talking.store.write(conclude, delivery, "refused", "too short", BEGINNING)
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await talking.owed() == [("create", "p2", "thread")]


@pytest.mark.parametrize("state", ["sending", "held"])
async def test_recognising_a_reply_settles_its_delivery(talking, state):
    """The answer was lost, the page shows what came of it: nothing is left to find out."""
    await said(talking)
    delivery = await submitting(talking)
    if state == "held":
        await talking.store.write(conclude, delivery, "held", "its answer was lost", BEGINNING)
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await talking.value("SELECT state FROM delivery WHERE id=$1", delivery) == "sent"
    assert await fate(talking) == [("posted", "p2")]


async def test_a_post_that_was_settled_first_is_adopted_when_it_is_read(talking):
    """The forum's answer names the post before any page shows it."""
    reply = await said(talking)
    await posted(talking, "p2")
    assert await fate(talking) == [("posted", "p2")]
    await talking.read_thread(op(), post("p1"), post("p2", "the forum's own wording", author=Author("x")))
    assert await talking.owed() == [("edit", "p2", "thread")]
    assert await talking.rows("SELECT reply, state FROM copy WHERE reply IS NOT NULL") == [(reply, "shown")]


async def test_a_post_that_was_taken_away_before_it_was_read_leaves_the_chat_too(talking):
    """Its first reading is the only one that tells: nothing of it changes after."""
    await said(talking)
    await posted(talking, "p2")
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE, state=PostState.DELETED))
    assert await talking.owed() == [("delete", "p2", "thread")]


async def test_other_channels_get_a_copy_of_a_chat_reply(house):
    """It is the copy in its own channel only."""
    await house.mirror("lounge")
    await house.read_list()
    await house.arrive(op())
    await house.send()
    await house.mirror("library", Layout.STREAM)
    await said(house)
    await submitting(house)
    await house.read_thread(op(), post("p1", "hello there", author=MINE))
    library = await house.channel("library")
    rows = """SELECT d.channel, p.key FROM delivery d JOIN post p ON p.id=d.subject_id
              WHERE d.subject='post' AND d.state='pending'"""
    assert await house.rows(rows) == [(library, "p1")]


async def test_an_edit_that_came_from_the_chat_is_not_sent_back(talking):
    await said(talking)
    await submitting(talking, "marker-1")
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE))
    await talking.read_thread(op(), post("p1"), post("p2", "hello *there*", author=MINE))
    assert await talking.value("SELECT revision FROM post WHERE key='p2'") == 2
    assert await talking.owed() == [("edit", "p2", "thread")]
    await talking.send()
    await talking.read_thread(op(), post("p1"), post("p2", "hello  there,", author=MINE, version="2"))


async def test_a_message_whose_newer_words_are_under_way_is_not_edited(talking):
    """The person's word is the later one; the forum is about to get it."""
    await said(talking)
    await submitting(talking)
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE))
    edited = Edited("e1", await thread_place(talking), MessageId("s1"), ADA, "newer words", "plain", BEGINNING)
    await talking.store.write(receive, "web", Batch((edited,), "e1"), BEGINNING)
    await talking.read_thread(op(), post("p1"), post("p2", "hello there, said the moderator", author=MINE))
    assert await talking.owed() == []


async def test_a_message_taken_back_before_its_post_was_seen_is_no_copy_that_stands(talking):
    await said(talking)
    await submitting(talking)
    gone = Deleted("d1", await thread_place(talking), MessageId("s1"), BEGINNING)
    await talking.store.write(receive, "web", Batch((gone,), "d1"), BEGINNING)
    await talking.read_thread(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await talking.rows("SELECT state FROM copy WHERE reply IS NOT NULL") == [("removed",)]
    assert await talking.owed() == []


async def test_a_card_answers_its_parents_copy(talking):
    """The job that the sender sees, for a reply to a reply."""
    await talking.read_thread(op(), post("p1"), answer("p2", "p1"))
    [[queue]] = await talking.rows("SELECT queue FROM delivery WHERE state='pending'")
    job = await talking.store.read(head, queue, talking.now)
    parent = await talking.value("SELECT id FROM post WHERE key='p1'")
    assert job.answered == Answered(MessageId("m3"), True, True, "", "Ada", parent)
