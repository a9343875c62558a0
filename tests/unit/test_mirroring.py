"""Who waits and who wins: what a post is owed in each channel."""

import msgspec
import pytest

from bot.mirroring import (
    QUICK,
    Act,
    Layout,
    MirrorView,
    Options,
    Owed,
    PostView,
    Slot,
    Standing,
    Withheld,
    expected,
    flood_of,
    floods,
    for_added,
    for_deleted,
    for_edited,
    wanted,
)
from bot.model import DAY, HOUR

LOUNGE, LIBRARY = 10, 20

OP = PostView(id=1, n=1, seq=100, op=True, live=True, revision=1)
REPLY = PostView(id=2, n=2, seq=101, op=False, live=True, revision=1)
LATER = PostView(id=3, n=3, seq=102, op=False, live=True, revision=1)
OLD_OP = msgspec.structs.replace(OP, n=0, seq=0)
OLD_REPLY = msgspec.structs.replace(REPLY, n=-1, seq=-1)


def mirror(id=1, channel=LOUNGE, layout=Layout.THREADS, start=0, whole=False):
    return MirrorView(id, channel, layout, start, whole)


def stands(post, channel=LOUNGE, **more):
    return Standing(post.id, channel, more.pop("queue", channel), **more)


def create(post, channel=LOUNGE, slot=Slot.CHANNEL, **more):
    return Owed(post.id, Act.CREATE, post.revision, channel, slot, **more)


def opening(post, channel=LOUNGE, **more):
    return Owed(post.id, Act.OPEN, 0, channel, Slot.CHANNEL, opens=True, **more)


# ------------------------------------------------------------------------------------------------------ which mirror


def test_overlapping_mirrors_show_a_post_once_for_each_channel():
    """Two boards may list one thread; readers of a channel want it once."""
    mirrors = [mirror(1), mirror(2), mirror(3, LIBRARY), mirror(4, LIBRARY)]
    assert [m.id for m in wanted(REPLY, mirrors)] == [1, 3]
    assert [owed.channel for owed in for_added(OP, None, mirrors, [])] == [LOUNGE, LIBRARY]


def test_the_oldest_mirror_that_accepts_a_post_decides_how_it_stands():
    """The oldest of all may have begun too late for this post."""
    mirrors = [mirror(1, layout=Layout.STREAM, start=500), mirror(2, layout=Layout.CARDS), mirror(3)]
    assert [m.id for m in wanted(REPLY, mirrors)] == [2]
    late = msgspec.structs.replace(REPLY, seq=500)
    assert [m.id for m in wanted(late, mirrors)] == [1]


def test_a_mirror_shows_what_arrives_from_its_beginning_on():
    assert wanted(REPLY, [mirror(start=REPLY.seq)]) != []
    assert wanted(REPLY, [mirror(start=REPLY.seq + 1)]) == []


def test_back_filled_posts_are_shown_only_where_the_thread_is_shown_whole():
    """Law 8: what was there before is never new, however low a mirror's beginning is."""
    assert for_added(OLD_REPLY, None, [mirror(start=-100)], []) == []
    assert for_added(OLD_REPLY, None, [mirror(start=500, whole=True)], []) == [create(OLD_REPLY, backfill=True)]


def test_a_thread_that_is_shown_whole_shows_what_arrives_before_the_mirrors_beginning():
    assert for_added(REPLY, None, [mirror(start=500, whole=True)], []) == [create(REPLY)]


def test_nothing_is_owed_without_a_mirror():
    assert for_added(OP, None, [], []) == []


# ------------------------------------------------------------------------------------------------------ threads layout


def test_an_op_opens_the_chat_thread_in_which_its_replies_stand():
    assert for_added(OP, None, [mirror()], []) == [create(OP, opens=True)]
    there = [stands(OP, opened=True)]
    assert for_added(REPLY, OP, [mirror()], there) == [create(REPLY, slot=Slot.THREAD)]


def test_a_reply_in_an_old_thread_brings_its_op_first():
    """A reply cannot stand in a chat thread that nothing opened."""
    assert for_added(REPLY, OLD_OP, [mirror()], []) == [create(OLD_OP, opens=True), create(REPLY, slot=Slot.THREAD)]


def test_the_op_comes_once_for_several_replies():
    first = for_added(REPLY, OLD_OP, [mirror()], [])
    there = [Standing(owed.post, owed.channel, owed.channel, opened=owed.opens) for owed in first]
    assert for_added(LATER, OLD_OP, [mirror()], there) == [create(LATER, slot=Slot.THREAD)]


def test_an_op_that_stands_without_a_chat_thread_gets_one():
    """It came by another layout, or by a mirror that is gone: its replies would wait for ever."""
    acts = for_added(REPLY, OP, [mirror()], [stands(OP)])
    assert acts == [opening(OP), create(REPLY, slot=Slot.THREAD)]


def test_a_reply_of_a_thread_whose_op_is_not_known_stands_in_the_channel():
    assert for_added(REPLY, None, [mirror()], []) == [create(REPLY)]


def test_replies_go_on_in_the_chat_thread_of_an_op_that_a_person_removed():
    removed = stands(OP, removed=True, opened=True)
    assert for_added(REPLY, OP, [mirror()], [removed]) == [create(REPLY, slot=Slot.THREAD)]


@pytest.mark.parametrize("layout", [Layout.THREADS, Layout.CARDS])
def test_a_reply_under_a_removed_op_without_a_chat_thread_stands_in_the_channel(layout):
    """Nothing can be hung on a message that is not there, and the removed one must not come back."""
    removed = stands(OP, removed=True)
    assert for_added(REPLY, OP, [mirror(layout=layout)], [removed]) == [create(REPLY)]


@pytest.mark.parametrize("layout", [Layout.THREADS, Layout.CARDS])
def test_a_reply_to_an_op_that_stands_in_another_chat_thread_stands_in_the_channel(layout):
    """Moderators split a thread: its OP stays where it stands, and no chat thread opens inside of another one."""
    elsewhere = stands(OP, queue=77)
    assert for_added(REPLY, OP, [mirror(layout=layout)], [elsewhere]) == [create(REPLY)]


def test_each_channel_opens_its_own_chat_thread():
    mirrors = [mirror(1), mirror(2, LIBRARY)]
    acts = for_added(REPLY, OP, mirrors, [stands(OP, LIBRARY, opened=True)])
    assert acts == [create(OP, opens=True), create(REPLY, slot=Slot.THREAD), create(REPLY, LIBRARY, Slot.THREAD)]


def test_an_older_op_that_comes_with_a_new_reply_is_no_back_fill_and_one_with_an_old_reply_is():
    """Live goes before back-fill: the opener must be as urgent as what waits for it."""
    new = for_added(REPLY, OLD_OP, [mirror()], [])
    old = for_added(OLD_REPLY, OLD_OP, [mirror(whole=True)], [])
    assert {owed.backfill for owed in new} == {False}
    assert {owed.backfill for owed in old} == {True}


# ------------------------------------------------------------------------------------------------------------ others


CARDS = mirror(layout=Layout.CARDS)
STREAM = mirror(layout=Layout.STREAM)


def test_a_card_stands_without_a_chat_thread_until_the_first_reply():
    assert for_added(OP, None, [CARDS], []) == [create(OP)]


def test_the_first_reply_opens_the_cards_chat_thread_once():
    first = for_added(REPLY, OP, [CARDS], [stands(OP)])
    assert first == [opening(OP), create(REPLY, slot=Slot.THREAD)]
    there = [stands(OP), *(Standing(owed.post, owed.channel, owed.channel, opened=owed.opens) for owed in first)]
    assert for_added(LATER, OP, [CARDS], there) == [create(LATER, slot=Slot.THREAD)]


def test_a_reply_in_an_old_thread_brings_its_card_and_opens_it():
    acts = for_added(REPLY, OLD_OP, [CARDS], [])
    assert acts == [create(OLD_OP), opening(OLD_OP), create(REPLY, slot=Slot.THREAD)]


def test_a_stream_is_flat():
    """All posts in the channel; no reply brings or opens anything."""
    assert for_added(OP, None, [STREAM], []) == [create(OP)]
    assert for_added(REPLY, OP, [STREAM], []) == [create(REPLY)]
    assert for_added(REPLY, OP, [STREAM], [stands(OP)]) == [create(REPLY)]


# ------------------------------------------------------------------------------------------------ what stands already


def test_a_post_that_stands_or_is_on_its_way_is_not_owed_again():
    assert for_added(REPLY, OP, [mirror()], [stands(OP, opened=True), stands(REPLY, queue=11)]) == []


def test_what_a_person_removed_stays_removed():
    removed = stands(REPLY, removed=True)
    newer = msgspec.structs.replace(REPLY, revision=2)
    assert for_added(newer, OP, [mirror()], [stands(OP, opened=True), removed]) == []
    assert for_edited(newer, [removed], "words") == []
    assert for_deleted(newer, [removed]) == []


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("post", [OP, REPLY])
def test_a_post_that_comes_deleted_is_not_announced(layout, post):
    dead = msgspec.structs.replace(post, live=False)
    assert for_added(dead, None if post.op else OP, [mirror(layout=layout)], []) == []


def test_an_edit_and_a_deletion_go_where_the_post_stands():
    """In whichever queue it is, whatever mirrors there are now."""
    there = [stands(REPLY, LOUNGE, queue=11), stands(REPLY, LIBRARY, queue=21), stands(OP)]
    newer = msgspec.structs.replace(REPLY, revision=5)
    for act, owed in (Act.EDIT, for_edited(newer, there, "")), (Act.DELETE, for_deleted(newer, there)):
        assert owed == [Owed(REPLY.id, act, 5, LOUNGE, queue=11), Owed(REPLY.id, act, 5, LIBRARY, queue=21)]


def test_an_echo_is_not_edited():
    """The person's own message holds these very words: the edit came from there."""
    echo = stands(REPLY, words="digest of hello")
    assert for_edited(REPLY, [echo], "digest of hello") == []
    assert [owed.act for owed in for_edited(REPLY, [echo], "digest of other words")] == [Act.EDIT]


def test_a_message_whose_newer_words_are_on_their_way_to_the_forum_is_not_edited():
    """The chat's word is the later one; what the forum shows now is about to be replaced."""
    assert for_edited(REPLY, [stands(REPLY, words="old", busy=True)], "new") == []


def test_a_deletion_reaches_busy_messages_and_echoes():
    assert len(for_deleted(REPLY, [stands(REPLY, words="same", busy=True)])) == 1


# --------------------------------------------------------------------------------------------------- delays and floods


@pytest.mark.parametrize("layout", Layout)
def test_new_posts_wait_for_the_delay_and_what_they_bring_along_with_them(layout):
    """An opener that came at once would stand there without what it was brought for."""
    slow = msgspec.structs.replace(mirror(layout=layout), options=Options(delay=60))
    assert {owed.delay for owed in for_added(REPLY, OLD_OP, [slow], [])} == {60}
    assert {owed.delay for owed in for_added(OP, None, [slow], [])} == {60}


def test_older_posts_do_not_wait_for_the_delay():
    slow = msgspec.structs.replace(mirror(whole=True), options=Options(delay=60))
    assert {owed.delay for owed in for_added(OLD_REPLY, OLD_OP, [slow], [])} == {0}


def test_posts_of_a_flood_are_kept_back_from_their_mirror_alone():
    held = msgspec.structs.replace(mirror(1), withheld=(Withheld(7, REPLY.seq),))
    assert (wanted(OP, [held]), wanted(REPLY, [held]), wanted(LATER, [held])) == ([held], [], [])
    assert flood_of(LATER, held) == 7
    assert [m.id for m in wanted(REPLY, [held, mirror(2), mirror(3, LIBRARY)])] == [2, 3]


def test_what_came_behind_a_settled_flood_is_news_again():
    held = msgspec.structs.replace(mirror(), withheld=(Withheld(7, REPLY.seq, LATER.seq),))
    assert (wanted(REPLY, [held]), wanted(LATER, [held])) == ([], [held])


def test_older_posts_are_in_no_flood():
    """An admin asked for them."""
    held = msgspec.structs.replace(mirror(whole=True), withheld=(Withheld(7, -100),))
    assert wanted(OLD_REPLY, [held]) == [held]


def test_news_flood_where_they_are_far_more_than_usual():
    assert not floods(20, 0)
    assert floods(21, 0)
    assert not floods(500, 100)
    assert floods(501, 100)


def test_a_long_pause_lets_expect_much():
    assert expected(10, 0, DAY) == 10
    assert expected(10, 0, 3 * DAY) == 30


def test_a_hot_quarter_of_an_hour_lets_expect_no_hot_day():
    """Else nothing that came during a night would be a flood, because the evening was lively."""
    assert expected(0, 96, QUICK) == 1
    assert expected(0, 96, DAY) == 1
    assert expected(24, 96, HOUR) == 1
