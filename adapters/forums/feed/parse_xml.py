"""Pure: RSS 0.9 to 2.0 and Atom → `Feed`, by feedparser.

feedparser is given bytes in memory and nothing else: an address or a path would be opened. It neither cleans HTML
nor resolves addresses in it, which is four fifths of its time: `bot.markup` does both for every format.
"""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException

import feedparser

from adapters.forums.feed import noise
from adapters.forums.feed.items import LONGEST_TEXT, LOOKED_FOR, MOST, Feed, Item, Ref, line, web
from adapters.forums.feed.replies import NAMESPACE, all_refs
from bot.errors import Unparsable
from bot.model import Damaged, Millis

_TAGS = 20
_ENCLOSURES = 5
_LINKS = 10
_SAMPLE = 4_000
_FEEDS = ("application/atom+xml", "application/rss+xml", "text/xml", "application/xml")
_END = re.compile(r"</(?:rss|feed|rdf:rdf|channel)\s*>\s*(?:<!--.{0,2000}-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|big|br|cite|code|del|em|font|i|img|ins|kbd|mark|q|s|small|span|strong|sub|sup|u)"
    r"\b[^>]{0,500}>",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"""\b(href|src|cite|poster)\s{0,5}=\s{0,5}(["'])(?!https?:|mailto:|data:|javascript:|#|//)([^"'<>]{1,2000})\2""",
    re.IGNORECASE,
)

_ISSO = re.compile(r"tag:[^ ]{1,300}:/isso/\d+/\d+")
_TAGS_ALL = re.compile(r"<[^>]{0,500}>")

_get = dict.get
"""Of feedparser's own dictionaries `get` guesses at what is not there."""


def parse(text: str, address: str) -> Feed:
    """The feed; an entry that makes no sense is damaged, and so is the last one of a text that was cut.

    `address` is the feed's own, from which relative addresses in it are seen. Raises Unparsable where it is no feed.
    """
    raw = text.encode("utf-8", "replace")
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": address}
    try:
        told = feedparser.parse(
            io.BytesIO(raw), sanitize_html=False, resolve_relative_uris=False, response_headers=headers
        )
    except Exception as error:  # nothing that it stumbles over may stop more than this feed
        raise Unparsable(f"the feed cannot be read: {type(error).__name__}", LOOKED_FOR, raw) from None
    entries = _get(told, "entries", [])
    if not entries and not _get(told, "version", ""):
        raise Unparsable("what is there is no feed", LOOKED_FOR, raw)
    return _Reading(text, address, told).feed(entries)


class _Reading:
    """Makes a `Feed` of what feedparser found."""

    def __init__(self, text: str, address: str, told: Any) -> None:
        self.text = text
        self.address = address
        self.top: Any = _get(told, "feed", {})
        spaces: dict[str, str] = _get(told, "namespaces", {})
        self.thr = next((prefix for prefix, space in spaces.items() if space == NAMESPACE), "thr")
        self.atom = str(_get(told, "version", "")).startswith("atom")
        self.cut = isinstance(_get(told, "bozo_exception"), SAXException) and not _END.search(text[-3_000:])

    def feed(self, entries: list[Any]) -> Feed:
        top, damaged = self.top, []
        if len(entries) > MOST:
            damaged.append(Damaged(f"the feed has more than {MOST} entries; the rest is not read", b""))
            entries = entries[:MOST]
        if self.cut and entries:
            why = "the feed breaks off in the middle; its last entry may be cut and is not read"
            damaged.append(Damaged(why, self.text[-_SAMPLE:].encode("utf-8", "replace")))
            entries = entries[:-1]
        items, several = [], iter(self._several(entries))
        for entry in entries:
            refs = next(several, ())
            try:
                items.append(self._item(entry, refs))
            except Exception as error:  # one entry that nobody foresaw must not cost its neighbours
                why = f"an entry cannot be read: {type(error).__name__}: {error}"
                damaged.append(Damaged(why, repr(dict(entry))[:_SAMPLE].encode("utf-8", "replace")))
        return Feed(
            title=_plain(_get(top, "title", ""), _get(top, "title_detail"), atom=self.atom),
            link=web(_get(top, "link", "")),
            id=_get(top, "id", ""),
            links=tuple((rel, link["href"]) for rel in ("hub", "self") for link in self._links(top, rel))[:_LINKS],
            author=_name(top),
            ttl=_number(_get(top, "ttl")) * 60.0,
            items=tuple(items),
            damaged=tuple(damaged),
        )

    def _several(self, entries: list[Any]) -> list[tuple[Ref, ...]]:
        """What each entry answers, where some answer several."""
        answering = sum(f"{self.thr}_in-reply-to" in entry for entry in entries)
        if self.cut or self.text.count(f"<{self.thr}:in-reply-to") <= answering:
            return []
        found = all_refs(self.text)
        return found if len(found) >= len(entries) else []

    def _item(self, entry: Any, refs: tuple[Ref, ...]) -> Item:
        link = web(_get(entry, "link", "")) or next((web(link["href"]) for link in self._links(entry, "alternate")), "")
        text, format = self._text(entry, link)
        said = noise.said(text, comment=bool(noise.comment_page(link)))
        text = said.text[:LONGEST_TEXT]
        id = _get(entry, "id", "").strip()
        own = _get(entry, f"{self.thr}_in-reply-to")
        if not refs and isinstance(own, dict):
            refs = (Ref(_get(own, "ref", "").strip(), _get(own, "href", "").strip()),)
        replies: Any = next((link for link in self._links(entry, "replies") if _get(link, "type") in _FEEDS), {})
        count = _get(replies, f"{self.thr}:count") or _get(entry, "slash_comments") or _get(entry, f"{self.thr}_total")
        return Item(
            id=id,
            link=link,
            title=_plain(_get(entry, "title", ""), _get(entry, "title_detail"), atom=self.atom),
            author=_name(entry) or said.author,
            text=text + _enclosed(entry, text, html=format == "html"),
            format=format,
            published=_moment(_get(entry, "published_parsed")),
            updated=_moment(_get(entry, "updated_parsed")),
            refs=refs,
            tags=tuple(_tags(entry)),
            comments=web(_get(replies, "href", "") or _get(entry, "wfw_commentrss", "")),
            replies=int(_number(count)) if count else None,
            answered=_moment_of(_get(replies, f"{self.thr}:updated")),
            lead=said.lead,
            leads=said.leads,
            trailed=said.trailed,
            deleted=bool(_ISSO.fullmatch(id)) and not _name(entry) and not _TAGS_ALL.sub("", text).strip(),
        )

    @staticmethod
    def _links(told: Any, rel: str) -> Iterator[Any]:
        for link in _get(told, "links", ()):
            if _get(link, "rel") == rel and _get(link, "href"):
                yield link

    def _text(self, entry: Any, link: str) -> tuple[str, str]:
        """The words and their format: HTML before plain text, the whole before a summary."""
        summary = _get(entry, "summary_detail")
        parts = [part for part in _get(entry, "content", ()) if _get(part, "value")]
        if isinstance(summary, dict) and _get(summary, "value"):
            parts.append(summary)
        for part in parts:
            if _get(part, "type") in ("text/html", "application/xhtml+xml"):
                return self._seen_from(part, link), "html"
        for part in parts:
            if _get(part, "type") in ("text/plain", None, ""):
                return part["value"], "plain"
        return "", "html"

    def _seen_from(self, part: Any, link: str) -> str:
        """HTML whose relative addresses lead where its author meant them to.

        That is the base that the feed names (xml:base); else the entry's own page, from which a text is seen that
        was written for it and from which `Post.link` is seen when it is shown.
        """
        html: str = part["value"]
        base = _get(part, "base") or ""
        named = base if base != self.address else link or web(_get(self.top, "link", ""))
        if not named or named == link:
            return html

        def whole(found: re.Match[str]) -> str:
            try:
                return f"{found[1]}={found[2]}{urljoin(named, found[3])}{found[2]}"
            except ValueError:
                return found[0]

        return _RELATIVE.sub(whole, html)


def _plain(title: str, detail: Any, *, atom: bool) -> str:
    """A title as people read it: what RSS has there is HTML as often as not, Atom says what it is."""
    if not atom or _get(detail or {}, "type") != "text/plain":
        if "<" in title:
            title = _TAG.sub("", title)
        if "&" in title:
            title = unescape(title)
    return line(title)


def _name(told: Any) -> str:
    detail = _get(told, "author_detail")
    name = _get(detail, "name", "") if isinstance(detail, dict) else ""
    name = name or _get(told, "author", "") or ""
    if "@" in name and " " not in name and not name.startswith("@"):
        name = name.partition("@")[0]  # nobody's address is shown
    name = line(name).removeprefix("/u/")  # Reddit
    handle, _, full = name.partition(" ")
    return full if full and handle.startswith("@") else name.removeprefix("@")  # Discourse: "@alice Alice"


def _tags(entry: Any) -> Iterator[str]:
    said = dict.fromkeys(line(_get(tag, "label") or _get(tag, "term") or "") for tag in _get(entry, "tags", ()))
    yield from [tag for tag in said if tag][:_TAGS]


def _enclosed(entry: Any, text: str, *, html: bool) -> str:
    """Files that hang on the entry, as far as its text does not show them already."""
    said: list[str] = []
    for link in _Reading._links(entry, "enclosure"):
        address = web(link["href"])
        if address and address not in text and escape(address) not in text and len(said) < _ENCLOSURES:
            if not html:
                said.append(f"\n\n{address}")
            elif str(_get(link, "type")).startswith("image/"):
                said.append(f'<p><img src="{escape(address)}"></p>')
            else:
                said.append(f'<p><a href="{escape(address)}">{escape(address)}</a></p>')
    return "".join(said)


def _number(value: Any) -> float:
    """A number that is written as text; 0 where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if 0 <= number <= 1e9 else 0.0


def _moment(parsed: Any) -> Millis | None:
    """A time that feedparser read, always in UTC; None where there is none, or it makes no sense."""
    try:
        return calendar.timegm(parsed) * 1000 if parsed and 1980 <= parsed[0] <= 9000 else None
    except (TypeError, ValueError, OverflowError):
        return None


def _moment_of(text: Any) -> Millis | None:
    return _moment(feedparser.datetimes._parse_date(text)) if isinstance(text, str) else None
