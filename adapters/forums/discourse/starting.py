"""Starts threads on a Discourse, and finds those that were started."""

from __future__ import annotations

from urllib.parse import quote

from adapters.engines.texts import sound
from adapters.forums.discourse import addresses, parse, tickets
from adapters.forums.discourse.acting import Accounts
from adapters.forums.discourse.client import Client, Key
from adapters.forums.discourse.parse import decoded
from adapters.forums.discourse.posts import moment
from adapters.forums.discourse.rows import Made, PostRow, TopicPage, TopicRow, tags_of
from adapters.forums.discourse.writing import Writing, mark
from adapters.items import each
from bot.errors import AdapterError, Gone, Refused
from bot.model import BoardKey, Login, Millis, Opener, PostKey, Queued, Started, ThreadKey, Written, at

PAGES = 5
"""Pages of thirty threads each that are looked through for those of an account."""

MOST = 50
"""Threads of an account since a time that are looked at."""


class Starting:
    """The threads that are started on one forum."""

    def __init__(self, client: Client, accounts: Accounts, writing: Writing) -> None:
        self._client = client
        self._accounts = accounts
        self._writing = writing

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        account = self._accounts.key(opener.login)
        if not opener.title.strip():
            raise Refused("The thread has no title: give it one.")
        try:
            made = await self._writing.once(_fields(opener), key, opener.login)
        except Refused:
            if (there := await self._named(account, key)) is not None:
                return self._started(there)
            if category := addresses.category(opener.board):
                await self._client.get(f"/c/{category}/show.json", f"board {opener.board}", account)
            raise
        return made if isinstance(made, Queued) else self._started(made)

    def _started(self, made: Made) -> Started:
        link = addresses.thread_link(self._client.root, str(made.topic_id), made.topic_slug or "")
        return Started(ThreadKey(str(made.topic_id)), PostKey(str(made.id)), link)

    async def _named(self, account: Key, key: str) -> Made | None:
        """The thread that bears a key already: the forum refuses a second one."""
        if not account.remembers:
            return None
        try:
            page, op = await self._topic(f"/t/external_id/{mark(key)}.json", "the thread", account)
        except AdapterError:
            return None
        return None if op is None else Made(op.id, page.id, page.slug, op.post_number)

    async def started(self, board: BoardKey, since: Millis, login: Login | None) -> tuple[Written, ...]:
        """The OPs of the threads that an account started on a board since a time; what waits is among them."""
        account, name = self._accounts.key(login), await self._accounts.name(login)
        found: list[Written] = []
        for row in (await self._rows(account, name, since))[:MOST]:
            if not _on(row, board):
                continue
            try:
                page, op = await self._topic(f"/t/{row.id}.json", f"thread {row.id}", account)
            except Gone:
                continue
            if op is not None and (when := moment(op, None)) >= since:
                post, thread = PostKey(str(op.id)), ThreadKey(str(row.id))
                found.append(Written(post, op.username or "", op.raw or "", at(when), thread=thread, title=page.title))
        category = addresses.category(board)
        for waiting in await tickets.pending(self._client, account, name):
            then = tickets.since_of(waiting, since)
            if waiting.topic_id is None and then >= since and category in ("", str(waiting.category_id)):
                post, text = PostKey(tickets.ticket(waiting.id)), tickets.text_of(waiting)
                found.append(Written(post, name, text, at(then), queued=True, title=waiting.title or ""))
        return tuple(found)

    async def _rows(self, account: Key, name: str, since: Millis) -> list[TopicRow]:
        """The threads that an account started since a time, the newest first."""
        found: dict[int, TopicRow] = {}
        for page in range(PAGES):
            answer = await self._client.get(
                f"/topics/created-by/{quote(sound(name), safe='')}.json",
                f"the threads of {name}",
                account,
                params=[("order", "created"), *([("page", str(page))] if page else [])],
            )
            rows = parse.created(answer.body if answer is not None else b"")
            new = [row for row in rows if row.id not in found]
            found.update((row.id, row) for row in new)
            if not new or min(_created(row) for row in new) < since:
                break
        return [row for row in found.values() if _created(row) >= since]

    async def _topic(self, path: str, what: str, account: Key) -> tuple[TopicPage, PostRow | None]:
        """A thread with its OP, as an account sees it."""
        answer = await self._client.get(path, what, account, params=[("include_raw", "1")])
        page = decoded(answer.body if answer is not None else b"", TopicPage, "a thread with its post_stream")
        rows = each(page.post_stream.posts, PostRow, lambda one: one)[0]
        return page, next((row for row in rows if row.post_number == 1), None)


def _fields(opener: Opener) -> dict[str, object]:
    """What is sent to start a thread; Gone for a board that is none of ours."""
    fields: dict[str, object] = {"title": sound(opener.title), "raw": sound(opener.text)}
    tags = [sound(tag) for tag in opener.tags]
    if category := addresses.category(opener.board):
        fields["category"] = int(category)
    elif name := addresses.tag(opener.board):
        tags = list(dict.fromkeys([name, *tags]))
    elif opener.board != addresses.LATEST:
        raise Gone(f"{opener.board[:80]!r} is no board here.")
    if tags:
        fields["tags"] = tags
    return fields


def _created(row: TopicRow) -> Millis:
    return int(row.created_at.timestamp() * 1000) if row.created_at is not None else 0


def _on(row: TopicRow, board: BoardKey) -> bool:
    if category := addresses.category(board):
        return str(row.category_id) == category
    name = addresses.tag(board)
    return not name or name in tags_of(row)
