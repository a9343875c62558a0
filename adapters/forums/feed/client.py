"""Fetches feeds: asks only for what changed, takes the server's word for nothing but that nothing changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model import Bookmark
from bot.net import Answer, Net, raise_for_status

PARTIAL = 226
"""The status of an answer that holds only what is new (RFC 3229)."""

_ACCEPT = {
    "Accept": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, */*;q=0.5"
}
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s{0,5}=\s{0,5}\"?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with what it says about itself."""

    body: bytes
    url: str
    type: str = ""
    etag: str = ""
    last_modified: str = ""
    moved: str = ""
    """Where the address has moved for good."""
    wait: float = 0.0
    partial: bool = False
    links: tuple[str, ...] = ()
    """Its Link headers."""


class Client:
    """Reads feeds through the program's HTTP client, without any credential."""

    def __init__(self, net: Net) -> None:
        self._net = net

    async def answer(self, address: str) -> Answer:
        """What stands at an address, whatever its status."""
        return await self._net.get(address, headers=_ACCEPT)

    async def feed(self, address: str, since: Bookmark, what: str) -> Fetched | None:
        """The feed at an address, None where the site says that it is the one of `since`.

        `what` names it in errors. Raises what `Net.get` and `raise_for_status` raise.
        """
        answer = await self._net.get(address, headers=_ACCEPT, etag=since.etag, last_modified=since.last_modified)
        if answer.status == 304:
            return None
        raise_for_status(answer, what, write=False)
        return fetched(answer)


def fetched(answer: Answer) -> Fetched:
    """What an answer says about itself; validators verbatim."""
    headers = answer.headers
    age = _MAX_AGE.search(headers.get("cache-control", "").lower())
    return Fetched(
        body=answer.body,
        url=answer.url,
        type=headers.get("content-type", ""),
        etag=headers.get("etag", ""),
        last_modified=headers.get("last-modified", ""),
        moved=answer.moved,
        wait=float(age[1]) if age else 0.0,
        partial=answer.status == PARTIAL,
        links=tuple(answer.every("link")),
    )
