"""Laws of writing to a forum: what the sender may rely on."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import Gone, Refused
from bot.model import DAY, Accepted, Draft, ParentState, PostKey, PostState, ThreadKey, Written
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import (
    TYPED,
    Talk,
    WritableForum,
    accepted,
    draft,
    explained,
    follow,
    harmless,
    our_copies,
    said,
    talk,
    words,
    writable,
)

LONG_AGO = 0


class WritingLaws:
    """A forum that takes posts is written to by these; one that takes none skips them."""

    async def test_a_submitted_post_is_read_again(self, rig: ForumRig) -> None:
        """Who replied in the chat is answered on the forum, so the reply must stand there as it was written."""
        forum = await writable(rig)
        made = await talk(rig)
        first = next(iter(made.truth))
        answer = await accepted(forum, draft(forum, made, "Hello from the chat", parent=first), "k-1")
        post = (await follow(forum, made.thread)).post(answer.post)
        assert (said(post.body), post.state, post.op) == ("Hello from the chat", PostState.LIVE, False)
        if forum.caps.write_identity == "impersonate":
            assert post.author.name == "zoe", "with write_identity impersonate a post stands under its author's name"
        if post.parent.state is ParentState.KNOWN:
            assert post.parent.key == first
        assert post.marker in ("", "k-1"), "a marker is the key under which the post was submitted, or empty"
        if forum.caps.titled_replies:
            assert post.title == "A title", "with titled_replies a reply keeps its title"

    async def test_posts_of_people_carry_no_marker(self, rig: ForumRig) -> None:
        """What carries our marker is taken for ours, and not mirrored."""
        made = await talk(rig)
        assert {post.marker for post in (await follow(made.forum, made.thread)).posts.values()} == {""}

    async def test_an_equal_key_posts_once(self, rig: ForumRig) -> None:
        """The program was killed before it noted the answer; it asks again and gets the same one."""
        forum = await _with_keys(rig)
        made = await talk(rig)
        first = await accepted(forum, draft(forum, made, "Only once"), "k-1")
        assert await accepted(forum, draft(forum, made, "Only once"), "k-1") == first
        assert await our_copies(made, "Only once") == 1

    async def test_equal_keys_at_once_post_once(self, rig: ForumRig) -> None:
        """The first request may still be on its way when the second one comes."""
        forum = await _with_keys(rig)
        made = await talk(rig)
        both = await asyncio.gather(
            accepted(forum, draft(forum, made, "Only once"), "k-1"),
            accepted(forum, draft(forum, made, "Only once"), "k-1"),
        )
        assert both[0] == both[1]
        assert await our_copies(made, "Only once") == 1

    async def test_an_equal_key_posts_once_across_a_restart(self, rig: ForumRig) -> None:
        """Keys that only memory holds are lost in the very case they are for."""
        await _with_keys(rig)
        made = await talk(rig)
        forum = await writable(rig)
        first = await accepted(forum, draft(forum, made, "Only once"), "k-1")
        await rig.reopen()
        forum = await writable(rig)
        assert await accepted(forum, draft(forum, made, "Only once"), "k-1") == first
        assert await our_copies(made, "Only once") == 1

    async def test_equal_words_under_another_key_are_another_post(self, rig: ForumRig) -> None:
        """Two people say "thank you"; a forum that takes no second one refuses it in words."""
        forum = await writable(rig)
        made = await talk(rig)
        first = await accepted(forum, draft(forum, made, "Thank you"), "k-1")
        try:
            second = await accepted(forum, draft(forum, made, "Thank you"), "k-2")
        except Refused as error:
            explained(error, "a second equal post")
        else:
            assert second.post != first.post, "the second post was answered with the first one: it is lost"

    async def test_an_empty_draft_is_refused_in_words(self, rig: ForumRig) -> None:
        """Its author is told why, in the forum's words; nothing appears."""
        forum = await writable(rig)
        made = await talk(rig)
        before = set((await follow(forum, made.thread)).posts)
        with pytest.raises(Refused) as caught:
            await forum.submit(Draft(made.thread, "", "zoe"), "k-1")
        assert str(caught.value).strip()
        assert set((await follow(forum, made.thread)).posts) == before

    async def test_a_post_to_a_missing_thread_is_gone(self, rig: ForumRig) -> None:
        """The author is told that there is nothing to answer any more."""
        forum = await writable(rig)
        with pytest.raises(Gone):
            await forum.submit(Draft(rig.missing_thread, "words", "zoe"), "k-1")

    async def test_a_closed_thread_refuses_in_words(self, rig: ForumRig) -> None:
        """Its author is told why, and nothing appears."""
        forum = await writable(rig)
        made = await talk(rig)
        await rig.lock(made.thread)
        with pytest.raises(Refused) as caught:
            await forum.submit(draft(forum, made, "Too late"), "k-1")
        explained(caught.value, "a post to a closed thread")
        assert await our_copies(made, "Too late") == 0

    async def test_an_answer_to_what_was_deleted_is_told_or_answers_the_thread(self, rig: ForumRig) -> None:
        """Somebody answers a post that is deleted meanwhile: it must not come to stand under another one."""
        forum = await writable(rig)
        made = await talk(rig)
        parent = await made.post("ben", "Soon to be deleted")
        await follow(forum, made.thread)
        await rig.delete(parent)
        answer, why = await _answered(forum, draft(forum, made, "To whom?", parent))
        if answer is not None:
            assert (await follow(forum, made.thread)).post(answer.post).parent.key in ("", parent, made.op)
            return
        assert why.strip(), "its author is told that there is nothing to answer any more"
        assert "http" not in why, "and knows nothing of addresses of requests"
        assert await our_copies(made, "To whom?") == 0

    async def test_revising_replaces_the_words_in_place(self, rig: ForumRig) -> None:
        """An edit in the chat becomes an edit on the forum, however often it is repeated."""
        forum = await writable(rig)
        made = await talk(rig)
        answer = await accepted(forum, draft(forum, made, "Before"), "k-1")
        count = len((await follow(forum, made.thread)).posts)
        await forum.revise(answer.post, draft(forum, made, "Afterwards"), "k-2")
        follower = await follow(forum, made.thread)
        assert said(follower.post(answer.post).body) == "Afterwards"
        assert len(follower.posts) == count
        await forum.revise(answer.post, draft(forum, made, "Afterwards"), "k-2")
        changes = await follower.read()
        assert (changes.added, changes.edited, changes.deleted) == ((), (), ()), "a repeated revision changes nothing"

    async def test_revising_what_was_withdrawn_is_gone(self, rig: ForumRig) -> None:
        """It must not come back, and the author is not told that it was edited."""
        forum = await writable(rig)
        made = await talk(rig)
        answer = await accepted(forum, draft(forum, made, "Before"), "k-1")
        await forum.withdraw(made.thread, answer.post, "k-2")
        with pytest.raises(Gone):
            await forum.revise(answer.post, draft(forum, made, "Afterwards"), "k-3")
        assert await our_copies(made, "Afterwards") == 0

    async def test_a_withdrawn_post_is_not_shown(self, rig: ForumRig) -> None:
        """A deletion in the chat becomes a deletion on the forum; repeating it is no error."""
        forum = await writable(rig)
        made = await talk(rig)
        answer = await accepted(forum, draft(forum, made, "Regretted"), "k-1")
        await forum.withdraw(made.thread, answer.post, "k-2")
        await forum.withdraw(made.thread, answer.post, "k-2")
        live = {post.key for post in (await follow(forum, made.thread)).live}
        assert answer.post not in live, "the post can still be read"
        assert set(made.truth) <= live, "the posts of others stand"

    async def test_withdrawing_what_never_was_is_no_error(self, rig: ForumRig) -> None:
        """Gone is what was wanted."""
        forum = await writable(rig)
        made = await talk(rig)
        await forum.withdraw(made.thread, rig.missing_post, "k-1")

    async def test_read_back_finds_what_was_posted(self, rig: ForumRig) -> None:
        """After a crash this decides whether a reply is posted again; author and words must be those on the forum."""
        forum = await _reading_back(rig)
        made = await talk(rig)
        answer = await accepted(forum, draft(forum, made, "Looked for"), "k-1")
        found = [one for one in await forum.written(made.thread, LONG_AGO) if one.post == answer.post]
        assert len(found) == 1, "what was posted is there, once"
        assert words(found[0].text, forum.caps.format) == "Looked for"
        assert found[0].author == (await follow(forum, made.thread)).post(answer.post).author.name
        assert found[0].marker in ("", "k-1"), "a marker is the key under which the post was submitted, or empty"
        assert not found[0].queued

    async def test_read_back_begins_at_its_time(self, rig: ForumRig) -> None:
        """An equal reply from last week is not the one that was just sent."""
        forum = await _reading_back(rig)
        made = await talk(rig)
        await accepted(forum, draft(forum, made, "Looked for"), "k-1")
        found = await forum.written(made.thread, LONG_AGO)
        assert found, "what was posted is there"
        latest = max(one.created.latest for one in found)
        assert await forum.written(made.thread, latest + DAY) == ()

    async def test_read_back_does_not_find_what_was_withdrawn(self, rig: ForumRig) -> None:
        """Unless it stands there still; a post that is gone proves no other one."""
        forum = await _reading_back(rig)
        made = await talk(rig)
        answer = await accepted(forum, draft(forum, made, "Regretted"), "k-1")
        await forum.withdraw(made.thread, answer.post, "k-2")
        assert not any(words(one.text, forum.caps.format) == "Regretted" for one in await _all(forum, made))

    async def test_a_post_is_named_by_its_link_and_its_key(self, rig: ForumRig) -> None:
        """`settle LINK`: the admin says which post a lost reply became."""
        forum = await writable(rig)
        made = await talk(rig)
        for post in (await follow(forum, made.thread)).posts.values():
            assert forum.named(post.key) == post.key
            if post.link and not post.op:
                assert forum.named(post.link) == post.key

    async def test_a_foreign_link_names_no_post(self, rig: ForumRig) -> None:
        """A reply must not be settled with a post of some other site."""
        forum = await writable(rig)
        await talk(rig)
        for link in (rig.foreign_address, "no such post"):
            with pytest.raises(Gone):
                forum.named(link)

    async def test_only_adapter_errors_leave_a_writing(self, rig: ForumRig) -> None:
        """Keys come from a database and drafts from people; neither may cause a traceback."""
        forum = await writable(rig)
        made = await talk(rig)
        for n, junk in enumerate(TYPED):
            odd = Draft(made.thread, junk, junk, title=junk, parent=PostKey(junk))
            await harmless(f"submit({junk[:40]!r})", forum.submit(odd, f"junk-{n}"))
            await harmless(f"revise({junk[:40]!r})", forum.revise(PostKey(junk), draft(forum, made, "words"), f"r-{n}"))
            await harmless(f"withdraw({junk[:40]!r})", forum.withdraw(made.thread, PostKey(junk), f"w-{n}"))
            await harmless(f"written({junk[:40]!r})", forum.written(ThreadKey(junk), LONG_AGO))
            await harmless(f"named({junk[:40]!r})", _named(forum, junk))


async def _with_keys(rig: ForumRig) -> WritableForum:
    forum = await writable(rig)
    if forum.caps.key_window is None:
        pytest.skip("this forum has no keys (caps.key_window)")
    return forum


async def _reading_back(rig: ForumRig) -> WritableForum:
    forum = await writable(rig)
    if forum.caps.read_back == "none":
        pytest.skip("this forum cannot be asked for what we wrote (caps.read_back)")
    return forum


async def _all(forum: WritableForum, made: Talk) -> tuple[Written, ...]:
    return await forum.written(made.thread, LONG_AGO)


async def _answered(forum: WritableForum, written: Draft) -> tuple[Accepted | None, str]:
    """The answer to a submit; None where what it answers is gone, and what is said of that."""
    try:
        return await accepted(forum, written, "k-1"), ""
    except Gone as error:
        return None, str(error)


async def _named(forum: WritableForum, link: str) -> PostKey:
    return forum.named(link)
