"""NodeBB: reads and answers its threads over the API that every NodeBB has, and saved threads of it."""

from __future__ import annotations

import re

import msgspec

from adapters.engines.addresses import LONGEST, completed, match, origin, rooted
from adapters.forums.nodebb import addresses, parse, signs
from adapters.forums.nodebb.forum import NodeBB
from adapters.forums.nodebb.posts import housed
from adapters.forums.nodebb.settings import Settings
from bot.errors import Unparsable
from bot.model import ForumName, ThreadPage
from bot.ports import Context, ForumAdapter, Match

_ADDRESS = re.compile(
    r"(?P<root>https?://[^/?#\s]{1,255}(?:/[^/?#\s]{1,100}){0,3}?)"
    r"(?P<path>/(?:topic/[0-9a-fA-F-]{1,36}(?:/[^/?#\s]{0,300}(?:/[0-9]{1,9})?)?|category/[0-9]{1,9}/[^/?#\s]{1,300})/?)"
    r"(?:[?#]\S*)?",
    re.IGNORECASE,
)


class _Adapter:
    name = "nodebb"
    settings: type[msgspec.Struct] = Settings
    looked_for = "a thread of NodeBB: the JSON at its address with '/api' before the path, or the page as it was sent"

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        wanted = completed(address)
        shape = _shape(wanted)
        if page is None:
            why = "the address has the form of a thread or board of NodeBB"
            return None if shape is None else match(0.5, shape, "nodebb", why)
        certainty, why = signs.engine(page)
        return match(certainty, _root(wanted, page) or shape or "", "nodebb", why) if certainty else None

    def open(self, name: ForumName, settings: Settings, context: Context) -> NodeBB:
        return NodeBB(settings, context)

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        data = signs.carried(page) or page
        root = _shape(address) or rooted(settings.address) or parse.home(data) or "https://nodebb.invalid"
        place = addresses.read(address, root) if address else None
        if address and (place is None or not place.thread):
            raise Unparsable(
                f"{address[:200]} is no address of a thread: looked for '/topic/7/a-title'", self.looked_for
            )
        found = parse.topic(data, root)
        complete = found.pages == 1 and len(found.ids) >= found.count
        posts = housed(found.posts, found.ids) if complete else found.posts
        return ThreadPage(found.thread, tuple(posts), complete=complete, damaged=found.damaged)


def _shape(address: str) -> str | None:
    """The root of the site whose thread or board an address has the form of."""
    found = _ADDRESS.fullmatch(address.strip()) if len(address) <= LONGEST else None
    if found is None or addresses.of_path(found["path"]) is None:
        return None
    return found["root"] if origin(found["root"]) else None


def _root(address: str, page: bytes) -> str:
    """The root of the site that a page is of; empty where nothing tells it."""
    site = origin(address)
    return f"{site}{signs.folder(page)}" if site else ""


adapter: ForumAdapter = _Adapter()
