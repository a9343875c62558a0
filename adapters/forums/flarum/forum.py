"""A Flarum as a forum: read as a guest wherever guests may, written to with a token."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.forums.flarum import addresses, parse
from adapters.forums.flarum.access import Access
from adapters.forums.flarum.acting import Accounts, ours
from adapters.forums.flarum.boards import Boards
from adapters.forums.flarum.client import Client
from adapters.forums.flarum.lending import Lending
from adapters.forums.flarum.marks import Marks
from adapters.forums.flarum.rows import ForumAttributes, ForumPage
from adapters.forums.flarum.settings import Settings, checked
from adapters.forums.flarum.starting import Starting
from adapters.forums.flarum.taxonomy import Taxonomy
from adapters.forums.flarum.threads import Threads
from adapters.forums.flarum.writing import Writing
from bot.errors import Gone, NotAllowed, Unparsable
from bot.model import (
    Accepted,
    Board,
    BoardKey,
    Bookmark,
    Draft,
    ForumCapabilities,
    Invitation,
    Judged,
    Listing,
    Login,
    Millis,
    Opener,
    PostKey,
    Queued,
    ReadTo,
    Started,
    Target,
    TargetKind,
    ThreadKey,
    ThreadPage,
    Written,
)
from bot.ports import Context


class Flarum:
    """One forum; raises only AdapterError, and SettingsError when it is made."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._rules = checked(settings)
        self._context = context
        self._ours = ours(settings)
        self.caps = ForumCapabilities(
            parents="quote",
            edits="timestamp",
            deletes="absence",
            numbered=True,
            format="flarum",
            mention='@"{name}"#{id}',
            read_back="proof",
            min_interval=settings.min_interval,
            max_interval=settings.max_interval,
            spacing=min(1.0, 60.0 / settings.requests),
            write_identity="none" if self._ours is None else "shared",
            register=f"{self._rules.root}",
            moderation_queue=True,
            queued_changes=True,
        )
        root = self._rules.root
        self._client = Client(context.net, root, settings.requests)
        accounts = Accounts(self._client, self._ours)
        access = Access(self._client, self._ours)
        self._taxonomy = Taxonomy(self._client, context, self._ours)
        self._boards = Boards(self._client, access, self._taxonomy, context)
        self._threads = Threads(self._client, access, self._boards, self._taxonomy, context)
        self._writing = Writing(self._client, accounts)
        self._starting = Starting(self._client, accounts, self._taxonomy)
        self._lending = Lending(self._client)
        self._marks = Marks(self._client, self._threads.ids)

    # ------------------------------------------------------------------------------------------------------ reading

    async def locate(self, address: str) -> Target:
        place = addresses.read(address, self._rules.root)
        if place is None:
            raise Unparsable(
                f"{address[:200]} is no thread or board here: looked for {addresses.FORMS}", addresses.FORMS
            )
        if place.thread:
            with_key, topic = await self._threads.first(place.thread)
            head = topic.thread
            return Target(TargetKind.THREAD, head.key, head.title, link=head.link, public=not with_key)
        key = place.board or await self._tagged(place.tag)
        with_key, board, body = await self._boards.first(key)
        await self._context.work(parse.rows, body)  # so that it is a list
        return Target(TargetKind.BOARD, board.key, board.name, link=board.link, public=not with_key)

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        return await self._boards.listing(board, since)

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        return await self._threads.thread(thread, since)

    async def boards(self) -> tuple[Board, ...]:
        """All discussions, then the tags that guests see, in the forum's order."""
        return await self._boards.all()

    def thread_named(self, link: str) -> ThreadKey:
        place = addresses.read(link, self._rules.root)
        if place is None or not place.thread:
            raise Gone(f"{link[:200]} names no thread here; a thread looks like '/d/345-a-title'.")
        return place.thread

    async def probe(self) -> str:
        """Which version answers, as far as it tells us, and whom our token acts for."""
        who = f", as @{(await self._client.who(self._ours)).attributes.username}" if self._ours else ""
        try:
            site = (await self._client.read("", ForumPage, "the site", self._ours)).data.attributes
        except (Gone, NotAllowed):
            site = ForumAttributes()
        version = f"Flarum {site.version}" if site.version else "Flarum"
        return f"{self._rules.host} answers: {version}{who}"

    async def close(self) -> None:
        """Nothing is held: connections belong to the program's HTTP client."""

    # ------------------------------------------------------------------------------------------------------ writing

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        return await self._writing.submit(draft)

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        await self._writing.revise(post, draft)

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        await self._writing.withdraw(post, login)

    def named(self, link: str) -> PostKey:
        if addresses.is_id(link):
            return PostKey(link)
        place = addresses.read(link, self._rules.root)
        if place is not None and place.thread:
            found = self._threads.ids(place.thread).get(place.number or 1)
            if found is not None:
                return PostKey(str(found))
        raise Gone(
            f"{link[:200]} names no post that is known here. Give the post's link, '/d/345-a-title/6', of a thread "
            "that is mirrored, or its id."
        )

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        return await self._writing.written(thread, since, login)

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        return await self._writing.judged(thread, tickets)

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        return await self._writing.told(tickets, lambda: self._starting.there(board))

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        return await self._starting.start(opener)

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        return await self._starting.started(board, since, login)

    # ----------------------------------------------------------------------------------------------- people's accounts

    async def invite(self) -> Invitation:
        return self._lending.invitation()

    async def connect(self, secret: str, answer: str) -> Login:
        return await self._lending.connect(answer)

    async def disconnect(self, login: Login) -> None:
        await self._lending.disconnect(login)

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        await self._marks.read_to(login, thread, post)

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        return await self._marks.marks(login, threads)

    # ------------------------------------------------------------------------------------------------------- inside

    async def _tagged(self, slug: str) -> BoardKey:
        """The board whose address says so; one that guests do not see is found with our token."""
        board = await self._taxonomy.slugged(slug)
        if board is None and self._ours is not None:
            board = await self._taxonomy.slugged(slug, key=True)
        if board is None:
            raise Gone(f"there is no tag {slug[:80]!r} on {self._rules.host}; its front page shows those that are.")
        return board.key
