"""Laws of failure: every error is classed by what is to be done about it."""

from __future__ import annotations

import pytest

from bot.errors import LoginRejected, OutcomeUnknown, RateLimited, Unparsable, Unreachable
from bot.model import Bookmark, Draft
from bot.testing.faults import PAUSE, Line
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import accepted, draft, follow, our_copies, talk, writable


class FailureLaws:
    """A forum across a line that fails is met by these."""

    async def test_a_cut_line_is_unreachable(self, rig: ForumRig) -> None:
        """Nothing happened, so it is tried again; and it works again when the line does."""
        made = await talk(rig)
        await rig.line(Line.CUT)
        with pytest.raises(Unreachable):
            await made.forum.thread(made.thread, Bookmark())
        await rig.line(Line.WHOLE)
        assert (await follow(made.forum, made.thread)).posts

    async def test_a_lost_answer_to_a_reading_is_unreachable(self, rig: ForumRig) -> None:
        """A reading changes nothing, so it is simply repeated."""
        made = await talk(rig)
        await rig.line(Line.DEAF)
        with pytest.raises(Unreachable):
            await made.forum.thread(made.thread, Bookmark())
        await rig.line(Line.WHOLE)
        assert (await follow(made.forum, made.thread)).posts

    async def test_a_foreign_page_is_unparsable(self, rig: ForumRig) -> None:
        """A maintenance page with status 200 is no thread without posts: that would delete everything."""
        made = await talk(rig)
        await rig.line(Line.GARBLED)
        with pytest.raises(Unparsable) as caught:
            await made.forum.thread(made.thread, Bookmark())
        assert caught.value.looked_for, "who repairs the parser needs to know what was looked for"
        await rig.line(Line.WHOLE)
        assert (await follow(made.forum, made.thread)).posts

    async def test_an_asked_for_pause_is_told_in_seconds(self, rig: ForumRig) -> None:
        """Who ignores the pause that a forum asks for is shut out."""
        made = await talk(rig)
        await rig.line(Line.LIMITED)
        with pytest.raises(RateLimited) as caught:
            await made.forum.thread(made.thread, Bookmark())
        assert caught.value.seconds >= PAUSE, f"the forum asked for {PAUSE} seconds"
        await rig.line(Line.WHOLE)
        assert (await follow(made.forum, made.thread)).posts

    async def test_a_refused_credential_is_a_rejected_login(self, rig: ForumRig) -> None:
        """The login is paused and its owner told; trying it again and again locks the account."""
        made = await talk(rig)
        await rig.line(Line.LOCKED)
        with pytest.raises(LoginRejected):
            await made.forum.thread(made.thread, Bookmark())
        await rig.line(Line.WHOLE)

    async def test_a_post_that_was_never_sent_is_unreachable(self, rig: ForumRig) -> None:
        """Before the first byte nothing has happened: it is sent later, without looking for it first."""
        forum = await writable(rig)
        made = await talk(rig)
        for state, error in ((Line.CUT, Unreachable), (Line.LIMITED, RateLimited)):
            await rig.line(state)
            with pytest.raises(error):
                await forum.submit(draft(forum, made, "Never sent"), f"never-{state}")
            await rig.line(Line.WHOLE)
        assert await our_copies(made, "Never sent") == 0, "nothing was posted, for nothing was sent"

    async def test_a_post_without_an_answer_has_an_unknown_outcome(self, rig: ForumRig) -> None:
        """It stands on the forum: any other error would make the core post it again."""
        forum = await writable(rig)
        made = await talk(rig)
        for state in (Line.DEAF, Line.GARBLED):
            await rig.line(state)
            with pytest.raises(OutcomeUnknown):
                await forum.submit(draft(forum, made, f"Sent and {state}"), f"k-{state}")
            await rig.line(Line.WHOLE)
            assert await our_copies(made, f"Sent and {state}") == 1

    async def test_a_post_without_an_answer_is_repeated_under_its_key(self, rig: ForumRig) -> None:
        """This is what the key window promises."""
        forum = await writable(rig)
        if forum.caps.key_window is None:
            pytest.skip("this forum has no keys (caps.key_window)")
        made = await talk(rig)
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await forum.submit(draft(forum, made, "Said once"), "again")
        await rig.line(Line.WHOLE)
        await accepted(forum, draft(forum, made, "Said once"), "again")
        assert await our_copies(made, "Said once") == 1

    async def test_a_change_without_an_answer_can_be_repeated(self, rig: ForumRig) -> None:
        """Edits and deletions are repeated without looking: they end in the same state."""
        forum = await writable(rig)
        made = await talk(rig)
        answer = await accepted(forum, draft(forum, made, "Before"), "k-1")
        after: Draft = draft(forum, made, "Afterwards")
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await forum.revise(answer.post, after, "k-2")
        await rig.line(Line.WHOLE)
        await forum.revise(answer.post, after, "k-2")
        assert await our_copies(made, "Afterwards") == 1
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await forum.withdraw(made.thread, answer.post, "k-3")
        await rig.line(Line.WHOLE)
        await forum.withdraw(made.thread, answer.post, "k-3")
