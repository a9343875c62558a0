"""Laws of finding out: of a post whose answer was lost, the program learns what became of it, and nothing stands twice.

They look for it as the program does (`bot.sender.World`).
"""

from __future__ import annotations

import msgspec
import pytest

from bot.accounts import Accounts
from bot.errors import OutcomeUnknown, Refused
from bot.jobs import Job, Part, Subject
from bot.lanes import OpenForum
from bot.mirroring import Act
from bot.model import Draft, Login, PostKey
from bot.sender import World
from bot.testing.faults import UNANSWERED, Line
from bot.testing.forum_accounts import lending, lent
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import (
    WritableForum,
    accepted,
    draft,
    explained,
    follow,
    our_copies,
    said,
    talk,
    writable,
)

LONG_AGO = 0


class RecoveringLaws:
    """A forum that takes posts, and can be asked for them, is met by these across a line that loses answers."""

    async def test_a_post_that_never_arrived_is_found_nowhere(self, rig: ForumRig) -> None:
        """Nobody can tell it from one whose answer was lost; it is sent again only because it is not there."""
        forum = await _asked(rig)
        made = await talk(rig)
        await accepted(forum, draft(forum, made, "Said before"), "k-1")
        await _lost(rig, forum, draft(forum, made, "Never arrived"), "k-2", Line.LOST)
        assert await found(forum, draft(forum, made, "Never arrived"), "k-2") == []
        assert await our_copies(made, "Never arrived") == 0
        await accepted(forum, draft(forum, made, "Never arrived"), "k-2")
        assert await our_copies(made, "Never arrived") == 1

    async def test_a_post_without_an_answer_is_found_once(self, rig: ForumRig) -> None:
        """However the answer went: cut, a page of somebody between, an error after the save, or nothing at all."""
        forum = await _asked(rig)
        made = await talk(rig)
        await accepted(forum, draft(forum, made, "Said before"), "k-0")
        for state in UNANSWERED:
            text = f"Said while the line was {state}"
            await _lost(rig, forum, draft(forum, made, text), f"k-{state}", state)
            [post] = [key for key, post in (await follow(forum, made.thread)).posts.items() if said(post.body) == text]
            assert await found(forum, draft(forum, made, text), f"k-{state}") == [post]
            assert await found(forum, draft(forum, made, text), f"k-{state}", claimed=(post,)) == [], (
                "what one delivery found, no other one finds"
            )

    async def test_equal_words_stay_two_when_an_answer_is_lost(self, rig: ForumRig) -> None:
        """Two people say "thank you": the second one is neither taken for the first nor said twice."""
        forum = await _asked(rig)
        made = await talk(rig)
        thanks = draft(forum, made, "Thank you so much")
        first = await accepted(forum, thanks, "k-1")
        for n, state in enumerate((Line.LOST, Line.DEAF), start=2):
            try:
                await _lost(rig, forum, thanks, f"k-{n}", state)
            except Refused as error:
                await rig.line(Line.WHOLE)
                explained(error, "a second equal post")
                pytest.skip("this forum takes no second equal post, and says so")
            finds = await found(forum, thanks, f"k-{n}", claimed=(first.post,))
            there = await our_copies(made, "Thank you so much")
            assert len(finds) == there - 1, "the first one is not the one that is looked for"
            assert there == 1 or state is Line.DEAF

    async def test_equal_words_of_two_accounts_stay_two_when_an_answer_is_lost(self, rig: ForumRig) -> None:
        """Each is looked for among what its own person wrote."""
        lender = await lending(rig)
        if lender.caps.read_back == "none":
            pytest.skip("this forum cannot be asked for what we wrote (caps.read_back)")
        forum = await writable(rig)
        made = await talk(rig)
        ann, ben = await rig.login("dora"), await rig.login("emil")
        await accepted(forum, lent(forum, made, "Thank you so much", ann), "k-1")
        thanks = lent(forum, made, "Thank you so much", ben)
        await _lost(rig, forum, thanks, "k-2", Line.LOST)
        assert await found(forum, thanks, "k-2") == [], "somebody else's was found"
        await _lost(rig, forum, thanks, "k-3", Line.DEAF)
        [post] = await found(forum, thanks, "k-3")
        assert (await follow(forum, made.thread)).post(PostKey(post)).author.name == "emil"
        assert await our_copies(made, "Thank you so much") == 2


async def found(forum: WritableForum, written: Draft, key: str, claimed: tuple[str, ...] = ()) -> list[str]:
    """What the program finds of a post whose answer it never had, by the posts that were claimed already."""
    world = World({}, {"here": OpenForum("here", forum)}, None if written.login is None else _Lent(written.login))
    part = Part(0, "send", msgspec.to_builtins(written), key)
    job = Job(1, 1, 1, Subject.REPLY, 1, Act.CREATE, 1, 0, 1, True, "", "here", None, parts=(part,))
    finds = await world.look(job, part, dict.fromkeys(claimed, 0), LONG_AGO)
    return [one.remote or one.ticket for one in finds]


class _Lent(Accounts):
    """One account that somebody lent us."""

    def __init__(self, login: Login) -> None:
        self._login = login

    async def of_job(self, opened: OpenForum, login: Login, job: Job) -> Login:
        return self._login


async def _asked(rig: ForumRig) -> WritableForum:
    forum = await writable(rig)
    if forum.caps.read_back == "none":
        pytest.skip("this forum cannot be asked for what we wrote (caps.read_back)")
    return forum


async def _lost(rig: ForumRig, forum: WritableForum, written: Draft, key: str, state: Line) -> None:
    """Post across a line in a state in which no answer comes."""
    await rig.line(state)
    with pytest.raises(OutcomeUnknown):
        await forum.submit(written, key)
    await rig.line(Line.WHOLE)
