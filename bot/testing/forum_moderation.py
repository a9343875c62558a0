"""Laws of forums that keep posts for their moderators: nobody waits for a word that never comes."""

from __future__ import annotations

from typing import Protocol, cast

import pytest

from bot.errors import Gone
from bot.model import Judged, Judgement, PostKey, Queued, Written
from bot.ports import KeepsBack
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import (
    JUNK,
    Talk,
    WritableForum,
    draft,
    follow,
    harmless,
    said,
    talk,
    words,
    writable,
)

LONG_AGO = 0
WORDS = "Please let me in"


class ModeratedForum(WritableForum, KeepsBack, Protocol):
    """A forum that takes posts and may keep them back."""


class ModerationLaws:
    """A forum that declares `moderation_queue` is asked by these what became of what waited; others skip them."""

    async def test_a_post_that_waits_is_queued_and_not_shown(self, rig: ForumRig) -> None:
        """It stands there only when a moderator let it through; it is mirrored when it appears."""
        forum, made, ticket = await _waiting(rig)
        follower = await follow(forum, made.thread)
        assert not any(said(post.body) == WORDS for post in follower.live)
        if forum.caps.read_back != "none":
            found = [one for one in await _written(forum, made) if words(one.text, forum.caps.format) == WORDS]
            assert [(one.queued, one.post) for one in found] == [(True, ticket)], (
                "read-back finds waiting posts, says that they wait, and names them by their tickets"
            )
        await rig.approve(ticket)
        added = (await follower.read()).added
        assert [said(post.body) for post in added] == [WORDS]

    async def test_what_waits_is_said_to_wait(self, rig: ForumRig) -> None:
        """Its author is told of a rejection once, and for good."""
        forum, made, ticket = await _waiting(rig)
        answer = await _judged(forum, made, ticket)
        assert answer is None or answer.judgement is Judgement.WAITS

    async def test_an_approved_post_is_said_to_be_approved(self, rig: ForumRig) -> None:
        """A moderator may have changed the words by which it would be recognised."""
        forum, made, ticket = await _waiting(rig)
        follower = await follow(forum, made.thread)
        await rig.approve(ticket)
        [post] = (await follower.read()).added
        answer = await _judged(forum, made, ticket)
        assert answer is not None, "a ticket without an answer waits still"
        assert answer.judgement is Judgement.APPROVED
        assert answer.post in ("", post.key), "the key is the one under which the thread shows it"

    async def test_a_rejected_post_is_said_to_be_rejected(self, rig: ForumRig) -> None:
        """Else its author waits for ever; also after a restart, for moderators take their time."""
        forum, made, ticket = await _waiting(rig)
        await rig.reject(ticket)
        answer = await _judged(forum, made, ticket)
        assert answer is not None, "a ticket without an answer waits still"
        assert answer.judgement is Judgement.REJECTED
        assert not any(said(post.body) == WORDS for post in (await follow(forum, made.thread)).live)
        assert await _judged(forum, made, ticket) == answer, "asked again, the forum says the same"

    async def test_a_judgement_outlives_a_restart(self, rig: ForumRig) -> None:
        """The program was not there when the moderator decided."""
        _, made, ticket = await _waiting(rig)
        await rig.reject(ticket)
        await rig.reopen()
        answer = await _judged(await _moderated(rig), made, ticket)
        assert answer is not None, "a ticket must mean the same after a restart"
        assert answer.judgement is Judgement.REJECTED

    async def test_each_ticket_is_answered_for_itself(self, rig: ForumRig) -> None:
        """Several people wait in one thread, and all of them are asked about at once."""
        forum, made, refused = await _waiting(rig)
        taken = await forum.submit(draft(forum, made, "Me too"), "k-2")
        left = await forum.submit(draft(forum, made, "And me"), "k-3")
        assert isinstance(taken, Queued)
        assert isinstance(left, Queued)
        await rig.reject(refused)
        await rig.approve(taken.ticket)
        answers = await forum.judged(made.thread, (refused, taken.ticket, left.ticket))
        told = {one.ticket: one.judgement for one in answers if one.judgement is not Judgement.WAITS}
        assert told == {refused: Judgement.REJECTED, taken.ticket: Judgement.APPROVED}

    async def test_what_waits_can_be_changed_under_its_ticket(self, rig: ForumRig) -> None:
        """Its author saw a mistake before the moderator did; and the moderator may be quicker than the change."""
        forum, made, ticket = await _changeable(rig)
        await forum.revise(ticket, draft(forum, made, "In other words"), "k-2")
        follower = await follow(forum, made.thread)
        assert not any(said(post.body) == "In other words" for post in follower.live), "it waits still"
        await rig.approve(ticket)
        [post] = (await follower.read()).added
        assert said(post.body) == "In other words"
        await forum.revise(ticket, draft(forum, made, "The last word"), "k-3")
        await follower.read()
        assert said(follower.post(post.key).body) == "The last word", "the ticket names the post afterwards, too"

    async def test_what_waits_can_be_withdrawn_under_its_ticket(self, rig: ForumRig) -> None:
        """Who deletes a message in the chat does not want it to appear next week."""
        forum, made, ticket = await _changeable(rig)
        for n in (2, 3):
            await forum.withdraw(made.thread, ticket, f"k-{n}")
        answer = await _judged(forum, made, ticket)
        assert answer is None or answer.judgement is not Judgement.APPROVED
        if forum.caps.read_back != "none":
            assert WORDS not in [words(one.text, forum.caps.format) for one in await _written(forum, made)], "it waits"
        late = await forum.submit(draft(forum, made, "A second one"), "k-4")
        assert isinstance(late, Queued)
        await rig.approve(late.ticket)
        await forum.withdraw(made.thread, PostKey(late.ticket), "k-5")
        live = [said(post.body) for post in (await follow(forum, made.thread)).live]
        assert not {WORDS, "A second one"} & set(live), "what was withdrawn can still be read"

    async def test_only_adapter_errors_leave_a_judgement(self, rig: ForumRig) -> None:
        """Tickets come from a database that may have grown up with another forum."""
        forum, made, _ = await _waiting(rig)
        for junk in JUNK:
            answers = await harmless(f"judged({junk[:40]!r})", forum.judged(made.thread, (junk,)))
            assert not [one for one in answers or () if one.judgement is Judgement.APPROVED]
        with pytest.raises(Gone):
            await forum.judged(rig.missing_thread, ("k",))


async def _moderated(rig: ForumRig) -> ModeratedForum:
    forum = await writable(rig)
    if not forum.caps.moderation_queue:
        pytest.skip("this forum shows every post at once (caps.moderation_queue)")
    assert isinstance(forum, KeepsBack), "who declares moderation_queue says in `judged` what became of what waits"
    return cast(ModeratedForum, forum)


async def _waiting(rig: ForumRig) -> tuple[ModeratedForum, Talk, str]:
    """A forum, a thread of it, and the ticket of a post that waits there."""
    forum = await _moderated(rig)
    made = await talk(rig)
    await rig.moderate()
    answer = await forum.submit(draft(forum, made, WORDS), "k-1")
    assert isinstance(answer, Queued), "the moderators have it: that is Queued, not Accepted"
    return forum, made, answer.ticket


async def _changeable(rig: ForumRig) -> tuple[ModeratedForum, Talk, PostKey]:
    forum = await _moderated(rig)
    if not forum.caps.queued_changes:
        pytest.skip("what waits cannot be changed on this forum (caps.queued_changes)")
    forum, made, ticket = await _waiting(rig)
    return forum, made, PostKey(ticket)


async def _written(forum: ModeratedForum, made: Talk) -> tuple[Written, ...]:
    return await forum.written(made.thread, LONG_AGO)


async def _judged(forum: ModeratedForum, made: Talk, ticket: str) -> Judged | None:
    found = [one for one in await forum.judged(made.thread, (ticket,)) if one.ticket == ticket]
    assert len(found) <= 1, "each ticket is answered once"
    return found[0] if found else None
