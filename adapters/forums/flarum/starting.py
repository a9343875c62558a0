"""Starts discussions on a Flarum, and finds those that were started."""

from __future__ import annotations

from adapters.engines.texts import sound
from adapters.forums.flarum import addresses, parse, tickets
from adapters.forums.flarum.acting import Account, Accounts
from adapters.forums.flarum.client import Client, Key, answered
from adapters.forums.flarum.parse import Tags
from adapters.forums.flarum.posts import Around, moment
from adapters.forums.flarum.rows import DiscussionPage, DiscussionRow, PostRow
from adapters.forums.flarum.taxonomy import Taxonomy
from adapters.forums.flarum.writing import checked, said
from bot.errors import Gone, NotAllowed, OutcomeUnknown, Refused
from bot.model import BoardKey, Login, Millis, Opener, PostKey, Queued, Started, ThreadKey, Written, at

PAGES = 5
"""Pages of fifty discussions each that are looked through for those of an account."""

CHUNK = 50

MOST = 50
"""Discussions of an account since a time that are looked at."""


class Starting:
    """The discussions that are started on one forum."""

    def __init__(self, client: Client, accounts: Accounts, taxonomy: Taxonomy) -> None:
        self._client = client
        self._accounts = accounts
        self._taxonomy = taxonomy

    async def start(self, opener: Opener) -> Started | Queued:
        title = sound(opener.title).strip()
        key = self._accounts.key(opener.login)
        tags = await self._tags(opener)
        if not title:
            raise Refused("The thread has no title: give it one.")
        data = {
            "type": "discussions",
            "attributes": {"title": title, "content": checked(opener.text)},
            "relationships": {"tags": {"data": [{"type": "tags", "id": id} for id in tags]}} if tags else {},
        }
        try:
            answer = await self._client.send("POST", "/discussions", "the thread", key, {"data": data})
        except NotAllowed:
            if opener.login is None:
                raise
            raise Refused(f"The forum does not let {opener.login.name} start a discussion there.") from None
        row = answered(answer, DiscussionPage, "the thread").data
        first = row.first or str(next(iter(row.posts), ""))
        if not addresses.is_id(first):
            raise OutcomeUnknown("The forum took the thread and did not say which post opens it; look for it there.")
        if row.attributes.isApproved is False:
            return Queued(tickets.ticket(first, opener.login))
        link = addresses.thread_link(self._client.root, row.attributes.slug or str(row.id))
        return Started(ThreadKey(str(row.id)), PostKey(first), link)

    async def _tags(self, opener: Opener) -> list[str]:
        """The tags of a new discussion: that of its board, those above it, and those that were asked for by name."""
        tag, seen = addresses.tag(opener.board), False
        if tag and await self._taxonomy.board(tag) is None:
            seen = await self._taxonomy.board(tag, key=True) is not None
        tags, wanted = await self._taxonomy.all(key=seen), [tag] if tag else []
        if opener.board != addresses.ALL and tag not in tags.slugs:
            raise Gone(f"{opener.board[:80]!r} is no board here.")
        wanted += [id for name in opener.tags if (id := _named(name, tags))]
        above = [tags.above[id] for id in wanted if id in tags.above]
        return list(dict.fromkeys([*above, *wanted]))

    async def there(self, board: BoardKey) -> None:
        """Raises Gone where a board is not there."""
        tag = addresses.tag(board)
        if board == addresses.ALL:
            return
        if not tag or (await self._taxonomy.board(tag) or await self._taxonomy.board(tag, key=True)) is None:
            raise Gone(f"{board[:80]!r} is no board here.")

    async def started(self, board: BoardKey, since: Millis, login: Login | None) -> tuple[Written, ...]:
        """The OPs of the discussions that an account started on a board since a time; what waits is among them."""
        tag = addresses.tag(board)
        if not tag and board != addresses.ALL:
            raise Gone(f"{board[:80]!r} is no board here.")
        key, account = self._accounts.key(login), await self._accounts.known(login)
        found: list[Written] = []
        for row in (await self._rows(account, key, since))[:MOST]:
            if row.attributes.isHidden or (tag and tag not in row.tags):
                continue
            op = await self._op(str(row.id), key)
            if op is None or (then := moment(op.attributes.createdAt, None)) < since:
                continue
            waits = op.waits or row.attributes.isApproved is False
            post, thread = tickets.ticket(str(op.id), login if waits else None), ThreadKey(str(row.id))
            title = row.attributes.title
            found.append(Written(post, account.name, said(op), at(then), queued=waits, thread=thread, title=title))
        return tuple(found)

    async def _rows(self, account: Account, key: Key, since: Millis) -> list[DiscussionRow]:
        """The discussions that an account started since a time, the newest first."""
        found: dict[str, DiscussionRow] = {}
        for page in range(PAGES):
            params = [
                ("filter[author]", account.username),
                ("sort", "-createdAt"),
                ("page[limit]", str(CHUNK)),
                ("page[offset]", str(page * CHUNK)),
            ]
            answer = await self._client.get("/discussions", f"the threads of {account.name}", key, params=params)
            rows = [row for row in parse.rows(answer.body) if _by(row, key)]
            new = [row for row in rows if str(row.id) not in found]
            found.update((str(row.id), row) for row in new)
            if len(rows) < CHUNK or not new or min(map(_created, new)) < since:
                break
        return [row for row in found.values() if _created(row) >= since]

    async def _op(self, thread: str, key: Key) -> PostRow | None:
        params = [("filter[discussion]", thread), ("sort", "number"), ("page[limit]", "1")]
        answer = await self._client.get("/posts", f"the first post of thread {thread}", key, params=params)
        rows = parse.posts(answer.body, Around(self._client.root, thread)).rows
        return next((row for row in rows if row.attributes.number == 1 and not row.attributes.isHidden), None)


def _named(name: str, tags: Tags) -> str:
    """The id of the tag that people call so; empty where there is none."""
    wanted = name.strip().lower()
    told = ((id, words) for table in (tags.names, tags.slugs) for id, words in table.items())
    return next((id for id, words in told if words.lower() == wanted), "")


def _by(row: DiscussionRow, key: Key) -> bool:
    user = row.relationships.user if row.relationships else None
    return user is None or user.data is None or str(user.data.id) == key.user


def _created(row: DiscussionRow) -> Millis:
    return moment(row.attributes.createdAt, None) if row.attributes.createdAt is not None else 0
