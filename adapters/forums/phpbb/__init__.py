"""phpBB 3: reads boards and threads through their pages, and writes through their forms."""

from __future__ import annotations

import dataclasses
import re

import msgspec

from adapters.engines.addresses import named
from adapters.forums.phpbb import addresses, parse
from adapters.forums.phpbb.forum import Phpbb
from adapters.forums.phpbb.settings import Settings, checked
from adapters.forums.phpbb.signs import version
from bot.errors import Unparsable
from bot.model import ForumName, ThreadPage
from bot.ports import Context, ForumAdapter, Match, Question

_SAVED_FROM = re.compile(rb"<!-- saved from url=\([0-9]{4}\)(\S{1,1000}) -->")
"""What Chrome and Edge write above the page that they save."""
_CANONICAL = re.compile(rb"<link rel=\"canonical\" href=\"([^\"]{1,1000})\"")


class _Adapter:
    name = "phpbb"
    settings: type[msgspec.Struct] = Settings
    looked_for = parse.LOOKED_FOR
    questions: tuple[Question, ...] = ()  # an account is needed for writing alone, and whoever only reads has none

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        if page is not None:
            said = version(page)
            if said is None:
                return None
            base = _root(address, page)
            implied: dict[str, object] = {"address": base} if base else {}
            return Match(0.95, named(addresses.host_of(base)[1], "phpbb"), f"the page is one of phpBB {said}", implied)
        found = addresses.shaped(address)
        if found is None or found[1] == addresses.Place():
            return None
        base, _ = found
        name = named(addresses.host_of(base)[1], "phpbb")
        certainty = 0.4 if "/feed" in address else 0.6  # a feed's address asks for the feed
        return Match(certainty, name, "the address has the form of phpBB's", {"address": base})

    def open(self, name: ForumName, settings: Settings, context: Context) -> Phpbb:
        return Phpbb(settings, context)

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        noted = _SAVED_FROM.search(page[:2048])
        address = address or (noted[1].decode("ascii", "replace") if noted else "")
        rules = checked(settings)
        if not rules.base:
            rules = dataclasses.replace(rules, base=_root(address, page))
        if address and addresses.shaped(address) is None and addresses.read(address, rules.base) is None:
            raise Unparsable(
                f"{address[:200]} is no address of a thread here: looked for viewtopic.php", parse.LOOKED_FOR
            )
        topic = parse.topic(page, rules)
        whole = not topic.start and topic.next is None and topic.total == len(topic.posts)
        return ThreadPage(topic.thread, topic.posts, complete=whole, damaged=topic.damaged)


def _root(address: str, page: bytes) -> str:
    """Where the board of a page stands: by the page's own word, where that is of the same host, or by its address."""
    site, host = addresses.host_of(address)
    canonical = _CANONICAL.search(page[:20_000])
    said = canonical[1].decode("utf-8", "replace").replace("&amp;", "&") if canonical else ""
    for one in (address, said):
        if (found := addresses.shaped(one)) is not None and host in ("", addresses.host_of(one)[1]):
            return found[0]
    told = addresses.host_of(said)[1]
    if told and host in ("", told):
        return said.partition("?")[0].rstrip("/")  # of the index
    path = address.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    folders = path.partition(".php")[0].rpartition("/")[0] if ".php" in path else path.rstrip("/")
    return f"{site}/{folders}".rstrip("/") if site else ""


adapter: ForumAdapter = _Adapter()
