"""Pure: what a feed is a list of: entries, comments on several pages, or the posts of one thread."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from adapters.forums.feed import noise
from adapters.forums.feed.items import Feed, Item

SHARE = 0.5
"""The part of a feed's entries that have to be comments for it to be a feed of comments."""

_THREADS = re.compile(
    r"/feed/topic/\d+/?|/feed\.php\?(?:.*&)?t=\d+.*"  # phpBB
    r"|/topic/\d+\.rss(?:\?.*)?"  # NodeBB
    r"|/t/(?:[^/]+/)?\d+\.rss(?:\?.*)?"  # Discourse
    r"|/comments/\w+(?:/[^/]*)*/?\.rss(?:\?.*)?"  # Reddit
)
"""How the addresses of feeds end that are of one thread."""
_PHPBB = re.compile(r"/feed/topic/\d+|/feed\.php\?")
_PHPBB_TOPIC = re.compile(r"(https?://.{1,1500}?)/(?:app\.php/feed/topic/|feed\.php\?t=)(\d{1,12})")
_REDDIT = re.compile(r"t3_\w+")


class Shape(enum.Enum):
    """What a feed is a list of."""

    ENTRIES = "entries"  # each is a thread of its own
    COMMENTS = "comments"  # on several pages, each of which is a thread
    THREAD = "thread"  # posts of one thread


class Place(msgspec.Struct, frozen=True):
    """Where an entry belongs: the page that it is a comment on, empty for none; whether it is that page's own."""

    page: str
    op: bool = False


def shape_of(feed: Feed, address: str) -> Shape:
    """What a feed is a list of, by its own address, else by what its entries say."""
    if names_thread(address) or names_thread(feed.own):
        return Shape.THREAD
    pages = [place.page for place in places(feed.items) if place.page]
    if not pages or len(pages) < SHARE * len(feed.items):
        return Shape.ENTRIES
    link = _bare(feed.link)
    on_link = sum(_bare(page) == link for page in pages)
    if on_link * 2 > len(pages) or (not link and len(set(pages)) == 1):
        return Shape.THREAD
    return Shape.COMMENTS


def names_thread(address: str) -> bool:
    """Whether an address is, by its form, that of the feed of one thread."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return _ends(_THREADS, f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _ends(pattern: re.Pattern[str], path: str) -> bool:
    return any(pattern.fullmatch(path, start.start()) for start in re.finditer("/", path[:2000]))


def places(items: Sequence[Item]) -> list[Place]:
    """For each entry where it belongs, by what it says it answers, else by the form of its address."""
    named: dict[str, Item] = {}
    for item in items:
        named.setdefault(item.id, item)
    named.pop("", None)
    answered = {ref.id for item in items for ref in item.refs}
    pages: dict[str, str] = {}
    return [_place(item, named, answered, pages) for item in items]


def _place(item: Item, named: Mapping[str, Item], answered: set[str], pages: dict[str, str]) -> Place:
    """The place of one entry; `pages` are those of entries that were climbed over before, by their ids."""
    if not item.refs:
        if page := noise.comment_page(item.link):
            return Place(page, op=item.link.endswith("#post_1"))
        return Place(_page(item.link) or item.id, op=True) if item.id in answered else Place("")
    top, climbed = item, [item.id]
    while top.refs and top.id not in pages:
        above = next((named[ref.id] for ref in top.refs if ref.id in named), None)
        if above is None or above.id in climbed[-1:] or len(climbed) > len(named):
            break
        climbed.append(above.id)
        top = above
    # What the topmost answers is not here: it tells the page, as the address of another comment does.
    page = pages.get(top.id) or next((_page(ref.link) for ref in reversed(top.refs) if ref.link), "")
    page = page or _page(top.link) or (top.refs[-1].id if top.refs else top.id)
    pages.update(dict.fromkeys(filter(None, climbed), page))
    return Place(page)


def _page(link: str) -> str:
    return noise.comment_page(link) or link.partition("#")[0]


def _bare(link: str) -> str:
    return link.partition("#")[0].rstrip("/")


def opens(item: Item, feed: Feed, place: Place) -> bool:
    """Whether an entry of a thread's feed is the thread's first post, by what it says itself."""
    if place.op or _REDDIT.fullmatch(item.id):
        return True
    return bool(item.link) and bool(feed.link) and item.link in (feed.link, f"{feed.link}/1")


def likely_op(feed: Feed, address: str) -> Item | None:
    """The first post of a phpBB topic, which no entry calls so: the oldest, where it alone is no "Re:"."""
    if not _PHPBB.search(address) or not feed.items:
        return None
    bare = [item for item in feed.items if not noise.answers(item.title, item.tags)]
    oldest = min(feed.items, key=lambda item: item.written or 0)
    return oldest if bare == [oldest] else None


def thread_title(feed: Feed, address: str) -> str:
    """What a thread is called whose feed this is: as its posts agree, else as the feed is."""
    if all(item.title == feed.title for item in feed.items) and feed.title:
        return feed.title
    said = {noise.own_title(item.title, item.author, item.tags, "") for item in feed.items}
    if len(said) == 1 and (len(feed.items) > 1 or _PHPBB.search(address)) and (title := said.pop()):
        return title
    return noise.subject(feed.title, "", ()) or _last_words(feed.link or address)


def thread_link(feed: Feed, address: str) -> str:
    """The page of a thread whose feed this is, as far as anything tells it; else the feed."""
    if topic := _PHPBB_TOPIC.fullmatch(address):  # the feed names the start page of the forum alone
        return f"{topic[1]}/viewtopic.php?t={topic[2]}"
    pages = [place.page for place in places(feed.items) if place.page.startswith("http")]
    return feed.link or (max(pages, key=pages.count) if pages else address)


def page_title(items: Sequence[Item], page: str) -> str:
    """What a page is called that these entries are comments on."""
    said = {noise.subject(item.title, item.author, item.tags) for item in items}
    if len(said) == 1 and (title := said.pop()) and noise.own_title(items[0].title, items[0].author, (), "") != "":
        return title
    about = [noise.subject(item.title, item.author, ()) for item in items if item.title.startswith("Comment")]
    return about[0] if about else _last_words(page)


def _last_words(address: str) -> str:
    """The last part of an address, or all of it."""
    last = address.rstrip("/").rpartition("/")[2].replace("-", " ").replace("_", " ")
    return last if last and "?" not in last else address
