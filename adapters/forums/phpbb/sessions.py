"""Sessions of accounts: logged in when something is to be written, once again when the board forgot them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec

from adapters.engines.logins import held
from adapters.forums.phpbb import forms
from adapters.forums.phpbb.client import Client, Cookies
from adapters.forums.phpbb.parse import decoded
from bot.errors import LoginRejected, OutcomeUnknown, Unparsable, Unreachable
from bot.model import Login
from bot.ports import Secret

MOST_TRIES = 2
"""Failed logins of one account after which it is not tried again: after a third a board asks for a CAPTCHA."""

SECOND = 1.1
"""Seconds after which a form is no longer sent in its own second, which a board takes for a machine's."""

_LOGIN = "ucp.php?mode=login"
_TRIES = 2


class Account(msgspec.Struct, frozen=True):
    """Who logs in."""

    name: str
    password: str

    def __post_init__(self) -> None:
        Secret(self.password)  # from now on the log blots it out

    def __repr__(self) -> str:
        return f"Account({self.name!r})"

    @classmethod
    def of(cls, login: Login) -> Account:
        """The account of a person's login; LoginRejected where what was kept of it is none."""
        return held(login, cls)


@dataclass
class Session:
    """A session, and whose it is by the board's own number."""

    account: Account
    cookies: Cookies = field(default_factory=Cookies)
    user: str = ""


class Sessions:
    """Sessions by account; nothing of them outlives the process."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._open: dict[Account, Session] = {}
        self._failed: dict[Account, int] = {}
        self._lock = asyncio.Lock()

    async def of(self, account: Account) -> Session:
        """A session of an account, the open one where there is one; LoginRejected where the board refuses it."""
        async with self._lock:
            if account not in self._open:
                self._open[account] = await self._login(account)
            return self._open[account]

    def forget(self, session: Session) -> None:
        """The board does not know this session any more."""
        if self._open.get(session.account) is session:
            del self._open[session.account]

    async def end(self, account: Account) -> None:
        """Log out, where a session is open."""
        session = self._open.pop(account, None)
        if session is not None and (sid := session.cookies.ending("_sid")):
            address = f"{self._client.base}/ucp.php?mode=logout&sid={sid}"
            await self._client.page(address, "the end of the session", session.cookies)

    async def _login(self, account: Account) -> Session:
        if self._failed.get(account, 0) >= MOST_TRIES:
            raise LoginRejected(
                f"the board refused the login of {account.name} {MOST_TRIES} times and is not asked again: a further "
                "failure would lock it behind a CAPTCHA. Log in with a browser, correct the password, and start anew."
            )
        session = Session(account)
        form = await self._form(session)
        for _ in range(_TRIES):
            if form.guarded:
                raise LoginRejected(
                    f"the board wants {account.name} to prove that a person logs in (a CAPTCHA): log in once with a "
                    "browser from this machine's network, and try again"
                )
            await asyncio.sleep(SECOND)
            fields = {**form.fields, "username": account.name, "password": account.password, "autologin": "on"}
            try:
                answer = await self._client.send(
                    form.action, {**fields, "login": "Login"}, "the login", session.cookies
                )
            except OutcomeUnknown as error:  # whether it was opened or not, nothing was written with it
                raise Unreachable(str(error)) from None
            page = decoded(answer.body) if answer.status == 200 else ""
            again, said = forms.login(page), forms.message(page)
            user = session.cookies.ending("_u")
            if again is None and user.isdecimal() and int(user) > 1:
                session.user = user
                self._failed.pop(account, None)
                return session
            if again is None and said is not None:  # whoever is barred is shown that in place of any page
                raise LoginRejected(f"the board does not let {account.name} in: {said.words}")
            if again is None:
                raise Unreachable(f"the login of {account.name} was answered with no page of a board; come again later")
            if not forms.stale(again.error):
                self._failed[account] = self._failed.get(account, 0) + 1
                raise LoginRejected(
                    f"the board refuses the login of {account.name}: {again.error or 'no reason given'}"
                )
            form = again
        raise LoginRejected(f"the board takes no login of {account.name}: {form.error}")

    async def _form(self, session: Session) -> forms.Form:
        """The login form, with the session that it is bound to."""
        page = await self._client.asked(f"{self._client.base}/{_LOGIN}", "the login form", session.cookies)
        form = forms.login(decoded(page))
        if form is None:
            looked_for = "a login form of phpBB: '<form … id=\"login\">' with a password"
            raise Unparsable(f"no login form found: looked for {looked_for}", looked_for, page)
        return form
