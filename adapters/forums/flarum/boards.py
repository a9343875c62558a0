"""Reads lists of threads: every thread whose line there changed, also after a long absence."""

from __future__ import annotations

from adapters.engines import bookmarks
from adapters.engines.bookmarks import remembered
from adapters.engines.lately import Lately
from adapters.engines.lists import Page, Shelf, listing
from adapters.forums.flarum import addresses, parse
from adapters.forums.flarum.access import Access
from adapters.forums.flarum.client import Client, Key
from adapters.forums.flarum.rows import ForumPage
from adapters.forums.flarum.taxonomy import Taxonomy
from bot.errors import Gone, NotAllowed
from bot.model import Board, BoardKey, Bookmark, Listing, ThreadKey, calendar
from bot.ports import Context

SIZE = 50
"""Discussions of one page: Flarum gives no more at once, whatever is asked for."""

STEP = 45
"""By how many a page goes on: what is deleted meanwhile moves those behind it up."""

PAGES = 20
"""Pages of a list that are read after an absence; what lies behind them is a gap."""

TOLD = 20_000
"""Threads of which it is known that guests were shown them."""

NEVER = "0"
"""Before all activity: what an empty list reaches back to."""

NAME = "All discussions"


class Boards:
    """The lists of one forum."""

    def __init__(self, client: Client, access: Access, taxonomy: Taxonomy, context: Context) -> None:
        self._client = client
        self._access = access
        self._taxonomy = taxonomy
        self._context = context
        self._root = client.root
        self._public = Lately[ThreadKey, None](TOLD)

    def public(self, thread: ThreadKey) -> bool:
        """Whether a list that guests see named the thread since the program was started."""
        return thread in self._public

    def main(self) -> Board:
        """All discussions."""
        return Board(addresses.ALL, NAME, (NAME,), f"{self._root}/all")

    async def all(self) -> tuple[Board, ...]:
        """All discussions, then the tags that guests see, in the forum's order."""
        return (self.main(), *(await self._taxonomy.all()).boards)

    async def first(self, key: BoardKey) -> tuple[bool, Board, bytes]:
        """A board that was never read: whether our token was needed, the board, and its list."""
        board, with_key = await self._found(key, False), False
        if board is None and self._access.ours is not None:
            board, with_key = await self._found(key, True), True
        if board is None:
            raise Gone(f"{key[:80]!r} is no board here; boards look like {addresses.FORMS}.")
        body = await self._asked(key, None if not with_key else self._access.ours, 0)
        if not with_key and _is_empty(body):
            return await self._perhaps_closed(key, board, body)
        return with_key, board, body

    async def listing(self, key: BoardKey, since: Bookmark) -> Listing | None:
        """The threads of a board, None where nothing changed; `more` while it has not met what was read before."""
        before = remembered(since.cursor, Shelf)
        if not since.cursor:
            with_key, board, body = await self.first(key)
        else:
            with_key = before.key
            ours = self._access.key(with_key, f"board {key}")
            known = await self._found(key, with_key)
            if known is None:
                await self._client.sure(ours)
                raise Gone(f"board {key} is not there any more.")
            board, body = known, await self._asked(key, ours, before.page)
        digest = bookmarks.digest(body)
        if not before.page and digest == since.digest:
            return None
        tags = await self._taxonomy.all(key=with_key)
        found = await self._context.work(parse.listing, body, self._root, tags)
        if not found.count:
            await self._client.sure(self._access.key(with_key, f"board {key}"))  # to a guest it might be empty
        if not found.count and not before.page and addresses.tag(key):
            board = await self._still(key, with_key)
        if not before.page and found.digest == before.digest and since.cursor:
            return None
        for thread in found.threads if not with_key else ():
            self._public.keep(thread.key, None)
        # A date in the future would make everything that comes until then look known.
        newest = min(found.newest, self._now())
        # Times are whole seconds: one that is as old as the newest known may be a new one.
        behind = bool(before.high) and found.more and found.oldest >= before.high
        page = Page(found.threads, found.damaged, newest, found.digest, behind)
        return listing(board, before, page, with_key=with_key, most=PAGES, step=STEP, digest=digest, empty=NEVER)

    async def _found(self, key: BoardKey, with_key: bool) -> Board | None:
        """A board by its key; Gone for a key that is none of ours, None for a tag that whoever asks does not see."""
        if key == addresses.ALL:
            return self.main()
        if not (tag := addresses.tag(key)):
            raise Gone(f"{key[:80]!r} is no board of a Flarum; boards look like {addresses.FORMS}.")
        return await self._taxonomy.board(tag, key=with_key)

    async def _still(self, key: BoardKey, with_key: bool) -> Board:
        """The board of an empty list: a tag that is not there has one, too. Raises Gone for that."""
        slug = (await self._taxonomy.all(key=with_key)).slugs.get(addresses.tag(key), "")
        tags = await self._taxonomy.all(key=with_key, good=0)
        board = next((one for one in tags.boards if one.key == key), None)
        if board is None:
            raise Gone(f"board {key} ({slug}) is not there any more.")
        return board

    async def _asked(self, key: BoardKey, ours: Key | None, page: int) -> bytes:
        params = [("sort", "-lastPostedAt"), ("page[limit]", str(SIZE))]
        if page:
            params.append(("page[offset]", str(page * STEP)))
        if tag := addresses.tag(key):
            slugs = (await self._taxonomy.all(key=ours is not None)).slugs
            params.append(("filter[tag]", slugs.get(tag, "")))
        return (await self._client.get("/discussions", f"board {key}", ours, params=params)).body

    async def _perhaps_closed(self, key: BoardKey, board: Board, body: bytes) -> tuple[bool, Board, bytes]:
        """A list that is empty for guests: a forum that is closed to them says no more than that."""
        if self._access.ours is not None:
            theirs = await self._asked(key, self._access.ours, 0)
            return (False, board, body) if _is_empty(theirs) else (True, board, theirs)
        site = (await self._client.read("", ForumPage, "the site")).data.attributes
        if site.canViewForum is False:
            raise NotAllowed(f"{self._root} shows guests nothing: set a token with its user_id.")
        return False, board, body

    def _now(self) -> str:
        """The time as the forum writes it."""
        return calendar(self._context.now()).isoformat(timespec="seconds")


def _is_empty(body: bytes) -> bool:
    """Whether a list holds nothing."""
    return len(body) < 2000 and not parse.rows(body)
