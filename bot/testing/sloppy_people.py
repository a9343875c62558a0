"""A forum that breaks the laws of starting threads, of people's own accounts and of their marks."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.errors import Gone, LoginRejected
from bot.model import (
    Accepted,
    BoardKey,
    Bookmark,
    Draft,
    ForumCapabilities,
    Invitation,
    Login,
    Millis,
    Opener,
    PostKey,
    Queued,
    ReadTo,
    Started,
    ThreadKey,
    ThreadPage,
    Written,
)
from bot.testing.forum_flaws import ForumFlaw
from bot.testing.forums import EVERYTHING, FakeForum

Replace = msgspec.structs.replace


class SloppyPeople(FakeForum):
    """A `FakeForum` with flaws in what it does for people."""

    def __init__(self, *flaws: ForumFlaw, caps: ForumCapabilities = EVERYTHING) -> None:
        self.flaws = frozenset(flaws)
        super().__init__(caps)
        self._readings = 0
        self._restarts = 0

    def _has(self, flaw: ForumFlaw) -> bool:
        return flaw in self.flaws

    def _speaker(self, author: str, login: Login | None) -> str:
        if self._has(ForumFlaw.LOGINS_IGNORED):
            login = None
        try:
            return super()._speaker(author, login)
        except LoginRejected:
            if self._has(ForumFlaw.SPEAKS_FOR_THE_DEAD):
                return author
            raise

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        if self._has(ForumFlaw.MARKS_BY_READING) and thread in self.threads:
            last = self.threads[thread].posts[-1]
            self.read |= {(name, thread): last for name in self.tokens.values()}
        return await super().thread(thread, since)

    # ---------------------------------------------------------------------------------------------------------- writing

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        self._prepare()
        return await super().submit(draft, key)

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        await super().withdraw(thread, post, key, None if self._has(ForumFlaw.WITHDRAWS_WITH_OURS) else login)

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        return await super().written(thread, since, None if self._has(ForumFlaw.LOGINS_NOT_READ_BACK) else login)

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        self._prepare()
        if opener.board not in self.board_rows:
            if self._has(ForumFlaw.BARE_ERRORS_ON_OPENERS):
                raise KeyError(opener.board)
            if self._has(ForumFlaw.STARTS_ANYWHERE):
                opener = Replace(opener, board=self.board)
        if self._has(ForumFlaw.STARTS_WITHOUT_TITLE) and opener.title:
            opener = Replace(opener, title="Untitled")
        if self._has(ForumFlaw.EMPTY_TAKEN):
            opener = Replace(opener, title=opener.title or "?")
        return await super().start(opener, key)

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        if self._has(ForumFlaw.READS_NO_THREADS_BACK):
            return ()
        found = await super().started(board, 0 if self._has(ForumFlaw.READS_ALL_THREADS_BACK) else since, login)
        if self._has(ForumFlaw.READS_EVERYBODYS_THREADS_BACK):
            theirs = (row for row in self.posts.values() if row.op and not row.ours and row.at >= since)
            return (*found, *(Replace(self._written(row), thread=row.thread, title=row.title) for row in theirs))
        return found

    def _prepare(self) -> None:
        if self._has(ForumFlaw.NO_KEYS):
            self._submits.clear()
        if self._has(ForumFlaw.UNMODERATED):
            self.moderated = False

    # --------------------------------------------------------------------------------------------------------- accounts

    async def invite(self) -> Invitation:
        found = await super().invite()
        return Replace(found, words="") if self._has(ForumFlaw.INVITES_WITHOUT_WORDS) else found

    async def connect(self, secret: str, answer: str) -> Login:
        if self._has(ForumFlaw.BARE_ERRORS_ON_ACCOUNTS) and not secret.startswith("invitation-"):
            raise KeyError(secret)
        if self._has(ForumFlaw.INVITATIONS_IN_MEMORY) and self._restarts:
            self.codes.clear()
        if self._has(ForumFlaw.ANY_ANSWER_OPENS):
            self.codes.setdefault(answer.strip(), (secret, "ann"))
        found = await super().connect(secret, answer)
        if self._has(ForumFlaw.ONE_ACCOUNT_FOR_ALL):
            self.tokens[found.secret] = "ann"
            return Login("u-ann", "ann", found.secret)
        return found

    async def disconnect(self, login: Login) -> None:
        if self._has(ForumFlaw.GIVEN_BACK_ONCE):
            self.whose(login)
        await super().disconnect(login)

    def whose(self, login: Login) -> str:
        if not login.secret and login.name in self.users:
            same, staff = login.id == f"u-{login.name}", self.users[login.name]
            if (same and staff and self._has(ForumFlaw.STAFF_STAYS)) or (
                not staff and self._has(ForumFlaw.NAMES_ALONE)
            ):
                return login.name
        return super().whose(login)

    async def user(self, name: str) -> Login:
        if self._has(ForumFlaw.BARE_ERRORS_ON_NAMES) and name not in self.users:
            raise KeyError(name)
        if self._has(ForumFlaw.ANY_NAME_IS_SOMEBODY):
            self.users.setdefault(name, False)
        if self._has(ForumFlaw.STAFF_IS_FOUND) and self.users.get(name):
            return Login(f"u-{name}", name, "")
        found = await super().user(name)
        if self._has(ForumFlaw.USERS_WITH_SECRETS):
            found = Replace(found, secret=f"key for {name}")
            self.tokens[found.secret] = name
        return found

    # ------------------------------------------------------------------------------------------------------------ files

    async def upload(self, name: str, kind: str, content: bytes, login: Login | None = None) -> str:
        if self._has(ForumFlaw.BARE_ERRORS_ON_FILES) and "/" in name:
            raise ValueError(name)
        if self._has(ForumFlaw.EMPTY_FILES_TAKEN):
            content = content or b" "
        if self._has(ForumFlaw.UPLOADS_WITH_OURS):
            login = None
        if self._has(ForumFlaw.FILES_WITHOUT_NAMES):
            name = "file"
        line = await super().upload(name, kind, content, login)
        if self._has(ForumFlaw.UPLOADS_ARE_POSTS) and self.threads:
            self.post(list(self.threads)[-1], "", "ann", line)
        return line

    # ------------------------------------------------------------------------------------------------------------ marks

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        if self._has(ForumFlaw.BARE_ERRORS_ON_MARKS) and thread not in self.threads:
            raise KeyError(thread)
        if self._has(ForumFlaw.MARKS_FALL):
            self.read.pop((self.whose(login), thread), None)
        if self._has(ForumFlaw.MARKS_EVERYTHING) and thread in self.threads and post in self.posts:
            post = self.threads[thread].posts[-1]
        try:
            await super().read_to(login, thread, post)
        except Gone:
            if not self._has(ForumFlaw.MARKS_NOWHERE):
                raise
        if self._has(ForumFlaw.MARKS_FOR_EVERYBODY):
            self.read |= {(name, thread): post for name in self.tokens.values()}

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        if self._has(ForumFlaw.MARKS_NOTHING):
            return ()
        if self._has(ForumFlaw.MARKS_UNASKED):
            threads = list(self.threads)
        return await super().marks(login, threads)
