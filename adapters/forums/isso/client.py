"""Asks Isso: one request a method, every unwelcome answer named by its reaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

import msgspec

from adapters.forums.isso import rows
from adapters.forums.isso.addresses import question
from adapters.forums.isso.rows import Info, Row
from bot.errors import Gone, NotAllowed, OutcomeUnknown, RateLimited, Refused, Unparsable, Unreachable
from bot.net import Answer, Credential, Net, raise_for_status, shown

PAUSE = 60.0
"""Seconds over which Isso counts comments for its `ratelimit`."""

LARGEST = 32 * 1024 * 1024
"""Bytes of an answer: some fifty thousand comments of usual length."""

_ASKED = {"Accept": "application/json"}
"""Asked so, Isso gives its reasons as JSON."""
_SENT = {"Content-Type": "application/json", **_ASKED}
"""Isso takes no write whose content type is another one."""

_REASON = re.compile(
    r"<!doctype html[^>]{0,80}>\s{0,9}(?:<html lang=en>\s{0,9})?<title>[0-9]{3} [^<]{0,80}</title>\s{0,9}"
    r"<h1>[^<]{0,80}</h1>\s{0,9}<p>([^<]{0,2000})",
    re.IGNORECASE,
)
"""A page by which Isso (its Werkzeug) refuses, which no block page of a proxy looks like."""

_ADVICE = (
    ("direct responses to", "The site takes so many from one address: its owner can raise direct-reply in isso.cfg."),
    ("edit time frame", "The comment that is answered is fresh: the site's owner can set reply-to-self in isso.cfg."),
    ("email address required", "The operator can set `email` for this forum."),
)
"""What the guard of Isso says, and what can be done about it."""


class _Message(msgspec.Struct):
    message: str


@dataclass(frozen=True, slots=True)
class Cookie:
    """What lets us change a comment for a while, and for how many seconds."""

    value: str
    age: float


@dataclass(frozen=True, slots=True)
class Saved:
    """A comment as Isso took it."""

    row: Row
    cookie: Cookie | None
    waits: bool


class NoPage(Gone):
    """The page of a first comment could not be found by Isso itself: nothing was posted."""


class Client:
    """Asks one server through the program's HTTP client."""

    def __init__(self, net: Net, base: str) -> None:
        self._net = net
        self._base = base

    async def info(self) -> Info:
        """What the server says about itself; Gone or NotAllowed where it is kept from us."""
        answer = await self._net.get(f"{self._base}/info", headers=_ASKED)
        raise_for_status(answer, "the server's own word", write=False)
        return rows.info(answer.body)

    async def tree(
        self, uri: str, limit: int, nested: int, offset: int = 0, root: int | None = None, after: float = 0.0
    ) -> bytes:
        """Comments of a page, the oldest first, in the words of their authors; those below `root` where it is given."""
        address = f"{question(self._base, uri)}&plain=1&sort=oldest&limit={limit}&nested_limit={nested}"
        address += f"&offset={offset}" if offset else ""
        address += f"&parent={root}" if root is not None else ""
        address += f"&after={after!r}" if after else ""
        answer = await self._net.get(address, headers=_ASKED, max_bytes=LARGEST)
        if answer.status == 404 and reason(answer) and await self._stands():
            return b'{"total_replies":0,"hidden_replies":0,"replies":[]}'
        _here(answer, rows.LOOKED_FOR)
        raise_for_status(answer, f"comments of {uri[:200]}", write=False)
        return answer.body

    async def latest(self, limit: int) -> bytes:
        """The newest comments of all pages; NotAllowed where the site does not list them."""
        answer = await self._net.get(f"{self._base}/latest?limit={limit}", headers=_ASKED, max_bytes=LARGEST)
        if answer.status == 404:
            raise NotAllowed(
                f"{self._base} does not list its newest comments. Its owner can set latest-enabled in isso.cfg; or "
                "mirror single pages, or name them in `pages` of this forum's settings."
            )
        raise_for_status(answer, "the newest comments", write=False)
        return answer.body

    async def counts(self, uris: tuple[str, ...]) -> bytes:
        """How many comments pages have."""
        try:
            answer = await self._net.send("POST", f"{self._base}/count", headers=_SENT, json=list(uris))
        except OutcomeUnknown as error:  # it is a reading, whatever its method
            raise Unreachable(str(error)) from None
        _here(answer, "a list of numbers")
        raise_for_status(answer, "the counts of comments", write=False)
        return answer.body

    async def one(self, id: int, cookie: str) -> tuple[int, Row | None]:
        """The status of a comment by its id, and the comment where its cookie still opens it.

        404: there is none. 403: there is one, and it is not for us to see.
        """
        credential = Credential("Cookie", f"{id}={cookie}") if cookie else None
        answer = await self._net.get(f"{self._base}/id/{id}?plain=1", headers=_ASKED, credential=credential)
        if answer.status == 200:
            return 200, rows.comment(answer.body, "a comment of Isso")
        if answer.status in (403, 404) and reason(answer):
            return answer.status, None
        _here(answer, "a comment of Isso")
        raise_for_status(answer, f"comment {id}", write=False)
        raise Unparsable(f"{shown(answer.url)} answered {answer.status}", "a comment of Isso", answer.body)

    async def page(self, address: str) -> Answer:
        """A page of the site, whatever its status."""
        return await self._net.get(address)

    async def post(self, uri: str, comment: dict[str, object]) -> Saved:
        """Write a comment; raises `NoPage` where it would be the first one and Isso does not find its page."""
        answer = await self._net.send("POST", question(self._base, uri, "/new"), headers=_SENT, json=comment)
        if answer.status not in (201, 202):
            raise self._refusal(answer, uri)
        row = _taken(answer)
        return Saved(row, cookie_of(answer, row.key.id), answer.status == 202)

    async def change(self, id: int, cookie: str, text: str) -> Answer:
        """Give a comment another text; any status but those that say to wait is an answer."""
        address, credential = f"{self._base}/id/{id}", Credential("Cookie", f"{id}={cookie}")
        return _waited(await self._net.send("PUT", address, headers=_SENT, json={"text": text}, credential=credential))

    async def delete(self, id: int, cookie: str) -> Answer:
        """Delete a comment; any status but those that say to wait is an answer."""
        address, credential = f"{self._base}/id/{id}", Credential("Cookie", f"{id}={cookie}")
        return _waited(await self._net.send("DELETE", address, headers=_SENT, credential=credential))

    async def _stands(self) -> bool:
        """Whether Isso is there: older ones say 404 of a page without comments, others of whatever they do not know."""
        try:
            return bool((await self.info()).version)
        except (Gone, NotAllowed, Unparsable):
            return False

    def _refusal(self, answer: Answer, uri: str) -> Exception:
        """Why a comment was not taken."""
        why = reason(answer)
        if answer.status == 400 and why:
            if "Cannot create new thread" in why or "URI does not exist" in why:
                return NoPage(f"{uri[:200]}: {why[:300]}")
            return Refused(why)
        if answer.status == 403 and why:
            if "ratelimit exceeded" in why:
                return RateLimited(f"{why}. Isso takes a few comments a minute from one network.", PAUSE)
            advice = next((words for sign, words in _ADVICE if sign in why), "")
            return Refused(f"{why}. {advice}".strip())
        if answer.status in (404, 405):
            return Unreachable(f"{shown(answer.url)} answered {answer.status}: no Isso is there now")
        try:
            raise_for_status(answer, f"a comment on {uri[:200]}", write=True)
        except Exception as error:
            return error
        return OutcomeUnknown(f"{shown(answer.url)} answered {answer.status} to a comment, and not what Isso answers")


def reason(answer: Answer) -> str:
    """What Isso itself says about its refusal; empty where somebody else refused in its place."""
    try:
        words = msgspec.json.decode(answer.body, type=_Message).message
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = _REASON.match(answer.text()[:4096].lstrip())
        return " ".join(unescape(found[1]).split()) if found else ""
    return " ".join(re.sub(r"^[0-9]{3} [A-Za-z ]{1,40}: ", "", words).split()) or "no reason given"


def _here(answer: Answer, wanted: str) -> None:
    """Raises `Unparsable` for a 404 that says nothing of a comment: it is the server that is not there."""
    if answer.status in (404, 410):
        raise Unparsable(f"{shown(answer.url)} answered {answer.status}: no Isso is there now", wanted, answer.body)


def _taken(answer: Answer) -> Row:
    try:
        return rows.comment(answer.body, "the comment that was posted")
    except Unparsable as error:
        raise OutcomeUnknown(f"{shown(answer.url)} took a comment and told it in an unknown way: {error}") from None


def _waited(answer: Answer) -> Answer:
    if answer.status in (401, 408, 425, 429):
        raise_for_status(answer, "a change of a comment", write=True)
    return answer


def cookie_of(answer: Answer, id: int) -> Cookie | None:
    """What lets us change a comment that was just taken or changed."""
    for given in (*answer.every("set-cookie"), *answer.every("x-set-cookie")):
        first, _, rest = given.partition(";")
        name, _, value = first.strip().partition("=")
        if name in (str(id), f"isso-{id}") and value:
            age = re.search(r"max-age=([0-9]{1,9})", rest, re.IGNORECASE)
            return Cookie(value, float(age[1]) if age else 900.0)
    return None
