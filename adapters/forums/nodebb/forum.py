"""A NodeBB as a forum: read as a guest wherever guests may, written to with a token."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.engines.waiting import Waiting
from adapters.forums.nodebb import addresses, signs
from adapters.forums.nodebb.access import Access
from adapters.forums.nodebb.acting import INVITED, Accounts, ours
from adapters.forums.nodebb.addresses import Place
from adapters.forums.nodebb.boards import Boards
from adapters.forums.nodebb.client import Client
from adapters.forums.nodebb.looking import Looking
from adapters.forums.nodebb.marks import Marks
from adapters.forums.nodebb.moderation import Moderation
from adapters.forums.nodebb.pages import Pages
from adapters.forums.nodebb.rows import Config, Single
from adapters.forums.nodebb.settings import Settings, checked
from adapters.forums.nodebb.threads import Threads
from adapters.forums.nodebb.uploads import Uploads
from adapters.forums.nodebb.whole import Whole
from adapters.forums.nodebb.writing import Writing
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


class NodeBB:
    """One forum; raises only AdapterError, and SettingsError when it is made."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._rules = checked(settings)
        self._ours = ours(settings)
        self.caps = ForumCapabilities(
            parents="exact",
            edits="timestamp",
            deletes="tombstone",
            format="markdown",
            mention="@{slug}",
            read_back="proof",
            min_interval=settings.min_interval,
            max_interval=settings.max_interval,
            spacing=settings.spacing,
            write_identity="none" if self._ours is None else "shared",
            impersonates=settings.impersonate,
            register=f"{self._rules.root}/register",
            moderation_queue=True,
        )
        root = self._rules.root
        self._client = Client(context.net, root)
        access = Access(self._client, self._ours)
        self._accounts = Accounts(self._client, self._ours, bool(settings.impersonate))
        self._boards = Boards(access, context, root)
        self._pages = Pages(self._client, access, self._boards, context)
        self._threads = Threads(self._pages, Whole(self._client, access, self._pages, context), context)
        waiting = Waiting(context)
        self._looking = Looking(self._client, self._accounts)
        self._writing = Writing(self._client, self._accounts, self._looking, waiting)
        self._uploads = Uploads(self._client, self._accounts)
        self._moderation = Moderation(self._client, self._accounts, self._looking, waiting)
        self._marks = Marks(self._client, context)

    # ------------------------------------------------------------------------------------------------------ reading

    async def locate(self, address: str) -> Target:
        place = self._place(address)
        if place is None:
            raise Unparsable(
                f"{address[:200]} is no thread or board here: looked for {addresses.FORMS}", addresses.FORMS
            )
        thread = place.thread or (await self._thread_of(place.post) if place.post else "")
        if thread:
            with_key, topic = await self._pages.first(thread)
            head = topic.thread
            return Target(TargetKind.THREAD, head.key, head.title, link=head.link, public=not with_key)
        with_key, found = await self._boards.first(place.board)
        board = self._boards.board(place.board, found)
        title = board.name or f"Category {addresses.category(board.key)}"
        return Target(TargetKind.BOARD, board.key, title, link=board.link, public=not with_key)

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        return await self._boards.listing(board, since)

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        return await self._threads.thread(thread, since)

    async def boards(self) -> tuple[Board, ...]:
        """All threads, then the categories that guests see, in the forum's order."""
        return await self._boards.all()

    def thread_named(self, link: str) -> ThreadKey:
        place = self._place(link)
        if place is None or not place.thread:
            raise Gone(f"{link[:200]} names no thread here; a thread looks like '/topic/7/a-title'")
        return place.thread

    async def probe(self) -> str:
        """Which version answers, as far as it tells guests, and whom our token acts for."""
        who = f", as {(await self._accounts.who(self._ours)).name}" if self._ours else ""
        await self._accounts.probe()
        config = await self._client.page("/api/config", Config, "what a NodeBB tells every browser")
        if config.relative_path is None or config.cache_buster is None:
            raise Unparsable(f"{self._rules.host} answers, and not as a NodeBB does", "a NodeBB")
        return f"{self._rules.host} answers: {signs.told(config)}{who}"

    async def close(self) -> None:
        """Nothing is held: connections belong to the program's HTTP client."""

    # ------------------------------------------------------------------------------------------------------ writing

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        await self._accounts.vouched(draft.login)
        return await self._writing.submit(draft)

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        await self._accounts.vouched(draft.login)
        await self._writing.revise(post, draft)

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        await self._accounts.vouched(login)
        await self._writing.withdraw(post, login)

    def named(self, link: str) -> PostKey:
        place = self._place(link)
        if place is not None and place.post:
            return place.post
        if place is not None and place.thread:
            if found := self._pages.at(place.thread, max(place.index - 1, 0)):
                return PostKey(found)
        elif place is None and (addresses.is_key(link) or self._pages.knows(link)):
            return PostKey(link)
        raise Gone(
            f"{link[:200]} names no post that is known here. Give the post's own link, as '/post/42', or that of its "
            "place in a thread that is mirrored, as '/topic/7/a-title/3'."
        )

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        if not addresses.THREAD.fullmatch(thread):
            raise Gone(f"{thread[:80]!r} is no thread here.")
        await self._accounts.vouched(login)
        return tuple(await self._looking.posts(thread, since, login))

    async def upload(self, name: str, kind: str, content: bytes, login: Login | None = None) -> str:
        await self._accounts.vouched(login)
        return await self._uploads.upload(name, kind, content, login)

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        await self._accounts.vouched(opener.login)
        return await self._writing.start(opener)

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        category = addresses.category(board)
        if not category:
            raise Gone(f"{board[:80]!r} is no board on which threads are started.")
        await self._accounts.vouched(login)
        return tuple(await self._looking.threads(category, since, login))

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        return await self._moderation.judged(thread, tickets)

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        return await self._moderation.judged_threads(board, tickets)

    # ----------------------------------------------------------------------------------------------- people's accounts

    async def invite(self) -> Invitation:
        return Invitation(INVITED)

    async def connect(self, secret: str, answer: str) -> Login:
        return await self._accounts.connected(answer)

    async def disconnect(self, login: Login) -> None:
        """Nothing to be told: only administrators can delete a token."""

    async def user(self, name: str) -> Login:
        return await self._accounts.user(name)

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        await self._marks.read_to(login, thread, post)

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        return await self._marks.marks(login, threads)

    # ------------------------------------------------------------------------------------------------------- inside

    def _place(self, address: str) -> Place | None:
        return addresses.read(address, self._rules.root)

    async def _thread_of(self, post: PostKey) -> ThreadKey:
        """The thread that a post stands in."""
        path, what = f"/posts/{addresses.escaped(post)}", f"post {post}"
        try:
            found = await self._client.read(path, Single, what)
        except (Gone, NotAllowed):
            if self._ours is None:
                raise
            found = await self._client.read(path, Single, what, self._ours)
        thread = str(found.tid)
        if not addresses.THREAD.fullmatch(thread):
            raise Gone(f"post {post} stands in no thread any more.")
        return ThreadKey(thread)
