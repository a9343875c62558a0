"""Laws of read marks: how far somebody has read is theirs to say, and only rises."""

from __future__ import annotations

from typing import Protocol, cast

import pytest

from bot.errors import Gone
from bot.model import Bookmark, Login, PostKey, ReadTo, ThreadKey
from bot.ports import Forum, KeepsMarks
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import JUNK, Talk, follow, harmless, talk


class MarkingForum(Forum, KeepsMarks, Protocol):
    """A forum that knows how far its users have read."""


class MarkLaws:
    """A forum that knows how far its users have read is told and asked by these; the others skip them."""

    async def test_how_far_somebody_has_read_is_told_again(self, rig: ForumRig) -> None:
        """What was read in the chat is read on the forum."""
        forum, made, login = await _marking(rig)
        last = list(made.truth)[-1]
        await forum.read_to(login, made.thread, last)
        assert await forum.marks(login, (made.thread,)) == (ReadTo(made.thread, last),)

    async def test_no_more_counts_as_read_than_was_told(self, rig: ForumRig) -> None:
        """A post that counts as read is never looked at: the forum is rather told nothing."""
        forum, made, login = await _marking(rig)
        first, *rest = made.truth
        await forum.read_to(login, made.thread, first)
        for mark in await forum.marks(login, (made.thread,)):
            assert mark.post not in rest, f"{mark.post} counts as read, and only {first} was"

    async def test_marks_only_rise(self, rig: ForumRig) -> None:
        """What was read stays read: an older word comes late, from another device or after a restart."""
        forum, made, login = await _marking(rig)
        first, *_, last = made.truth
        await forum.read_to(login, made.thread, last)
        await forum.read_to(login, made.thread, first)
        await forum.read_to(login, made.thread, made.op)
        assert await forum.marks(login, (made.thread,)) == (ReadTo(made.thread, last),)

    async def test_reading_moves_no_mark(self, rig: ForumRig) -> None:
        """We read everything all the time; the person has read nothing of it."""
        forum, made, login = await _marking(rig)
        await forum.read_to(login, made.thread, list(made.truth)[-1])
        await made.post("ben", "Said later")
        before = await forum.marks(login, (made.thread,))
        await follow(forum, made.thread)
        if rig.board:
            await forum.listing(rig.board, Bookmark())
        assert await forum.marks(login, (made.thread,)) == before, "a poll has moved the mark"
        assert await forum.marks(login, (made.thread,)) == before, "asking has moved the mark"

    async def test_a_mark_is_of_one_person(self, rig: ForumRig) -> None:
        """What one has read, another has not."""
        forum, made, login = await _marking(rig)
        other = await rig.login("emil")
        before = await forum.marks(other, (made.thread,))
        await forum.read_to(login, made.thread, list(made.truth)[-1])
        assert await forum.marks(other, (made.thread,)) == before

    async def test_marks_are_told_of_what_was_asked_for(self, rig: ForumRig) -> None:
        """Each thread once, and none that nobody asked about; one that is not there is left out."""
        forum, made, login = await _marking(rig)
        last = list(made.truth)[-1]
        await forum.read_to(login, made.thread, last)
        other = await rig.start_thread("Another thread", "words", "ann")
        told = await forum.marks(login, (made.thread, other, rig.missing_thread))
        assert [mark for mark in told if mark.thread == made.thread] == [ReadTo(made.thread, last)]
        assert {mark.thread for mark in told} <= {made.thread, other}
        assert await forum.marks(login, ()) == ()

    async def test_a_mark_in_what_is_not_there_is_gone(self, rig: ForumRig) -> None:
        """It is not tried again for ever."""
        forum, made, login = await _marking(rig)
        with pytest.raises(Gone):
            await forum.read_to(login, rig.missing_thread, made.op)
        with pytest.raises(Gone):
            await forum.read_to(login, made.thread, rig.missing_post)

    async def test_only_adapter_errors_leave_a_mark(self, rig: ForumRig) -> None:
        """Keys and secrets come from a database."""
        forum, made, login = await _marking(rig)
        for junk in JUNK:
            await harmless(f"read_to {junk[:40]!r}", forum.read_to(login, ThreadKey(junk), PostKey(junk)))
            await harmless(f"read_to post {junk[:40]!r}", forum.read_to(login, made.thread, PostKey(junk)))
            await harmless(f"marks({junk[:40]!r})", forum.marks(login, (ThreadKey(junk),)))
            await harmless(f"marks of {junk[:40]!r}", forum.marks(Login(junk, junk, junk), (made.thread,)))


async def _marking(rig: ForumRig) -> tuple[MarkingForum, Talk, Login]:
    """A forum that knows marks, a thread of it, and the account of somebody who said nothing there."""
    forum = await rig.forum()
    if not isinstance(forum, KeepsMarks):
        pytest.skip("this forum does not know how far people have read (KeepsMarks)")
    return cast(MarkingForum, forum), await talk(rig), await rig.login("dora")
