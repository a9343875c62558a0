"""Discourse: reads and answers its threads over the API that every Discourse has, and saved threads of it."""

from __future__ import annotations

import html
import re

import msgspec

from adapters.engines.addresses import LONGEST, completed, match, origin
from adapters.forums.discourse import addresses, parse, signs
from adapters.forums.discourse.forum import Discourse, HookedDiscourse
from adapters.forums.discourse.posts import Around
from adapters.forums.discourse.rows import PostRow, Stream
from adapters.forums.discourse.settings import Settings
from adapters.items import each
from bot.errors import Unparsable
from bot.model import ForumName, Thread, ThreadKey, ThreadPage
from bot.ports import Context, ForumAdapter, Match

_ADDRESS = re.compile(
    r"(?P<root>https?://[^/?#\s]{1,255}(?:/[^/?#\s]{1,100}){0,3}?)"
    r"(?P<path>/(?:t|c|p|tags?)/[^?#\s]{1,1000})(?:[?#]\S*)?",
    re.IGNORECASE,
)
_BASE = re.compile(rb"""data-base-uri=["'](/[^"']{1,100})?["']""")
_PRELOADED = re.compile(rb"""data-preloaded=["']([^"']{2,8000000})["']""")
_TOPIC = re.compile(r"topic_[0-9]{1,18}")


class _Adapter:
    name = "discourse"
    settings: type[msgspec.Struct] = Settings
    looked_for = "a thread of Discourse: the JSON at its address with '.json' behind it, or the page as it was sent"

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        wanted = completed(address)
        shape = _shape(wanted)
        if page is None:
            why = "the address has the form of a thread or board of Discourse"
            return None if shape is None else match(0.6, shape, "discourse", why)
        certainty, why = signs.engine(page)
        if not certainty:
            return None
        return match(certainty, shape or _root(wanted, page), "discourse", why)

    def open(self, name: ForumName, settings: Settings, context: Context) -> Discourse:
        if settings.webhook_secret and context.public:
            return HookedDiscourse(name, settings, context)
        return Discourse(settings, context)

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        shape = _shape(address)
        root = shape or settings.address.rstrip("/")
        place = addresses.read(address, root) if address and root else None
        if address and (place is None or not place.thread):
            raise Unparsable(f"{address[:200]} is no address of a thread: looked for '/t/a-title/345'", self.looked_for)
        found = _preloaded(page) or page
        try:
            topic = parse.topic(found, root)
        except Unparsable:
            return _piece(found, root, ThreadKey(place.thread if place else ""), self.looked_for)
        shown = {id for id, _ in topic.chunk.numbers}
        whole = bool(topic.stream) and set(topic.stream) <= shown
        return ThreadPage(topic.thread, topic.chunk.posts, complete=whole, damaged=topic.chunk.damaged)


class _Posts(msgspec.Struct):
    """Posts as lists of them and single ones are answered."""

    id: int = 0
    post_stream: Stream | None = None
    latest_posts: list[msgspec.Raw] = []


def _piece(page: bytes, root: str, wanted: ThreadKey, looked_for: str) -> ThreadPage:
    """Some posts of a thread: `/t/ID/posts.json`, `/posts/ID.json`, and of `/posts.json` those of the wanted thread."""
    told = parse.decoded(page, _Posts, looked_for)
    items = told.post_stream.posts if told.post_stream is not None else told.latest_posts or [msgspec.Raw(page)]
    rows = each(items, PostRow, lambda row: row)[0]
    if wanted and told.latest_posts:
        rows = [row for row in rows if str(row.topic_id) == wanted]
    threads = {row.topic_id for row in rows}
    if not rows:
        raise Unparsable("the page holds no posts of a thread", looked_for, page)
    if len(threads) > 1:
        raise Unparsable(
            "the page holds posts of several threads; give the address of one of them with it", looked_for, page
        )
    thread = rows[0].topic_id or int(wanted or told.id)
    slug = rows[0].topic_slug or ""
    title = rows[0].topic_title or slug.replace("-", " ").capitalize() or f"Thread {thread}"
    chunk = parse.chunk(items, Around(root, thread, "", slug))
    ordered = tuple(sorted(chunk.posts, key=lambda post: post.position))
    head = Thread(ThreadKey(str(thread)), title, addresses.thread_link(root, str(thread), slug))
    return ThreadPage(head, ordered, damaged=() if told.latest_posts else chunk.damaged)


def _preloaded(page: bytes) -> bytes:
    """The thread that a page of HTML brings along for the program that draws it."""
    found = _PRELOADED.search(page)
    if found is None:
        return b""
    try:
        told = msgspec.json.decode(html.unescape(found[1].decode("utf-8", "replace")), type=dict[str, object])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return b""
    topics = (value for key, value in told.items() if _TOPIC.fullmatch(key) and isinstance(value, str))
    return next(topics, "").encode("utf-8", "replace")


def _shape(address: str) -> str | None:
    """The root of the site whose thread or board an address has the form of."""
    found = _ADDRESS.fullmatch(address.strip()) if len(address) <= LONGEST else None
    if found is None or found["path"].endswith(".rss") or addresses.of_path(found["path"]) is None:
        return None
    return found["root"] if origin(found["root"]) else None


def _root(address: str, page: bytes) -> str:
    """The root of the site that a page is of; empty where nothing tells it."""
    site, base = origin(address), _BASE.search(page[: signs.MOST])
    return f"{site}{(base[1] or b'').decode('ascii', 'replace') if base else ''}" if site else ""


adapter: ForumAdapter = _Adapter()
