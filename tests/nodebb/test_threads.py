"""Threads are read as they are: edits, deletions, purges, moves, what befell them; in few requests."""

from __future__ import annotations

import pytest

from adapters.engines.bookmarks import remembered
from adapters.forums.nodebb.memory import Mind
from adapters.forums.nodebb.threads import SWEEP
from bot.errors import Gone, NotAllowed, Unparsable
from bot.model import BoardKey, Bookmark, ParentState, PostState, ThreadKey
from bot.testing.clock import FakeClock
from bot.testing.forum_talk import follow, said
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told, key


async def test_a_thread_of_one_page_is_complete(site: StandIn, opened: Opened) -> None:
    """A page is what stood there at one moment: what it lacks is gone."""
    told = Told(site, 5)
    page = await opened().thread(told.thread, Bookmark())
    assert page is not None
    assert page.complete
    assert len(page.posts) == 6


async def test_a_long_thread_proves_no_absence(site: StandIn, opened: Opened) -> None:
    """Its pages shift while they are read."""
    told = Told(site, 45)
    follower = await told.follow(opened)
    assert (len(follower.posts), follower.complete) == (46, False)


async def test_what_is_new_costs_one_request(site: StandIn, opened: Opened) -> None:
    """A thread of a hundred pages is not read again because somebody answered."""
    told = Told(site, 110)
    follower = await told.follow(opened)
    new = told.more(1)
    asked = len(site.asked)
    assert [post.key for post in (await follower.read()).added] == [key(new[0])]
    assert [one.query.get("sort") for one in site.asked[asked:]] == ["newest_to_oldest"]


async def test_all_that_came_meanwhile_is_found(site: StandIn, opened: Opened) -> None:
    """The program was down over the weekend: pages are read back to what is known."""
    told = Told(site, 30)
    follower = await told.follow(opened)
    new = told.more(70)
    assert {post.key for post in (await follower.read()).added} == {key(post) for post in new}


async def test_more_than_one_reading_takes_is_found_too(site: StandIn, opened: Opened) -> None:
    """Back to what is known it would be too far: all of it is read again."""
    told = Told(site, 30)
    follower = await told.follow(opened)
    new = told.more(400)
    changes = await follower.read()
    assert {post.key for post in changes.added} == {key(post) for post in new}
    assert changes.deleted == ()


async def test_a_reading_makes_a_bounded_number_of_requests(site: StandIn, opened: Opened) -> None:
    """A hundred thousand posts are read in turns, between which others have theirs."""
    told = Told(site, 700)
    page = await opened().thread(told.thread, Bookmark())
    assert page is not None
    assert page.more
    assert len(site.asked) == 10


async def test_an_unchanged_thread_is_none(site: StandIn, opened: Opened) -> None:
    """Views rise with every reader, and tell nothing."""
    told = Told(site, 3)
    forum = opened()
    first = await forum.thread(told.thread, Bookmark())
    assert first is not None
    assert told.topic.views
    told.topic.views += 100
    assert await forum.thread(told.thread, first.bookmark) is None


async def test_an_edit_on_an_older_page_is_found_in_its_turn(site: StandIn, opened: Opened, clock: FakeClock) -> None:
    """No list tells of it: older pages are looked through, two at a time."""
    told = Told(site, 90)
    follower = await told.follow(opened)
    site.world.edit(told.posts[25], "Said better")
    site.world.delete(told.posts[60])
    edited, deleted = [], []
    for _ in range(3):
        clock.advance(SWEEP)
        changes = await follower.read()
        edited += [post.key for _, post in changes.edited]
        deleted += [known.key for known, _ in changes.deleted]
    assert (edited, deleted) == ([key(told.posts[25])], [key(told.posts[60])])


async def test_words_that_are_drawn_anew_are_no_edit(site: StandIn, opened: Opened) -> None:
    """After an update of the forum every smiley has another address."""
    told = Told(site, 2)
    told.op.drawn = '<p>Words <img src="/assets/smile.png?v=1" alt=":-)" /></p>'
    follower = await told.follow(opened)
    for post in (told.op, told.posts[0]):
        post.drawn = '<p>Words <img src="/assets/smile.png?v=2" alt=":-)" /></p>'
    told.more(1)
    assert (await follower.read()).edited == ()


async def test_a_deleted_post_is_gone_and_comes_back(site: StandIn, opened: Opened) -> None:
    told = Told(site, 3)
    follower = await told.follow(opened)
    site.world.delete(told.posts[1])
    assert [known.key for known, _ in (await follower.read()).deleted] == [key(told.posts[1])]
    site.world.restore(told.posts[1])
    assert [(post.key, said(post.body)) for _, post in (await follower.read()).edited] == [
        (key(told.posts[1]), "Reply 1")
    ]


async def test_our_account_does_not_give_away_deleted_words(site: StandIn, opened: Opened) -> None:
    """Moderators are shown them still; whoever reads the channel is not."""
    site.world.user("threadline", staff=True)
    told = Told(site, 2, cid=9)
    site.world.delete(told.posts[0])
    follower = await told.follow(opened, "threadline")
    assert (follower.post(key(told.posts[0])).state, follower.post(key(told.posts[0])).body.text) == (
        PostState.DELETED,
        "",
    )


async def test_a_purged_post_is_found_out(site: StandIn, opened: Opened) -> None:
    """It leaves nothing but a smaller count, and what stood behind it moves up."""
    told = Told(site, 50)
    follower = await told.follow(opened)
    site.world.purge(told.posts[10])
    changes = await follower.read()
    assert [known.key for known, _ in changes.deleted] == [key(told.posts[10])]
    assert (changes.added, changes.edited) == ((), ())


async def test_many_purged_posts_are_asked_for_in_turns(site: StandIn, opened: Opened) -> None:
    told = Told(site, 120)
    follower = await told.follow(opened)
    for post in told.posts[10:40]:
        site.world.purge(post)
    changes = await follower.read()
    gone = {known.key for known, _ in changes.deleted} | {known.key for known in changes.losing}
    assert gone == {key(post) for post in told.posts[10:40]}


async def test_a_moved_post_is_no_deletion(site: StandIn, opened: Opened) -> None:
    """A moderator forks a thread: it keeps its id, and stands in another one."""
    told, other = Told(site, 50), Told(site, 1)
    follower, there = await told.follow(opened), await other.follow(opened)
    site.world.carry(told.posts[10], other.topic)
    assert (await follower.read()).deleted == ()
    assert key(told.posts[10]) in {post.key for post in (await there.read()).added}


async def test_posts_that_were_merged_in_are_found(site: StandIn, opened: Opened) -> None:
    """They are older than what is known, and stand among it."""
    other, told = Told(site, 2), Told(site, 60)
    follower = await told.follow(opened)
    site.world.carry(other.posts[0], told.topic)
    assert [post.key for post in (await follower.read()).added] == [key(other.posts[0])]


async def test_a_post_that_was_moved_out_of_sight_is_no_deletion(site: StandIn, opened: Opened) -> None:
    """Guests are told that it is nowhere; our token tells that it is not."""
    told, hidden = Told(site, 50), Told(site, 1, cid=9)
    follower = await told.follow(opened, "threadline")
    site.world.carry(told.posts[10], hidden.topic)
    assert (await follower.read()).deleted == ()


async def test_pages_that_shift_while_they_are_read_lose_nothing(site: StandIn, opened: Opened) -> None:
    """A post on the first page is purged after it was read: the first one of the second page is now on the first."""
    told = Told(site, 50)
    asked = 0

    def between() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            site.world.purge(told.posts[3])
        else:
            site.stand.before[f"/api/topic/{told.thread}"] = between

    site.stand.before[f"/api/topic/{told.thread}"] = between
    follower = await told.follow(opened)
    assert {key(post) for post in told.posts if post is not told.posts[3]} <= set(follower.posts)


async def test_a_page_that_repeats_for_ever_ends(site: StandIn, opened: Opened) -> None:
    """A proxy that drops the query shows the first page at every address."""
    told = Told(site, 500)
    path = f"/api/topic/{told.thread}"
    answer = site.page(told.topic)
    site.stand.answers[path] = answer
    follower = await told.follow(opened)
    assert len(follower.posts) == 20
    assert len(site.asked) <= 2 * 10, "it is tried twice, for pages may have shifted"


async def test_what_befell_a_thread_stands_where_it_happened(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    mod = site.world.user("mod", staff=True)
    for what in ("pin", "unpin", "lock", "unlock", "share", "post-queue", "backlink"):
        site.world.befall(told.topic, what, mod)
    site.world.move(told.topic, 6, mod)
    told.more(1)
    follower = await told.follow(opened)
    assert [(post.event, said(post.body)) for post in follower.posts.values()] == [
        (False, "The opening words"),
        (False, "Reply 0"),
        (True, "pinned the thread"),
        (True, "unpinned the thread"),
        (True, "closed the thread"),
        (True, "opened the thread"),
        (True, "moved the thread here from Talk"),
        (False, "Later 0"),
    ]
    assert {post.author.name for post in follower.posts.values() if post.event} == {"mod"}


async def test_a_moved_thread_goes_on_under_its_new_board(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    follower = await told.follow(opened)
    site.world.move(told.topic, 6, site.world.user("mod", staff=True))
    changes = await follower.read()
    assert (changes.edited, changes.deleted) == ((), ())
    assert follower.thread is not None
    assert follower.thread.board is not None
    assert (follower.thread.board.key, follower.thread.board.path) == ("c/6", ("Talk", "Small talk"))


async def test_an_event_between_pages_is_told_once(site: StandIn, opened: Opened) -> None:
    told = Told(site, 19)
    site.world.befall(told.topic, "lock", site.world.user("mod", staff=True))
    told.more(30)
    follower = await told.follow(opened)
    assert sum(post.event for post in follower.posts.values()) == 1
    told.more(1)
    assert [post.event for post in (await follower.read()).added] == [False]


async def test_parents_elsewhere_or_nowhere_are_unknown(site: StandIn, opened: Opened) -> None:
    """The forum takes any id for what is answered; a purged one stays where it was named."""
    told, other = Told(site, 3), Told(site, 1)
    elsewhere = site.world.reply(told.ann, told.thread, "To another thread", other.posts[0].pid)
    nowhere = site.world.reply(told.ann, told.thread, "To nobody", 999_999)
    dangling = site.world.reply(told.ann, told.thread, "To the first", told.posts[0].pid)
    site.world.purge(told.posts[0])
    follower = await told.follow(opened)
    states = [follower.post(key(post)).parent.state for post in (elsewhere, nowhere, dangling)]
    assert states == [ParentState.UNKNOWN] * 3


async def test_a_parent_on_an_older_page_is_known(site: StandIn, opened: Opened) -> None:
    told = Told(site, 60)
    follower = await told.follow(opened)
    late = site.world.reply(told.ann, told.thread, "To the first one", told.posts[0].pid)
    await follower.read()
    parent = follower.post(key(late)).parent
    assert (parent.state, parent.key) == (ParentState.KNOWN, key(told.posts[0]))


async def test_ids_are_the_same_as_numbers_and_as_strings(site: StandIn, opened: Opened) -> None:
    """Some databases store them as text: after a move of the forum every id has another type."""
    told = Told(site, 3)
    follower = await told.follow(opened)
    for post in (told.op, *told.posts):
        post.pid = str(post.pid)
    told.topic.main = str(told.topic.main)
    told.topic.tid = str(told.topic.tid)
    told.topic.posts = [str(pid) for pid in told.topic.posts]
    changes = await follower.read()
    assert (changes.added, changes.edited, changes.deleted) == ((), (), ())


async def test_posts_from_elsewhere_have_addresses_for_ids(site: StandIn, opened: Opened) -> None:
    """With federation a thread is a UUID and its posts are addresses: they are followed as any other."""
    tid, pid = "3f2b8c1e-0000-4000-8000-1234567890ab", "https://elsewhere.example/notes/1?x=a/b&c#d"
    op = site.world.start(site.world.user("ann@elsewhere.example"), "From elsewhere", "words", 5, tid=tid, pid=pid)
    reply = site.world.reply(site.world.user("ben"), tid, "An answer", pid)
    follower = await follow(opened("threadline"), ThreadKey(tid))
    assert list(follower.posts) == [key(op), key(reply)]
    assert follower.post(key(reply)).parent.key == pid
    forum = opened("threadline")
    found = await follow(forum, ThreadKey(tid))
    assert forum.named(found.post(key(op)).link) == pid
    assert forum.named(pid) == pid
    assert forum.thread_named(found.post(key(op)).link) == tid


async def test_a_post_from_the_future_was_written_now(site: StandIn, opened: Opened, clock: FakeClock) -> None:
    told = Told(site, 1)
    told.posts[0].at += 10**9
    follower = await told.follow(opened)
    assert follower.post(key(told.posts[0])).created.latest <= clock.now()


async def test_a_post_of_a_megabyte_is_read(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    told.posts[0].drawn = "<p>" + "word " * 200_000 + "</p>"
    follower = await told.follow(opened)
    assert len(follower.post(key(told.posts[0])).body.text) > 1_000_000


async def test_a_deleted_thread_is_gone(site: StandIn, opened: Opened) -> None:
    """Guests are told that they are not logged in; that its board can be read says what that means."""
    told = Told(site, 2)
    for name in ("", "threadline"):
        follower = await told.follow(opened, name)
        told.topic.deleted = True
        with pytest.raises(Gone):
            await follower.read()
        told.topic.deleted = False


async def test_a_thread_that_was_deleted_before_it_was_read_is_gone(site: StandIn, opened: Opened) -> None:
    """Guests saw it in a list a moment ago: nobody is told that a token is missing."""
    told = Told(site, 2)
    for name in ("", "threadline"):
        forum = opened(name)
        await forum.listing(BoardKey("c/5"), Bookmark())
        told.topic.deleted = True
        with pytest.raises(Gone):
            await forum.thread(told.thread, Bookmark())
        told.topic.deleted = False


async def test_a_thread_that_was_closed_before_it_was_read_is_not_read_with_our_token(
    site: StandIn, opened: Opened
) -> None:
    told = Told(site, 2)
    forum = opened("threadline")
    await forum.listing(BoardKey("c/5"), Bookmark())
    told.topic.cid = 9
    with pytest.raises(NotAllowed):
        await forum.thread(told.thread, Bookmark())


async def test_a_thread_that_moved_out_of_sight_is_not_gone(site: StandIn, opened: Opened) -> None:
    """It goes on elsewhere: its copies stay, and are no tombstones; our token must not carry it on."""
    told = Told(site, 2)
    follower = await told.follow(opened, "threadline")
    site.world.move(told.topic, 9, site.world.user("mod", staff=True))
    with pytest.raises(NotAllowed):
        await follower.read()


async def test_a_board_that_is_closed_to_guests_takes_no_thread_down(site: StandIn, opened: Opened) -> None:
    told = Told(site, 2)
    follower = await told.follow(opened)
    site.world.categories["5"].readers = set()
    with pytest.raises(NotAllowed):
        await follower.read()


async def test_newer_versions_call_closed_threads_missing(site: StandIn, opened: Opened) -> None:
    told = Told(site, 2)
    site.stand.hidden = True
    follower = await told.follow(opened, "threadline")
    site.world.move(told.topic, 9, site.world.user("mod", staff=True))
    with pytest.raises(NotAllowed):
        await follower.read()


async def test_fewer_pages_than_a_moment_ago_are_no_missing_thread(site: StandIn, opened: Opened) -> None:
    """With pages set up, one behind the last is not there."""
    site.stand.paged = True
    told = Told(site, 45)
    forum = opened()
    first = await forum.thread(told.thread, Bookmark())
    assert first is not None
    mind = remembered(first.bookmark.cursor, Mind)
    assert mind.pages == 3
    for post in told.posts[15:]:
        site.world.purge(post)
    follower = await told.follow(opened)
    assert len(follower.posts) == 16
    for _ in range(3):
        assert await forum.thread(told.thread, Bookmark()) is not None


async def test_a_read_thread_marks_nothing_for_guests(site: StandIn, opened: Opened) -> None:
    """Polling asks as a guest where guests may read, though there is a token."""
    told = Told(site, 2)
    await told.follow(opened, "threadline")
    assert {one.user for one in site.asked} == {""}


async def test_another_thread_than_was_asked_for_is_not_taken(site: StandIn, opened: Opened) -> None:
    told, other = Told(site, 2), Told(site, 2)
    site.stand.answers[f"/api/topic/{told.thread}"] = site.page(other.topic)
    with pytest.raises(Unparsable):
        await opened().thread(told.thread, Bookmark())
