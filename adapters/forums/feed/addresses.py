"""Pure: what an address of a site means: the feeds that its form leads to, or why there is none.

The form of an address tells the engine that made it; what that engine's feeds are worth stands in `engines`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from adapters.forums.feed.engines import HACKER_NEWS, REDDIT, YOUTUBE, FeedAddress, described
from bot.errors import Unparsable

LONGEST = 2048
"""Characters of an address that is looked at."""

LOOKED_FOR = "an address of a web page or of a feed, such as https://blog.example/feed.xml"

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,15}|\[[0-9a-f:.]{2,45}\]")
_DEFAULT = {"http": 80, "https": 443}
_FEED = re.compile(r"feed:(?=https?://)|feed:(//)", re.IGNORECASE)
"""How other readers write the address of a feed."""
_SAFE = "/%:@!$&'()*+,;=~-._?"


@dataclass(frozen=True, slots=True)
class Meant:
    """What an address means before anybody was asked."""

    address: str
    """In full: with its scheme, without its fragment."""
    feeds: tuple[FeedAddress, ...] = ()
    """Feeds that the address's form leads to, the likeliest first; empty where it tells nothing."""
    sure: bool = False
    """Whether nothing else can be meant, so that the page itself need not be asked."""
    missing: str = ""
    """Why engines with addresses of this form have no feed of what they name; empty where nothing is known to lack."""


def whole(address: str) -> str:
    """The address in full and in one spelling; `https` is taken where it was typed without a scheme.

    Raises Unparsable where it is no address of the web.
    """
    typed = _FEED.sub(lambda found: "https://" if found[1] else "", address.strip(), 1)
    if not _SCHEME.match(typed):
        typed = f"https://{typed.removeprefix('//')}"
    full = _full(typed) if len(typed) <= LONGEST else ""
    if not full:
        raise Unparsable(f"{address[:200]} is no address that could be read: looked for {LOOKED_FOR}", LOOKED_FOR)
    return full


def meant(address: str) -> Meant:
    """What an address means: itself where it has the form of an engine's feed, else the feeds of what it names.

    Raises Unparsable where it is no address of the web.
    """
    full = whole(address)
    place = _Place.of(full)
    known = _on_known_hosts(place)
    if known is not None:
        return known
    itself = described(full)
    if itself.engine:
        return Meant(full, (itself,), sure=True)
    found = dict.fromkeys(one for shape in _SHAPES for one in shape.leads(place))
    missing = next((words for pattern, query, words in _WITHOUT if place.fits(pattern, query)), "")
    return Meant(full, tuple(described(one) for one in found), missing=missing if not found else "")


def _full(typed: str) -> str:
    """An address with a scheme in one spelling; empty where it is none of the web, or holds a name or password."""
    try:
        parts = urlsplit(typed)
        host, port = parts.hostname or "", parts.port
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:  # brackets that hold no address, a port that is no number, a label that is too long
        return ""
    name = f"[{name}]" if ":" in name else name.rstrip(".")
    if parts.scheme not in _DEFAULT or "@" in parts.netloc or not _HOST.fullmatch(name):
        return ""
    if port is not None and port != _DEFAULT[parts.scheme]:
        name = f"{name}:{port}"
    return urlunsplit((parts.scheme, name, quote(parts.path or "/", _SAFE), quote(parts.query, _SAFE), ""))


def _on_known_hosts(place: _Place) -> Meant | None:
    """What addresses of sites mean that stand at one place only; None for any other, and where the page tells more."""
    if REDDIT.fullmatch(place.host) or place.host == "redd.it":
        path = _reddit(place)
        sort = "&sort=new" if "/comments/" in path and not path.endswith("/comments/.rss") else ""
        address = f"https://www.reddit.com{path}?limit=100{sort}"
        return Meant(address, (described(address),), sure=True) if path else None
    if HACKER_NEWS.fullmatch(place.host):
        if place.path not in ("", "/news", "/rss"):
            return Meant(place.site + place.path, sure=True, missing=_HACKER_NEWS)
        address = f"https://{place.host}/rss"
        return Meant(address, (described(address),), sure=True)
    if YOUTUBE.fullmatch(place.host):
        channel = re.fullmatch(r"/channel/(UC[\w-]{22})(?:/\w+)?", place.path, re.ASCII)
        listed = place.query.get("list", "") if place.path == "/playlist" else ""
        if channel or re.fullmatch(r"[\w-]{10,64}", listed, re.ASCII):
            field = f"channel_id={channel[1]}" if channel else f"playlist_id={listed}"
            address = f"https://www.youtube.com/feeds/videos.xml?{field}"
            return Meant(address, (described(address),), sure=True)
    return None


_HACKER_NEWS = (
    "Hacker News has one of its front page alone; its newest threads and its comments stand in none; "
    "give https://news.ycombinator.com/"
)


def _reddit(place: _Place) -> str:
    """The path of the feed of a subreddit (newest first), several, a thread or a user; empty for other pages."""
    if place.host == "redd.it":
        short = re.fullmatch(r"/(\w{1,20})", place.path, re.ASCII)
        return f"/comments/{short[1]}/.rss" if short else ""
    path = place.path.removesuffix("/.rss").removesuffix(".rss")
    if thread := re.fullmatch(r"(?:/(?:r|u|user)/[\w+-]+)?/comments/(\w{1,20})(?:/.*)?", path, re.ASCII):
        return f"/comments/{thread[1]}/.rss"
    if comments := re.fullmatch(r"/r/([\w+]+)/comments", path, re.ASCII):
        return f"/r/{comments[1]}/comments/.rss"
    if board := re.fullmatch(r"/r/([\w+]+)(?:/(?:new|hot|top|rising|best|controversial))?", path, re.ASCII):
        return f"/r/{board[1]}/new/.rss"
    if several := re.fullmatch(r"/(?:u|user)/([\w-]+)/m/(\w+)(?:/new)?", path, re.ASCII):
        return f"/user/{several[1]}/m/{several[2]}/new/.rss"
    if user := re.fullmatch(r"/(?:u|user)/([\w-]+)(?:/(?:submitted|comments|overview))?", path, re.ASCII):
        return f"/user/{user[1]}/.rss"
    return ""


@dataclass(frozen=True, slots=True)
class _Place:
    """An address taken apart: where the site stands, the path and the query's fields."""

    site: str
    host: str
    path: str
    """Without the slash at its end."""
    query: dict[str, str]

    @classmethod
    def of(cls, full: str) -> _Place:
        parts = urlsplit(full)
        pairs = parse_qsl(parts.query[:LONGEST].replace(";", "&"), keep_blank_values=True)
        host = parts.hostname or ""
        return cls(f"{parts.scheme}://{parts.netloc}", host, parts.path.rstrip("/"), dict(reversed(pairs)))

    def fits(self, pattern: re.Pattern[str], query: tuple[str, ...]) -> re.Match[str] | None:
        """The path's match, where the query has a number in each of these fields."""
        if not all(_NUMBERED.match(self.query.get(field, "")) for field in query):
            return None
        return pattern.fullmatch(self.path)


_NUMBERED = re.compile(r"[0-9]{1,12}(?![0-9])", re.ASCII)
_FOLDER = r"(?P<at>(?:/[^/]+)*)"
"""Where on its site a forum stands; `AT` in the patterns below."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Addresses of one form, and the feeds that they lead to: the pattern's groups and the query's numbers fill in."""

    pattern: re.Pattern[str]
    feeds: tuple[str, ...]
    query: tuple[str, ...] = ()
    elsewhere: bool = False
    """True where the pattern names the host that has the feed."""

    def leads(self, place: _Place) -> list[str]:
        found = place.fits(self.pattern, self.query)
        if found is None:
            return []
        numbers = {name: number[0] for name in self.query if (number := _NUMBERED.match(place.query[name]))}
        values = {name: value or "" for name, value in found.groupdict().items()} | numbers
        return [("" if self.elsewhere else place.site) + feed.format_map(values) for feed in self.feeds]


def _shape(pattern: str, *feeds: str, query: tuple[str, ...] = (), elsewhere: bool = False) -> _Shape:
    return _Shape(re.compile(pattern.replace("AT", _FOLDER, 1), re.ASCII), feeds, query, elsewhere)


_SHAPES = (
    # Discourse
    _shape(r"AT/t/(?:[^/]+/)?(?P<id>\d{1,12})(?:/\d{1,9})?", "{at}/t/-/{id}.rss"),
    _shape(r"AT/c(?P<path>(?:/[^/]+){1,3}/\d{1,9})(?:/l/\w+)?", "{at}/c{path}.rss"),
    _shape(r"AT/(?P<list>latest|top|posts)", "{at}/{list}.rss"),
    _shape(r"AT/tag/(?P<tag>[^/]+)", "{at}/tag/{tag}.rss"),
    _shape(r"AT/u/(?P<name>[^/@]+)(?:/(?:summary|activity))?", "{at}/u/{name}/activity.rss"),
    # Lemmy: a community of another site is asked for there
    _shape(r"/c/(?P<name>\w{1,255})", "/feeds/c/{name}.xml?sort=New"),
    _shape(
        r"/c/(?P<name>\w{1,255})@(?P<host>[\w.-]{1,255})",
        "https://{host}/feeds/c/{name}.xml?sort=New",
        elsewhere=True,
    ),
    _shape(r"/u/(?P<name>\w{1,255})", "/feeds/u/{name}.xml?sort=New"),
    # NodeBB
    _shape(r"AT/topic/(?P<id>\d{1,12})(?:/.*)?", "{at}/topic/{id}.rss"),
    _shape(r"AT/category/(?P<id>\d{1,9})(?:/.*)?", "{at}/category/{id}.rss"),
    _shape(r"AT/recent", "{at}/recent.rss"),
    # phpBB, whose older releases have one file for all feeds
    _shape(r"AT/viewtopic\.php", "{at}/app.php/feed/topic/{t}", "{at}/feed.php?t={t}", query=("t",)),
    _shape(r"AT/viewforum\.php", "{at}/app.php/feed/forum/{f}", "{at}/feed.php?f={f}", query=("f",)),
    # MyBB, vBulletin, SMF, XenForo
    _shape(r"AT/forumdisplay\.php", "{at}/syndication.php?type=atom1.0&fid={fid}&limit=50", query=("fid",)),
    _shape(r"AT/forumdisplay\.php", "{at}/external.php?type=RSS2&forumids={f}", query=("f",)),
    _shape(
        r"AT/index\.php",
        "{at}/index.php?action=.xml;type=rss2;sa=recent;board={board};limit=100",
        query=("board",),
    ),
    _shape(r"AT/forums/(?P<forum>[^/]+\.\d{1,9})(?:/page-\d+)?", "{at}/forums/{forum}/index.rss"),
    # machina
    _shape(r"AT/forum/(?P<forum>[\w-]{1,200}-\d{1,9})", "{at}/feeds/forum/{forum}/topics/"),
    # WordPress: a post under its day or month, or under its number; the Atom forms tell what a comment answers
    _shape(r"AT/(?P<post>(?:19|20)\d\d/\d\d/(?:\d\d/)?[^/]+)", "{at}/{post}/feed/atom/", "{at}/{post}/feed/"),
    _shape(r"(?P<at>(?:/[^/.]+)*)", "{at}/?feed=atom&p={p}", "{at}/?feed=rss2&p={p}", query=("p",)),
)

_NO_FEED = "has feeds of its boards, and none of a single thread; give the address of the thread's board"
_WITHOUT: tuple[tuple[re.Pattern[str], tuple[str, ...], str], ...] = tuple(
    (re.compile(pattern.replace("AT", _FOLDER, 1), re.ASCII), query, words)
    for pattern, query, words in (
        (r"/(?:post|comment)/\d{1,12}", (), "Lemmy's feeds hold no comments; give the address of a community, /c/NAME"),
        (r"AT/showthread\.php", ("tid",), f"MyBB {_NO_FEED}"),
        (r"AT/showthread\.php", ("t",), f"vBulletin {_NO_FEED}"),
        (r"AT/index\.php", ("topic",), f"SMF {_NO_FEED}"),
        (r"AT/threads/[^/]+\.\d{1,12}(?:/.*)?", (), f"XenForo {_NO_FEED}"),
        (r"AT/viewtopic\.php", ("p",), "phpBB's feeds are of topics: give the topic's own address, with t= in it"),
        (r"AT/forum/[\w-]{1,200}-\d{1,9}/topic/.*", (), f"machina {_NO_FEED}"),
        (r"AT/d/\d{1,12}(?:-[^/]*)?(?:/\d+)?", (), "Flarum has no feeds"),
    )
)
