"""Writes to a NodeBB: replies, threads, and changes of them.

NodeBB knows no keys: it takes the same words twice. What was written is looked for in the account's own list.
"""

from __future__ import annotations

from adapters.engines.texts import NO_PARENT, sound
from adapters.engines.waiting import Waiting, words
from adapters.forums.nodebb import addresses
from adapters.forums.nodebb.acting import Accounts
from adapters.forums.nodebb.client import Client, Key, answered
from adapters.forums.nodebb.looking import Looking
from adapters.forums.nodebb.rows import Head, Made, Single, on
from adapters.forums.nodebb.tickets import named, ticket
from bot.errors import Gone, NotAllowed, OutcomeUnknown, Refused, Unparsable, Unreachable
from bot.model import Accepted, Draft, Login, Opener, PostKey, Queued, Started, ThreadKey

EMPTY = "The post is empty: write something."


class Writing:
    """The writing side of one forum."""

    def __init__(self, client: Client, accounts: Accounts, looking: Looking, waiting: Waiting) -> None:
        self._client = client
        self._accounts = accounts
        self._looking = looking
        self._waiting = waiting

    async def submit(self, draft: Draft) -> Accepted | Queued:
        """Post a reply."""
        thread, what = draft.thread, f"the reply in thread {draft.thread[:80]}"
        if not addresses.THREAD.fullmatch(thread):
            raise Gone(f"{thread[:80]!r} is no thread here: there is nothing to answer any more.")
        if not draft.text.strip():
            raise Refused(EMPTY)
        key = self._accounts.key(draft.login)
        fields: dict[str, object] = {"content": sound(draft.text)}
        if draft.parent and await self._stands(draft.parent, thread, key):
            fields["toPid"] = _id(draft.parent)
        try:
            answer = await self._client.send("POST", f"/topics/{thread}", what, key, fields)
        except Refused:
            # A thread that is gone may be refused in words as one that is closed is.
            await self._client.read(f"/topics/{thread}", Head, f"thread {thread}", key)
            raise
        made = answered(answer, Made, what)
        if made.queued and made.id is not None:
            return await self._queued(str(made.id), draft.text, key)
        if made.pid is None:
            raise OutcomeUnknown("The forum took the post and did not say which one it is; look before repeating it.")
        post = PostKey(str(made.pid))
        if draft.login is None:
            await self._waiting.wrote(post)
        return Accepted(post, addresses.post_link(self._client.root, thread, post))

    async def start(self, opener: Opener) -> Started | Queued:
        """Start a thread on a board."""
        if opener.board == addresses.RECENT:
            raise Refused("Threads are started on a board: name one of the forum's categories.")
        category = addresses.category(opener.board)
        if not category:
            raise Gone(f"{opener.board[:80]!r} is no board here.")
        if not opener.text.strip() or not opener.title.strip():
            raise Refused("A thread needs a title, and words under it.")
        key, what = self._accounts.key(opener.login), "the thread"
        fields: dict[str, object] = {
            "cid": _id(category),
            "title": sound(opener.title),
            "content": sound(opener.text),
            "tags": [sound(tag) for tag in opener.tags],
        }
        try:
            answer = await self._client.send("POST", "/topics", what, key, fields)
        except Refused:
            await self._client.get(f"/api/category/{addresses.escaped(category)}", f"board {opener.board}", key)
            raise
        made = answered(answer, Made, what)
        if made.queued and made.id is not None:
            return await self._queued(str(made.id), opener.text, key)
        if made.tid is None or made.main_pid is None:
            raise OutcomeUnknown("The forum took the thread and did not say which one it is; look before repeating it.")
        thread, post = ThreadKey(str(made.tid)), PostKey(str(made.main_pid))
        if opener.login is None:
            await self._waiting.wrote(post)
        return Started(thread, post, addresses.thread_link(self._client.root, thread, made.slug or ""))

    async def revise(self, post: PostKey, draft: Draft) -> None:
        """Replace words, and the title of a thread's opening post."""
        if named(post)[0]:
            raise Refused("What waits for a moderator cannot be changed here; wait for the decision.")
        if not draft.text.strip():
            raise Refused("The post is empty: write something, or delete it.")
        key = self._accounts.key(draft.login)
        single = await self._own(post, key)
        if single is not None and on(single.deleted):
            raise Gone(f"post {post} was deleted.")
        same = single is not None and single.content is not None and words(single.content) == words(draft.text)
        if same and not draft.title:
            return
        fields = {"content": sound(draft.text), **({"title": sound(draft.title)} if draft.title else {})}
        try:
            await self._client.send("PUT", f"/posts/{addresses.escaped(post)}", f"post {post}", key, fields)
        except NotAllowed as error:
            raise Refused(str(error)) from None

    async def withdraw(self, post: PostKey, login: Login | None) -> None:
        """Delete a post; what is not there any more is deleted."""
        if named(post)[0]:
            raise Refused("What waits for a moderator cannot be taken back here; wait for the decision.")
        key = self._accounts.key(login)
        try:
            single = await self._own(post, key)
            if single is not None and on(single.deleted):
                return
            await self._client.send("DELETE", f"/posts/{addresses.escaped(post)}/state", f"post {post}", key)
        except Gone:
            return
        except NotAllowed as error:
            raise Refused(str(error)) from None

    async def _stands(self, post: str, thread: str, key: Key) -> bool:
        """Whether a post is in a thread still; Gone where it is nowhere. The forum itself takes any id for a parent."""
        found = await self._looking.single(post, key)
        if found is None:
            raise Gone(NO_PARENT)
        return str(found.tid) == thread

    async def _own(self, post: PostKey, key: Key) -> Single | None:
        """A post of the account; None where it cannot be looked at now: to change it comes to the same all the same."""
        if not addresses.is_id(post):
            raise Gone(f"{post[:80]!r} is no post here.")
        try:
            found = await self._client.read(f"/posts/{addresses.escaped(post)}", Single, f"post {post}", key)
            who = await self._accounts.who(key)
        except (Unreachable, Unparsable):
            return None
        if found.uid is None or str(found.uid) != who.uid:
            raise Refused(f"Post {post} was not written by {who.name}, so it is not changed from here.")
        return found

    async def _queued(self, id: str, text: str, key: Key) -> Queued:
        made = ticket((await self._accounts.who(key)).uid, id)
        await self._waiting.waits(made, text)
        return Queued(made)


def _id(id: str) -> int | str:
    """An id as the forum takes it: its own are numbers there, and strings in what it shows."""
    return int(id) if id.isascii() and id.removeprefix("-").isdigit() and len(id) < 16 else id
