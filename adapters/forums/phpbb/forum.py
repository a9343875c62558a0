"""A phpBB board as a forum: read as a guest through its pages, written to through its forms."""

from __future__ import annotations

from adapters.forums.phpbb import addresses, listing, parse
from adapters.forums.phpbb.client import Client
from adapters.forums.phpbb.lending import Lending
from adapters.forums.phpbb.looking import Looking
from adapters.forums.phpbb.reading import Reading
from adapters.forums.phpbb.sessions import Account, Sessions
from adapters.forums.phpbb.settings import Rules, Settings, checked
from adapters.forums.phpbb.signs import version
from adapters.forums.phpbb.writing import Writing, key_of, ticket
from bot.errors import Gone, NotAllowed, OutcomeUnknown, SettingsError, Unparsable
from bot.model import (
    HOUR,
    Accepted,
    Board,
    BoardKey,
    Bookmark,
    Draft,
    ForumCapabilities,
    Invitation,
    Listing,
    Login,
    Millis,
    Opener,
    PostKey,
    Queued,
    Started,
    Target,
    TargetKind,
    ThreadKey,
    ThreadPage,
    Written,
)
from bot.ports import Context

ADDRESSES = (
    "a thread 'viewtopic.php?t=12', a post 'viewtopic.php?p=345#p345', a board 'viewforum.php?f=2', or the index"
)
"""What the addresses here look like."""

LONGEST = 900.0
"""Seconds after which a quiet board is read again."""

LISTED = HOUR
"""Milliseconds for which a list of the boards is good."""

SOME = 50
"""Boards that are named to whoever gave the address of the whole."""


class Phpbb:
    """One board; raises only AdapterError, and SettingsError when it is made."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._rules: Rules = checked(settings)
        if not self._rules.base:
            raise SettingsError("address: is missing, write where the board stands, like 'https://forum.example.org'")
        self._context = context
        self._client = Client(context.net, self._rules.base)
        self._sessions = Sessions(self._client)
        self._account = Account(settings.username, settings.password.reveal()) if settings.username else None
        self._reading = Reading(self._client, self._sessions, self._account, self._rules, context)
        self._writing = Writing(self._client, self._sessions, self._rules, self._reading.home)
        self._looking = Looking(self._reading, self._sessions, self._rules)
        self._lending = Lending(self._client, self._sessions)
        self._boards: tuple[Board, ...] = ()
        self._listed: Millis | None = None
        self.caps = ForumCapabilities(
            parents="quote",
            edits="hash",
            deletes="absence",
            format="bbcode",
            # What waits for a moderator is shown to nobody: what is not found may still be there.
            read_back="none" if self._account is None else "finds",
            min_interval=settings.min_interval,
            max_interval=max(settings.min_interval, LONGEST),
            spacing=1.0,
            write_identity="none" if self._account is None else "shared",
            register=f"{self._rules.base}ucp.php?mode=register",
        )

    # -------------------------------------------------------------------------------------------------- reading

    async def locate(self, address: str) -> Target:
        place = addresses.read(address, self._rules.base)
        if place is None:
            raise Unparsable(f"{address[:200]} is nothing of this forum: looked for {ADDRESSES}", ADDRESSES)
        if place.thread or place.post:
            return await self._located(place)
        if place.board:
            return await self._board(place.board)
        found = await self.boards()
        return Target(TargetKind.SITE, "", self._rules.base.partition("://")[2], found[:SOME], f"{self._rules.base}/")

    async def _located(self, place: addresses.Place) -> Target:
        subject = f"t{place.thread}" if place.thread else f"p{place.post}"
        base = self._rules.base
        at = addresses.thread_link(base, place.thread) if place.thread else f"{base}/viewtopic.php?p={place.post}"
        page = await self._reading.page(at, f"what {at} names", subject)
        topic = await self._reading.parsed(parse.topic, page, self._rules, 0, self._context.now())
        thread, public = topic.thread, self._reading.public(subject)
        return Target(TargetKind.THREAD, thread.key, thread.title, link=thread.link, public=public)

    async def _board(self, board: BoardKey) -> Target:
        found = await self._reading.board(board)
        name = found.board.name or f"board {board}"
        public = self._reading.public(f"b{board}")
        if not found.rows and found.below:  # a category holds boards and no threads
            return Target(TargetKind.SITE, "", name, found.below[:SOME], found.board.link, public=public)
        return Target(TargetKind.BOARD, board, name, link=found.board.link, public=public)

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        return await self._reading.listing(key_of(board, "board"), since)

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        key_of(thread, "thread")
        return await self._reading.thread(thread, since)

    async def boards(self) -> tuple[Board, ...]:
        """The boards of the index, each under its category; boards that links alone lead to are not among them."""
        now = self._context.now()
        if self._listed is None or not 0 <= now - self._listed < LISTED:
            page = await self._reading.page(f"{self._rules.base}/index.php", "the list of boards", "index")
            self._boards = await self._reading.parsed(listing.boards, page, self._rules)
            self._listed = now
        return self._boards

    def thread_named(self, link: str) -> ThreadKey:
        place = addresses.read(link, self._rules.base)
        if place is None or not place.thread:
            raise Gone(f"{link[:200]} names no thread here; threads look like 'viewtopic.php?t=12'")
        return place.thread

    async def probe(self) -> str:
        page = await self._reading.page(f"{self._rules.base}/index.php", "the forum", "index")
        said = version(page)
        if said is None:
            raise Unparsable(f"{self._rules.base} is no phpBB board: looked for {listing.INDEX}", listing.INDEX, page)
        if self._account is None:
            return f"phpBB {said} answers; nobody is logged in, so nothing can be posted"
        session = await self._sessions.of(self._account)
        return f"phpBB {said} answers; {self._account.name} (user {session.user}) is logged in"

    async def close(self) -> None:
        """Nothing is held: connections belong to the program's HTTP client, and sessions end by themselves."""

    # -------------------------------------------------------------------------------------------------- writing

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        key_of(draft.thread, "thread")
        if draft.parent:
            key_of(draft.parent, "post")
        place = await self._writing.reply(draft, key, self._who(draft.login))
        if place is None:
            return Queued(ticket(draft.thread, key))
        if not place.post:
            raise OutcomeUnknown(f"thread {draft.thread}: the board took an answer and does not tell which post it is")
        return Accepted(place.post, addresses.post_link(self._rules.base, draft.thread, place.post))

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        key_of(post, "post")
        key_of(draft.thread, "thread")
        await self._writing.edit(post, draft, key, self._who(draft.login))

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        if not (addresses.is_id(thread) and addresses.is_id(post)):
            return
        try:
            await self._writing.delete(thread, post, self._who(login))
        except Gone:
            return

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        key_of(opener.board, "board")
        place = await self._writing.start(opener, key, self._who(opener.login))
        if place is None:
            return Queued(ticket(f"f{opener.board}", key))
        if not place.thread:
            raise OutcomeUnknown(f"board {opener.board}: the board took a thread and does not tell which one it is")
        link = addresses.thread_link(self._rules.base, place.thread)
        if place.post:
            return Started(place.thread, place.post, link)
        return Started(place.thread, await self._looking.opening(place.thread), link)

    def named(self, link: str) -> PostKey:
        if addresses.is_id(link):
            return PostKey(link)
        place = addresses.read(link, self._rules.base)
        if place is None or not place.post:
            raise Gone(f"{link[:200]} names no post here; posts look like 'viewtopic.php?p=345#p345'")
        return place.post

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        return await self._looking.written(ThreadKey(key_of(thread, "thread")), since, self._who(login))

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        return await self._looking.started(key_of(board, "board"), since, self._who(login))

    def _who(self, login: Login | None) -> Account:
        """Whose account it is done with."""
        if login is not None:
            return Account.of(login)
        if self._account is None:
            raise NotAllowed("no account is set for this forum: set username and password, or connect one of your own")
        return self._account

    # ---------------------------------------------------------------------------------------------- own accounts

    async def invite(self) -> Invitation:
        return self._lending.invitation()

    async def connect(self, secret: str, answer: str) -> Login:
        return await self._lending.connect(answer)

    async def disconnect(self, login: Login) -> None:
        await self._lending.disconnect(login)
