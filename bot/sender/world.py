"""The acts themselves: one part of a delivery on one network, and what read-back can find out about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, suppress

import msgspec

from bot import errors
from bot.accounts import Accounts
from bot.acts import answering, most
from bot.confiding import Opens, as_kept
from bot.drafting import draft
from bot.enclosing import given, linked
from bot.jobs import Job, Part, ReplyRow, Subject
from bot.lanes import OpenForum
from bot.mirroring import Act
from bot.model import (
    DAY,
    Accepted,
    ChatCapabilities,
    ChatName,
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
from bot.ports import AcceptsPosts, Chat, KeepsFiles, KeyedByPlace, TakesFiles
from bot.recovery import matched
from bot.redaction import reason_of
from bot.rendering import beneath, card, notice, words_digest
from bot.sender import starting
from bot.sender.starting import Landed
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
        largest: int = 0,
    ) -> None:
        self.chats = chats
        self.forums = forums
        self.opened = opened
        self.largest = largest
        """Bytes of the largest file on a message that is taken to a forum; 0: all are linked."""
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
        return given(job.parts[0].payload, self.forum_caps(job).format) if job.forum and job.parts else ""

    async def window(self, job: Job) -> float | None:
        """For how many seconds the other side of a delivery honours keys; None where that cannot be known now."""
        if job.forum:
            caps, lent = self.forum_caps(job), bool(job.parts and job.parts[0].payload.get("login"))
            return None if lent and not caps.lent_keys else caps.key_window
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
        if job.opener is not None:
            nobodys = self.forum_caps(job).write_identity == "none"
            if (job.opener.own or nobodys) and job.opener.lent is None:
                raise errors.Refused(self._own_only(job, job.opener.chat))
            return (starting.payload(self.forums[job.forum], job.opener),)
        if job.forum:
            if not isinstance(self.forums[job.forum].forum, AcceptsPosts):
                raise errors.Refused(say("why.unanswerable", forum=job.forum))
            assert job.reply is not None
            if job.reply.lent is not None and job.reply.lent_refused:
                raise errors.Refused(job.reply.lent_refused)
            nobodys = self.forum_caps(job).write_identity == "none" and not (job.reply.post or job.reply.ticket)
            if (job.reply.own or nobodys) and job.reply.lent is None:
                raise errors.Refused(self._own_only(job, job.reply.chat))
            return (msgspec.to_builtins(self._draft(job, job.reply)),)
        chat = self.chats[job.chat]
        if job.subject is Subject.NOTICE:
            return chat.render(notice(job.notice, job.offers))
        assert job.post is not None
        assert job.where is not None
        if job.note is not None:
            return chat.render(beneath(job.post, job.note.about), 1)
        if job.act is Act.OPEN:
            return ()
        shown = card(job.post, answering(job), bool(job.where.thread), job.longest, job.answerable)
        return chat.render(shown, most(job))

    def _own_only(self, job: Job, said_in: ChatName) -> str:
        """What somebody is told who has no account where only people's own may answer."""
        chat, register = self.chats.get(said_in), self.forum_caps(job).register
        sign = chat.caps.sign if chat is not None else ChatCapabilities().sign
        told = say("answering.own_only", forum=job.forum, sign=sign)
        return f"{told} {say('answering.own_register', link=register)}" if register else told

    def _draft(self, job: Job, reply: ReplyRow) -> Draft:
        """What a forum is given for a message; where it may take files, they are not in the text yet."""
        caps = self.forum_caps(job)
        made = draft(reply, caps)
        if not reply.files or job.act is Act.DELETE:
            return made
        made = msgspec.structs.replace(made, files=reply.files)
        takes = self.largest and isinstance(self.forums[job.forum].forum, TakesFiles)
        return made if takes and isinstance(self.chats.get(reply.chat), KeepsFiles) else linked(made, caps.format)

    # ---------------------------------------------------------------------------------------------------------- the act

    async def upload(self, job: Job, written: Draft, name: str, kind: str, content: bytes) -> str:
        """Give the forum of a delivery a file, with the account of its draft; what shows it in a text."""
        opened = self.forums[job.forum]
        forum = opened.forum
        assert isinstance(forum, TakesFiles)
        login = await self._lent(opened, written.login, job) if written.login is not None else None
        async with opened.gate.write():
            return await forum.upload(name, kind, content, login)

    async def perform(self, job: Job, part: Part, remotes: Mapping[int, str]) -> Landed:
        """Do one part, and say what came of it."""
        if job.forum:
            opened = self.forums[job.forum]
            async with opened.gate.write():
                return await self._on_forum(opened, job, part)
        chat, where = self.chats[job.chat], job.where
        assert where is not None
        match part.kind:
            case "send":
                return Landed(await chat.send(where, part.payload, part.key))
            case "edit":
                await chat.edit(where, MessageId(part.target), part.payload)
                return Landed(part.target)
            case "delete":
                with suppress(errors.Gone):  # as it was to be
                    await chat.delete(where, MessageId(part.target))
                return Landed(part.target)
            case _:
                message = MessageId(part.target or remotes[0])
                return Landed(await chat.open_thread(where, message, str(part.payload["title"]), part.key))

    async def _on_forum(self, opened: OpenForum, job: Job, part: Part) -> Landed:
        lent = _login(part)
        if lent is None:
            return await self._write(opened, job, part, None)
        async with self._theirs(opened, lent, job):
            # What opens an account is never kept with what is sent.
            return await self._write(opened, job, part, await self._lent(opened, lent, job))

    @asynccontextmanager
    async def _theirs(self, opened: OpenForum, lent: Login, job: Job) -> AsyncIterator[None]:
        """What is refused to somebody's own account is theirs to hear: others go on, in that thread too."""
        try:
            yield
        except errors.LoginRejected as error:
            assert self._accounts is not None
            raise await self._accounts.rejected(opened.name, lent, error, job) from error
        except errors.NotAllowed as error:  # barred from writing, or from that thread
            raise errors.Refused(reason_of(error)) from error

    async def _lent(self, opened: OpenForum, login: Login, job: Job) -> Login:
        assert self._accounts is not None, "people lend their accounts to a program that keeps them"
        return await self._accounts.of_job(opened, login, job)

    async def _write(self, opened: OpenForum, job: Job, part: Part, login: Login | None) -> Landed:
        if job.subject is Subject.OPENER:
            return await starting.start(opened, part, login)
        forum = opened.forum
        assert isinstance(forum, AcceptsPosts)
        written = msgspec.structs.replace(msgspec.convert(part.payload, Draft), login=login)
        match part.kind:
            case "send":
                outcome = await forum.submit(written, part.key)
                match outcome:
                    case Accepted(post=post):
                        return Landed(post)
                    case Queued(ticket=ticket):
                        return Landed("", ticket)
            case "edit":
                await forum.revise(PostKey(part.target), written, part.key)
            case _:
                with suppress(errors.Gone):
                    await forum.withdraw(written.thread, PostKey(part.target), part.key, login)
        return Landed(part.target)

    # ------------------------------------------------------------------------------------------------------- read-back

    async def look(self, job: Job, part: Part, claimed: Mapping[str, int], since: Millis) -> list[Landed]:
        """Every act of ours since a time that read-back takes for this part; read twice, unclaimed.

        More than one, or none where the network hides some, means that nothing is known. Raises `Refused` where nobody
        can look who could: the account that it was sent with is not lent to us any more, or barred there.
        """
        if job.forum:
            since = max(0, since - READ_BACK_SLACK)
            opened, lent = self.forums[job.forum], _login(part)
            if lent is None:
                return await self._look_on_forum(opened, job, part, None, claimed, since)
            async with self._theirs(opened, lent, job):
                login = await self._lent(opened, lent, job)
                return await self._look_on_forum(opened, job, part, login, claimed, since)
        chat = self.chats[job.chat]
        assert job.where is not None
        after = MessageId(job.last_known)
        first = await chat.read_back(job.where, after)
        second = await chat.read_back(job.where, after)
        return [Landed(message) for message in matched(part.marker, first, second, claimed)]

    async def _look_on_forum(
        self,
        opened: OpenForum,
        job: Job,
        part: Part,
        login: Login | None,
        claimed: Mapping[str, int],
        since: Millis,
    ) -> list[Landed]:
        if job.subject is Subject.OPENER:
            return await starting.look_for_start(opened, part, login, claimed, since)
        forum = opened.forum
        assert isinstance(forum, AcceptsPosts)
        written = msgspec.convert(part.payload, Draft)
        words = words_digest(written.text, forum.caps.format)
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
                    and (bool(written.text) or post.title in ("", written.title))
                )
                if ours and post.post not in claimed:
                    finds[post.post] = post.post if post.queued else ""
            await asyncio.sleep(0)
        return [Landed("" if ticket else post, ticket) for post, ticket in finds.items()]


def _login(part: Part) -> Login | None:
    """The account that a part is done with, without what opens it; None: the one that the settings name."""
    lent = part.payload.get("login")
    return msgspec.convert(lent, Login) if lent is not None else None
