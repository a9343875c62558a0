"""Pure: which engine's feed an address is, how often that may be read, and what such a feed cannot give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

PAUSE = 60.0
"""Seconds between two readings of a feed at least, where its engine asks for no more."""

DELETIONS = "no deletions: what is deleted there stays here"
EDITS = "edits are seen late: the site says that nothing changed until there is something new"
PARENTS = "no parents: a reply answers the thread, not the post that it is about"
REPLIES = "no replies: threads and their first posts alone; for its replies, give a thread's own address"
THREADS_ALONE = "no replies: threads and their first posts alone"
TEXTS = "no texts: titles and links alone"
OP = "no first post: replies alone"
NEWEST_REPLY = "no replies: the newest of each thread stands in place of the thread's own text"


def newest(count: int, what: str = "posts") -> str:
    """The line about a window: what was posted in larger numbers between two readings is missed."""
    return f"the {count} newest {what} alone: more of them between two readings are missed"


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """The address of a feed, and what is known of it before it is read."""

    address: str
    engine: str = ""
    """The engine that makes it, as people call it; empty where the address does not tell."""
    pause: float = PAUSE
    """Seconds between two readings at least."""
    lacks: tuple[str, ...] = (DELETIONS,)
    """What cannot be learnt from it, a line each."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Feeds of one engine whose addresses have one form."""

    engine: str
    path: re.Pattern[str]
    lacks: tuple[str, ...]
    host: re.Pattern[str] | None = None
    query: tuple[str, ...] = ()
    """Fields of the query that make the difference, each "name=value" or a name alone."""
    pause: float = PAUSE

    def fits(self, parts: SplitResult, query: dict[str, str]) -> bool:
        """Whether an address is of this kind."""
        if self.host is not None and not self.host.fullmatch(parts.hostname or ""):
            return False
        for wanted in self.query:
            name, sign, value = wanted.partition("=")
            if name not in query or (sign and query[name] != value):
                return False
        return self.path.fullmatch(parts.path) is not None


def _kind(
    engine: str,
    path: str,
    *lacks: str,
    host: re.Pattern[str] | None = None,
    query: tuple[str, ...] = (),
    pause: float = PAUSE,
) -> _Kind:
    return _Kind(engine, re.compile(path, re.ASCII), (*lacks, DELETIONS), host, query, pause)


REDDIT = re.compile(r"(?:[a-z]{2,8}\.)?reddit\.com")
HACKER_NEWS = re.compile(r"news\.ycombinator\.com")
YOUTUBE = re.compile(r"(?:www\.|m\.)?youtube\.com")

_KINDS = (
    _kind("Reddit", r"(?:/.*)?/comments/\w+(?:/.*)?/\.rss", PARENTS, newest(100), host=REDDIT, pause=50),
    _kind("Reddit", r"/r/[\w+]+/comments/\.rss", PARENTS, newest(100), host=REDDIT, pause=50),
    _kind("Reddit", r"(?:/.*)?\.rss", REPLIES, newest(100, "threads"), host=REDDIT, pause=50),
    _kind("Hacker News", r"/rss", THREADS_ALONE, TEXTS, newest(30, "threads of the front page"), host=HACKER_NEWS),
    _kind("YouTube", r"/feeds/videos\.xml", THREADS_ALONE, newest(15, "videos"), host=YOUTUBE),
    # Lemmy makes its feeds anew once an hour.
    _kind("Lemmy", r"/feeds/(?:[cu]/[^/]+|all|local)\.xml", THREADS_ALONE, newest(20, "threads"), pause=3600),
    _kind("Discourse", r"(?:/[^/]+)*/t/[^/]+/\d+\.rss", PARENTS, newest(25)),
    _kind("Discourse", r"(?:/[^/]+)*/posts\.rss", PARENTS, newest(50)),
    _kind("Discourse", r"(?:/[^/]+)*/(?:latest|top|c/.+|tag/[^/]+|u/[^/]+/activity(?:/topics)?)\.rss", REPLIES),
    _kind("NodeBB", r"(?:/[^/]+)*/topic/\d+\.rss", OP, PARENTS, newest(24)),
    _kind("NodeBB", r"(?:/[^/]+)*/(?:recent|category/\d+)\.rss", REPLIES),
    _kind("phpBB", r"(?:/[^/]+)*/app\.php/feed/(?:topics|topics_active|topics_new|news|forums)", REPLIES, newest(10)),
    _kind("phpBB", r"(?:/[^/]+)*/app\.php/feed(?:/.*)?", PARENTS, newest(15)),
    _kind("phpBB", r"(?:/[^/]+)*/feed\.php", PARENTS, newest(15)),
    _kind("MyBB", r"(?:/[^/]+)*/syndication\.php", THREADS_ALONE, newest(50, "threads")),
    # SMF shows guests the same page for four minutes.
    _kind("SMF", r"(?:/[^/]+)*/index\.php", PARENTS, newest(255), query=("action=.xml",), pause=240),
    _kind("vBulletin", r"(?:/[^/]+)*/external\.php", THREADS_ALONE),
    _kind("XenForo", r"(?:/[^/]+)*/forums/(?:[^/]+/)?index\.rss", THREADS_ALONE),
    _kind(
        "machina",
        r"(?:/[^/]+)*/feeds/(?:forum/[^/]+/)?topics/",
        NEWEST_REPLY,
    ),
    _kind("Isso", r"(?:/[^/]+)*/feed", OP, EDITS, query=("uri",)),
    _kind("WordPress", r"(?:/[^/]+)*/comments/feed/(?:atom/)?", EDITS),
    _kind("WordPress", r"(?:/[^/]+)*/feed/(?:atom/)?", EDITS),
    _kind("WordPress", r"(?:/[^/]+)*/", EDITS, query=("feed",)),
)


def joined(*lines: str) -> tuple[str, ...]:
    """Lines about what a feed lacks, one about each thing: the first, which says most."""
    found: dict[str, str] = {}
    for line in lines:
        found.setdefault(line.partition(":")[0], line)
    return tuple(found.values())


def described(address: str) -> FeedAddress:
    """A feed with what its address tells; of an unknown engine where it tells nothing."""
    try:
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True, max_num_fields=64))
    except ValueError:
        return FeedAddress(address)
    for kind in _KINDS:
        if kind.fits(parts, query):
            return FeedAddress(address, kind.engine, kind.pause, kind.lacks)
    return FeedAddress(address)
