"""Laws of what befalls a thread: it is told among its posts, and is no reply."""

from __future__ import annotations

from bot.model import BodyState, ParentState, PostState
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import follow, said, talk


class EventLaws:
    """A forum that tells among its posts that a thread was renamed, closed or moved is read by these."""

    async def test_what_befell_a_thread_is_told_as_an_event(self, rig: ForumRig) -> None:
        """It is shown as a remark; taken for a reply, it would be answered, counted and be unread."""
        made = await talk(rig)
        follower = await follow(made.forum, made.thread)
        assert not any(post.event for post in follower.posts.values()), "what people write is no event"
        await rig.befall(made.thread)
        await follower.read()
        events = [post for post in follower.posts.values() if post.event]
        assert len(events) == 1, "one thing happened, and it is told once"
        event = events[0]
        assert (event.op, event.number, event.marker, event.state) == (False, None, "", PostState.LIVE)
        assert event.parent.state is not ParentState.KNOWN, "an event answers nobody"
        assert event.body.state is BodyState.PRESENT, "the body says what happened, in words"
        assert said(event.body), "the body says what happened, in words"

    async def test_an_event_leaves_replies_as_they_are(self, rig: ForumRig) -> None:
        """A count or a number that an event moves makes posts seem lost, and everything behind it seem changed."""
        made = await talk(rig)
        follower = await follow(made.forum, made.thread)
        before = follower.thread
        assert before is not None
        numbers = {key: follower.post(key).number for key in made.truth}
        await rig.befall(made.thread)
        changes = await follower.read()
        assert all(post.event for post in changes.added), "nobody wrote anything"
        assert changes.deleted == (), "nobody deleted anything"
        assert {known.key for known, _ in changes.edited} <= {made.op}, "nobody edited a reply"
        page = await follow(made.forum, made.thread)
        assert page.thread is not None
        assert page.thread.replies == before.replies, "`replies` counts replies, and an event is none"
        assert {key: page.post(key).number for key in made.truth} == numbers

    async def test_an_event_is_nobodys_parent(self, rig: ForumRig) -> None:
        """A reply that comes after it answers the thread, or what its author chose."""
        made = await talk(rig)
        await rig.befall(made.thread)
        late = await made.post("dora", "Said afterwards")
        page = await follow(made.forum, made.thread)
        events = {post.key for post in page.posts.values() if post.event}
        parents = {key for post in page.posts.values() for key in (post.parent.key, post.parent.guess)}
        assert not events & parents, "a reply stands under an event"
        assert said(page.post(late).body) == "Said afterwards"

    async def test_an_event_is_told_once(self, rig: ForumRig) -> None:
        """An event whose key or words change from reading to reading is mirrored at every poll."""
        made = await talk(rig)
        await rig.befall(made.thread)
        follower = await follow(made.forum, made.thread)
        first = list(follower.posts)
        again = await follower.read()
        assert (again.added, again.edited, again.moved, again.deleted) == ((), (), (), ())
        assert list((await follow(made.forum, made.thread)).posts) == first
