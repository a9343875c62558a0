"""The acts themselves: one part of a delivery on one network, and what read-back can find out about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from contextlib import suppress

import msgspec

from bot import errors
from bot.accounts import Accounts
from bot.acts import Job, Part, Subject, answering, most
from bot.confiding import Opens, as_kept
from bot.drafting import draft
from bot.lanes import OpenForum
from bot.mirroring import Act
from bot.model import (
    DAY,
    Accepted,
    ChatCapabilities,
    Draft,
    ForumCapabilities,
    Login,
    MessageId,
    Millis,
    Payload,
    PostKey,
    Queued,
    ThreadKey,
)
from bot.ports import AcceptsPosts, Chat, KeyedByPlace
from bot.recovery import matched
from bot.rendering import card, notice, words_digest
from bot.texts import say

READ_BACK_SLACK = DAY
"""Milliseconds before a claim from which posts are looked through: a forum's clock may differ from ours by hours, where
one of them has the wrong time zone."""


class World:
    """Everything that can be acted upon: chats and forums by name; both may grow while the program runs."""

    def __init__(
        self,
        chats: Mapping[str, Chat],
        forums: MutableMapping[str, OpenForum],
        accounts: Accounts | None = None,
        opened: Opens = as_kept,
    ) -> None:
        self.chats = chats
        self.forums = forums
        self.opened = opened
        self._accounts = accounts

    def reachable(self, job: Job) -> bool:
        """Whether the chat or forum of a delivery is opened in this process."""
        return (job.forum in self.forums) if job.forum else (job.chat in self.chats)

    def chat_caps(self, job: Job) -> ChatCapabilities:
        """What the chat of a delivery can do."""
        return self.chats[job.chat].caps if job.chat else ChatCapabilities()

    def forum_caps(self, job: Job) -> ForumCapabilities:
        """What the forum of a delivery can do."""
        return self.forums[job.forum].forum.caps

    def queued_changes(self, job: Job) -> bool:
        """Whether the other side of a delivery lets us change what waits for a moderator."""
        return bool(job.forum) and self.forum_caps(job).queued_changes

    def words(self, job: Job) -> str:
        """The digest of what a forum is given, by which it is recognised when it is read; empty for a chat."""
        given = job.parts[0].payload if job.forum and job.parts else {}
        return words_digest(str(given["text"]), self.forum_caps(job).format) if given.get("text") else ""

    async def window(self, job: Job) -> float | None:
        """For how many seconds the other side of a delivery honours keys; None where that cannot be known now."""
        if job.forum:
            return self.forum_caps(job).key_window
        if not job.chat or job.where is None:
            return self.chat_caps(job).key_window
        chat = self.chats[job.chat]
        if not isinstance(chat, KeyedByPlace):
            return chat.caps.key_window
        try:
            return await chat.key_window(job.where)
        except errors.AdapterError:
            return None

    def read_back(self, job: Job) -> str:
        """What reading back is worth on the other side of a delivery."""
        return self.forum_caps(job).read_back if job.forum else self.chat_caps(job).read_back

    # -------------------------------------------------------------------------------------------------- before the act

    def render(self, job: Job) -> tuple[Payload, ...]:
        """What a delivery puts on the wire; pure. Raises `Refused` where the other side cannot take it at all."""
        if job.forum:
            if not isinstance(self.forums[job.forum].forum, AcceptsPosts):
                raise errors.Refused(say("why.unanswerable", forum=job.forum))
            assert job.reply is not None
            if job.reply.lent is not None and job.reply.lent_refused:
                raise errors.Refused(
                    say("accounts.refused", forum=job.forum, name=job.reply.lent.name, why=job.reply.lent_refused)
                )
            return (msgspec.to_builtins(draft(job.reply, self.forum_caps(job))),)
        chat = self.chats[job.chat]
        if job.subject is Subject.NOTICE:
            return chat.render(notice(job.notice, job.offers))
        assert job.post is not None
        assert job.where is not None
        if job.act is Act.OPEN:
            return ()
        shown = card(job.post, answering(job), bool(job.where.thread), job.longest, job.answerable)
        return chat.render(shown, most(job))

    # ---------------------------------------------------------------------------------------------------------- the act

    async def perform(self, job: Job, part: Part, remotes: Mapping[int, str]) -> tuple[str, str]:
        """Do one part: the other side's id for it, and its ticket where it waits for a moderator there."""
        if job.forum:
            opened = self.forums[job.forum]
            async with opened.gate.write():
                return await self._on_forum(opened, part)
        chat, where = self.chats[job.chat], job.where
        assert where is not None
        match part.kind:
            case "send":
                return await chat.send(where, part.payload, part.key), ""
            case "edit":
                await chat.edit(where, MessageId(part.target), part.payload)
                return part.target, ""
            case "delete":
                with suppress(errors.Gone):  # as it was to be
                    await chat.delete(where, MessageId(part.target))
                return part.target, ""
            case _:
                message = MessageId(part.target or remotes[0])
                return await chat.open_thread(where, message, str(part.payload["title"]), part.key), ""

    async def _on_forum(self, opened: OpenForum, part: Part) -> tuple[str, str]:
        written = msgspec.convert(part.payload, Draft)
        if written.login is None:
            return await self._write(opened, part, written)
        try:
            # What opens an account is never kept with what is sent.
            login = await self._lent(opened, written.login)
            return await self._write(opened, part, msgspec.structs.replace(written, login=login))
        except errors.LoginRejected as error:
            assert self._accounts is not None
            raise await self._accounts.rejected(opened.name, written.login, error) from error

    async def _lent(self, opened: OpenForum, login: Login) -> Login:
        assert self._accounts is not None, "people lend their accounts to a program that keeps them"
        return await self._accounts.login(opened.name, login.id)

    async def _write(self, opened: OpenForum, part: Part, written: Draft) -> tuple[str, str]:
        forum = opened.forum
        assert isinstance(forum, AcceptsPosts)
        match part.kind:
            case "send":
                outcome = await forum.submit(written, part.key)
                match outcome:
                    case Accepted(post=post):
                        return post, ""
                    case Queued(ticket=ticket):
                        return "", ticket
            case "edit":
                await forum.revise(PostKey(part.target), written, part.key)
            case _:
                with suppress(errors.Gone):
                    await forum.withdraw(written.thread, PostKey(part.target), part.key, written.login)
        return part.target, ""

    # ------------------------------------------------------------------------------------------------------- read-back

    async def look(self, job: Job, part: Part, claimed: Mapping[str, int], since: Millis) -> list[tuple[str, str]]:
        """Every act of ours since a time that read-back takes for this part, with its ticket; read twice, unclaimed.

        More than one, or none where the network hides some, means that nothing is known.
        """
        if job.forum:
            return await self._look_on_forum(job, part, claimed, max(0, since - READ_BACK_SLACK))
        chat = self.chats[job.chat]
        assert job.where is not None
        after = MessageId(job.last_known)
        first = await chat.read_back(job.where, after)
        second = await chat.read_back(job.where, after)
        return [(message, "") for message in matched(part.marker, first, second, claimed)]

    async def _look_on_forum(
        self, job: Job, part: Part, claimed: Mapping[str, int], since: Millis
    ) -> list[tuple[str, str]]:
        opened = self.forums[job.forum]
        forum = opened.forum
        assert isinstance(forum, AcceptsPosts)
        written = msgspec.convert(part.payload, Draft)
        words = words_digest(written.text, forum.caps.format)
        login = await self._lent(opened, written.login) if written.login is not None else None
        # Of one account, shared or a person's own, everything that `written` shows is ours, whatever it is called.
        shared = login is not None or forum.caps.write_identity == "shared"
        finds: dict[str, str] = {}
        for _ in range(2):
            async with opened.gate.write():
                posts = await forum.written(ThreadKey(written.thread), since, login)
            for post in posts:
                ours = (
                    post.marker == part.marker
                    if post.marker
                    else (shared or post.author == written.author)
                    and words_digest(post.text, forum.caps.format) == words
                )
                if ours and post.post not in claimed:
                    finds[post.post] = post.post if post.queued else ""
            await asyncio.sleep(0)
        return [("" if ticket else post, ticket) for post, ticket in finds.items()]
