"""What is read of threads: all of it once, then what changed, with as few questions as that takes."""

from __future__ import annotations

import pytest

from adapters.forums.flarum.forum import Flarum
from adapters.forums.flarum.threads import CHUNK, CHUNKS
from bot.errors import Gone
from bot.model import DAY, Bookmark, ParentState, PostKey, PostState, ThreadKey
from bot.testing.forum_talk import follow, said
from tests.flarum.stand_in import StandIn
from tests.flarum.world import Post


def started(site: StandIn, replies: int = 0) -> Post:
    world = site.world
    op = world.start(world.user("ann"), "Plain talk", "The opening words", 1, 2)
    for n in range(replies):
        world.reply(world.user("ben"), op.discussion, f"Line {n}")
    return op


def asked(site: StandIn, start: str = "") -> list[str]:
    """What was asked for since the last time, but for the tags."""
    told = [one for one in site.asked if "/api/tags" not in one and start in one]
    site.asked.clear()
    return told


async def test_a_short_thread_is_one_question_and_so_is_a_later_look(site: StandIn, forum: Flarum) -> None:
    """The page of a discussion tells all ids and shows fifty posts."""
    op = started(site, 20)
    page = await forum.thread(ThreadKey(str(op.discussion)), Bookmark())
    assert page is not None
    assert (len(page.posts), page.complete, page.more) == (21, True, False)
    assert len(asked(site)) == 1
    assert await forum.thread(ThreadKey(str(op.discussion)), page.bookmark) is None
    assert len(asked(site)) == 1


async def test_who_was_seen_when_is_no_change(site: StandIn, forum: Flarum) -> None:
    """The answer tells when each account was last there: its bytes are others at every reading."""
    op = started(site, 3)
    page = await forum.thread(ThreadKey(str(op.discussion)), Bookmark())
    assert page is not None
    site.world.now += 600
    assert await forum.thread(ThreadKey(str(op.discussion)), page.bookmark) is None


async def test_a_long_thread_is_read_in_bounded_steps(site: StandIn, forum: Flarum) -> None:
    """Nobody waits for a hundred thousand posts: each reading asks a few times, and the next one goes on."""
    op = started(site, 1_200)
    key, bookmark, seen, readings = ThreadKey(str(op.discussion)), Bookmark(), list[PostKey](), 0
    while True:
        page = await forum.thread(key, bookmark)
        assert page is not None
        assert len(asked(site)) <= CHUNKS + 1
        seen += [post.key for post in page.posts]
        bookmark, readings = page.bookmark, readings + 1
        if not page.more:
            break
    assert len(seen) >= 1_201
    assert set(seen) == {PostKey(str(post.id)) for post in site.world.posts.values()}
    assert 2 <= readings <= 4
    page = await forum.thread(key, bookmark)
    assert page is not None, "its end is looked at for the first time"
    assert await forum.thread(key, page.bookmark) is None


async def test_a_hundred_thousand_posts_are_begun_like_any_others(site: StandIn, forum: Flarum) -> None:
    """One reading asks no more of the forum, and takes no more posts, than of a shorter thread."""
    op = started(site)
    world, home = site.world, site.world.discussions[op.discussion]
    for number in range(2, 100_001):
        world.posts[number + 28 + op.id] = Post(number + 28 + op.id, home.id, number, op.user, world.now, "words")
    home.count = 100_000
    page = await forum.thread(ThreadKey(str(op.discussion)), Bookmark())
    assert page is not None
    assert len(asked(site)) <= CHUNKS + 1
    assert (page.more, page.complete) == (True, False)
    assert len(page.posts) == CHUNK + CHUNKS * (CHUNK - 1)
    assert [post.position for post in page.posts] == list(range(1, len(page.posts) + 1))
    assert len(page.bookmark.cursor) < 10_000


async def test_what_is_new_in_a_long_thread_costs_one_question(site: StandIn, forum: Flarum) -> None:
    """The page is asked for where the last known post stands."""
    op = started(site, 300)
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    asked(site)
    new = [site.world.reply(site.world.user("cleo"), op.discussion, f"News {n}") for n in range(5)]
    changes = await follower.read()
    assert [post.key for post in changes.added] == [str(post.id) for post in new]
    assert len(asked(site)) == 1


async def test_a_long_absence_brings_every_post_once(site: StandIn, forum: Flarum) -> None:
    """More came than the page shows: the list of ids says which."""
    op = started(site, 70)
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    for count in (200, 900):
        new = [site.world.reply(site.world.user("cleo"), op.discussion, f"News {n}") for n in range(count)]
        changes = await follower.read()
        assert [post.key for post in changes.added] == [str(post.id) for post in new]


async def test_posts_deleted_while_a_thread_is_read_hide_no_others(site: StandIn, forum: Flarum) -> None:
    """Pages are counted from the beginning: what leaves it moves the rest up, across the border of two pages."""
    op = started(site, CHUNK * CHUNKS + 300)
    key = ThreadKey(str(op.discussion))
    first = await forum.thread(key, Bookmark())
    assert first is not None
    assert first.more
    for post in site.world.of(op.discussion)[5:25]:
        site.world.delete(post.id)
    seen = {post.key for post in first.posts}
    page = first
    while page.more:
        later = await forum.thread(key, page.bookmark)
        assert later is not None
        page = later
        seen |= {post.key for post in page.posts}
    assert {str(post.id) for post in site.world.posts.values()} <= seen
    last = await forum.thread(key, page.bookmark)
    assert last is not None
    assert sum(post.state is PostState.DELETED for post in last.posts) == 20


async def test_an_edit_in_the_middle_of_a_long_thread_is_found_within_a_day(site: StandIn, forum: Flarum) -> None:
    """No list tells of it, and the page shows the last posts alone; the quietest thread is looked at, too."""
    op = started(site, 200)
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    old = site.world.of(op.discussion)[60]
    site.world.edit(old.id, "Changed words")
    assert (await follower.read()).edited == ()
    site.world.now += DAY // 1000
    changes = await follower.read()
    assert [(post.key, said(post.body)) for _, post in changes.edited] == [(str(old.id), "Changed words")]
    assert (changes.added, changes.deleted) == ((), ())


async def test_two_edits_in_one_second_are_two(site: StandIn, forum: Flarum) -> None:
    """Flarum tells whole seconds: the second one bears the time of the first."""
    op = started(site, 1)
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    post = site.world.of(op.discussion)[1]
    site.world.edit(post.id, "Once")
    await follower.read()
    post.content = "Twice"
    assert [said(post.body) for _, post in (await follower.read()).edited] == ["Twice"]


async def test_a_new_name_of_who_is_answered_is_no_edit(site: StandIn, forum: Flarum) -> None:
    """What is shown of a mention changes by itself, with the name and with the title of the discussion."""
    op = started(site, 1)
    site.world.now += 60
    site.world.answer(site.world.user("cleo"), site.world.of(op.discussion)[1].id, "I agree")
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    site.world.user("ben").username = "benjamin"
    site.world.rename(op.discussion, "Quite another title", site.world.user("ann"))
    changes = await follower.read()
    assert [post.title for _, post in changes.edited] == ["Quite another title"]
    assert [post.event for post in changes.added] == [True]


async def test_what_is_hidden_leaves_and_what_is_restored_comes_back(site: StandIn, forum: Flarum) -> None:
    """Guests are told that it is not there, as if it were deleted."""
    op = started(site, 4)
    follower = await follow(forum, ThreadKey(str(op.discussion)))
    post = site.world.of(op.discussion)[2]
    post.hidden = True
    assert [known.key for known, _ in (await follower.read()).deleted] == [str(post.id)]
    post.hidden = False
    assert [back.key for _, back in (await follower.read()).edited] == [str(post.id)]


async def test_what_was_moved_to_another_thread_is_not_deleted(site: StandIn, forum: Flarum) -> None:
    """Extensions split and merge discussions; the post keeps its number of the whole forum."""
    op = started(site, 4)
    other = started(site)
    one, two = await follow(forum, ThreadKey(str(op.discussion))), await follow(forum, ThreadKey(str(other.discussion)))
    post = site.world.of(op.discussion)[2]
    post.discussion, post.number = other.discussion, 7
    assert (await one.read()).deleted == ()
    assert [post.key for post in (await two.read()).added] == [str(post.id)]
    site.world.delete(site.world.of(op.discussion)[1].id)
    assert len((await one.read()).deleted) == 1, "and what is deleted later is seen all the same"


async def test_a_thread_that_is_hidden_is_gone(site: StandIn, forum: Flarum) -> None:
    """As the forum says to guests."""
    op = started(site, 1)
    site.world.discussions[op.discussion].hidden = True
    with pytest.raises(Gone):
        await forum.thread(ThreadKey(str(op.discussion)), Bookmark())


async def test_a_mention_of_the_same_thread_is_the_parent_and_does_not_stand_in_the_text(
    site: StandIn, forum: Flarum
) -> None:
    """The button "Reply" writes it; chats show whom a message answers by themselves."""
    op = started(site, 1)
    elsewhere = started(site)
    world = site.world
    first = world.of(op.discussion)[1]
    answer = world.answer(world.user("cleo"), first.id, "I agree")
    ann, ben = f'@"ann"#p{elsewhere.id}', f'@"ben"#p{first.id}'
    other = world.reply(world.user("cleo"), op.discussion, f"{ann} said so, and {ben} too")
    foreign = world.reply(world.user("cleo"), op.discussion, f"{ann} said so")
    page = await follow(forum, ThreadKey(str(op.discussion)))
    told = {key: (post.parent.state, post.parent.key, said(post.body)) for key, post in page.posts.items()}
    assert told[PostKey(str(answer.id))] == (ParentState.KNOWN, str(first.id), "I agree")
    assert told[PostKey(str(other.id))] == (ParentState.KNOWN, str(first.id), "@ann said so, and @ben too")
    assert told[PostKey(str(foreign.id))] == (ParentState.THREAD, "", "@ann said so")


async def test_who_is_no_more_is_called_so(site: StandIn, forum: Flarum) -> None:
    """Posts outlive their accounts."""
    op = started(site, 1)
    site.world.user("ben").gone = True
    page = await follow(forum, ThreadKey(str(op.discussion)))
    assert [post.author.name for post in page.posts.values()] == ["ann", "deleted user"]


async def test_moderators_bear_their_group(site: StandIn, forum: Flarum) -> None:
    """As the forum shows beside their names."""
    op = started(site)
    site.world.reply(site.world.user("mo", moderator=True), op.discussion, "Be nice")
    page = await follow(forum, ThreadKey(str(op.discussion)))
    assert [post.author.badge for post in page.posts.values()] == ["", "Mod"]


async def test_what_befell_a_thread_is_said_in_words(site: StandIn, forum: Flarum) -> None:
    """The forum tells it as a kind and values."""
    op = started(site)
    world, mo = site.world, site.world.user("mo", moderator=True)
    world.reply(mo, op.discussion, {"locked": True}, "discussionLocked")
    world.reply(mo, op.discussion, {"sticky": False}, "discussionStickied")
    world.reply(mo, op.discussion, [["1", "2"], ["1", "2", "4"]], "discussionTagged")
    page = await follow(forum, ThreadKey(str(op.discussion)))
    told = [said(post.body) for post in page.posts.values() if post.event]
    assert told == ["locked the discussion", "unstickied the discussion", "added the tag Solved"]
    assert page.thread is not None
    assert page.thread.replies == 0
