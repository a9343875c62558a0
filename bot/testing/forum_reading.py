"""Laws of reading a forum: what a poller may rely on."""

from __future__ import annotations

import pytest

from bot import markup
from bot.changes import digest
from bot.errors import Gone
from bot.model import BodyState, Bookmark, ParentState, ThreadKey
from bot.ports import AcceptsPosts
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import JUNK, follow, harmless, said, talk

CAPABILITIES = {
    "parents": ("exact", "quote", "outline", "none"),
    "edits": ("version", "timestamp", "hash", "none"),
    "deletes": ("tombstone", "absence", "probe", "none"),
    "read_back": ("none", "finds", "proof"),
    "write_identity": ("shared", "impersonate", "none"),
    "impersonates": ("", "operators", "admins"),
}
"""The values that the capabilities of a forum may have."""

EARLIEST = 315_532_800_000
"""1 January 1980 in milliseconds: no forum post is older, but a time in seconds is."""


class ReadingLaws:
    """Every forum is read by these."""

    async def test_capabilities_are_known_words(self, rig: ForumRig) -> None:
        """The core adapts to capabilities; a misspelt one would be taken for "none" and lose what the forum can."""
        forum = await rig.forum()
        caps = forum.caps
        for name, values in CAPABILITIES.items():
            assert getattr(caps, name) in values, f"caps.{name} is one of {values}"
        assert caps.min_interval > 0, "a forum is not polled without a pause: caps.min_interval is seconds, above 0"
        assert caps.key_window is None or caps.key_window > 0, "a forum without keys has caps.key_window = None"
        assert not caps.register or caps.register.startswith(("http://", "https://")), (
            "caps.register is an address that can be opened, or empty"
        )
        if caps.write_identity != "none":
            assert isinstance(forum, AcceptsPosts), (
                "a forum that takes posts (caps.write_identity) has all of AcceptsPosts"
            )
            assert caps.format in markup.WRITERS, f"drafts are written in caps.format, one of {[*markup.WRITERS]}"

    async def test_an_unchanged_thread_brings_no_change(self, rig: ForumRig) -> None:
        """Most readings find nothing; what they bring anyway (counters, "5 minutes ago") would be shown as edits."""
        made = await talk(rig)
        follower = await follow(made.forum, made.thread)
        before = follower.known
        again = await follower.read()
        told = (again.added, again.edited, again.moved, again.deleted)
        assert told == ((), (), (), ()), "nothing happened on the forum between the two readings"
        assert follower.known == before

    async def test_keys_and_words_are_the_same_in_every_reading(self, rig: ForumRig) -> None:
        """A key that changes is a post deleted and another added: everything would be mirrored once more."""
        made = await talk(rig)
        first, second = await follow(made.forum, made.thread), await follow(made.forum, made.thread)
        assert list(second.posts) == list(first.posts)
        for key, post in first.posts.items():
            assert digest(second.posts[key]) == digest(post), f"post {key} reads differently the second time"

    async def test_keys_survive_a_restart(self, rig: ForumRig) -> None:
        """What is known of a post is stored under its key, and the program restarts."""
        made = await talk(rig)
        first = await follow(made.forum, made.thread)
        second = await follow(await rig.reopen(), made.thread)
        assert list(second.posts) == list(first.posts)

    async def test_a_bookmark_survives_a_restart(self, rig: ForumRig) -> None:
        """It is stored with what was read up to it; what came meanwhile must be found."""
        made = await talk(rig)
        follower = await follow(made.forum, made.thread)
        follower.forum = await rig.reopen()
        assert (await follower.read()).added == ()
        late = await made.post("ben", "Said meanwhile")
        assert [post.key for post in (await follower.read()).added] == [late]

    async def test_the_opening_post_comes_first_and_is_flagged(self, rig: ForumRig) -> None:
        """The chat thread opens on it."""
        made = await talk(rig)
        posts = list((await follow(made.forum, made.thread)).posts.values())
        assert [post.op for post in posts] == [True, *[False] * (len(posts) - 1)], "one OP, at the head of the page"
        assert posts[0].parent.state is ParentState.NONE, "the OP answers nothing"
        assert posts[0].number is None, "a number is that of a reply; the OP has none"

    async def test_every_post_tells_its_author(self, rig: ForumRig) -> None:
        """Words without their author would be put into somebody else's mouth."""
        made = await talk(rig)
        page = await follow(made.forum, made.thread)
        assert page.live[0].author.name == "ann"
        for key, (author, _, _) in made.truth.items():
            assert page.post(key).author.name == author

    async def test_a_text_is_read_whole(self, rig: ForumRig) -> None:
        """Present means that these are the words, all of them and no others."""
        made = await talk(rig)
        page = await follow(made.forum, made.thread)
        for key, (_, text, _) in made.truth.items():
            body = page.post(key).body
            if body.state is BodyState.PRESENT:
                assert said(body) == text, f"the text of {key} (in {body.format}) does not read as it was written"

    async def test_a_post_with_words_is_never_empty(self, rig: ForumRig) -> None:
        """Empty means that there is no text and will be none; who did not see the text says unknown."""
        made = await talk(rig)
        page = await follow(made.forum, made.thread)
        for key in made.truth:
            assert page.post(key).body.state is not BodyState.EMPTY, f"{key} has words; an unseen text is UNKNOWN"

    async def test_a_text_that_was_not_seen_is_unknown(self, rig: ForumRig) -> None:
        """A reply that stands in an outline alone is counted, and filled in later in its place."""
        made = await talk(rig)
        last = list(made.truth)[-1]
        await rig.unsee(last)
        page = await follow(made.forum, made.thread)
        assert page.post(last).body.state is BodyState.UNKNOWN

    async def test_times_are_milliseconds(self, rig: ForumRig) -> None:
        """A time in seconds is a day in January 1970, and old posts are not mirrored."""
        made = await talk(rig)
        for post in (await follow(made.forum, made.thread)).posts.values():
            when = post.created
            assert when.earliest <= when.latest, "`When` goes from the earliest to the latest moment it can be"
            assert when.latest > EARLIEST, f"{when.latest} is no time in milliseconds since 1970"

    async def test_parents_are_told_where_the_forum_knows_them(self, rig: ForumRig) -> None:
        """With exact parents every reply becomes a native answer in the chat."""
        made = await talk(rig)
        if made.forum.caps.parents != "exact":
            pytest.skip("this forum does not tell exactly what a post answers")
        page = await follow(made.forum, made.thread)
        for key, (_, _, parent) in made.truth.items():
            if parent and parent != made.op:
                told = page.post(key).parent
                assert (told.state, told.key) == (ParentState.KNOWN, parent), f"{key} answers {parent}"

    async def test_parents_are_never_invented(self, rig: ForumRig) -> None:
        """A guess is shown as a guess; a parent that is told as known and is wrong puts words under the wrong post."""
        made = await talk(rig)
        page = await follow(made.forum, made.thread)
        for key, (_, _, parent) in made.truth.items():
            told = page.post(key).parent
            if told.state is ParentState.KNOWN:
                assert told.key == (parent or made.op), f"{key} answers {parent or 'the thread'}, not {told.key}"

    async def test_numbers_are_unique(self, rig: ForumRig) -> None:
        """People call a post by its number, "#3"."""
        made = await talk(rig)
        page = await follow(made.forum, made.thread)
        numbers = [page.post(key).number for key in made.truth]
        if not made.forum.caps.numbered:
            assert numbers == [None] * len(numbers), "a forum that does not number (caps.numbered) tells no numbers"
        else:
            assert None not in numbers, "every reply of a forum that numbers (caps.numbered) has one"
            assert len(set(numbers)) == len(numbers), f"the numbers are {numbers}"

    async def test_replies_are_counted_without_their_op(self, rig: ForumRig) -> None:
        """The count is held against the replies that are known: one that is off says that some are missing."""
        made = await talk(rig)
        told = [(await follow(made.forum, made.thread)).thread]
        if rig.board and (listing := await made.forum.listing(rig.board, Bookmark())) is not None:
            told += [thread for thread in listing.threads if thread.key == made.thread]
        counts = {thread.replies for thread in told if thread is not None} - {None}
        if not counts:
            pytest.skip("this forum tells no count of replies (Thread.replies)")
        assert counts == {len(made.truth)}

    async def test_positions_follow_the_page(self, rig: ForumRig) -> None:
        """Posts are mirrored by position, so it must be the order in which the forum shows them."""
        made = await talk(rig)
        positions = [post.position for post in (await follow(made.forum, made.thread)).posts.values()]
        assert positions == sorted(positions), f"the positions are {positions}"

    async def test_a_new_post_is_seen(self, rig: ForumRig) -> None:
        """That alone: the others did not change because somebody answered."""
        made = await talk(rig)
        follower = await follow(made.forum, made.thread)
        new = await made.post("dora", "Something new")
        changes = await follower.read()
        assert [post.key for post in changes.added] == [new]
        assert (changes.edited, changes.deleted) == ((), ()), "nobody edited or deleted anything"

    async def test_an_edit_is_seen(self, rig: ForumRig) -> None:
        """The copy in the chat changes in place, and no other does."""
        made = await talk(rig)
        if made.forum.caps.edits == "none":
            pytest.skip("this forum does not show that a post was edited (caps.edits)")
        key = next(iter(made.truth))
        follower = await follow(made.forum, made.thread)
        await rig.edit(key, "Changed words")
        changes = await follower.read()
        assert [(post.key, said(post.body)) for _, post in changes.edited] == [(key, "Changed words")]
        assert (changes.added, changes.deleted) == ((), ()), "an edited post is the same post: its key stays"

    async def test_a_deletion_is_seen(self, rig: ForumRig) -> None:
        """The copy in the chat becomes a tombstone; nobody else's does."""
        made = await talk(rig)
        if made.forum.caps.deletes not in ("tombstone", "absence"):
            pytest.skip(f"this forum proves no deletion by reading (caps.deletes is {made.forum.caps.deletes!r})")
        key = list(made.truth)[1]
        follower = await follow(made.forum, made.thread)
        await rig.delete(key)
        changes = await follower.read()
        assert [known.key for known, _ in changes.deleted] == [key]
        assert (changes.added, changes.edited) == ((), ()), "the others stand as they stood"

    async def test_a_complete_page_holds_every_post(self, rig: ForumRig) -> None:
        """On a complete page a missing post is a deleted one: a page that is cut would delete the rest."""
        made = await talk(rig)
        for n in range(rig.many):
            await made.post("ben", f"Line {n}")
        bookmark = Bookmark()
        for _ in range(1000):
            page = await made.forum.thread(made.thread, bookmark)
            if page is None:
                break
            if page.complete:
                missing = set(made.truth) - {post.key for post in page.posts}
                assert not missing, f"a page says that it is complete and lacks {len(missing)} of {len(made.truth)}"
            bookmark = page.bookmark
            if not page.more:
                break

    async def test_a_long_thread_is_read_to_its_end(self, rig: ForumRig) -> None:
        """An empty bookmark asks for everything; `more` says that there is more."""
        made = await talk(rig)
        if rig.window:
            pytest.skip("this forum shows its newest posts only")
        for n in range(rig.many):
            await made.post("ben", f"Line {n}")
        page = await follow(made.forum, made.thread)
        assert set(made.truth) - set(page.posts) == set(), "some posts were on no page"

    async def test_a_broken_post_stops_nothing(self, rig: ForumRig) -> None:
        """One poisoned post must not silence its thread; its bytes are kept for who repairs the parser."""
        made = await talk(rig)
        key = list(made.truth)[1]
        await rig.garble(key)
        page = await follow(made.forum, made.thread)
        assert set(made.truth) - set(page.posts) <= {key}, "its neighbours go on"
        assert key in page.posts or page.damaged, "a post that cannot be parsed goes into `damaged`"

    async def test_an_unknown_thread_is_gone(self, rig: ForumRig) -> None:
        """Gone is what deletes; any other error is tried again for ever."""
        forum = await rig.forum()
        with pytest.raises(Gone):
            await forum.thread(rig.missing_thread, Bookmark())

    async def test_only_adapter_errors_leave_a_reading(self, rig: ForumRig) -> None:
        """What a person mistyped or a database kept too long is answered in words, and reaches no traceback."""
        forum = await rig.forum()
        thread = await rig.start_thread("Junk", "words", "ann")
        for junk in JUNK:
            await harmless(f"thread({junk[:40]!r})", forum.thread(ThreadKey(junk), Bookmark()))
            stale = Bookmark(cursor=junk, etag=junk, last_modified=junk, digest=junk)
            await harmless(f"thread since {junk[:40]!r}", forum.thread(thread, stale))
