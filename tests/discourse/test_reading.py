"""What the forum shows is read as it is: edits, deletions, moves, whispers, what befell a thread."""

from __future__ import annotations

import pytest

from bot.errors import Gone
from bot.model import BoardKey, BodyState, Bookmark, ParentState, PostKey, PostState, ThreadKey
from bot.testing.forum_talk import Follower, follow, said
from tests.discourse.conftest import Opened
from tests.discourse.stand_in import StandIn
from tests.discourse.world import Post, Topic


def key(post: Post) -> PostKey:
    return PostKey(str(post.id))


def thread_of(post: Post) -> ThreadKey:
    return ThreadKey(str(post.topic))


class Told:
    """A thread of an OP and some replies, and who follows it."""

    def __init__(self, site: StandIn, replies: int) -> None:
        self.site = site
        self.ann, self.ben = site.world.user("ann"), site.world.user("ben")
        self.op = site.world.start(self.ann, "Plain talk", "The opening words", 7)
        self.posts = [site.world.reply(self.ben, self.op.topic, f"Reply {n}") for n in range(replies)]
        self.thread = thread_of(self.op)

    @property
    def topic(self) -> Topic:
        return self.site.world.topics[self.op.topic]

    async def follow(self, opened: Opened) -> Follower:
        return await follow(opened(), self.thread)


async def test_an_edit_within_the_first_minutes_is_seen(site: StandIn, opened: Opened) -> None:
    """No version is counted then: the words themselves tell."""
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.world.edit(told.posts[25], "Said better", quietly=True)
    changes = await follower.read()
    assert [post.key for _, post in changes.edited] == [key(told.posts[25])]
    assert (changes.added, changes.deleted) == ((), ())


async def test_what_is_made_of_the_same_words_is_no_edit(site: StandIn, opened: Opened) -> None:
    """A picture was fetched, or a page that is linked to has another title: nobody said anything else."""
    told = Told(site, 2)
    follower = await told.follow(opened)
    told.posts[0].cooked = "<p>Reply 0, with a picture</p>"
    site.world.changed(told.posts[0], "rebaked")
    changes = await follower.read()
    assert (changes.added, changes.edited, changes.deleted) == ((), (), ())


async def test_a_renamed_thread_is_an_edit_of_its_opening_post(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    follower = await told.follow(opened)
    told.topic.title = "Another title"
    site.world.tick()
    changes = await follower.read()
    assert [(post.key, post.title) for _, post in changes.edited] == [(key(told.op), "Another title")]


async def test_what_the_staff_deleted_is_gone(site: StandIn, opened: Opened) -> None:
    """It leaves the list of ids without a trace, among the first posts and behind them."""
    told = Told(site, 40)
    follower = await told.follow(opened)
    for post in (told.posts[3], told.posts[35]):
        site.world.delete(post, site.world.users["system"])
    changes = await follower.read()
    assert {known.key for known, _ in changes.deleted} == {key(told.posts[3]), key(told.posts[35])}
    assert {state for _, state in changes.deleted} == {PostState.DELETED}
    assert (changes.added, changes.edited) == ((), ())


async def test_what_its_author_deleted_is_gone_though_a_stub_is_left(site: StandIn, opened: Opened) -> None:
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.world.delete(told.posts[28])
    changes = await follower.read()
    assert [known.key for known, _ in changes.deleted] == [key(told.posts[28])]


async def test_what_was_recovered_is_there_again(site: StandIn, opened: Opened) -> None:
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.world.delete(told.posts[28], site.world.users["system"])
    await follower.read()
    site.world.recover(told.posts[28])
    changes = await follower.read()
    assert [post.key for _, post in changes.edited] == [key(told.posts[28])]


async def test_a_moved_post_is_no_deletion(site: StandIn, opened: Opened) -> None:
    """It keeps its id, and stands in another thread; here it is told that posts were moved out."""
    told, other = Told(site, 5), Told(site, 1)
    follower, there = await told.follow(opened), await other.follow(opened)
    site.world.move(told.posts[1:3], other.topic)
    changes = await follower.read()
    assert changes.deleted == ()
    assert [(post.event, said(post.body)) for post in changes.added] == [(True, "moved posts out of the thread")]
    came = await there.read()
    assert {post.key for post in came.added} == {key(told.posts[1]), key(told.posts[2])}


async def test_a_post_that_was_moved_out_of_sight_is_no_deletion(site: StandIn, opened: Opened) -> None:
    """Guests are refused there; that it was deleted is not said."""
    told = Told(site, 5)
    follower = await told.follow(opened)
    hidden = site.world.start(told.ann, "Among ourselves", "words", 9)
    site.world.move(told.posts[1:2], site.world.topics[hidden.topic])
    assert (await follower.read()).deleted == ()


async def test_whispers_are_never_shown(site: StandIn, opened: Opened) -> None:
    """Not even to us, whose key sees them."""
    told = Told(site, 2)
    site.world.whisper(told.topic, site.world.users["system"], "Among ourselves")
    site.stand.login_required = True
    follower = await follow(opened("bot", staff=True), told.thread)
    assert [said(post.body) for post in follower.posts.values()] == ["The opening words", "Reply 0", "Reply 1"]
    late = site.world.whisper(told.topic, site.world.users["system"], "Once more")
    assert key(late) not in {post.key for post in (await follower.read()).added}


async def test_a_hidden_post_is_hidden_until_it_is_shown_again(site: StandIn, opened: Opened) -> None:
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.world.hide(told.posts[27])
    assert [state for _, state in (await follower.read()).deleted] == [PostState.HIDDEN]
    assert follower.post(key(told.posts[27])).body.state is BodyState.UNKNOWN
    site.world.hide(told.posts[27], hidden=False)
    [(_, post)] = (await follower.read()).edited
    assert said(post.body) == "Reply 27"


async def test_what_befell_a_thread_is_told_in_words(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    site.world.befall(told.topic, told.ann, "closed.enabled", "Enough is said.")
    site.world.befall(told.topic, told.ann, "something_new.enabled")
    follower = await told.follow(opened)
    events = [post for post in follower.posts.values() if post.event]
    assert [said(post.body) for post in events] == ["closed the thread Enough is said.", "something new enabled"]
    assert [(post.number, post.author.name) for post in events] == [(None, "ann"), (None, "ann")]
    assert follower.thread is not None
    assert (follower.thread.closed, follower.thread.replies) == (True, 1)


async def test_parents_are_known_across_a_long_thread(site: StandIn, opened: Opened) -> None:
    """A reply tells the number of what it answers; numbers have gaps."""
    told = Told(site, 30)
    site.world.delete(told.posts[10], site.world.users["system"])
    late = site.world.reply(told.ann, told.op.topic, "To the fourth", told.posts[3].number)
    lost = site.world.reply(told.ann, told.op.topic, "To nobody", told.posts[10].number)
    follower = await told.follow(opened)
    assert follower.post(key(late)).parent.key == key(told.posts[3])
    assert follower.post(key(lost)).parent.state is ParentState.UNKNOWN
    again = site.world.reply(told.ben, told.op.topic, "To that", late.number)
    [post] = (await follower.read()).added
    assert (post.key, post.parent.key) == (key(again), key(late))


async def test_more_than_the_bus_keeps_is_read_all_the_same(site: StandIn, opened: Opened) -> None:
    """It keeps a hundred messages: what was edited before them is found by reading all of the thread."""
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.world.edit(told.posts[25], "Changed long ago")
    for _ in range(120):
        site.world.edit(told.posts[2], f"{told.posts[2].raw}!")
    changes = await follower.read()
    assert {post.key for _, post in changes.edited} == {key(told.posts[2]), key(told.posts[25])}


async def test_a_bus_that_began_anew_is_no_proof(site: StandIn, opened: Opened) -> None:
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.world.channels.clear()
    site.world.edit(told.posts[25], "Changed meanwhile")
    changes = await follower.read()
    assert [post.key for _, post in changes.edited] == [key(told.posts[25])]


async def test_a_closed_bus_costs_requests_and_no_edit(site: StandIn, opened: Opened) -> None:
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.stand.bus_closed = True
    site.world.edit(told.posts[25], "Changed meanwhile")
    changes = await follower.read()
    assert [post.key for _, post in changes.edited] == [key(told.posts[25])]


async def test_old_messages_are_not_trusted(site: StandIn, opened: Opened) -> None:
    """The bus keeps them for a week."""
    told = Told(site, 30)
    follower = await told.follow(opened)
    site.world.edit(told.posts[25], "Changed a week ago")
    site.world.channels[f"/topic/{told.op.topic}"].messages.clear()
    site.clock.advance(8 * 86_400_000)
    changes = await follower.read()
    assert [post.key for _, post in changes.edited] == [key(told.posts[25])]


async def test_a_long_thread_is_read_in_bounded_steps(site: StandIn, opened: Opened) -> None:
    """However long it is, one reading makes a few requests and goes on from its bookmark."""
    told = Told(site, 450)
    forum = opened()
    bookmark, seen, most = Bookmark(), set(), 0
    for _ in range(10):
        before = len(site.asked)
        page = await forum.thread(told.thread, bookmark)
        assert page is not None
        most = max(most, len(site.asked) - before)
        seen |= {post.key for post in page.posts}
        bookmark = page.bookmark
        if not page.more:
            break
    assert len(seen) == 451
    assert most <= 13
    assert len(bookmark.cursor) < 2_000, "what is remembered of a thread is small"


async def test_a_page_that_repeats_itself_ends(site: StandIn, opened: Opened) -> None:
    """A server that gives the same posts whatever it is asked for is not asked for ever."""
    told = Told(site, 100)
    forum = opened()
    first = await forum.thread(told.thread, Bookmark())
    assert first is not None
    from aiohttp import web

    body = next(one.answer for one in site.asked if one.path.endswith("/posts.json"))
    site.stand.answers[f"/t/{told.thread}/posts.json"] = web.Response(body=body, content_type="application/json")
    page = await forum.thread(told.thread, Bookmark())
    for _ in range(20):
        assert page is not None
        if not page.more:
            break
        page = await forum.thread(told.thread, page.bookmark)
    assert page is not None
    assert not page.more


async def test_guests_are_not_shown_what_was_shown_a_minute_ago(site: StandIn, opened: Opened) -> None:
    """Discourse keeps answers for guests: what its list says is new must be found when it is looked for."""
    told = Told(site, 2)
    forum = opened()
    follower = await follow(forum, told.thread)
    late = site.world.reply(told.ann, told.op.topic, "Just now")
    assert [post.key for post in (await follower.read()).added] == [key(late)]


async def test_an_unchanged_thread_costs_one_request(site: StandIn, opened: Opened) -> None:
    told = Told(site, 60)
    follower = await told.follow(opened)
    before = len(site.asked)
    assert await follower.forum.thread(told.thread, follower.bookmark) is None
    assert len(site.asked) - before == 1


async def test_one_new_post_of_a_long_thread_costs_three_requests(site: StandIn, opened: Opened) -> None:
    """The thread's page, the bus, the post."""
    told = Told(site, 300)
    follower = await told.follow(opened)
    before = len(site.asked)
    site.world.reply(told.ann, told.op.topic, "And one more")
    assert len((await follower.read()).added) == 1
    assert len(site.asked) - before <= 4


async def test_a_deleted_thread_is_gone_and_a_recovered_one_is_back(site: StandIn, opened: Opened) -> None:
    told = Told(site, 2)
    follower = await told.follow(opened)
    told.topic.deleted = site.world.tick()
    with pytest.raises(Gone) as caught:
        await follower.forum.thread(told.thread, follower.bookmark)
    assert not caught.value.final, "the staff can recover it"
    told.topic.deleted = None
    assert (await follower.read()).deleted == ()


async def test_a_thread_that_the_staff_alone_sees_deleted_is_gone(site: StandIn, opened: Opened) -> None:
    """A key of the staff is shown what was deleted; it is not mirrored all the same."""
    told = Told(site, 2)
    site.stand.login_required = True
    follower = await follow(opened("bot", staff=True), told.thread)
    told.topic.deleted = site.world.tick()
    with pytest.raises(Gone):
        await follower.forum.thread(told.thread, follower.bookmark)


async def test_a_list_is_read_back_to_what_was_known(site: StandIn, opened: Opened) -> None:
    """After an absence more threads changed than stand on a page; all of them are found."""
    site.stand.per_page = 5
    ann = site.world.user("ann")
    forum = opened()
    site.world.start(ann, "The first", "words", 7)
    first = await forum.listing(BoardKey("latest"), Bookmark())
    assert first is not None
    started = {str(site.world.start(ann, f"Thread {n}", "words", 7).topic) for n in range(17)}
    bookmark, found, pages = first.bookmark, set[str](), 0
    while True:
        page = await forum.listing(BoardKey("latest"), bookmark)
        assert page is not None
        pages += 1
        found |= {thread.key for thread in page.threads}
        bookmark = page.bookmark
        if not page.more:
            break
    assert started <= found
    assert pages == 4
    assert await forum.listing(BoardKey("latest"), bookmark) is None


async def test_an_absence_that_is_too_long_says_what_it_missed(site: StandIn, opened: Opened) -> None:
    site.stand.per_page = 1
    ann = site.world.user("ann")
    forum = opened()
    site.world.start(ann, "The first", "words", 7)
    page = await forum.listing(BoardKey("latest"), Bookmark())
    for n in range(30):
        site.world.start(ann, f"Thread {n}", "words", 7)
    while page is not None:
        last, page = page, await forum.listing(BoardKey("latest"), page.bookmark)
        if page is not None and not page.more:
            last = page
            break
    assert last.gap


async def test_an_unchanged_board_costs_one_request(site: StandIn, opened: Opened) -> None:
    told = Told(site, 2)
    forum = opened()
    first = await forum.listing(BoardKey("c/7"), Bookmark())
    assert first is not None
    told.topic.views += 10
    before = len(site.asked)
    assert await forum.listing(BoardKey("c/7"), first.bookmark) is None
    assert len(site.asked) - before == 1


async def test_a_pinned_thread_is_where_it_was_last_answered(site: StandIn, opened: Opened) -> None:
    """It stands on top of the forum's list for as long as it is pinned."""
    old, new = Told(site, 1), Told(site, 1)
    old.topic.pinned = True
    listing = await opened().listing(BoardKey("c/7"), Bookmark())
    assert listing is not None
    assert [thread.key for thread in listing.threads] == [new.thread, old.thread]


async def test_a_category_holds_its_subcategories_and_names_the_way(site: StandIn, opened: Opened) -> None:
    ann = site.world.user("ann")
    site.world.start(ann, "In the small one", "words", 8)
    listing = await opened().listing(BoardKey("c/7"), Bookmark())
    assert listing is not None
    assert listing.board.path == ("Talk",)
    [thread] = listing.threads
    assert thread.board is not None
    assert (thread.board.key, thread.board.path) == ("c/8", ("Talk", "Small talk"))
    assert thread.board.link == f"{site.address}/c/talk/small/8"


async def test_a_tag_is_a_board(site: StandIn, opened: Opened) -> None:
    ann = site.world.user("ann")
    tagged = site.world.start(ann, "With a tag", "words", 7, ("news",))
    site.world.start(ann, "Without", "words", 7)
    forum = opened()
    target = await forum.locate(f"{site.address}/tag/news")
    listing = await forum.listing(BoardKey(target.key), Bookmark())
    assert listing is not None
    assert [(thread.key, thread.tags) for thread in listing.threads] == [(str(tagged.topic), ("news",))]


async def test_the_forums_own_address_is_all_of_its_threads(site: StandIn, opened: Opened) -> None:
    site.world.start(site.world.user("ann"), "A thread", "words", 7)
    target = await opened().locate(f"{site.address}/")
    assert (target.key, target.public) == ("latest", True)


async def test_a_short_link_of_a_post_leads_to_its_thread(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    forum = opened()
    target = await forum.locate(f"{site.address}/p/{told.posts[0].id}")
    assert target.key == told.thread
    assert forum.named(f"{site.address}/p/{told.posts[0].id}") == key(told.posts[0])


async def test_a_link_with_a_number_names_a_post_of_a_thread_that_was_read(site: StandIn, opened: Opened) -> None:
    told = Told(site, 3)
    forum = opened()
    link = f"{site.address}/t/plain-talk/{told.thread}/{told.posts[1].number}"
    with pytest.raises(Gone):
        forum.named(link)
    await follow(forum, told.thread)
    assert forum.named(link) == key(told.posts[1])


async def test_who_answers_is_said(site: StandIn, opened: Opened) -> None:
    host = site.address.removeprefix("http://")
    assert await opened().probe() == f"{host} answers: Discourse 3.6.0.beta1"
    assert await opened("bot").probe() == f"{host} answers: Discourse 3.6.0.beta1, as @bot"
