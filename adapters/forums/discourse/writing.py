"""Writes to a Discourse: replies, changes of them, and what was written, read back.

Under an administrators' key the forum itself answers an equal post of equal parameters with the first one, for two
minutes. The key of a submit goes along as `external_id`, which replies have no other use for: so equal words under
another key are another post. Of what people's own keys posted it remembers nothing: that is read back.
"""

from __future__ import annotations

import hashlib

from adapters.engines.lately import Lately
from adapters.engines.texts import NO_PARENT, sound
from adapters.engines.waiting import Waiting, words
from adapters.forums.discourse import addresses, tickets
from adapters.forums.discourse.acting import Accounts
from adapters.forums.discourse.client import Client, Key, answered
from adapters.forums.discourse.posts import moment
from adapters.forums.discourse.rows import Changed, Made, PostRow, StreamPage, TopicPage
from adapters.items import each
from bot.errors import Gone, NotAllowed, OutcomeUnknown, Refused, Unparsable, Unreachable
from bot.model import Accepted, Draft, Login, Millis, PostKey, Queued, ThreadKey, Written, at

MEMO = 120.0
"""Seconds for which an equal post is answered with the first one."""

CHUNK = 20
LOOKED_THROUGH = 100
"""Requests with which an account's posts in one thread are looked through at most: two thousand posts."""

ANSWERS = 1_000
"""Posts of which it is known under which key they were written."""

SHOWN_ONCE = (
    "The forum answered with an equal post that was sent just before: it takes the same words once in two minutes. "
    "Say it in other words, or later."
)


class Writing:
    """The writing side of one forum."""

    def __init__(self, client: Client, accounts: Accounts, waiting: Waiting) -> None:
        self._client = client
        self._accounts = accounts
        self._waiting = waiting
        self._answers = Lately[str, str](ANSWERS)
        """Under which key the posts of the last minutes were written: an equal one may be answered with them."""

    # ------------------------------------------------------------------------------------------------------- replies

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        if not addresses.is_id(draft.thread):
            raise Gone(f"{draft.thread[:80]!r} is no thread here: there is nothing to answer any more.")
        account = self._accounts.key(draft.login)
        fields: dict[str, object] = {"raw": sound(draft.text), "topic_id": int(draft.thread)}
        if number := await self._number(draft, account):
            fields["reply_to_post_number"] = number
        try:
            made = await self.once(fields, key, draft.login)
        except Refused:
            # A thread that is gone is refused in the same words as one that is closed.
            await self._client.get(f"/t/{draft.thread}.json", f"thread {draft.thread}", account)
            raise
        return made if isinstance(made, Queued) else Accepted(PostKey(str(made.id)), self.link(made))

    async def once(self, fields: dict[str, object], key: str, login: Login | None) -> Made | Queued:
        """Post; once under a key, where the forum knows keys of the account."""
        if not str(fields["raw"]).strip():
            raise Refused("The post is empty: write something.")
        account = self._accounts.key(login)
        known = {"external_id": mark(key)} if account.remembers else {}
        return await self._posted({**fields, **known}, key, login, account)

    async def _posted(self, fields: dict[str, object], key: str, login: Login | None, account: Key) -> Made | Queued:
        answer = await self._client.send("POST", "/posts.json", "the post", account, json=fields)
        made = answered(answer, Made, "the post")
        if made.action == "enqueued":
            ticket = await self._ticket(made, login, account, str(fields["raw"]))
            self._answers.keep(ticket, key)
            if login is None:
                await self._waiting.waits(ticket, str(fields["raw"]))
            return Queued(ticket)
        if made.id is None or made.topic_id is None:
            raise OutcomeUnknown("The forum took the post and did not say which one it is; look before repeating it.")
        if self._answers.get(str(made.id), key) != key:
            raise Refused(SHOWN_ONCE)
        self._answers.keep(str(made.id), key)
        if login is None:
            await self._waiting.wrote(str(made.id))
        return made

    async def _ticket(self, made: Made, login: Login | None, account: Key, text: str) -> str:
        if made.pending_post is not None:
            return tickets.ticket(made.pending_post.id)
        waiting = await tickets.pending(self._client, account, await self._accounts.name(login))
        equal = [row.id for row in waiting if words(tickets.text_of(row)) == words(text)]
        if not equal:
            raise OutcomeUnknown("The forum keeps the post for its moderators and does not say under which number.")
        return tickets.ticket(max(equal))

    async def _number(self, draft: Draft, account: Key) -> int:
        """The number of the post that is answered; 0 where the thread is, or where it stands in another one now."""
        if not draft.parent:
            return 0
        try:
            row = await self.post(draft.parent, account)
        except Gone:
            raise Gone(NO_PARENT) from None
        return row.post_number if str(row.topic_id) == draft.thread else 0

    async def post(self, key: str, account: Key) -> PostRow:
        """A post with its words as they were typed; Gone where it is deleted."""
        if not addresses.is_id(key):
            raise Gone(f"{key[:80]!r} is no post here.")
        row = await self._client.read(f"/posts/{key}.json", PostRow, f"post {key}", account)
        if row.user_deleted or row.deleted_at is not None:
            raise Gone(f"post {key} was deleted.")
        return row

    def link(self, made: Made) -> str:
        """Where people read what was written."""
        return addresses.thread_link(self._client.root, str(made.topic_id), made.topic_slug or "", made.post_number)

    # ------------------------------------------------------------------------------------------------------- changes

    async def revise(self, post: PostKey, draft: Draft) -> None:
        """Replace words, and the title of a thread's OP."""
        if tickets.id_of(post):
            raise Refused("What waits for a moderator cannot be changed here; wait for the decision.")
        if not draft.text.strip():
            raise Refused("The post is empty: write something, or delete it.")
        account = self._accounts.key(draft.login)
        row = await self._own(post, draft.login)
        if row is None or row.raw is None or words(row.raw) != words(draft.text):
            changed = {"post": {"raw": sound(draft.text)}}
            answer = await self._client.send("PUT", f"/posts/{post}.json", f"post {post}", account, json=changed)
            row = answered(answer, Changed, f"post {post}").post
            if row.deleted_at is not None:
                raise Gone(f"post {post} was deleted.")
        if row.post_number == 1 and draft.title:
            title = {"topic": {"title": sound(draft.title)}}
            path = f"/t/-/{row.topic_id}.json"
            await self._client.send("PUT", path, f"thread {row.topic_id}", account, json=title)

    async def withdraw(self, thread: ThreadKey, post: PostKey, login: Login | None) -> None:
        """Delete a post, or with its OP a thread; what is not there any more is deleted."""
        account = self._accounts.key(login)
        try:
            row = await self._own(post, login)
            if row is not None and row.post_number == 1:
                await self._client.send("DELETE", f"/t/{row.topic_id}.json", f"thread {row.topic_id}", account)
            else:
                await self._client.send("DELETE", f"/posts/{post}.json", f"post {post}", account)
        except Gone:
            return

    async def _own(self, post: PostKey, login: Login | None) -> PostRow | None:
        """A post of the account; None where it cannot be looked at now: to change it comes to the same all the same."""
        try:
            row = await self.post(post, self._accounts.key(login))
            name = await self._accounts.name(login)
        except (Unreachable, Unparsable):
            return None
        if not _by(row, name):
            raise Refused(f"Post {row.id} was written by {row.username}, so it is not changed from here.")
        return row

    # ----------------------------------------------------------------------------------------------------- read back

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None) -> tuple[Written, ...]:
        """The posts of an account in a thread since a time, the newest first; what waits is among them."""
        if not addresses.is_id(thread):
            raise Gone(f"{thread[:80]!r} is no thread here.")
        account, name = self._accounts.key(login), await self._accounts.name(login)
        told = [
            Written(PostKey(str(row.id)), row.username or "", row.raw or "", at(moment(row, None)))
            for row in await self._rows(thread, since, account, name)
            if _by(row, name) and moment(row, None) >= since
        ]
        for row in await tickets.pending(self._client, account, name):
            then = tickets.since_of(row, since)
            if str(row.topic_id) == thread and then >= since:
                post = PostKey(tickets.ticket(row.id))
                told.append(Written(post, name, tickets.text_of(row), at(then), queued=True))
        return tuple(told)

    async def _rows(self, thread: ThreadKey, since: Millis, account: Key, name: str) -> list[PostRow]:
        """What an account wrote in a thread, the newest first, back to the first that is older than a time."""
        what = f"thread {thread}"
        names = [("username_filters", name), ("include_raw", "1")]
        page = await self._client.read(f"/t/{thread}.json", TopicPage, what, account, params=names)
        found: dict[int, PostRow] = {}
        rest = list(page.post_stream.stream or [])
        for _ in range(LOOKED_THROUGH):
            now, rest = rest[-CHUNK:], rest[:-CHUNK]
            if not now:
                break
            fields = [*(("post_ids[]", str(id)) for id in now), ("include_raw", "1")]
            chunk = await self._client.read(f"/t/{thread}/posts.json", StreamPage, what, account, params=fields)
            rows = each(chunk.post_stream.posts, PostRow, lambda one: one)[0]
            found.update((row.id, row) for row in rows)
            if rows and min(moment(row, None) for row in rows) < since:
                break
        else:
            if rest:
                raise NotAllowed(f"{what} holds more posts of {name} than can be looked through; settle it by hand.")
        return sorted(found.values(), key=lambda row: row.post_number, reverse=True)


def mark(key: str) -> str:
    """The key of a submit in a form that Discourse takes: letters, figures and dashes."""
    return f"threadline-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _by(row: PostRow, name: str) -> bool:
    return not row.user_deleted and row.deleted_at is None and (row.username or "").lower() == name.lower()
