"""Asks a Discourse, as a guest or with a key, and classes every answer by what is to be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.engines.access import Params
from adapters.engines.answers import line, refusal, stayed, taken
from adapters.engines.budget import Budget
from adapters.engines.lately import Lately
from adapters.forums.discourse.parse import decoded
from adapters.forums.discourse.rows import Error, SessionPage
from bot.errors import (
    Gone,
    LoginRejected,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
)
from bot.model import Millis
from bot.net import Answer, Credential, Net, raise_for_status, shown
from bot.ports import Secret

T = TypeVar("T")

GUEST = 60.0
"""Requests a minute that we make as a guest; Discourse takes two hundred of one address."""

ADMIN_KEY = 60.0
USER_KEY = 20.0
"""Requests a minute that Discourse takes of one key, as it is delivered."""

KEYS = 1_000
"""Keys whose budgets are kept."""

_JSON = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Key:
    """What proves who asks: a key of the administrators with the account that it acts for, or a key of one account."""

    header: str
    value: str = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=dict)
    """What goes with it, and is no secret."""
    owner: str = "the settings"
    """Whose it is, for whoever reads that it is refused."""
    limit: float = USER_KEY

    @classmethod
    def of_admin(cls, value: str, username: str) -> Key:
        """A key that administrators made, acting for an account."""
        return cls("Api-Key", value, {"Api-Username": username}, f"the settings ({username})", ADMIN_KEY)

    @classmethod
    def of_user(cls, value: str, owner: str = "the settings") -> Key:
        """A key that an account made for itself; whoever it is of, no log shows it."""
        return cls("User-Api-Key", Secret(value).reveal(), {}, owner)

    @property
    def remembers(self) -> bool:
        """Whether the forum answers an equal post that comes again with the first one: it does for administrators."""
        return self.header == "Api-Key"


class Client:
    """Speaks with one Discourse through the program's HTTP client; raises nothing but `AdapterError`."""

    def __init__(self, net: Net, root: str, requests: float | None) -> None:
        self._net = net
        self.root = root
        self._requests = requests
        self._guest = Budget(requests or GUEST)
        self._keys = Lately[str, Budget](KEYS)

    async def get(
        self,
        path: str,
        what: str,
        key: Key | None = None,
        *,
        params: Params = (),
        etag: str = "",
        stamp: Millis = 0,
    ) -> Answer | None:
        """What stands at a path; None where the forum says that it did not change since `etag`.

        A `stamp` asks for what stands there now: else guests are shown for a minute what the last one was shown.
        """
        fields = [*params]
        if stamp and key is None:
            fields.append(("_", str(stamp // 1000)))
        await self._turn(key)
        answer = await self._net.get(
            f"{self.root}{path}",
            headers={**_JSON, **(key.fields if key else {})},
            params=fields or None,
            credential=_credential(key),
            etag=etag or None,
        )
        if answer.status == 304:
            return None
        await self._judge(answer, what, key, write=False)
        return answer

    async def read(self, path: str, kind: type[T], what: str, key: Key | None = None, *, params: Params = ()) -> T:
        """A small answer as what it should be."""
        answer = await self.get(path, what, key, params=params)
        assert answer is not None  # no validator was sent
        return decoded(answer.body, kind, what)

    async def send(
        self,
        method: str,
        path: str,
        what: str,
        key: Key,
        *,
        json: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        body: bytes | None = None,
        kind: str = "",
        total: float | None = None,
    ) -> Answer:
        """Write once; a `body` is of a `kind`, and takes `total` seconds at most."""
        await self._turn(key, at_once=True)
        answer = await self._net.send(
            method,
            f"{self.root}{path}",
            headers={**_JSON, **key.fields, **({"Content-Type": kind} if kind else {})},
            json=json,
            form=form,
            body=body,
            credential=_credential(key),
            total=total,
        )
        stayed(answer, what)
        await self._judge(answer, what, key, write=True)
        return answer

    async def poll(
        self, path: str, form: Sequence[tuple[str, str]], key: Key | None, hold: float, query: str = ""
    ) -> Answer:
        """Ask the message bus, which answers when there is something; a question that changes nothing."""
        try:
            answer = await self._net.send(
                "POST",
                f"{self.root}{path}{query}",
                headers={**_JSON, "Dont-Chunk": "true", **(key.fields if key else {})},
                form=form,
                credential=_credential(key),
                total=hold,
                held=True,
            )
        except OutcomeUnknown as error:
            raise Unreachable(str(error)) from None
        if answer.status >= 300:
            self._refuse(answer, "the message bus", write=False)
        return answer

    async def who(self, key: Key) -> SessionPage:
        """Whom a key acts for; LoginRejected where it is refused."""
        await self._turn(key)
        answer = await self._net.get(
            f"{self.root}/session/current.json", headers={**_JSON, **key.fields}, credential=_credential(key)
        )
        if answer.status in (401, 403, 404):
            said = _told(answer)
            raise LoginRejected(
                f"{self.root} refuses the key of {key.owner}{said}. It is wrong, was revoked, or is not meant for this."
            )
        self._refuse(answer, "the question who we are", write=False)
        return decoded(answer.body, SessionPage, "who is logged in")

    async def _turn(self, key: Key | None, *, at_once: bool = False) -> None:
        if key is None:
            await self._guest.turn()
            return
        if key.value not in self._keys:
            self._keys.keep(key.value, Budget(self._requests or key.limit))
        await self._keys[key.value].turn(at_once=at_once)

    async def _judge(self, answer: Answer, what: str, key: Key | None, *, write: bool) -> None:
        """Raise what an unwelcome answer means; a refusal that may be the key's fault is looked into."""
        if answer.status == 403 and key is not None and _error(answer) is not None:
            # The same words in any language stand for a key that is wrong and for a place that is closed to it.
            await self.who(key)
        self._refuse(answer, what, write=write)

    def _refuse(self, answer: Answer, what: str, *, write: bool) -> None:
        status, error = answer.status, _error(answer)
        if status < 400:
            return
        told = f"{what}: {shown(answer.url)} answered {status}{_told(answer)}"
        if status in (404, 410):
            raise Gone(f"{told}.")  # also a 410 is taken back, when the staff recovers what it deleted
        if error is None:
            raise_for_status(answer, what, write)
            return
        wait = error.extras.get("wait_seconds")
        if status == 429 and isinstance(wait, int | float):
            raise RateLimited(f"{told}. It asks for a pause of {wait:.0f} s.", float(wait))
        if status == 403:
            advice = "set a key of an account that may" if error.error_type == "not_logged_in" else "it is closed to us"
            raise NotAllowed(f"{told}: {advice}.")
        if status == 503 and error.error_type == "read_only":
            raise Unreachable(f"{told}. Nothing was done; come again later.")
        if write and status in (400, 409, 422):
            raise Refused(_words(error) or f"{told}.")
        raise_for_status(answer, what, write)


def answered(answer: Answer, kind: type[T], what: str) -> T:
    """The answer to a write as what it should be; OutcomeUnknown where it is none of that, for it was done perhaps."""
    return taken(decoded, answer, kind, what)


def _credential(key: Key | None) -> Credential | None:
    return None if key is None else Credential(key.header, key.value)


def _error(answer: Answer) -> Error | None:
    return refusal(answer, Error)


def _words(error: Error) -> str:
    return line(*error.errors, error.message)


def _told(answer: Answer) -> str:
    error = _error(answer)
    words = _words(error) if error is not None else ""
    return f" ({words})" if words else ""
