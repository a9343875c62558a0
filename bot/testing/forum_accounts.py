"""Laws of people's own accounts: how they are lent to us, and what is done with them."""

from __future__ import annotations

from typing import Protocol, cast

import msgspec
import pytest

from bot.errors import LoginRejected, Refused
from bot.model import Draft, Login, PostState
from bot.ports import AcceptsPosts, ConnectsAccounts, Forum
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
)

LONG_AGO = 0
REFUSED = "no-such-secret"
"""The secret of a login that no forum has given."""


class LentForum(Forum, ConnectsAccounts, Protocol):
    """A forum on which people can lend us their accounts."""


class AccountLaws:
    """A forum on which people can lend us their accounts is asked for them by these; the others skip them."""

    async def test_an_invitation_says_what_to_do(self, rig: ForumRig) -> None:
        """Somebody reads it in a chat, and knows nothing of keys."""
        forum = await lending(rig)
        assert (await forum.invite()).words.strip(), "the words say what to do, and what to answer"

    async def test_an_account_is_that_of_who_answers(self, rig: ForumRig) -> None:
        """What they say in the chat stands under their own name, and under nobody else's."""
        await lending(rig)
        ann, ben = await rig.login("ann"), await rig.login("ben")
        assert (ann.name, ben.name) == ("ann", "ben")
        assert ann.id, "the id is the forum's own"
        assert ann.id != ben.id, "two people are two accounts"
        assert ann.secret, "the secret lets us act for them"

    async def test_an_invitation_outlives_a_restart(self, rig: ForumRig) -> None:
        """Somebody answers when the program was restarted meanwhile: all that it takes lies in the secret."""
        forum = await lending(rig)
        invitation = await forum.invite()
        answer = await rig.answer("ann", invitation)
        again = cast(LentForum, await rig.reopen())
        assert (await again.connect(invitation.secret, answer)).name == "ann"

    async def test_a_wrong_answer_opens_nothing(self, rig: ForumRig) -> None:
        """They are told so in words, and try again."""
        forum = await lending(rig)
        for junk in TYPED:
            invitation = await forum.invite()
            with pytest.raises((Refused, LoginRejected)) as caught:
                await forum.connect(invitation.secret, junk)
            explained(caught.value, f"the answer {junk[:40]!r}")

    async def test_an_account_can_be_given_back_twice(self, rig: ForumRig) -> None:
        """Who takes it back was perhaps not told that it is back already; reading needed no account and goes on."""
        forum = await lending(rig)
        made = await talk(rig)
        login = await rig.login("ann")
        await forum.disconnect(login)
        await forum.disconnect(login)
        await forum.disconnect(Login(login.id, login.name, REFUSED))
        assert (await follow(forum, made.thread)).posts

    async def test_a_reply_stands_under_its_persons_name(self, rig: ForumRig) -> None:
        """That is what the account was lent for; the words are theirs alone."""
        forum, made, login = await _writing(rig)
        answer = await accepted(forum, lent(forum, made, "In my own name", login), "k-1")
        post = (await follow(forum, made.thread)).post(answer.post)
        assert (post.author.name, said(post.body)) == ("dora", "In my own name")

    async def test_read_back_tells_whose_a_post_is(self, rig: ForumRig) -> None:
        """After a crash a person's reply is looked for among theirs, and never taken for somebody else's."""
        forum, made, login = await _writing(rig)
        if forum.caps.read_back == "none":
            pytest.skip("this forum cannot be asked for what we wrote (caps.read_back)")
        answer = await accepted(forum, lent(forum, made, "In my own name", login), "k-1")
        theirs = [one for one in await forum.written(made.thread, LONG_AGO, login) if one.post == answer.post]
        assert [one.author for one in theirs] == ["dora"]
        if forum.caps.write_identity != "none":
            assert answer.post not in [one.post for one in await forum.written(made.thread, LONG_AGO)]

    async def test_a_person_changes_and_withdraws_their_own(self, rig: ForumRig) -> None:
        """An edit in the chat is theirs too; with our own account most forums would refuse it."""
        forum, made, login = await _writing(rig)
        answer = await accepted(forum, lent(forum, made, "Before", login), "k-1")
        await forum.revise(answer.post, lent(forum, made, "Afterwards", login), "k-2")
        assert await our_copies(made, "Afterwards") == 1
        await forum.withdraw(made.thread, answer.post, "k-3", login)
        await forum.withdraw(made.thread, answer.post, "k-3", login)
        posts = (await follow(forum, made.thread)).posts
        assert answer.post not in posts or posts[answer.post].state is not PostState.LIVE

    async def test_a_refused_account_is_a_rejected_login(self, rig: ForumRig) -> None:
        """That person is told, nothing is posted in another name, and nobody else waits for them."""
        forum, made, login = await _writing(rig)
        dead = msgspec.structs.replace(login, secret=REFUSED)
        with pytest.raises(LoginRejected):
            await forum.submit(lent(forum, made, "In whose name?", dead), "k-1")
        assert await our_copies(made, "In whose name?") == 0
        await accepted(forum, lent(forum, made, "In my own name", login), "k-2")
        assert await our_copies(made, "In my own name") == 1

    async def test_only_adapter_errors_leave_an_account(self, rig: ForumRig) -> None:
        """Secrets come from a database whose key may have been changed."""
        forum = await lending(rig)
        for junk in TYPED:
            await harmless(f"connect({junk[:40]!r})", forum.connect(junk, "an answer"))
            await harmless(f"disconnect({junk[:40]!r})", forum.disconnect(Login(junk, junk, junk)))


async def lending(rig: ForumRig) -> LentForum:
    """The forum, where people can lend us their accounts; else the law is skipped."""
    forum = await rig.forum()
    if not isinstance(forum, ConnectsAccounts):
        pytest.skip("people cannot lend us their accounts on this forum (ConnectsAccounts)")
    return cast(LentForum, forum)


def lent(forum: Forum, made: Talk, text: str, login: Login) -> Draft:
    """A reply that a person writes in the chat who lent us their account."""
    return msgspec.structs.replace(draft(forum, made, text), login=login)


async def _writing(rig: ForumRig) -> tuple[WritableForum, Talk, Login]:
    """A forum that takes posts, a thread of it, and the account of somebody who said nothing there yet."""
    forum = await lending(rig)
    if not isinstance(forum, AcceptsPosts):
        pytest.skip("this forum takes no posts (AcceptsPosts)")
    return cast(WritableForum, forum), await talk(rig), await rig.login("dora")
