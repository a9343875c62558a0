"""Isso as a forum: what people say in chats stands there under their own names, as guests' comments do."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.engines.texts import sound
from adapters.forums.isso import addresses, parse, rows
from adapters.forums.isso.addresses import PAGE, Key, key_of, parts_of
from adapters.forums.isso.client import Cookie, NoPage, Saved, cookie_of, reason
from adapters.forums.isso.kept import Kept, Ours
from adapters.forums.isso.parse import Where
from adapters.forums.isso.reading import Comments
from adapters.forums.isso.rows import LIVE, STUB, WAITING, Row
from adapters.forums.isso.settings import Settings
from adapters.forums.isso.walk import FARTHEST, FEW
from bot.errors import Gone, OutcomeUnknown, Refused, Unparsable, Unreachable
from bot.model import (
    Accepted,
    Bookmark,
    Draft,
    Judged,
    Judgement,
    Login,
    Millis,
    Post,
    PostKey,
    PostState,
    Queued,
    ThreadKey,
    Written,
)
from bot.net import Answer, raise_for_status
from bot.ports import Context

TOO_LATE = (
    "Isso does not let this comment be changed any more: it allows that for a while after it was written (max-age, 15 "
    "minutes by default). The site's owner can change it."
)


class Isso(Comments):
    """One server, read and written to as a guest; raises only AdapterError, and SettingsError when it is made."""

    def __init__(self, settings: Settings, context: Context) -> None:
        super().__init__(settings, context)
        self._kept = Kept(context.folder / "comments.json")

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        uri, parent = self._uri(draft.thread), None
        await self._site.found()  # before anything is posted: what fails afterwards would have it posted again
        if draft.parent and draft.parent != PAGE:
            parent = await self._answered(uri, draft.parent)
        comment: dict[str, object] = {"text": sound(draft.text), "author": sound(draft.author), "parent": parent}
        if self._rules.email:
            comment["email"] = self._rules.email
        saved = await self._posted(uri, comment)
        post = key_of(saved.row.key)
        if saved.cookie is not None:
            await self._keep(post, uri, saved.cookie, waits=saved.waits)
        if saved.waits:
            self._moderates(True)
            return Queued(post)
        self._keys[saved.row.key.id] = post
        return Accepted(post, f"{self._site.link(uri)}#isso-{saved.row.key.id}")

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        uri, parts = self._uri(draft.thread), parts_of(post)
        if parts is None:
            raise Gone(f"{post[:100]!r} is no comment of {self._rules.base}")
        ours, answer, text = self._kept.get(post), None, sound(draft.text)
        if ours is not None:
            answer = await self._client.change(parts.id, ours.cookie, text)
            if answer.status == 200:
                if cookie := cookie_of(answer, parts.id):
                    await self._keep(post, uri, cookie, waits=ours.waits)
                return
            if answer.status == 400 and (why := reason(answer)):
                raise Refused(why)
        row = await self._found(uri, parts, ours)
        if row is None or row.mode == STUB:
            raise Gone(f"comment {parts.id} is not on {uri[:200]} any more")
        if row.text == text:  # done before, and the answer was lost
            return
        raise _unchanged(answer)

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        parts = parts_of(post)
        if parts is None:
            return
        uri, ours, answer = self._uri(thread), self._kept.get(post), None
        if ours is not None:
            answer = await self._client.delete(parts.id, ours.cookie)
        if answer is None or answer.status != 200:
            row = await self._found(uri, parts, ours)
            if row is not None and row.mode != STUB:
                raise _unchanged(answer)
        await self._forget(post)

    def named(self, link: str) -> PostKey:
        if parts_of(link) is not None or link == PAGE:
            return PostKey(link)
        place = addresses.read(link, self._rules.base, self._site.origin)
        if place is None or place.comment is None:
            raise Gone(f"{link[:200]} names no comment of {self._rules.base}; give a link that ends with #isso-NUMBER")
        if place.comment not in self._keys:
            raise Gone(f"comment {place.comment} was not read since the start; say it again when its page was read")
        return self._keys[place.comment]

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        uri = self._uri(thread)
        # What waits is asked for first: what is let through meanwhile stands among the others.
        waiting = [await self._waiting(post, ours) for post, ours in self._kept.waiting(thread)]
        told = [one for one in waiting if one is not None]
        posts = await self._all(uri)
        told += [
            Written(post.key, post.author.name, post.body.text, post.created)
            for post in posts.values()
            if post.state is PostState.LIVE
        ]
        found = {one.post: one for one in told if one.created.latest >= since}
        return tuple(found.values())

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        uri = self._uri(thread)
        posts = await self._all(uri)
        if not posts:
            await self.thread(thread, Bookmark())
        ids = {parts.id: key for key in posts if (parts := parts_of(key)) is not None}
        return tuple([one for ticket in tickets if (one := await self._judgement(ticket, ids)) is not None])

    async def _judgement(self, ticket: str, shown: dict[int, PostKey]) -> Judged | None:
        """What became of a comment that waited; None where that cannot be seen."""
        parts = parts_of(ticket)
        if parts is None:
            return None
        if parts.id in shown:  # under another key it was deleted, and its id given again
            approved = shown[parts.id] == ticket
            return await self._decided(ticket, Judgement.APPROVED if approved else Judgement.REJECTED)
        ours = self._kept.get(PostKey(ticket))
        status, row = await self._client.one(parts.id, ours.cookie if ours else "")
        if status == 404 or (row is not None and row.key != parts):
            return await self._decided(ticket, Judgement.REJECTED)
        if row is not None and row.mode == LIVE:
            return await self._decided(ticket, Judgement.APPROVED)
        return Judged(ticket, Judgement.WAITS) if row is not None else None

    async def _decided(self, ticket: str, judgement: Judgement) -> Judged:
        post = PostKey(ticket)
        ours = self._kept.get(post)
        if judgement is Judgement.REJECTED:
            await self._forget(post)
            return Judged(ticket, judgement)
        if ours is not None and ours.waits:
            await self._write(post, Ours(ours.thread, ours.cookie, ours.until))
        return Judged(ticket, judgement, post)

    # ------------------------------------------------------------------------------------------------- single comments

    async def _posted(self, uri: str, comment: dict[str, object]) -> Saved:
        """Post a comment; of a page's first one Isso needs a title, where it cannot read the page itself."""
        try:
            return await self._client.post(uri, comment)
        except NoPage:
            page = await self._site.below(uri)
            if page is None or not self._site.ours(page):
                raise
            return await self._client.post(uri, {**comment, "title": page.title or uri})

    async def _answered(self, uri: str, post: PostKey) -> int:
        """The id of the comment that is to be answered: where it is not there, Isso files the answer elsewhere."""
        parts = parts_of(post)
        try:
            if parts is not None and await self._standing(uri, parts) is not None:
                return parts.id
        except Unparsable as error:
            raise Unreachable(f"nothing was posted: {error}") from None
        raise Gone(f"the comment that is answered is not on {uri[:200]} any more")

    async def _standing(self, uri: str, parts: Key) -> Row | None:
        """A comment as it stands on its page, also one that was deleted under its answers; None where it does not."""
        raw = await self._client.tree(uri, FEW, 0, root=parts.root, after=(parts.moment - 1) / 1_000_000)
        there, _ = await self._context.work(rows.listed, raw)
        return next((row for row in there if row.key == parts), None)

    async def _found(self, uri: str, parts: Key, ours: Ours | None) -> Row | None:
        """A comment of ours where it stands or waits; None where it does neither."""
        row = await self._standing(uri, parts)
        if row is not None:
            return row
        status, row = await self._client.one(parts.id, ours.cookie if ours else "")
        if status == 403 and ours is not None and ours.waits:
            raise Refused(TOO_LATE)
        return row if row is not None and row.key == parts else None

    async def _waiting(self, post: PostKey, ours: Ours) -> Written | None:
        """A comment of ours that waits, as far as we may see it."""
        parts = parts_of(post)
        _, row = await self._client.one(parts.id, ours.cookie) if parts else (0, None)
        if row is None or row.key != parts or row.mode != WAITING:
            return None
        return Written(post, row.name, row.text, parse.when(row, self._context.now()), queued=True)

    async def _all(self, uri: str) -> dict[PostKey, Post]:
        """Every comment of a page."""
        await self._site.found()
        where = Where(uri, self._site.link(uri), self._context.now())
        found = await self._walk.read(where, most=FARTHEST)
        if found is None or not found.whole:
            raise Unreachable(f"the comments of {uri[:200]} changed while they were read; read them again")
        info = await self._site.told(anew=True)
        # What cannot be read may be ours.
        self._moderates(None if found.damaged else info.moderation)
        self._learn(tuple(found.posts.values()))
        return found.posts

    # ---------------------------------------------------------------------------------------------------- what is kept

    async def _keep(self, post: PostKey, thread: str, cookie: Cookie, *, waits: bool) -> None:
        """Keep the cookie of a comment before anybody hears that it stands: else it could never be changed."""
        until = self._context.now() + int(cookie.age * 1000)
        await self._write(post, Ours(thread, cookie.value, until, waits))

    async def _write(self, post: PostKey, ours: Ours) -> None:
        try:
            await self._kept.keep(post, ours, self._context.now())
        except OSError as error:
            raise OutcomeUnknown(
                f"comment {post} stands, and what lets us change it could not be kept in {self._context.folder}: "
                f"{error}. Make room there."
            ) from None

    async def _forget(self, post: PostKey) -> None:
        try:
            await self._kept.forget(post)
        except OSError as error:
            self._context.log.warning("cookie not forgotten", forum=self._context.name, why=str(error))


def _unchanged(answer: Answer | None) -> Exception:
    """Why a comment that stands could not be changed."""
    if answer is None or (answer.status == 403 and reason(answer)):
        return Refused(TOO_LATE)
    try:
        raise_for_status(answer, "a change of a comment", write=True)
    except Exception as error:
        return error
    return OutcomeUnknown(f"the server answered {answer.status} to a change of a comment, and not what Isso answers")
