"""Laws of a forum on which our own key may act for its users: whom it finds, and for whom it never acts."""

from __future__ import annotations

from typing import Protocol, cast

import pytest

from bot.errors import Gone, LoginRejected, Refused
from bot.model import Login, PostState
from bot.ports import AcceptsPosts, ConnectsAccounts, Forum, Impersonates
from bot.testing.forum_accounts import LONG_AGO, lent
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import TYPED, WritableForum, accepted, explained, follow, harmless, our_copies, said, talk


class ActingForum(WritableForum, Impersonates, Protocol):
    """A forum that takes posts, and on which our own key may act for its users."""


class ImpersonationLaws:
    """A forum whose operators let us act for its users is asked for them by these; the others skip all but one."""

    async def test_a_user_is_found_by_name_and_holds_no_secret(self, rig: ForumRig) -> None:
        """Nothing has to be kept sealed: what acts is our own key."""
        forum = await _acting(rig)
        await rig.user("dora")
        found = await forum.user("dora")
        assert (found.name, found.secret) == ("dora", "")
        assert found.id, "the id is the forum's own"

    async def test_nobody_is_found_under_a_name_that_nobody_has(self, rig: ForumRig) -> None:
        """A slip of the pen lets nobody speak."""
        forum = await _acting(rig)
        with pytest.raises(Gone) as caught:
            await forum.user("nobody-is-called-so")
        explained(caught.value, "a name that nobody has")

    async def test_whoever_may_do_more_than_others_is_acted_for_by_nobody(self, rig: ForumRig) -> None:
        """An admin of a chat would give somebody the rights of the forum's staff, which are not his."""
        forum = await _acting(rig)
        await rig.user("mod", staff=True)
        with pytest.raises(Refused) as caught:
            await forum.user("mod")
        explained(caught.value, "a moderator's name")

    async def test_what_our_key_posts_for_a_user_stands_under_their_name(self, rig: ForumRig) -> None:
        """That is what it is for; and nothing in the words says that it came through a chat."""
        forum, login = await _as(rig, "dora")
        made = await talk(rig)
        answer = await accepted(forum, lent(forum, made, "In my own name", login), "k-1")
        post = (await follow(forum, made.thread)).post(answer.post)
        assert (post.author.name, said(post.body)) == ("dora", "In my own name")

    async def test_read_back_tells_for_whom_our_key_posted(self, rig: ForumRig) -> None:
        """After a crash it is looked for among theirs, and not among ours."""
        forum, login = await _as(rig, "dora")
        if forum.caps.read_back == "none":
            pytest.skip("this forum cannot be asked for what we wrote (caps.read_back)")
        made = await talk(rig)
        answer = await accepted(forum, lent(forum, made, "In my own name", login), "k-1")
        theirs = [one for one in await forum.written(made.thread, LONG_AGO, login) if one.post == answer.post]
        assert [one.author for one in theirs] == ["dora"]
        assert answer.post not in [one.post for one in await forum.written(made.thread, LONG_AGO)]

    async def test_our_key_changes_and_withdraws_what_it_posted_for_a_user(self, rig: ForumRig) -> None:
        """Twice comes to the same as once."""
        forum, login = await _as(rig, "dora")
        made = await talk(rig)
        answer = await accepted(forum, lent(forum, made, "Before", login), "k-1")
        await forum.revise(answer.post, lent(forum, made, "Afterwards", login), "k-2")
        assert await our_copies(made, "Afterwards") == 1
        await forum.withdraw(made.thread, answer.post, "k-3", login)
        await forum.withdraw(made.thread, answer.post, "k-3", login)
        posts = (await follow(forum, made.thread)).posts
        assert answer.post not in posts or posts[answer.post].state is not PostState.LIVE

    async def test_whoever_comes_to_be_of_the_staff_is_acted_for_no_more(self, rig: ForumRig) -> None:
        """Their word weighs more from then on; nothing is posted, in their name or another."""
        forum, login = await _as(rig, "dora")
        made = await talk(rig)
        await rig.user("dora", staff=True)
        with pytest.raises(LoginRejected) as caught:
            await forum.submit(lent(forum, made, "With what right?", login), "k-1")
        explained(caught.value, "the login of somebody who is of the staff now")
        assert await our_copies(made, "With what right?") == 0

    async def test_a_name_that_is_another_user_now_is_acted_for_no_more(self, rig: ForumRig) -> None:
        """Names are changed and taken by others, ids are not."""
        forum, login = await _as(rig, "dora")
        made = await talk(rig)
        other = Login("987654321", login.name, "")
        with pytest.raises(LoginRejected):
            await forum.submit(lent(forum, made, "Who am I?", other), "k-1")
        assert await our_copies(made, "Who am I?") == 0

    async def test_only_adapter_errors_leave_a_search_for_a_user(self, rig: ForumRig) -> None:
        """Names are typed by people."""
        forum = await _acting(rig)
        for junk in TYPED:
            await harmless(f"user({junk[:40]!r})", forum.user(junk))

    async def test_a_login_without_a_secret_is_no_leave(self, rig: ForumRig) -> None:
        """What its operators did not allow, no word of an admin can; and nobody is acted for whom nobody named."""
        forum = await rig.forum()
        if not isinstance(forum, ConnectsAccounts):
            pytest.skip("people cannot lend us their accounts on this forum (ConnectsAccounts)")
        if not isinstance(forum, AcceptsPosts):
            pytest.skip("this forum takes no posts (AcceptsPosts)")
        writable, made = cast(WritableForum, forum), await talk(rig)
        nobody = Login("987654321", "nobody-is-called-so", "")
        with pytest.raises(LoginRejected):
            await writable.submit(lent(forum, made, "In whose name?", nobody), "k-1")
        assert await our_copies(made, "In whose name?") == 0


async def _acting(rig: ForumRig) -> ActingForum:
    """The forum, where our key may act for its users; else the law is skipped."""
    forum: Forum = await rig.forum()
    if not isinstance(forum, Impersonates) or not forum.caps.impersonates:
        pytest.skip("our key does not act for this forum's users (caps.impersonates)")
    return cast(ActingForum, forum)


async def _as(rig: ForumRig, name: str) -> tuple[ActingForum, Login]:
    """The forum, and somebody there for whom our key may act."""
    forum = await _acting(rig)
    await rig.user(name)
    return forum, await forum.user(name)
