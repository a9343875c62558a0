"""A channel goes on as another one: mirrors follow, what waits is owed there, and what stands stays where it is."""

from __future__ import annotations

import pytest

from bot.clock import Moment
from bot.errors import Forbidden
from bot.jobs import Subject
from bot.mirroring import Act, Layout, Options
from bot.model import Batch, ChannelRef, ChatPerson, MessageId, Moved, Said, ThreadRef, UserId, Where
from bot.store import run
from bot.store.communities import ensure_community, set_notices
from bot.store.failures import Failure, queue_fails
from bot.store.inbox import receive
from bot.store.jobs import head
from bot.store.mirrors import Maker, made_by, mirrors
from bot.store.moving import leave
from bot.store.notices import open_notice, tell_concerned
from bot.store.outbox import owe_one
from bot.store.places import claim_channel, ensure_channel
from bot.store.turns import Claim, turn
from bot.testing.store_rig import BEGINNING, StoreRig, answer, op, post
from bot.texts import say

MOVED = say("why.channel_moved")

ADA = ChatPerson(UserId("u1"), "Ada")


async def move(house: StoreRig, channel: str = "lounge", to: str = "hall", event: str = "") -> int:
    """A channel goes on as another one; how many events were new."""
    moved = Moved(event or f"{channel} {to}", Where(ChannelRef(channel)), ADA, ChannelRef(to), BEGINNING)
    return await house.store.write(receive, "web", Batch((moved,), moved.id), house.now)


async def owed(house: StoreRig, channel: str = "hall") -> list[tuple[str, str, str]]:
    """What a channel is owed of posts: act, post, and in which kind of place."""
    rows = await house.rows(
        """SELECT d.act, p.key, CASE WHEN l.parent IS NULL THEN 'channel' ELSE 'thread' END FROM delivery d
             JOIN post p ON p.id=d.subject_id JOIN place l ON l.id=d.queue
           WHERE d.subject='post' AND d.state='pending' AND l.channel=$1 ORDER BY d.queue, d.ord""",
        channel,
    )
    return [(act, key, where) for act, key, where in rows]


async def shown(house: StoreRig, channel: str = "hall") -> list[str]:
    """The posts that stand in a channel, in the order in which they came."""
    sql = """SELECT p.key FROM copy c JOIN post p ON p.id=c.post JOIN place l ON l.id=c.place
             WHERE l.channel=$1 AND c.state='shown' ORDER BY c.id"""
    return [key for (key,) in await house.rows(sql, channel)]


async def told(house: StoreRig) -> list[tuple[str, str]]:
    """What the admins are told, and in which channel."""
    return [
        (channel, text)
        for channel, text in await house.rows(
            """SELECT l.channel, n.text FROM delivery d JOIN notice n ON n.id=d.subject_id JOIN place l ON l.id=d.queue
               WHERE d.subject='notice' AND d.state='pending' ORDER BY d.id"""
        )
    ]


async def begun(house: StoreRig, key: str) -> int:
    """Begin to send a post, and hear nothing; its delivery."""
    sql = """SELECT d.id, d.queue, d.ord FROM delivery d JOIN post p ON p.id=d.subject_id
             WHERE d.subject='post' AND d.act='create' AND d.state='pending' AND p.key=$1"""
    [[delivery, queue, ord]] = await house.rows(sql, key)
    claim = Claim(delivery, (), "shown", 1, Moment(house.now, 1, "boot"))
    took, _ = await house.store.write(turn, queue, None, claim, ord, house.now)
    assert took
    return delivery


# ---------------------------------------------------------------------------------------------------------- what moves


async def test_mirrors_follow_a_channel_and_stay_what_they_are(mirrored):
    """Only where they show things changed."""
    options = Options(not_words=("spam",), delay=60)
    await mirrored.arrive(op(), post("p1"))
    thread = await mirrored.value("SELECT id FROM thread")
    await mirrored.mirror(layout=Layout.STREAM, thread=thread, options=options)
    await mirrored.store.write(made_by, 1, Maker("web", "u1", "lounge"))
    columns = "id, board, thread, layout, replies, options, start_seq, state, made_by, maker, made_at"
    before = await mirrored.rows(f"SELECT {columns} FROM mirror ORDER BY id")
    assert await move(mirrored) == 1
    assert await mirrored.rows(f"SELECT {columns} FROM mirror ORDER BY id") == before
    assert await mirrored.rows("SELECT mirror FROM backfill") == [(2,)]
    assert [one.channel for one in await mirrored.store.read(mirrors, mirrored.community)] == ["hall", "hall"]
    assert await mirrored.rows("SELECT maker_channel FROM mirror ORDER BY id") == [("hall",), ("",)]
    assert await mirrored.rows("SELECT channel, label FROM place WHERE parent IS NULL ORDER BY id") == [
        ("lounge", "lounge"),
        ("hall", "hall"),
    ]


async def test_a_channel_that_people_call_by_its_id_is_called_by_its_new_one(mirrored):
    """The old one would lead astray whoever reads it in a list."""
    await mirrored.store.write(run, "UPDATE place SET label='lounge'")
    await move(mirrored)
    await mirrored.store.write(run, "UPDATE place SET label='the hall' WHERE channel='hall'")
    await move(mirrored, "hall", "cellar")
    labels = await mirrored.rows("SELECT channel, label FROM place WHERE parent IS NULL ORDER BY id")
    assert labels == [("lounge", "lounge"), ("hall", "the hall"), ("cellar", "the hall")]


async def test_a_paused_mirror_follows_too(mirrored):
    await mirrored.store.write(run, "UPDATE mirror SET state='paused'")
    await move(mirrored)
    assert await mirrored.rows("SELECT l.channel, m.state FROM mirror m JOIN place l ON l.id=m.place") == [
        ("hall", "paused")
    ]


async def test_a_move_that_is_told_again_changes_nothing(mirrored):
    """Chats repeat what they tell after a restart, under the same name or another."""
    await mirrored.arrive(op(), post("p1"))
    await move(mirrored)
    before = await mirrored.rows("SELECT * FROM delivery"), await mirrored.rows("SELECT * FROM place")
    assert await move(mirrored) == 0
    assert await move(mirrored, event="again") == 1
    assert await move(mirrored, to="cellar") == 1
    assert (await mirrored.rows("SELECT * FROM delivery"), await mirrored.rows("SELECT * FROM place")) == before
    assert await mirrored.value("SELECT count(*) FROM notice") == 1


async def test_mirrors_follow_a_channel_over_several_moves(mirrored):
    await move(mirrored)
    await move(mirrored, "hall", "cellar")
    await mirrored.arrive(op(), post("p1"))
    assert await owed(mirrored, "cellar") == [("create", "p0", "channel"), ("create", "p1", "thread")]


async def test_mirrors_end_up_at_the_end_whichever_move_is_heard_first(mirrored):
    """Two rooms are read one after the other, and the later one may come first."""
    await mirrored.channel("hall")
    await move(mirrored, "hall", "cellar")
    await move(mirrored)
    assert await mirrored.rows("SELECT l.channel FROM mirror m JOIN place l ON l.id=m.place") == [("cellar",)]


async def test_channels_that_name_each_other_move_nowhere(mirrored):
    """Mirrors would go round; somebody made a mistake, and hears of it."""
    await move(mirrored)
    await move(mirrored, "hall", "lounge")
    assert await mirrored.rows("SELECT l.channel FROM mirror m JOIN place l ON l.id=m.place") == [("hall",)]
    assert await mirrored.value("SELECT count(*) FROM notice") == 2


async def test_of_two_equal_mirrors_the_one_that_is_there_goes_on(mirrored):
    """The settings may have mirrored into the new channel before it was heard that it is the old one."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.mirror("hall")
    await move(mirrored)
    rows = await mirrored.rows(
        "SELECT m.id, l.channel, m.state, m.start_seq FROM mirror m JOIN place l ON l.id=m.place"
    )
    assert rows == [(1, "lounge", "removed", 1), (2, "hall", "active", 1)]
    assert await owed(mirrored) == [("create", "p0", "channel"), ("create", "p1", "thread")]


# ---------------------------------------------------------------------------------------------------- what is owed


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (Layout.THREADS, [("create", "p0", "channel"), ("create", "p1", "thread"), ("create", "p2", "thread")]),
        (
            Layout.CARDS,
            [
                ("create", "p0", "channel"),
                ("open", "p0", "channel"),
                ("create", "p1", "thread"),
                ("create", "p2", "thread"),
            ],
        ),
        (Layout.STREAM, [("create", "p0", "channel"), ("create", "p1", "channel"), ("create", "p2", "channel")]),
    ],
)
async def test_what_waits_is_owed_in_the_new_channel_in_its_order(house, layout, expected):
    """It was promised, and shown nowhere."""
    await house.mirror(layout=layout)
    await house.read_list()
    await house.arrive(op(), post("p1"), answer("p2", "p1"))
    await move(house)
    assert await owed(house) == expected
    assert await owed(house, "lounge") == []
    assert set(await house.rows("SELECT reason FROM delivery WHERE state='dropped'")) == {(MOVED,)}
    await house.send()
    assert await shown(house) == ["p0", "p1", "p2"]


async def test_what_was_shown_stays_and_is_not_shown_again(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await move(mirrored)
    assert await owed(mirrored) == []
    await mirrored.read_thread(op(), post("p1", "better words"))
    await mirrored.send()
    assert await shown(mirrored) == []
    assert await shown(mirrored, "lounge") == ["p0", "p1"]
    assert await mirrored.rows("SELECT state, reason FROM delivery WHERE act='edit'") == [("dropped", MOVED)]


async def test_an_edit_and_a_deletion_that_wait_are_dropped_with_a_reason(mirrored):
    """Nobody can change anything there any more."""
    await mirrored.arrive(op(), post("p1"), post("p2"))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1", "better words"))
    await move(mirrored)
    rows = await mirrored.rows("SELECT act, state, reason FROM delivery WHERE act IN ('edit', 'delete') ORDER BY act")
    assert rows == [("delete", "dropped", MOVED), ("edit", "dropped", MOVED)]
    assert await owed(mirrored) == []


async def test_the_text_of_a_post_that_was_deleted_leaves_although_its_copy_cannot(mirrored):
    """Law 10."""
    await mirrored.arrive(op(), post("p1", "a secret"))
    await mirrored.send()
    await move(mirrored)
    await mirrored.read_thread(op())
    await mirrored.send()
    assert await mirrored.rows("SELECT body FROM post WHERE key='p1'") == [("",)]


@pytest.mark.parametrize("layout", [Layout.THREADS, Layout.CARDS])
async def test_a_later_post_has_its_op_shown_first_where_the_op_stands_in_the_old_channel_alone(house, layout):
    """Its chat thread cannot go on there, and hangs on something here; the replies before it are not repeated."""
    await house.mirror(layout=layout)
    await house.read_list()
    await house.arrive(op(), post("p1"))
    await house.send()
    await move(house)
    await house.arrive(op(), post("p1"), answer("p2", "p1"), post("p3"))
    await house.send()
    assert await shown(house) == ["p0", "p2", "p3"]
    assert await house.value("SELECT count(*) FROM place WHERE thread IS NOT NULL AND thread_ref IS NOT NULL") == 2


async def test_a_later_post_stands_alone_where_all_stand_flat(house):
    await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op(), post("p1"))
    await house.send()
    await move(house)
    await house.arrive(op(), post("p1"), post("p2"))
    await house.send()
    assert await shown(house) == ["p2"]


async def test_an_answer_to_what_stands_in_the_old_channel_says_so_in_words(mirrored):
    await mirrored.arrive(op(), post("p1", number=7))
    await mirrored.send()
    await move(mirrored)
    await mirrored.arrive(op(), post("p1", number=7), answer("p2", "p1"))
    queue = await mirrored.value(
        "SELECT queue FROM delivery d JOIN post p ON p.id=d.subject_id WHERE p.key='p2' AND d.state='pending'"
    )
    job = await mirrored.store.read(head, queue, mirrored.now)
    assert (job.answered.message, job.answered.shown, job.answered.number) == ("", False, "#7")


async def test_an_op_that_a_person_took_away_stays_away_in_the_new_channel(mirrored):
    """What hangs on it stands in the channel, as it would have before."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.store.write(run, "UPDATE copy SET state='removed' WHERE id=1")
    await move(mirrored)
    await mirrored.arrive(op(), post("p1"), post("p2"))
    assert await owed(mirrored) == [("create", "p2", "channel")]


async def test_what_waits_keeps_its_turn(mirrored):
    """A delay that began goes on, and what is back-filled gives way to what is live."""
    await mirrored.store.write(run, "UPDATE mirror SET options=$1", '{"delay":600}')
    await mirrored.arrive(op(), post("p1"))
    mirrored.now += 300_000
    await move(mirrored)
    rows = await mirrored.rows("SELECT not_before, made_at FROM delivery WHERE state='pending'")
    assert rows == [(BEGINNING + 600_000, BEGINNING)] * 2


async def test_back_filled_posts_that_wait_are_back_filled_there(house):
    """What is live goes before them."""
    await house.read_thread(op(), post("p1"))
    await house.mirror(thread=await house.value("SELECT id FROM thread"))
    await house.read_thread(op(), post("p1"), post("p2"))
    await house.store.write(run, "UPDATE delivery SET backfill=1 WHERE act='create'")
    await move(house)
    rows = await house.rows("SELECT backfill FROM delivery WHERE state='pending' AND act='create'")
    assert set(rows) == {(1,)}


async def test_what_a_filter_leaves_out_now_is_not_carried_over(mirrored):
    await mirrored.arrive(op(), post("p1", "some spam"), post("p2"))
    await mirrored.store.write(run, "UPDATE mirror SET options=$1", '{"not_words":["spam"]}')
    await move(mirrored)
    assert [key for _, key, _ in await owed(mirrored)] == ["p0", "p2"]


async def test_posts_of_which_an_earlier_owner_of_the_channel_showed_some_are_shown_once(mirrored):
    """Both channels were mirrored into: what stands in the new one stands."""
    await mirrored.mirror("hall")
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.arrive(op(), post("p1"), post("p2"))
    await move(mirrored)
    await mirrored.send()
    assert await shown(mirrored) == ["p0", "p1", "p2"]


# -------------------------------------------------------------------------------------------------- what is on its way


async def test_what_is_being_sent_stays_where_it_was_begun(mirrored):
    """Law 3: it may stand there already."""
    await mirrored.arrive(op(), post("p1"))
    delivery = await begun(mirrored, "p0")
    await move(mirrored)
    assert await mirrored.rows("SELECT state FROM delivery WHERE id=$1", delivery) == [("sending",)]
    assert await owed(mirrored) == [("create", "p0", "channel"), ("create", "p1", "thread")], "p1 needs its OP there"


async def test_what_was_being_sent_and_certainly_was_not_is_owed_there_once(mirrored):
    await mirrored.arrive(op())
    delivery = await begun(mirrored, "p0")
    await move(mirrored)
    assert await owed(mirrored) == []
    for _ in range(2):
        await mirrored.store.write(leave, delivery, mirrored.now)
    assert await owed(mirrored) == [("create", "p0", "channel")]
    assert await mirrored.rows("SELECT state, reason FROM delivery WHERE id=$1", delivery) == [("dropped", MOVED)]


async def test_a_post_of_which_half_stands_in_the_old_channel_is_owed_whole(mirrored):
    """Nobody could read its end."""
    await mirrored.arrive(op())
    delivery = await begun(mirrored, "p0")
    parts = "INSERT INTO part (delivery, part, kind, key, marker, remote) VALUES ($1, $2, 'send', $3, $3, $4)"
    await mirrored.store.write(run, parts, delivery, 0, "k0", "m77")
    await mirrored.store.write(run, parts, delivery, 1, "k1", None)
    await move(mirrored)
    await mirrored.store.write(leave, delivery, mirrored.now)
    assert await mirrored.rows("SELECT message FROM copy_message ORDER BY part") == [("m77",), ("",)]
    assert await owed(mirrored) == [("create", "p0", "channel")]


async def test_what_is_held_waits_for_its_admin_and_goes_where_its_channel_went(mirrored):
    await mirrored.arrive(op())
    delivery = await begun(mirrored, "p0")
    await mirrored.store.write(run, "UPDATE delivery SET state='held', reason='x' WHERE id=$1", delivery)
    await move(mirrored)
    assert await owed(mirrored) == []
    await mirrored.store.write(run, "UPDATE delivery SET state='pending', reason='' WHERE id=$1", delivery)
    await mirrored.send()
    assert await shown(mirrored) == ["p0"]


# ------------------------------------------------------------------------------------------------------- people


async def test_what_people_said_before_goes_to_the_forum(mirrored):
    """Also what waited for a message of ours that was just being sent."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    ref = await mirrored.value("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
    inside = Where(ChannelRef("lounge"), ThreadRef(ref))
    await move(mirrored)
    said = Said("s1", inside, MessageId("s1"), ADA, "words", "plain", BEGINNING)
    await mirrored.store.write(receive, "web", Batch((said,), "s1"), mirrored.now)
    assert await mirrored.rows("SELECT state FROM delivery WHERE subject='reply'") == [("pending",)]


async def test_a_person_s_own_words_are_not_shown_to_them_again(mirrored):
    """The post that they became stands in the old channel, as their message."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    ref = await mirrored.value("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
    said = Said(
        "s1", Where(ChannelRef("lounge"), ThreadRef(ref)), MessageId("s1"), ADA, "own words", "plain", BEGINNING
    )
    await mirrored.store.write(receive, "web", Batch((said,), "s1"), mirrored.now)
    await mirrored.store.write(run, "UPDATE reply SET post_key='p2', fate='posted'")
    await move(mirrored)
    await mirrored.arrive(op(), post("p1"), post("p2", "own words"))
    assert await owed(mirrored) == []


# ------------------------------------------------------------------------------------------------- who is told, whose


async def test_admins_are_told_once_in_the_channel_where_they_are_told_from_now_on(mirrored):
    """Law 11: in plain words, and there is nothing to do."""
    await mirrored.store.write(set_notices, mirrored.community, await mirrored.channel())
    await move(mirrored)
    [(channel, text)] = await told(mirrored)
    assert channel == "hall"
    assert "Ada replaced web:lounge by hall" in text
    assert "There is nothing to do." in text
    assert await mirrored.rows("SELECT closed_at IS NULL FROM notice") == [(0,)]


async def test_what_admins_were_to_be_told_is_told_in_the_new_channel(mirrored):
    """But that the old one cannot be written to: that is why it moved."""
    place = await mirrored.channel()
    await mirrored.store.write(set_notices, mirrored.community, place)
    await mirrored.store.write(open_notice, mirrored.community, "source:1", "a page fails", mirrored.now)
    await mirrored.store.write(tell_concerned, "closed:web:lounge", "it is closed", mirrored.now, queue=place)
    await mirrored.store.write(
        run, "UPDATE queue SET paused='closed', due_at=$2, told=$3 WHERE id=$1", place, 9**15, "closed:web:lounge"
    )
    await move(mirrored)
    texts = await told(mirrored)
    assert [channel for channel, _ in texts] == ["hall", "hall"]
    assert [text for _, text in texts if "There is nothing to do" not in text] == ["a page fails"]
    assert await mirrored.rows("SELECT paused, told FROM queue WHERE id=$1", place) == [("", "")]
    assert await mirrored.rows("SELECT about FROM notice WHERE closed_at IS NULL") == [("source:1",)]


async def test_nothing_moves_into_a_channel_of_another_community(mirrored):
    """Law 12: and whoever mirrors into the old one hears that he has to do something."""
    other = await mirrored.store.write(ensure_community, "web", "strangers", "web")
    await mirrored.store.write(ensure_channel, other, "web", "hall", "hall")
    await mirrored.store.write(set_notices, mirrored.community, await mirrored.channel("notices"))
    await mirrored.arrive(op())
    await move(mirrored)
    assert await mirrored.rows("SELECT l.channel FROM mirror m JOIN place l ON l.id=m.place") == [("lounge",)]
    assert await owed(mirrored, "lounge") == [("create", "p0", "channel")]
    [(_, text)] = await told(mirrored)
    assert "mirror again" in text


async def test_what_is_told_of_the_old_channel_reaches_those_who_mirror_into_the_new_one(mirrored):
    """Law 11: what is held there may be held long after it moved."""
    await mirrored.store.write(set_notices, mirrored.community, await mirrored.channel("notices"))
    await move(mirrored)
    old = await mirrored.channel()
    assert await mirrored.store.write(tell_concerned, "delivery:9", "held", mirrored.now, queue=old) == 1


async def test_that_a_channel_that_moved_is_closed_is_told_to_nobody(mirrored):
    """A refusal may be recorded in the moment in which it moves; nothing would ever take that back."""
    await mirrored.store.write(set_notices, mirrored.community, await mirrored.channel("notices"))
    await move(mirrored)
    before = await told(mirrored)
    failure = Failure("closed:web:lounge", "it cannot be written to", "it can again")
    await mirrored.store.write(queue_fails, await mirrored.channel(), failure, mirrored.now)
    assert await told(mirrored) == before
    assert await mirrored.rows("SELECT id FROM queue WHERE told<>''") == []


@pytest.fixture
async def alone(house):
    """A channel that is a community of its own, mirrored into."""
    house.community = await house.store.write(ensure_community, "web", "lounge", "web")
    await house.mirror()
    await house.read_list()
    return house


async def test_a_community_that_is_one_channel_goes_on_under_the_new_one_s_name(alone):
    """Commands that are given in the new one are given for it."""
    await move(alone)
    assert await alone.store.write(ensure_community, "web", "hall", "web") == alone.community
    assert [one.channel for one in await alone.store.read(mirrors, alone.community)] == ["hall"]


async def test_a_community_whose_name_is_a_channel_that_shows_nothing_goes_on_too(house):
    """Channels may belong to one in which nothing is said: a space that holds them."""
    house.community = await house.store.write(ensure_community, "web", "space", "web")
    await house.mirror()
    await move(house, "space", "space-2")
    assert await house.store.write(ensure_community, "web", "space-2", "web") == house.community
    assert [one.channel for one in await house.store.read(mirrors, house.community)] == ["lounge"]


@pytest.mark.parametrize("mirrors_too", [False, True])
async def test_a_community_that_was_met_under_the_new_name_first_is_the_same(alone, mirrors_too):
    """Somebody may have given a command in the new one, or the settings mirrored into it, before the move was heard."""
    met = await alone.store.write(ensure_community, "web", "hall", "web")
    await alone.store.write(set_notices, alone.community, await alone.channel("notices"))
    if mirrors_too:
        await alone.store.write(claim_channel, "web", "hall", "hall", met, inside=True)
    await alone.arrive(op())
    await move(alone)
    assert [one.channel for one in await alone.store.read(mirrors, met)] == ["hall"]
    assert set(await alone.rows("SELECT community FROM place UNION SELECT community FROM notice")) == {(met,)}
    assert await owed(alone) == [("create", "p0", "channel")]
    assert len(await told(alone)) == 1


async def test_a_channel_that_is_named_by_its_old_name_is_the_new_one(mirrored):
    """Settings name rooms by their ids, and each start makes their mirrors again."""
    await move(mirrored)
    owner, place = await mirrored.store.write(claim_channel, "web", "lounge", "lounge", mirrored.community)
    assert owner == mirrored.community
    assert await mirrored.rows("SELECT channel FROM place WHERE id=$1", place) == [("hall",)]
    other = await mirrored.store.write(ensure_community, "web", "strangers", "web")
    with pytest.raises(Forbidden):
        await mirrored.store.write(claim_channel, "web", "lounge", "lounge", other)


async def test_a_digest_that_waits_is_owed_in_the_new_channel(mirrored):
    """Whatever was to be said in the channel is, not posts alone."""
    notice = "INSERT INTO notice (community, about, text, opened_at, closed_at) VALUES ($1, 'digest:1', 'much', 1, 1)"
    await mirrored.store.write(run, notice, mirrored.community)
    await mirrored.store.write(owe_one, await mirrored.channel(), Subject.NOTICE, 1, Act.CREATE, 1, mirrored.now)
    await move(mirrored)
    assert ("hall", "much") in await told(mirrored)
