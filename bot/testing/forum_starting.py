"""Laws of starting threads: what the sender may rely on."""

from __future__ import annotations

from typing import Protocol, cast

import pytest

from bot.errors import Gone, OutcomeUnknown, Refused
from bot.model import DAY, BoardKey, Bookmark, Judgement, Opener, Queued, Started, Written
from bot.ports import KeepsThreadsBack, StartsThreads
from bot.testing.faults import Line
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import TYPED, WritableForum, explained, follow, harmless, said, words, writable

LONG_AGO = 0
TITLE = "A new beginning"
TEXT = "What it begins with"


class StartingForum(WritableForum, StartsThreads, Protocol):
    """A forum that takes posts, and on which threads can be started."""


class StartingLaws:
    """A forum on which threads can be started is written to by these; one that has no such port skips them."""

    async def test_a_started_thread_is_read_again(self, rig: ForumRig) -> None:
        """Who starts a thread in the chat wants it to stand on the forum, under his title and in his words."""
        forum = await starting(rig)
        answer = await _started(forum, opener(rig), "k-1")
        page = await follow(forum, answer.thread)
        assert page.thread is not None
        assert page.thread.title == TITLE
        post = page.post(answer.post)
        assert (post.op, said(post.body)) == (True, TEXT)
        assert post.marker in ("", "k-1"), "a marker is the key under which it was started, or empty"
        if forum.caps.write_identity == "impersonate":
            assert post.author.name == "zoe", "with write_identity impersonate it stands under its author's name"
        listing = await forum.listing(rig.board, Bookmark())
        assert listing is not None, "an empty bookmark asks for everything"
        assert answer.thread in [thread.key for thread in listing.threads], "it stands on the board that was named"

    async def test_an_equal_key_starts_once(self, rig: ForumRig) -> None:
        """The program was killed before it noted the answer; it asks again and gets the same one."""
        forum = await starting(rig)
        if forum.caps.key_window is None:
            pytest.skip("this forum has no keys (caps.key_window)")
        first = await _started(forum, opener(rig), "k-1")
        assert await _started(forum, opener(rig), "k-1") == first
        assert await _threads(forum, rig) == 1

    async def test_a_thread_on_a_missing_board_is_gone(self, rig: ForumRig) -> None:
        """The author is told that the board is not there any more."""
        forum = await starting(rig)
        with pytest.raises(Gone):
            await forum.start(Opener(rig.missing_board, TITLE, TEXT, "zoe"), "k-1")

    async def test_an_empty_opener_is_refused_in_words(self, rig: ForumRig) -> None:
        """Its author is told why, in the forum's words; nothing appears."""
        forum = await starting(rig)
        with pytest.raises(Refused) as caught:
            await forum.start(Opener(rig.board, "", "", "zoe"), "k-1")
        explained(caught.value, "an empty opener")

    async def test_read_back_finds_what_was_started(self, rig: ForumRig) -> None:
        """After a crash this decides whether a thread is started again: by its title, its words and its author."""
        forum = await _reading_back(rig)
        answer = await _started(forum, opener(rig), "k-1")
        found = [one for one in await forum.started(rig.board, LONG_AGO) if one.thread == answer.thread]
        assert len(found) == 1, "what was started is there, once"
        assert (found[0].post, found[0].title, found[0].queued) == (answer.post, TITLE, False)
        assert words(found[0].text, forum.caps.format) == TEXT
        assert found[0].author == (await follow(forum, answer.thread)).post(answer.post).author.name
        assert found[0].marker in ("", "k-1"), "a marker is the key under which it was started, or empty"

    async def test_read_back_of_threads_begins_at_its_time(self, rig: ForumRig) -> None:
        """An equal thread from last week is not the one that was just started."""
        forum = await _reading_back(rig)
        await _started(forum, opener(rig), "k-1")
        found = await forum.started(rig.board, LONG_AGO)
        assert found, "what was started is there"
        assert await forum.started(rig.board, max(one.created.latest for one in found) + DAY) == ()

    async def test_read_back_of_threads_tells_ours_alone(self, rig: ForumRig) -> None:
        """A person's thread with the same title is not the one that was lost on the way."""
        forum = await _reading_back(rig)
        theirs = await rig.start_thread(TITLE, TEXT, "ann")
        assert theirs not in [one.thread for one in await forum.started(rig.board, LONG_AGO)]

    async def test_a_thread_without_an_answer_has_an_unknown_outcome(self, rig: ForumRig) -> None:
        """It stands on the forum: any other error would make the core start it again."""
        forum = await starting(rig)
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await forum.start(opener(rig), "k-1")
        await rig.line(Line.WHOLE)
        assert await _threads(forum, rig) == 1
        if forum.caps.read_back != "none":
            assert [one.title for one in await forum.started(rig.board, LONG_AGO)] == [TITLE]

    async def test_a_thread_that_waits_is_queued_and_not_shown(self, rig: ForumRig) -> None:
        """Its author sees ⏳ until a moderator has decided; read-back knows it under its ticket."""
        forum = await starting(rig)
        if not forum.caps.moderation_queue:
            pytest.skip("this forum shows every post at once (caps.moderation_queue)")
        await rig.moderate()
        answer = await forum.start(opener(rig), "k-1")
        assert isinstance(answer, Queued), "the moderators have it: that is Queued, not Started"
        assert await _threads(forum, rig) == 0
        if forum.caps.read_back != "none":
            found: list[Written] = [one for one in await forum.started(rig.board, LONG_AGO) if one.queued]
            assert [(one.post, one.title) for one in found] == [(answer.ticket, TITLE)]

    async def test_what_became_of_a_thread_that_waited_is_said(self, rig: ForumRig) -> None:
        """No page tells of a rejection: its author would wait for ever."""
        forum, tickets = await _kept_back(rig)
        _, refused, taken = tickets
        told = {one.ticket: one for one in await forum.judged_threads(rig.board, tickets)}
        assert not [one for one in told.values() if one.judgement is not Judgement.WAITS], "they wait, all of them"
        await rig.approve(taken)
        await rig.reject(refused)
        answers = await forum.judged_threads(rig.board, tickets)
        told = {one.ticket: one for one in answers if one.judgement is not Judgement.WAITS}
        assert {ticket: one.judgement for ticket, one in told.items()} == {
            taken: Judgement.APPROVED,
            refused: Judgement.REJECTED,
        }
        listing = await forum.listing(rig.board, Bookmark())
        assert listing is not None, "an empty bookmark asks for everything"
        [thread] = [thread.key for thread in listing.threads if thread.title == TITLE]
        [opening] = [post.key for post in (await follow(forum, thread)).live if post.op]
        assert told[taken].post in ("", opening), "the key is the one under which the thread shows it"
        with pytest.raises(Gone):
            await forum.judged_threads(rig.missing_board, ("k",))

    async def test_only_adapter_errors_leave_a_start(self, rig: ForumRig) -> None:
        """Board keys come from a database and titles from people; neither may cause a traceback."""
        forum = await starting(rig)
        for n, junk in enumerate(TYPED):
            on_junk = Opener(BoardKey(junk), junk, junk, junk, (junk,))
            await harmless(f"start on {junk[:40]!r}", forum.start(on_junk, f"junk-{n}"))
            odd = Opener(rig.board, junk, junk, junk, (junk,))
            await harmless(f"start({junk[:40]!r})", forum.start(odd, f"odd-{n}"))
            await harmless(f"started({junk[:40]!r})", forum.started(BoardKey(junk), LONG_AGO))


async def starting(rig: ForumRig) -> StartingForum:
    """The forum, where threads can be started on it; else the law is skipped."""
    forum = await writable(rig)
    if not isinstance(forum, StartsThreads):
        pytest.skip("no threads can be started on this forum from here (StartsThreads)")
    if not rig.board:
        pytest.skip("the rig names no board")
    return cast(StartingForum, forum)


def opener(rig: ForumRig) -> Opener:
    """A thread that Zoe starts, who writes in the chat."""
    return Opener(rig.board, TITLE, TEXT, "zoe")


class KeepingForum(StartingForum, KeepsThreadsBack, Protocol):
    """A forum on which threads can be started that its moderators may see first."""


async def _kept_back(rig: ForumRig) -> tuple[KeepingForum, tuple[str, str, str]]:
    """The forum, and the tickets of three threads that wait there."""
    forum = await starting(rig)
    if not forum.caps.moderation_queue or not isinstance(forum, KeepsThreadsBack):
        pytest.skip("this forum does not say what became of a thread that waited (KeepsThreadsBack)")
    await rig.moderate()
    tickets: list[str] = []
    for n in range(3):
        answer = await forum.start(Opener(rig.board, TITLE, f"{TEXT}, {n}", "zoe"), f"k-{n}")
        assert isinstance(answer, Queued), "the moderators have it: that is Queued, not Started"
        tickets.append(answer.ticket)
    first, second, third = tickets
    return cast(KeepingForum, forum), (first, second, third)


async def _started(forum: StartingForum, opener: Opener, key: str) -> Started:
    answer = await forum.start(opener, key)
    assert isinstance(answer, Started), "the rig's forum lets no post wait unless `moderate` was called"
    return answer


async def _threads(forum: StartingForum, rig: ForumRig) -> int:
    """How many threads of that title the board lists."""
    listing = await forum.listing(rig.board, Bookmark())
    return sum(thread.title == TITLE for thread in listing.threads) if listing is not None else 0


async def _reading_back(rig: ForumRig) -> StartingForum:
    forum = await starting(rig)
    if forum.caps.read_back == "none":
        pytest.skip("this forum cannot be asked for what we wrote (caps.read_back)")
    return forum
