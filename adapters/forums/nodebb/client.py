"""Asks a NodeBB, as a guest or with a token, and classes every answer by what is to be done about it.

Three traps are dealt with here. A wrong token makes a guest of whoever shows it: what guests are refused is then
refused in the words for a place that is closed, so each refusal of a token is looked into. Who posts too soon is told
how long to wait in a sentence alone. And what is not there, what was deleted and what is closed look alike to guests
(401 or 404, by version): who reads decides what it means (`access`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.engines.access import Params
from adapters.engines.answers import is_json, line, refusal, stayed, taken
from adapters.forums.nodebb.parse import decoded, response
from adapters.forums.nodebb.rows import Refusal, Self
from bot.errors import (
    Gone,
    LoginRejected,
    NotAllowed,
    RateLimited,
    Refused,
)
from bot.net import Answer, Credential, Net, raise_for_status, shown

T = TypeVar("T")

HEADERS = {"Accept": "application/json", "Accept-Language": "en-GB"}

SOON = 2.0
"""Seconds after which another post of the same account is certainly done with."""

_WAIT = re.compile(r"(?:once every|to wait|wait (?:for )?)\D{0,20}?([0-9]{1,6}) (second|minute|hour)", re.IGNORECASE)
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
_BUSY = "already posting"
"""What the forum says where an account posts twice at the same moment."""


@dataclass(frozen=True, slots=True)
class Key:
    """A token, whose it is, and with a master token the account that it acts for."""

    value: str = field(repr=False)
    owner: str = "the settings"
    uid: int = 0

    @property
    def params(self) -> list[tuple[str, str]]:
        """What goes with it in an address."""
        return [("_uid", str(self.uid))] if self.uid else []


class Client:
    """Speaks with one NodeBB through the program's HTTP client; raises nothing but `AdapterError`."""

    def __init__(self, net: Net, root: str) -> None:
        self._net = net
        self.root = root

    async def get(
        self,
        path: str,
        what: str,
        key: Key | None = None,
        *,
        params: Params = (),
        etag: str = "",
    ) -> Answer | None:
        """What stands at a path; None where the forum says that it did not change since `etag`."""
        fields = [*params, *(key.params if key else ())]
        answer = await self._net.get(
            f"{self.root}{path}", headers=HEADERS, params=fields or None, credential=_credential(key), etag=etag or None
        )
        if answer.status == 304:
            return None
        await self._judge(answer, what, key, write=False)
        return answer

    async def page(self, path: str, kind: type[T], what: str, key: Key | None = None, *, params: Params = ()) -> T:
        """A page of the forum as it is given to programs."""
        answer = await self.get(path, what, key, params=params)
        assert answer is not None  # no validator was sent
        return decoded(answer.body, kind, what)

    async def read(self, path: str, kind: type[T], what: str, key: Key | None = None) -> T:
        """What the API for programs tells; it marks nothing read."""
        answer = await self.get(f"/api/v3{path}", what, key)
        assert answer is not None  # no validator was sent
        return response(answer.body, kind, what)

    async def send(self, method: str, path: str, what: str, key: Key, json: object = None) -> Answer:
        """Write once."""
        query = f"?_uid={key.uid}" if key.uid else ""
        answer = await self._net.send(
            method, f"{self.root}/api/v3{path}{query}", headers=HEADERS, json=json, credential=_credential(key)
        )
        stayed(answer, what)
        await self._judge(answer, what, key, write=True)
        return answer

    async def is_master(self, key: Key) -> bool:
        """Whether a token is a master token, which acts for nobody unless it is told for whom."""
        answer = await self._net.get(f"{self.root}/api/self", headers=HEADERS, credential=_credential(key))
        return _no_uid(answer)

    async def give(self, path: str, what: str, key: Key, body: bytes, kind: str, total: float) -> Answer:
        """Give the forum a form of a `kind`, beside its API for programs; takes `total` seconds at most.

        What it does not want it calls an error of its own.
        """
        query = f"?_uid={key.uid}" if key.uid else ""
        answer = await self._net.send(
            "POST",
            f"{self.root}/api{path}{query}",
            headers={**HEADERS, "Content-Type": kind},
            body=body,
            credential=_credential(key),
            total=total,
        )
        stayed(answer, what)
        if answer.status == 500 and (words := said(answer)):
            raise Refused(words)
        await self._judge(answer, what, key, write=True)
        return answer

    async def who(self, key: Key) -> Self:
        """Whom a token acts for; LoginRejected where it opens nothing."""
        answer = await self._net.get(
            f"{self.root}/api/self", headers=HEADERS, params=key.params or None, credential=_credential(key)
        )
        if _no_uid(answer):
            raise LoginRejected(
                f"{self.root}: the token of {key.owner} is a master token: name the account that it acts for (uid)."
            )
        if answer.status in (401, 403, 404):
            raise LoginRejected(
                f"{self.root} does not know the token of {key.owner}. It is wrong or was deleted; set another one."
            )
        raise_for_status(answer, "the question who we are", write=False)
        return decoded(answer.body, Self, "who is logged in")

    async def _judge(self, answer: Answer, what: str, key: Key | None, *, write: bool) -> None:
        """Raise what an unwelcome answer means; a refusal that may be the token's fault is looked into."""
        status = answer.status
        if status < 400:
            return
        words = said(answer)
        told = f"{what}: {shown(answer.url)} answered {status}{f' ({words})' if words else ''}"
        if key is not None and status in (401, 403, 404) and words is not None:
            await self.who(key)
        if status in (404, 410):
            raise Gone(f"{told}.")
        if words is not None and (status == 403 or (status == 401 and key is None)):
            advice = "set the token of an account that may" if key is None else "it is closed to this account"
            raise NotAllowed(f"{told}: {advice}.")
        if write and status == 400 and words:
            if seconds := pause(words):
                raise RateLimited(f"{told}. It asks for a pause of {seconds:.0f} s.", seconds)
            raise Refused(words)
        raise_for_status(answer, what, write)


def _no_uid(answer: Answer) -> bool:
    """Whether a master token was shown, and not for whom it is to act."""
    return answer.status >= 400 and b"master-token" in answer.body[:2000]


def said(answer: Answer) -> str | None:
    """What the forum itself says of a refusal; None where somebody before it answered, such as a firewall."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/plain") and len(answer.body) < 200:
        return line(answer.text())
    if not is_json(answer):
        return None
    told = refusal(answer, Refusal)
    return line(told.status.message) if told is not None else ""


def pause(words: str) -> float:
    """Seconds that the forum asks to wait in a sentence; 0 where it asks for no pause."""
    if _BUSY in words.lower():
        return SOON
    found = _WAIT.search(words)
    return float(found[1]) * _SECONDS[found[2].lower()] if found else 0.0


def answered(answer: Answer, kind: type[T], what: str) -> T:
    """The answer to a write as what it should be; OutcomeUnknown where it is none of that, for it was done perhaps."""
    return taken(response, answer, kind, what)


def _credential(key: Key | None) -> Credential | None:
    return None if key is None else Credential("Authorization", f"Bearer {key.value}")
