"""Writes to a Flarum: replies, changes of them, and what was written, read back.

The forum knows no keys of ours: what may have been written is looked for among the posts of the account. It tells an
account of its own posts also while they wait for a moderator, under the number that they keep.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from adapters.engines.texts import NO_PARENT, sound
from adapters.forums.flarum import addresses, mentions, parse, tickets
from adapters.forums.flarum.acting import Account, Accounts
from adapters.forums.flarum.client import Client, Key, answered
from adapters.forums.flarum.posts import COMMENT, Around, moment
from adapters.forums.flarum.rows import Changed, DiscussionPage, PostPage, PostRow
from bot import markup
from bot.errors import Gone, NotAllowed, Refused, Unparsable, Unreachable
from bot.model import Accepted, Draft, Judged, Judgement, Login, Millis, PostKey, Queued, ThreadKey, Written, at

PAGES = 100
"""Requests with which an account's posts in one thread are looked through at most: five thousand posts."""

CHUNK = 50

LONGEST = 63_000
"""Characters of a post; the forum's own words for a longer one are few."""

LOCKED = "The discussion is locked on the forum, so nothing can be added to it."
SETTLED = (
    "The forum does not let this account change the post any more: most forums allow it only as long as nobody has "
    "answered."
)


class Writing:
    """The writing side of one forum."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    # ------------------------------------------------------------------------------------------------------- replies

    async def submit(self, draft: Draft) -> Accepted | Queued:
        if not addresses.is_id(draft.thread):
            raise Gone(f"{draft.thread[:80]!r} is no thread here: there is nothing to answer any more.")
        key = self._accounts.key(draft.login)
        text = checked(draft.text)
        if draft.parent:
            text = await self._pointer(draft, key) + text
        data = {
            "type": "posts",
            "attributes": {"content": text},
            "relationships": {"discussion": {"data": {"type": "discussions", "id": draft.thread}}},
        }
        try:
            answer = await self._client.send("POST", "/posts", "the reply", key, {"data": data})
        except NotAllowed as error:
            raise await self._closed(draft, key, error) from None
        row = answered(answer, PostPage, "the reply").data
        post = PostKey(str(row.id))
        return Queued(tickets.ticket(post, draft.login)) if row.waits else Accepted(post, self._link(draft.thread, row))

    async def _pointer(self, draft: Draft, key: Key) -> str:
        """What names the post that is answered; empty where that stands in another thread by now."""
        try:
            row, author = await self._post(draft.parent, key)
        except Gone:
            raise Gone(NO_PARENT) from None
        return mentions.typed(str(row.id), author) if row.discussion in ("", draft.thread) else ""

    async def _closed(self, draft: Draft, key: Key, error: NotAllowed) -> NotAllowed | Refused:
        """Why a reply is not taken: the discussion is locked, or the account may not write there."""
        path, what = f"/discussions/{draft.thread}", f"thread {draft.thread}"
        with suppress(Unreachable, Unparsable, NotAllowed):
            page = await self._client.read(path, DiscussionPage, what, key, params=[("page[limit]", "1")])
            if page.data.attributes.isLocked:
                return Refused(LOCKED)
        if draft.login is not None:
            return Refused(f"The forum does not let {draft.login.name} write there.")
        return error

    async def _post(self, post: str, key: Key) -> tuple[PostRow, str]:
        """A post with the name of its author; Gone where it is not there, or hidden."""
        if not (id := tickets.id_of(post)):
            raise Gone(f"{post[:80]!r} is no post here.")
        try:
            answer = await self._client.get(f"/posts/{id}", f"post {id}", key)
        except Gone:
            await self._client.sure(key)
            raise
        row, author = parse.one(answer.body)
        if row.attributes.isHidden:
            raise Gone(f"post {post} was deleted.")
        return row, author

    def _link(self, thread: str, row: PostRow) -> str:
        return addresses.thread_link(self._client.root, thread, row.attributes.number)

    # ------------------------------------------------------------------------------------------------------- changes

    async def revise(self, post: PostKey, draft: Draft) -> None:
        """Replace words, and the title of a discussion; what names the answered post stays at their head."""
        text, key = checked(draft.text), self._accounts.key(draft.login)
        head = mentions.typed(draft.parent, "") if addresses.is_id(draft.parent) else ""
        row = await self._own(post, draft.login)
        stands = row.attributes.content if row is not None else None
        if isinstance(stands, str):
            head = mentions.typed_head(stands)
            if stands.removeprefix(head).split() == text.split():
                await self._titled(row, draft, key)
                return
        id = tickets.id_of(post)
        await self._changed(f"/posts/{id}", "posts", id, {"content": head + text}, key)
        await self._titled(row, draft, key)

    async def _titled(self, row: PostRow | None, draft: Draft, key: Key) -> None:
        if row is None or row.attributes.number != 1 or not draft.title.strip() or not row.discussion:
            return
        await self._changed(
            f"/discussions/{row.discussion}", "discussions", row.discussion, {"title": draft.title}, key
        )

    async def withdraw(self, post: PostKey, login: Login | None) -> None:
        """Hide a post, or with its OP a discussion; what is not there any more is hidden."""
        key = self._accounts.key(login)
        try:
            row = await self._own(post, login)
            if row is not None and row.attributes.number == 1 and row.discussion:
                path, kind, id = f"/discussions/{row.discussion}", "discussions", row.discussion
            else:
                path, kind, id = f"/posts/{tickets.id_of(post)}", "posts", tickets.id_of(post)
            await self._changed(path, kind, id, {"isHidden": True}, key)
        except Gone:
            return

    async def _own(self, post: PostKey, login: Login | None) -> PostRow | None:
        """A post of the account; None where it cannot be looked at now: to change it comes to the same all the same."""
        key = self._accounts.key(login)
        try:
            row, author = await self._post(post, key)
        except (Unreachable, Unparsable):
            return None
        if row.user and row.user != key.user:
            raise Refused(f"Post {row.id} was written by {author}, so it is not changed from here.")
        return row

    async def _changed(self, path: str, kind: str, id: str, attributes: dict[str, object], key: Key) -> None:
        data = {"type": kind, "id": id, "attributes": attributes}
        try:
            answer = await self._client.send("PATCH", path, f"{kind} {id}", key, {"data": data})
        except NotAllowed:
            raise Refused(SETTLED) from None
        answered(answer, Changed, f"{kind} {id}")

    # ----------------------------------------------------------------------------------------------------- read back

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None) -> tuple[Written, ...]:
        """The posts of an account in a thread since a time, the newest first; what waits is among them."""
        key, account = self._accounts.key(login), await self._accounts.known(login)
        await self.there(thread, key)
        told: list[Written] = []
        for page in range(PAGES):
            rows, more = await self._rows(thread, account, page * CHUNK, key)
            told += [_written(row, account, thread, login) for row in rows if _is_said(row)]
            if not more or not rows or min(moment(row.attributes.createdAt, None) for row in rows) < since:
                break
        else:
            raise NotAllowed(f"thread {thread} holds more posts of {account.name} than can be looked through.")
        found = {one.post: one for one in told if one.created.latest >= since}
        return tuple(found.values())

    async def there(self, thread: str, key: Key | None) -> None:
        """Raises Gone where a thread is not there: of such a one no posts are told, too."""
        if not addresses.is_id(thread):
            raise Gone(f"{thread[:80]!r} is no thread here.")
        params = [("page[limit]", "1")]
        await self._client.get(f"/discussions/{thread}", f"thread {thread}", key, params=params)

    async def _rows(self, thread: str, account: Account, offset: int, key: Key) -> tuple[list[PostRow], bool]:
        params = [
            ("filter[discussion]", thread),
            ("filter[author]", account.username),
            ("sort", "-number"),
            ("page[limit]", str(CHUNK)),
            ("page[offset]", str(offset)),
        ]
        what = f"the posts of {account.name} in thread {thread}"
        answer = await self._client.get("/posts", what, key, params=params)
        chunk = parse.posts(answer.body, Around(self._client.root, thread))
        return [row for row in chunk.rows if row.user == key.user and row.discussion in ("", thread)], chunk.more

    async def judged(self, thread: ThreadKey, waiting: Sequence[str]) -> tuple[Judged, ...]:
        """What became of posts that waited: they keep their numbers, and what the account is not shown was deleted.

        Of what people wrote with their own accounts ours is shown what was approved, or more where it moderates; of
        what is not shown nothing can be said.
        """
        return await self.told(waiting, lambda: self.there(thread, self._accounts.ours))

    async def told(self, waiting: Sequence[str], there: Callable[[], Awaitable[None]]) -> tuple[Judged, ...]:
        """The same; `there` raises Gone where what they belong to is not there: of that no posts are told, too."""
        key = self._accounts.ours
        ids = {one: id for one in waiting if (id := tickets.id_of(one))}
        asked, rows = list(ids.values()), dict[str, PostRow]()
        for start in range(0, len(asked), CHUNK):
            params = [("filter[id]", ",".join(asked[start : start + CHUNK])), ("page[limit]", str(CHUNK))]
            answer = await self._client.get("/posts", "the posts that wait", key, params=params)
            rows.update((str(row.id), row) for row in parse.posts(answer.body, Around(self._client.root, "")).rows)
        if len(rows) < len(waiting):
            await there()
            await self._client.sure(key)  # a guest is not shown what waits
        ours = [one for one in ids if ids[one] in rows or (key is not None and not tickets.is_theirs(one))]
        return tuple(_judged(one, ids[one], rows.get(ids[one])) for one in ours)


def checked(text: str) -> str:
    """A text as it is sent; Refused where it is none."""
    told = sound(text).strip()
    if not told:
        raise Refused("The post is empty: write something.")
    if len(told) > LONGEST:
        raise Refused(f"The post has {len(told)} characters; the forum takes {LONGEST}. Say it in several.")
    return told


def said(row: PostRow) -> str:
    """The words of a post as they were typed, without what names the post that it answers.

    Who may not change it any more is told what is shown alone.
    """
    content = row.attributes.content
    if isinstance(content, str):
        return content.removeprefix(mentions.typed_head(content))
    html = row.attributes.contentHtml or ""
    answered = mentions.first(html, row.discussion)
    shown = html if answered is None else mentions.without_head(html, answered.post)
    return markup.write(markup.read(shown, "html"), "flarum")


def _written(row: PostRow, account: Account, thread: ThreadKey, login: Login | None) -> Written:
    then, id = at(moment(row.attributes.createdAt, None)), str(row.id)
    post = tickets.ticket(id, login) if row.waits else PostKey(id)
    return Written(post, account.name, said(row), then, queued=row.waits, thread=thread)


def _is_said(row: PostRow) -> bool:
    return not row.attributes.isHidden and (row.attributes.contentType or COMMENT) == COMMENT


def _judged(ticket: str, id: str, row: PostRow | None) -> Judged:
    if row is not None and not row.waits:
        return Judged(ticket, Judgement.APPROVED, PostKey(id))
    if row is None or row.attributes.isHidden:
        return Judged(ticket, Judgement.REJECTED)
    return Judged(ticket, Judgement.WAITS)
