"""Asks a Flarum, as a guest or with a token, and classes every answer by what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from adapters.engines.access import Params
from adapters.engines.answers import line, refusal, stayed, taken
from adapters.engines.budget import Budget
from adapters.forums.flarum.parse import decoded
from adapters.forums.flarum.rows import ErrorPage, ErrorRow, UserPage, UserRow
from bot.errors import (
    Gone,
    LoginRejected,
    NotAllowed,
    RateLimited,
    Refused,
)
from bot.net import Answer, Credential, Net, raise_for_status, retry_after, shown

T = TypeVar("T")

FLOOD = 11.0
"""Seconds to wait after Flarum said "too many requests", which names no time: it takes a post in ten seconds."""

LARGEST = 24 * 1024 * 1024
"""Bytes of an answer: fifty posts of their greatest length, or the ids of half a million."""

KIND = "application/vnd.api+json"
_READ = {"Accept": KIND}
_WRITE = {"Accept": KIND, "Content-Type": KIND}


@dataclass(frozen=True, slots=True)
class Key:
    """What proves who asks: a token, and the account that it acts for."""

    token: str = field(repr=False)
    user: str
    """The id of the account. A key of the site acts for whichever is named; a token of an account only for that."""
    owner: str = "the settings"
    """Whose it is, for whoever reads that it is refused."""

    @property
    def credential(self) -> Credential:
        """What is sent."""
        return Credential("Authorization", f"Token {self.token}; userId={self.user}")


class Client:
    """Speaks with one Flarum through the program's HTTP client; raises nothing but `AdapterError`."""

    def __init__(self, net: Net, root: str, requests: float) -> None:
        self._net = net
        self.root = root
        self._budget = Budget(requests)

    async def get(self, path: str, what: str, key: Key | None = None, *, params: Params = ()) -> Answer:
        """What stands at a path of the API."""
        await self._budget.turn()
        answer = await self._net.get(
            f"{self.root}/api{path}",
            headers=_READ,
            params=list(params) or None,
            credential=key.credential if key else None,
            max_bytes=LARGEST,
        )
        refuse(answer, what, write=False)
        return answer

    async def read(self, path: str, kind: type[T], what: str, key: Key | None = None, *, params: Params = ()) -> T:
        """A small answer as what it should be."""
        return decoded((await self.get(path, what, key, params=params)).body, kind, what)

    async def send(self, method: str, path: str, what: str, key: Key | None, data: object = None) -> Answer:
        """Write once."""
        await self._budget.turn(at_once=True)
        answer = await self._net.send(
            method,
            f"{self.root}/api{path}",
            headers=_WRITE if data is not None else _READ,
            body=msgspec.json.encode(data) if data is not None else None,
            credential=key.credential if key else None,
            max_bytes=LARGEST,
        )
        stayed(answer, what)
        refuse(answer, what, write=True)
        return answer

    async def sure(self, key: Key | None) -> None:
        """Raises LoginRejected where something may not be there only because a key was taken for none."""
        if key is not None:
            await self.who(key)

    async def who(self, key: Key) -> UserRow:
        """The account that a key acts for; LoginRejected where it opens none.

        A forum takes whoever shows a wrong key for a guest, and tells him what it tells guests; only of one's own
        account it tells more.
        """
        try:
            row = (await self.read(f"/users/{key.user}", UserPage, "the account", key)).data
        except (Gone, NotAllowed):
            row = None
        if row is None or str(row.id) != key.user or not own(row):
            raise LoginRejected(
                f"{self.root} does not take the token of {key.owner} for account {key.user}: it is wrong, was "
                "revoked, or is another account's. Make a new one."
            )
        return row


def own(row: UserRow) -> bool:
    """Whether an account is described as it is to itself."""
    return row.attributes.unreadNotificationCount is not None or row.attributes.preferences is not None


def answered(answer: Answer, kind: type[T], what: str) -> T:
    """The answer to a write as what it should be; OutcomeUnknown where it is none of that, for it was done perhaps."""
    return taken(decoded, answer, kind, what)


def refuse(answer: Answer, what: str, *, write: bool) -> None:
    """Raise what an unwelcome answer means."""
    status, errors = answer.status, _errors(answer)
    if status < 400:
        return
    if status == 429 and retry_after(answer.headers, 0) is None:
        raise RateLimited(f"{what}: {shown(answer.url)} answered 429: too many at once.", FLOOD)
    if not errors:
        raise_for_status(answer, what, write)
        return
    code, words = errors[0].code or "", line(*(error.detail or "" for error in errors))
    told = f"{what}: {shown(answer.url)} answered {status} ({words or code})"
    if status == 401 or code in ("csrf_token_mismatch", "not_authenticated"):
        raise LoginRejected(f"{told}. The token is wrong or was revoked; set a new one.")
    if status == 404:
        raise Gone(f"{told}.")
    if status == 403:
        raise NotAllowed(f"{told}: the account may not do that there.")
    if write and status in (400, 409, 422):
        raise Refused(words or f"{told}.")
    raise_for_status(answer, what, write)


def _errors(answer: Answer) -> list[ErrorRow]:
    """What the forum itself says of a refusal; nothing where somebody before it answered, such as a firewall."""
    told = refusal(answer, ErrorPage) if answer.status >= 400 else None
    return told.errors if told is not None else []
