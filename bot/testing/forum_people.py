"""People's own accounts on a forum in memory: lent to us, and how far each of them has read."""

from __future__ import annotations

from collections.abc import Sequence

from bot import markup
from bot.errors import Gone, LoginRejected, NotAllowed, Refused
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import ForumCapabilities, Invitation, Login, PostKey, ReadTo, ThreadKey
from bot.testing.faults import Faults
from bot.testing.forum_addresses import ADDRESS
from bot.testing.forum_world import ForumWorld

CONNECT = f"{ADDRESS}/connect"
"""Where people of a `FakeForum` are told what to answer."""


class ForumPeople(ForumWorld):
    """The ports `ConnectsAccounts`, `Impersonates`, `TakesFiles` and `KeepsMarks` over a `ForumWorld`."""

    caps: ForumCapabilities
    faults: Faults

    # ------------------------------------------------------------------------------------------------- ConnectsAccounts

    async def invite(self) -> Invitation:
        async with self.faults.around("invite"):
            secret = f"invitation-{self._now()}"
            return Invitation(f"Open {CONNECT}, and answer with the code that it shows.", CONNECT, secret)

    async def connect(self, secret: str, answer: str) -> Login:
        async with self.faults.around("connect"):
            invitation, name = self.codes.get(answer.strip(), ("", ""))
            if not name or invitation != secret:
                raise Refused(f"that is no code for this invitation; open {CONNECT} and answer with the one it shows")
            token = f"token-{len(self.tokens) + 1}"
            self.tokens[token] = name
            return Login(f"u-{name}", name, token)

    async def disconnect(self, login: Login) -> None:
        async with self.faults.around("disconnect"):
            self.tokens.pop(login.secret, None)

    def whose(self, login: Login) -> str:
        """The person whose account a login opens, or for whom our own key acts; raises `LoginRejected`."""
        if self.caps.impersonates and not login.secret:
            if self.users.get(login.name, True) or login.id != f"u-{login.name}":
                raise LoginRejected(f"our key does not act for {login.name[:80]} any more: they are not who they were")
            return login.name
        name = self.tokens.get(login.secret, "")
        if not name:
            raise LoginRejected(f"the account of {login.name[:80]} is not lent to us any more; connect it again")
        return name

    # ----------------------------------------------------------------------------------------------------- Impersonates

    async def user(self, name: str) -> Login:
        async with self.faults.around("user"):
            if not self.caps.impersonates:
                raise NotAllowed("our key acts for nobody else here")
            if name not in self.users:
                raise Gone(f"nobody here is called {name[:80]!r}: write the name as the forum does")
            if self.users[name]:
                raise Refused(f"{name} is of the forum's staff: nobody else speaks for them")
            return Login(f"u-{name}", name, "")

    # ------------------------------------------------------------------------------------------------------- TakesFiles

    async def upload(self, name: str, kind: str, content: bytes, login: Login | None = None) -> str:
        async with self.faults.around("upload"):
            if login is not None:
                self.whose(login)
            if not 0 < len(content) <= self.largest:
                raise Refused(f"a file has 1 to {self.largest} bytes here, and {name[:80]!r} has {len(content)}")
            address = f"{ADDRESS}/files/{len(self.files) + 1}"
            self.files[address] = content
            link = Node(Kind.LINK, target=address, children=(text(name),))
            return markup.write(document(paragraph(link)), self.caps.format)

    # ------------------------------------------------------------------------------------------------------- KeepsMarks

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        async with self.faults.around("read_to"):
            row, name = self.standing(thread), self.whose(login)
            if post not in row.posts:
                raise Gone(f'there is no post "{post[:80]}" in the thread "{row.title}"')
            before = self.read.get((name, thread), row.posts[0])
            self.read[name, thread] = max(before, post, key=row.posts.index)

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        async with self.faults.around("marks"):
            name = self.whose(login)
            told = {thread: self.read[name, thread] for thread in threads if (name, thread) in self.read}
            return tuple(ReadTo(thread, post) for thread, post in told.items())
