"""Fetches pages of Democratic Underground: one at a time, asking only for what changed, never as a user."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import Unparsable
from bot.model import Bookmark
from bot.net import Net, raise_for_status, shown

_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain", ""})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page and the validators that came with it, verbatim."""

    body: bytes
    etag: str = ""
    last_modified: str = ""


class Client:
    """Reads pages through the program's HTTP client; sends no credential, so that nothing is marked read."""

    def __init__(self, net: Net) -> None:
        self._net = net

    async def page(self, address: str, since: Bookmark, what: str) -> Fetched | None:
        """The page at an address, None where the site says that it is the one of `since`.

        `what` names it in errors. Raises what `Net.get` and `raise_for_status` raise, and Unparsable where
        the answer is no page (an image, a download).
        """
        answer = await self._net.get(address, etag=since.etag, last_modified=since.last_modified)
        if answer.status == 304:
            return None
        raise_for_status(answer, what, write=False)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _PAGES:
            raise Unparsable(f"{what}: {shown(answer.url)} is {kind[:80]}, not a page", "an HTML page", answer.body)
        return Fetched(answer.body, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))
