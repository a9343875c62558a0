"""Feeds written for these tests, and a reader that reads one as often as it is told to."""

from email.utils import formatdate
from html import escape

from adapters.forums.feed import nouns
from adapters.forums.feed.nouns import Source
from bot.model import Bookmark, Listing, Millis, Post, ThreadPage

NOW: Millis = 1_795_500_000_000
MINUTE = 60_000
ADDRESS = "https://site.example/feed.xml"


def ago(minutes: float) -> Millis:
    return NOW - int(minutes * MINUTE)


def entry(
    id: str | None = "",
    text: str = "words",
    *,
    title: str = "Title",
    at: Millis | None = None,
    link: str = "",
    more: str = "",
) -> str:
    """An item of RSS; `at` is when it was published, None for an entry that does not tell."""
    parts = [f"<title>{escape(title)}</title>" if title else "", more]
    parts.append(f"<description>{escape(text)}</description>")
    if id:
        parts.append(f'<guid isPermaLink="false">{escape(id)}</guid>')
    if link:
        parts.append(f"<link>{escape(link)}</link>")
    if at is not None:
        parts.append(f"<pubDate>{formatdate(at / 1000)}</pubDate>")
    return f"<item>{''.join(parts)}</item>"


def rss(*items: str, title: str = "The feed", link: str = "https://site.example/", more: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{escape(title)}</title><link>{link}</link>{more}{''.join(items)}</channel></rss>"
    ).encode()


def answer(
    id: str,
    text: str,
    *refs: str,
    author: str = "ann",
    updated: str = "2026-11-23T09:00:00Z",
    link: str = "",
    title: str = "A comment",
    more: str = "",
) -> str:
    """An entry of Atom that answers others."""
    answered = "".join(f'<thr:in-reply-to ref="{escape(ref)}"/>' for ref in refs)
    where = f'<link href="{escape(link)}"/>' if link else ""
    return (
        f"<entry><id>{escape(id)}</id><title>{escape(title)}</title><updated>{updated}</updated>"
        f'<author><name>{escape(author)}</name></author>{where}<content type="html">{escape(text)}</content>'
        f"{answered}{more}</entry>"
    )


def atom(*entries: str, title: str = "The thread", link: str = "https://site.example/t/1", more: str = "") -> bytes:
    alternate = f'<link href="{link}"/>' if link else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:thr="http://purl.org/syndication/thread/1.0">'
        f"<title>{escape(title)}</title><id>urn:feed</id>{alternate}{more}{''.join(entries)}</feed>"
    ).encode()


class Reader:
    """Reads a feed again and again, from where it stopped."""

    def __init__(self, key: str = ADDRESS) -> None:
        self.key = key
        self.bookmark = Bookmark()
        self.now = NOW

    def board(self, body: bytes, *, partial: bool = False) -> Listing:
        self.now += MINUTE
        page = nouns.listing(body, Source(self.key, partial=partial), self.bookmark.cursor, self.now).page
        self.bookmark = page.bookmark
        return page

    def thread(self, body: bytes) -> ThreadPage:
        self.now += MINUTE
        page = nouns.thread_page(body, Source(self.key), self.bookmark.cursor, self.now).page
        self.bookmark = page.bookmark
        return page


def posts(page: Listing) -> list[Post]:
    """What a listing shows that was written since the last reading, newest thread first."""
    return [post for leaf in page.pages for post in leaf.posts]


def texts(page: Listing | ThreadPage) -> list[str]:
    return [post.body.text for post in (posts(page) if isinstance(page, Listing) else page.posts)]
