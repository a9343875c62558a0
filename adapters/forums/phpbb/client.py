"""Asks a board for pages and sends it forms; every answer that is no page becomes the error of its reaction."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urljoin, urlsplit

from adapters.engines.texts import sound
from adapters.forums.phpbb import forms
from adapters.forums.phpbb.parse import decoded
from bot.errors import AdapterError, NotAllowed, OutcomeUnknown, Unparsable
from bot.net import Answer, Credential, Net, raise_for_status, shown

_PAGES = frozenset({"text/html", "application/xhtml+xml", ""})
_MOST_COOKIES = 50


class LoginAsked(NotAllowed):
    """The board shows its login form in place of what was asked for."""


class Cookies:
    """The cookies of one session: `Net` keeps none."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def take(self, answer: Answer) -> None:
        """Keep what an answer sets."""
        for header in answer.every("set-cookie"):
            try:
                for name, morsel in SimpleCookie(header).items():
                    if len(self._values) < _MOST_COOKIES or name in self._values:
                        self._values[name] = morsel.value
            except CookieError:
                continue

    def ending(self, name: str) -> str:
        """The value of the cookie whose name ends so: a board puts its own prefix before each."""
        return next((value for key, value in self._values.items() if key.endswith(name)), "")

    @property
    def credential(self) -> Credential | None:
        """What proves the session, bound to the board's host; None while there is none."""
        pairs = "; ".join(f"{name}={value}" for name, value in self._values.items())
        return Credential("Cookie", pairs) if pairs else None


class Client:
    """Speaks with one board through the program's HTTP client, as a guest or with a session."""

    def __init__(self, net: Net, base: str) -> None:
        self._net = net
        self.base = base

    async def page(self, address: str, what: str, cookies: Cookies | None = None, *, messages: bool = False) -> bytes:
        """The page at an address of the board; `what` names it in errors, with `messages` it may be a mere message.

        Raises what `Net.get` and `raise_for_status` raise, LoginAsked where the board wants to know who asks,
        NotAllowed with the board's own words where it answers with a message, and Unparsable for what is no page.
        """
        return self._read(await self._get(address, cookies), what, messages)

    async def answer(self, address: str) -> Answer:
        """What stands at an address for guests, whatever its status and kind."""
        return await self._get(address, None)

    async def asked(self, address: str, what: str, cookies: Cookies) -> bytes:
        """The page with which the board asks who one is; raises what `Net.get` and `raise_for_status` raise."""
        answer = await self._get(address, cookies)
        raise_for_status(answer, what, write=False)
        return answer.body

    async def send(self, action: str, fields: Mapping[str, str], what: str, cookies: Cookies) -> Answer:
        """Send a form to where it goes: the answer as it came, a redirect too.

        Raises what `Net.send` and `raise_for_status` raise for a write, NotAllowed for a form that leads elsewhere, and
        OutcomeUnknown where the answer is nothing that a board sends.
        """
        address = urljoin(f"{self.base}/", action)
        if urlsplit(address)[:2] != urlsplit(self.base)[:2]:
            raise NotAllowed(f"{what}: the form leads to another site, {shown(address)}, and is not sent there")
        form = {name: sound(value) for name, value in fields.items()}
        answer = await self._net.send("POST", address, form=form, credential=cookies.credential)
        cookies.take(answer)
        raise_for_status(answer, what, write=True)
        return answer

    async def _get(self, address: str, cookies: Cookies | None) -> Answer:
        answer = await self._net.get(address, credential=cookies.credential if cookies is not None else None)
        if cookies is not None:
            cookies.take(answer)
        return answer

    def _read(self, answer: Answer, what: str, messages: bool) -> bytes:
        page = decoded(answer.body) if answer.status in (200, 403) else ""
        if page and (forms.login(page) is not None or forms.hides(page)):
            raise LoginAsked(
                f"{what}: guests cannot read it; set username and password of an account that can, or mirror another"
            )
        if page and answer.status == 403 and (said := forms.message(page)) is not None:
            raise NotAllowed(f"{what}: the board says: {said.words}")
        raise_for_status(answer, what, write=False)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _PAGES:
            raise Unparsable(f"{what}: {shown(answer.url)} is {kind[:80]}, not a page", "an HTML page", answer.body)
        if not messages and (said := forms.message(page)) is not None:
            raise NotAllowed(f"{what}: the board says: {said.words}")
        return answer.body


def unclear(answer: Answer, what: str) -> AdapterError:
    """What an answer to a form is that no board gives: it may have been done all the same."""
    return OutcomeUnknown(
        f"{what}: {shown(answer.url)} answered something that is no page of a board. It may have been done all the "
        "same; look before repeating it."
    )
