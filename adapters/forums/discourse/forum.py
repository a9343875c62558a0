"""A Discourse as a forum: read as a guest wherever guests may, written to with a key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from aiohttp import web

from adapters.engines.waiting import Waiting
from adapters.forums.discourse import addresses, keys, parse
from adapters.forums.discourse.access import Access
from adapters.forums.discourse.acting import Accounts, kept_of, key_of, ours
from adapters.forums.discourse.addresses import Place
from adapters.forums.discourse.boards import Boards
from adapters.forums.discourse.client import GUEST, Client, Key
from adapters.forums.discourse.live import Hook, Live
from adapters.forums.discourse.marks import Marks
from adapters.forums.discourse.moderation import Moderation
from adapters.forums.discourse.rows import About, AboutPage, PostRow
from adapters.forums.discourse.settings import Settings, checked
from adapters.forums.discourse.starting import Starting
from adapters.forums.discourse.taxonomy import Taxonomy
from adapters.forums.discourse.threads import Threads
from adapters.forums.discourse.uploads import Uploads
from adapters.forums.discourse.writing import MEMO, Writing
from bot.errors import Gone, LoginRejected, NotAllowed, Unparsable
from bot.model import (
    Accepted,
    Board,
    BoardKey,
    Bookmark,
    Draft,
    ForumCapabilities,
    ForumName,
    Hint,
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
from bot.ports import Context, Pane

INVITED = (
    "Open this link while you are logged in on the forum, and allow it. The forum then shows a long text: copy all of "
    "it and send it here. You can take the access back at any time, here or on the forum's page of your preferences "
    "(Apps)."
)


class Discourse:
    """One forum; raises only AdapterError, and SettingsError when it is made."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._rules = checked(settings)
        self._context = context
        self._ours = ours(settings)
        self.caps = ForumCapabilities(
            parents="exact",
            edits="version",
            deletes="absence",
            numbered=True,
            format="discourse",
            mention="@{name}",
            key_window=MEMO if self._ours is not None and self._ours.remembers else None,
            lent_keys=False,
            read_back="proof",
            min_interval=settings.min_interval,
            max_interval=settings.max_interval,
            spacing=min(1.0, 60.0 / (settings.requests or GUEST)),
            write_identity="none" if self._ours is None else "shared",
            impersonates=settings.impersonate,
            register=f"{self._rules.root}/signup",
            moderation_queue=True,
        )
        root = self._rules.root
        self._client = Client(context.net, root, settings.requests)
        self._accounts = Accounts(self._client, self._ours, settings.username, bool(settings.impersonate))
        access = Access(self._client, context, self._ours)
        self._taxonomy = Taxonomy(self._client, context, self._ours)
        self._boards = Boards(access, self._taxonomy, context, root)
        self._threads = Threads(self._client, access, self._boards, self._taxonomy, context)
        waiting = Waiting(context)
        self._writing = Writing(self._client, self._accounts, waiting)
        self._starting = Starting(self._client, self._accounts, self._writing)
        self._uploads = Uploads(self._client, self._accounts)
        self._moderation = Moderation(self._client, self._accounts, self._writing, waiting)
        self._marks = Marks(self._client, self._threads.ids)
        self._live = Live(self._client, context, self._ours, self._threads.lately)

    # ------------------------------------------------------------------------------------------------------ reading

    async def locate(self, address: str) -> Target:
        place = self._place(address)
        if place is None:
            raise Unparsable(
                f"{address[:200]} is no thread or board here: looked for {addresses.FORMS}", addresses.FORMS
            )
        if place.post:
            row = await self._client.read(f"/posts/{place.post}.json", PostRow, f"post {place.post}")
            place = Place(thread=ThreadKey(str(row.topic_id)))
        if place.thread:
            with_key, topic = await self._threads.first(place.thread)
            head = topic.thread
            return Target(TargetKind.THREAD, head.key, head.title, link=head.link, public=not with_key)
        with_key, body = await self._boards.first(place.board)
        categories = await self._taxonomy.all(key=with_key)
        await self._context.work(parse.listing, body, self._rules.root, categories)  # so that it is a list
        board = await self._boards.board(place.board, with_key=with_key)
        return Target(
            TargetKind.BOARD, board.key, board.name or f"Category {board.key}", link=board.link, public=not with_key
        )

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        return await self._boards.listing(board, since)

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        return await self._threads.thread(thread, since)

    async def boards(self) -> tuple[Board, ...]:
        """All threads, then the categories that guests see, in the forum's order."""
        found = await self._taxonomy.all()
        return (await self._boards.board(addresses.LATEST, with_key=False), *found.boards)

    def thread_named(self, link: str) -> ThreadKey:
        place = addresses.read(link, self._rules.root)
        if place is None or not place.thread:
            raise Gone(f"{link[:200]} names no thread here; a thread looks like '/t/a-title/345'")
        return place.thread

    async def probe(self) -> str:
        """Which version answers, as far as it tells guests, and whom our key acts for."""
        who = f", as @{(await self._client.who(self._ours)).current_user.username}" if self._ours else ""
        await self._accounts.probe()
        try:
            about = (await self._client.read("/about.json", AboutPage, "the site", self._ours)).about
        except (Gone, NotAllowed, Unparsable):
            about = About()
        version = f"Discourse {about.version}" if about.version else "Discourse"
        return f"{self._rules.host} answers: {version}{who}"

    def hints(self) -> AsyncIterator[Hint]:
        return self._live.hints()

    async def close(self) -> None:
        """Nothing is held: connections belong to the program's HTTP client."""

    # ------------------------------------------------------------------------------------------------------ writing

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        await self._accounts.vouched(draft.login)
        return await self._writing.submit(draft, key)

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        await self._accounts.vouched(draft.login)
        await self._writing.revise(post, draft)

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        await self._accounts.vouched(login)
        await self._writing.withdraw(thread, post, login)

    def named(self, link: str) -> PostKey:
        if addresses.is_id(link):
            return PostKey(link)
        place = addresses.read(link, self._rules.root)
        if place is not None and place.post:
            return place.post
        if place is not None and place.thread:
            found = self._threads.ids(place.thread).get(place.number or 1)
            if found is not None:
                return PostKey(str(found))
        raise Gone(
            f"{link[:200]} names no post that is known here. Give the post's link, '/t/a-title/345/6', of a thread "
            "that is mirrored, or its id as '/p/7890'."
        )

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        await self._accounts.vouched(login)
        return await self._writing.written(thread, since, login)

    async def upload(self, name: str, kind: str, content: bytes, login: Login | None = None) -> str:
        await self._accounts.vouched(login)
        return await self._uploads.upload(name, kind, content, login)

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        await self._accounts.vouched(opener.login)
        return await self._starting.start(opener, key)

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        await self._accounts.vouched(login)
        return await self._starting.started(board, since, login)

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        return await self._moderation.judged(thread, tickets)

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        return await self._moderation.judged_threads(
            board, tickets, lambda since: self._starting.started(board, since, None)
        )

    # ----------------------------------------------------------------------------------------------- people's accounts

    async def invite(self) -> Invitation:
        kept, public = await self._context.work(keys.waiting)
        link = keys.link(self._rules.root, kept, public)
        return Invitation(INVITED, link, msgspec.json.encode(kept).decode())

    async def connect(self, secret: str, answer: str) -> Login:
        key = await self._context.work(keys.granted, secret, answer)
        who = (await self._client.who(Key.of_user(key, "your account"))).current_user
        return Login(str(who.id), who.username, kept_of(key))

    async def disconnect(self, login: Login) -> None:
        try:
            await self._client.send("POST", "/user-api-key/revoke", f"the key of {login.name}", key_of(login))
        except (LoginRejected, NotAllowed, Gone):
            return  # it opens nothing any more

    async def user(self, name: str) -> Login:
        return await self._accounts.user(name)

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        await self._marks.read_to(login, thread, post)

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        return await self._marks.marks(login, threads)

    # ------------------------------------------------------------------------------------------------------- inside

    def _place(self, address: str) -> Place | None:
        return addresses.read(address, self._rules.root)


class HookedDiscourse(Discourse):
    """A forum that calls us besides when something happened there."""

    def __init__(self, name: ForumName, settings: Settings, context: Context) -> None:
        super().__init__(settings, context)
        self.prefix = f"discourse-{name}"
        self._hook = Hook(self._live, context, settings.webhook_secret.reveal())

    def routes(self) -> Sequence[web.RouteDef]:
        return self._hook.routes()

    def pane(self) -> Pane | None:
        return None
