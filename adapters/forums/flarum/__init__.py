"""Flarum: reads and answers its discussions over the JSON:API that every Flarum has, and saved discussions of it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from adapters.engines.addresses import LONGEST, completed, match, origin
from adapters.forums.flarum import addresses, parse, signs
from adapters.forums.flarum.forum import Flarum
from adapters.forums.flarum.parse import Tags
from adapters.forums.flarum.posts import Around
from adapters.forums.flarum.rows import ListPage, PostRow
from adapters.forums.flarum.settings import Settings
from bot.errors import Unparsable
from bot.model import ForumName, Thread, ThreadKey, ThreadPage
from bot.ports import Context, ForumAdapter, Match, Question

_ADDRESS = re.compile(
    r"(?P<root>https?://[^/?#\s]{1,255}(?:/[^/?#\s]{1,100}){0,3}?)(?P<path>/(?:d|t)/[^?#\s]{1,1000})(?:[?#]\S*)?",
    re.IGNORECASE,
)
_SLUGGED = re.compile(r"/d/[1-9][0-9]{0,17}-[^/]+(?:/[0-9]{1,9})?/?")


class _Payload(msgspec.Struct):
    """What a page of HTML brings along."""

    apiDocument: msgspec.Raw


class _Adapter:
    name = "flarum"
    settings: type[msgspec.Struct] = Settings
    looked_for = "a discussion of Flarum: the page as it was sent, or the JSON at /api/discussions/ID"
    questions: tuple[Question, ...] = ()  # a token is needed for writing alone, and whoever only reads has none

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        wanted = completed(address)
        shape = _shape(wanted)
        if page is None:
            if shape is None:
                return None
            certainty, root = shape
            return match(certainty, root, "flarum", "the address has the form of a discussion or tag of Flarum")
        certainty, why = signs.engine(page)
        if not certainty:
            return None
        return match(certainty, _root(wanted, page) or (shape[1] if shape else ""), "flarum", why)

    def open(self, name: ForumName, settings: Settings, context: Context) -> Flarum:
        return Flarum(settings, context)

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        shape = _shape(address)
        root = (shape[1] if shape else "") or settings.address.rstrip("/") or signs.base(page)
        root = root or _root(address, page) or "https://flarum.invalid"
        place = addresses.read(address, root) if address else None
        if address and (place is None or not place.thread):
            raise Unparsable(f"{address[:200]} is no address of a thread: looked for '/d/345-a-title'", self.looked_for)
        found = _document(page)
        try:
            topic = parse.topic(found, root, Tags())
        except Unparsable:
            return _piece(found, root, self.looked_for)
        whole = bool(topic.stream) and set(topic.stream) <= {id for id, _ in topic.chunk.numbers}
        ordered = tuple(sorted(topic.chunk.posts, key=lambda post: post.position))
        return ThreadPage(topic.thread, ordered, complete=whole, damaged=topic.chunk.damaged)


def _document(page: bytes) -> bytes:
    """The answer of the API that a page holds; the page itself where it is one."""
    brought = signs.payload(page)
    if not brought:
        return page
    try:
        return bytes(msgspec.json.decode(brought, type=_Payload).apiDocument)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return page


def _piece(page: bytes, root: str, looked_for: str) -> ThreadPage:
    """Some posts of a thread, as `/api/posts` gives them."""
    rows = parse.decoded(page, ListPage, looked_for).data
    try:
        thread = msgspec.json.decode(rows[0], type=PostRow).discussion
    except (IndexError, msgspec.DecodeError, ValueError, RecursionError):
        thread = ""
    if not addresses.is_id(thread):
        raise Unparsable("the page holds no posts of a thread", looked_for, page)
    chunk = parse.posts(page, Around(root, thread))
    head = Thread(ThreadKey(thread), f"Discussion {thread}", addresses.thread_link(root, thread))
    ordered = tuple(sorted(chunk.posts, key=lambda post: post.position))
    return ThreadPage(head, ordered, damaged=chunk.damaged)


def _shape(address: str) -> tuple[float, str] | None:
    """How sure the form of an address is, and the root of the site whose thread or board it names."""
    found = _ADDRESS.fullmatch(address.strip()) if len(address) <= LONGEST else None
    place = addresses.of_path(found["path"]) if found is not None else None
    if found is None or place is None or not origin(found["root"]):
        return None
    if not place.thread:
        return 0.2, found["root"]  # many sites have such addresses
    return 0.6 if _SLUGGED.fullmatch(found["path"]) else 0.4, found["root"]


def _root(address: str, page: bytes) -> str:
    """The root of the site that a page is of: where it says itself, if that is where the page is from."""
    said = signs.base(page)
    try:
        parts = urlsplit(address)
        _ = parts.port
        same = urlsplit(said).netloc.lower() == parts.netloc.lower()
    except ValueError:
        return ""
    if said and (same or not parts.netloc):
        return said
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.netloc}{urlsplit(said).path.rstrip('/') if said else ''}"


adapter: ForumAdapter = _Adapter()
