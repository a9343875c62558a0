"""Writes to a board through its own forms, and takes no answer for a success that does not show what was written.

A board answers 200 and saves nothing: when the form is sent in the second in which it was made, when the account has
to wait, when somebody answered meanwhile, when the session is over, when it does not like the words. All of these show
a form again, so that it is known that nothing was done.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress

from adapters.engines.lately import Lately
from adapters.engines.texts import NO_PARENT
from adapters.forums.phpbb import addresses, drafts, forms
from adapters.forums.phpbb.addresses import Place
from adapters.forums.phpbb.client import Client, LoginAsked, unclear
from adapters.forums.phpbb.parse import decoded, language
from adapters.forums.phpbb.sessions import SECOND, Account, Session, Sessions
from adapters.forums.phpbb.settings import Rules
from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, OutcomeUnknown, RateLimited, Refused, Unparsable
from bot.model import Draft, Opener
from bot.net import Answer

FLOOD = 16.0
"""Seconds to wait after a board said that the last post was too short ago; its own default is 15."""

MOST_SENDINGS = 4
"""How often one form is sent, each time after it is known that nothing was saved."""

_DOUBTS = 200


class Writing:
    """Writes with accounts; each call is one act. Raises AdapterError alone."""

    def __init__(self, client: Client, sessions: Sessions, rules: Rules, home: Callable[[str], Awaitable[str]]) -> None:
        self._client = client
        self._sessions = sessions
        self._rules = rules
        self._home = home
        """On which board a thread stands: forms before 3.3 want to know it, and later ones do not mind."""
        self._doubted = Lately[str, str](_DOUBTS)
        """What a board said in a language that we cannot read, by the key of what it was said to."""

    async def reply(self, draft: Draft, key: str, account: Account) -> Place | None:
        """Answer a thread: where the post stands, None where it waits for a moderator."""
        what = f"an answer to thread {draft.thread}"
        board = await self._home(draft.thread)
        head = await self._pointer(draft, board, account) if draft.parent else ""
        place = f"mode=reply&f={board}&t={draft.thread}"
        return await self._write(place, draft.title, draft.text, head, key, what, account)

    async def start(self, opener: Opener, key: str, account: Account) -> Place | None:
        """Start a thread: where it stands, None where it waits for a moderator."""
        what = f"a thread on board {opener.board}"
        return await self._write(f"mode=post&f={opener.board}", opener.title, opener.text, "", key, what, account)

    async def edit(self, post: str, draft: Draft, key: str, account: Account) -> None:
        """Replace the words of a post of ours; what points to the post that it answers stays."""
        what, board = f"the edit of post {post}", await self._home(draft.thread)
        await self._write(f"mode=edit&f={board}&p={post}", draft.title, draft.text, None, key, what, account, post)

    async def delete(self, thread: str, post: str, account: Account) -> None:
        """Delete a post of ours; raises Gone where it is not there."""
        what, board = f"the deletion of post {post}", await self._home(thread)
        session, page = await self._page(f"mode=delete&f={board}&p={post}", what, account)
        form = forms.confirming(page)
        if form is None:
            raise await self._denied(page, what, session, post)
        try:
            answer = await self._client.send(form.action, {**form.fields, "confirm": "Yes"}, what, session.cookies)
        except Gone as error:  # the post was there a moment ago: what is missing may be anything else
            raise OutcomeUnknown(f"{what}: {error} Look whether it is there still.") from None
        if 300 <= answer.status < 400:
            return
        page = decoded(answer.body)
        if forms.confirming(page) is not None or forms.login(page) is not None:
            raise Refused(f"{what}: the board asked again and deleted nothing; try it once more")
        said = forms.message(page)
        if said is None:
            raise unclear(answer, what)
        if not said.refresh:
            raise Refused(said.words)

    # ------------------------------------------------------------------------------------------------- one form

    async def _write(
        self,
        place: str,
        title: str,
        text: str,
        head: str | None,
        key: str,
        what: str,
        account: Account,
        post: str = "",
    ) -> Place | None:
        """Fill a posting form and send it until the board took it, or said why not."""
        session, form = await self._opened(place, what, account, post)
        if head is None:
            head = drafts.pointing(form.text)
        message = head + drafts.fitted(text, form.tags)
        if form.text and (message, title or form.subject) == (form.text, form.subject):
            return Place()  # an edit that stands there already; a further one would be counted in public
        for _ in range(MOST_SENDINGS):
            await asyncio.sleep(SECOND)
            fields = {**form.fields, "subject": title or form.subject, "message": message, "post": "Submit"}
            answer = await self._client.send(form.action, fields, what, session.cookies)
            if 300 <= answer.status < 400:
                return self._led(answer, what)
            page = decoded(answer.body)
            if forms.login(page) is not None:
                self._sessions.forget(session)
                session, form = await self._opened(place, what, account, post)
                continue
            again = forms.posting(page)
            if again is None:
                return self._told(page, answer, what)
            if again.error and not forms.stale(again.error):
                raise self._objection(again.error, page, key)
            form = again  # made anew: somebody answered meanwhile, or it was sent in its own second
        raise RateLimited(f"{what}: the board showed its form {MOST_SENDINGS} times and saved nothing", FLOOD)

    async def _pointer(self, draft: Draft, board: str, account: Account) -> str:
        """What leads to the post that is answered; empty where that stands in another thread by now."""
        place, what = f"mode=quote&f={board}&p={draft.parent}", f"a quote of post {draft.parent}"
        try:
            _, form = await self._opened(place, what, account, draft.parent)
        except Gone:
            raise Gone(NO_PARENT) from None
        return drafts.pointer(form.text) if form.thread == draft.thread else ""

    async def _page(self, place: str, what: str, account: Account) -> tuple[Session, str]:
        """A page of `posting.php` with a session that the board knows: once again where it forgot the first one."""
        address = f"{self._client.base}/posting.php?{place}"
        for _ in range(2):
            session = await self._sessions.of(account)
            try:
                page = await self._client.page(address, what, session.cookies, messages=True)
                return session, decoded(page)
            except LoginAsked:
                self._sessions.forget(session)
        raise LoginRejected(
            f"{what}: the board asks {account.name} to log in again and again; look at the account there"
        )

    async def _opened(self, place: str, what: str, account: Account, post: str) -> tuple[Session, forms.Form]:
        """A posting form, with the session that it is bound to; `post` is the one that it is about."""
        session, page = await self._page(place, what, account)
        form = forms.posting(page)
        if form is None:
            raise await self._denied(page, what, session, post)
        return session, form

    async def _denied(self, page: str, what: str, session: Session, post: str) -> AdapterError:
        """What a page means that holds no form: the board's own words (locked, too late), or nothing known.

        That a post is not there is said in words alone, with status 200; its own page has a status.
        """
        said = forms.message(page)
        if said is not None:
            if post:
                with suppress(NotAllowed):
                    await self._client.page(f"{self._client.base}/viewtopic.php?p={post}", what, session.cookies)
            return Refused(said.words)
        looked_for = "a posting form of phpBB: '<form id=\"postform\">'"
        return Unparsable(f"{what}: no form found on the page: looked for {looked_for}", looked_for, page.encode())

    def _led(self, answer: Answer, what: str) -> Place:
        """Where the board leads after it took a post."""
        place = forms.shown(answer.headers.get("location", ""))
        if place is None:
            raise unclear(answer, what)
        return place

    def _told(self, page: str, answer: Answer, what: str) -> Place | None:
        """What a message means that stands in place of the form: taken, kept for a moderator, or refused."""
        said = forms.message(page)
        if said is None:
            raise unclear(answer, what)
        if not said.refresh:
            raise Refused(said.words)
        return said.post

    def _objection(self, error: str, page: str, key: str) -> AdapterError:
        """What the board has against a post: a wait, or a reason.

        In a language whose word for waiting is not known it may be either: it is tried once more, later.
        """
        if forms.floods(error):
            return RateLimited(f"the board says: {error}", FLOOD)
        if forms.speaks(language(page, self._rules)) or self._doubted.pop(key, "") == error:
            return Refused(error)
        self._doubted.keep(key, error)
        return RateLimited(f"the board says: {error}", FLOOD)


def ticket(thread: str, key: str) -> str:
    """What a post is called that a board keeps for its moderators: it gives such a post no address."""
    return f"waits-{thread}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:16]}"


def key_of(key: str, what: str) -> str:
    """A key that the board may have minted; raises Gone for any other."""
    if not addresses.is_id(key):
        raise Gone(f"there is no {what} {key[:40]!r} here: this forum's are numbers")
    return key
