"""Pure: bytes of a page of a thread → the thread with the posts that it shows."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import UTC, tzinfo

from adapters.forums.phpbb import addresses, content, dates, elements
from adapters.forums.phpbb.settings import Rules
from bot.errors import Unparsable
from bot.model import (
    Author,
    Board,
    BoardKey,
    Damaged,
    Millis,
    Parent,
    ParentState,
    Post,
    PostKey,
    Thread,
    ThreadKey,
    When,
    body,
)

LOOKED_FOR = 'a phpBB thread: a title that links to viewtopic.php, and posts in \'<div id="p123" class="post …">\''
"""What a page of a thread is known by."""

SAMPLE = 4096
_LONGEST_TITLE = 300

_POST = re.compile(r"<div\s++(?:[\w-]++=\"[^\"<>]*+\"\s++)*?id=\"p([1-9][0-9]{0,11})\"[^<>]*>", re.ASCII)
_CLASSED = re.compile(r"\sclass=\"(?:[^\"]*\s)?post[\s\"]")
END = re.compile(r'class="action-bar bar-bottom"|id="page-footer"|class="topic-actions"')
"""What stands behind the posts or threads of a page."""
_TITLE = re.compile(r"<h[12]\b[^<>]*>\s*(?:<[^a/][^<>]*>\s*)*<a\b[^<>]*href=\"([^\"]*viewtopic\.php[^\"]*)\"[^<>]*>")
_AUTHOR = re.compile(r"<p class=\"author\">((?:[^<]++|<(?!/?p\b))*+)</p>")
_HEADING = re.compile(r"<h3\b[^<>]*>((?:[^<]++|<(?!/?h3\b))*+)</h3>")
_STRONG = re.compile(r"<strong>((?:[^<]++|<(?!/?strong\b))*+)</strong>")
_USER = re.compile(r"u=(?<=[?&;]u=)([0-9]{1,12})\b", re.ASCII)
_TIME = re.compile(r"<time\b[^<>]*\bdatetime=\"([^\"]{1,40})\"")
_AVATAR = re.compile(r"<img\b[^<>]*(?:\bclass=\"avatar\"|[?;]avatar=|/images/avatars/)[^<>]*>")
_CRUMB = re.compile(
    r"<a\b[^<>]*href=\"[^\"]*viewforum\.php\?[^\"]*\bf=([0-9]{1,12})[^\"]*\"[^<>]*>((?:[^<]++|<(?!/?a\b))*+)</a>"
)
_HREF = re.compile(r"href=\"([^\"]{1,400})\"")
_CANONICAL = re.compile(r"<link rel=\"canonical\" href=\"([^\"]{1,600})\"")
_LANGUAGE = re.compile(r"<html\b[^<>]*\blang=\"([a-zA-Z-]{2,12})\"")
_ZONE = re.compile(r"<span title=\"([^\"]{0,80})\">([^<>]{3,40})</span>|(UTC\s?[+−-]\s?[0-9]{1,2}(?::[0-9]{2})?)")
_COUNT = re.compile(r"[0-9][0-9.,\u202f\xa0 ]{0,12}")
_LOCKED = re.compile(r"\bfa-lock\b|\blocked-icon\b")
# Each begins with characters that stand for themselves, by which the engine of `re` finds where to look at all.
_VOLATILE = tuple(
    re.compile(pattern)
    for pattern in (
        rb"sid=[0-9a-f]{32}",
        rb"name=\"(?:sid|creation_time|form_token)\" value=\"[0-9a-f]*\"",
        rb"class=\"post [^\"]*\"",
        rb"<dl class=\"postprofile\"(?:[^<]++|<(?!/?dl\b))*+</dl>",
        rb"<dd class=\"views\">(?:[^<]++|<(?!/?dd\b))*+</dd>",
        rb"<dd>[^<>]*[0-9][^<>]*</dd>",
        rb"<div class=\"stat-block online-list\">(?:[^<]++|<(?!/?div\b))*+</div>",
        rb"<p class=\"right responsive-center time\">[^<]*</p>",
    )
)
"""What changes without anybody writing: sessions and tokens, who is there, how often a file was looked at."""

_FOOT = b'id="page-footer"'


@dataclass(frozen=True, slots=True)
class Topic:
    """What one page of a thread tells."""

    thread: Thread
    posts: tuple[Post, ...]
    damaged: tuple[Damaged, ...]
    start: int
    """How many posts stand before this page."""
    next: int | None
    """Where the page behind it begins; None on the last one."""
    total: int | None
    """How many posts the board counts in the thread."""
    per: int
    """How many posts a page has, as far as this one shows it."""


def stable(page: bytes) -> str:
    """Identifies what a page says above its foot, without what changes by itself."""
    page = page[: end if (end := page.rfind(_FOOT)) >= 0 else len(page)]
    for pattern in _VOLATILE:
        page = pattern.sub(b"", page)
    return hashlib.sha256(page).hexdigest()[:32]


def decoded(page: bytes) -> str:
    """A page as text; the engine knows no other encoding than UTF-8."""
    return page.decode("utf-8", "replace").replace("\x00", "")


def topic(page: bytes, rules: Rules, start: int = 0, seen: Millis | None = None, op: str = "") -> Topic:
    """The thread on a page that was asked for from post number `start` on; Unparsable where the page shows none.

    `seen` is when the page was fetched, None for a saved one; `op` is the key of the opening post, where it is known.
    """
    text = decoded(page)
    titled = _TITLE.search(text)
    found = [one for one in _POST.finditer(text) if _CLASSED.search(one[0])]
    key = addresses.named_in(titled[1]).thread if titled else ""
    if titled is None or not key or not found:
        raise Unparsable(f"no thread found on the page: looked for {LOOKED_FOR}", LOOKED_FOR, page)
    title = elements.words(elements.inside(text, titled))[:_LONGEST_TITLE]
    last = END.search(text, found[-1].end())
    ends = [*(one.start() for one in found[1:]), last.start() if last else len(text)]
    head, tail = text[: found[0].start()], text[ends[-1] :]
    start, next, total, per = _paging(text, head + tail, start)
    reading = _Reading(key, title, rules, zone(tail, rules), language(text, rules), seen, start, op)
    posts, damaged = reading.posts([(one[1], text[one.start() : end]) for one, end in zip(found, ends, strict=True)])
    thread = Thread(
        ThreadKey(key),
        title,
        addresses.thread_link(rules.base, key),
        board_of(head, rules),
        None if total is None else total - 1,
        _LOCKED.search(head, titled.start()) is not None,
    )
    return Topic(thread, posts, damaged, start, next, total, per or len(found))


def board_of(head: str, rules: Rules) -> Board | None:
    """The board that the way at the top of a page ends with; None where the page shows none."""
    way = next(elements.starts(head, "ul", "class", "(?:nav-breadcrumbs|navlinks)"), None)
    crumbs = [
        (found[1], elements.words(found[2])) for found in _CRUMB.finditer(elements.inside(head, way) if way else "")
    ]
    if not crumbs:
        return None
    key, name = crumbs[-1]
    return Board(BoardKey(key), name, tuple(name for _, name in crumbs), addresses.board_link(rules.base, key))


def zone(tail: str, rules: Rules) -> tzinfo:
    """The zone of the printed times: what the foot of the page says, else the setting, else UTC."""
    for found in _ZONE.finditer(tail):
        for words in found.groups():  # a name knows when clocks are changed, an offset does not
            if words and (named := dates.zone_named(words)) is not None:
                return named
    return rules.zone or UTC


def language(text: str, rules: Rules) -> str:
    """The language of the printed times."""
    found = _LANGUAGE.search(text, 0, 2000)
    return rules.language or (found[1] if found else "")


def when(markup: str, zone: tzinfo, language: str, seen: Millis | None) -> When:
    """The time in a piece of a page: the machine-readable one, else what is printed behind the author's name."""
    found = _TIME.search(markup)
    if found and (moment := dates.exact(found[1])):
        return moment
    words = elements.words(markup)
    return dates.printed(words.rpartition("»")[2] or words, zone, language, seen)


def _paging(text: str, around: str, asked: int) -> tuple[int, int | None, int | None, int]:
    """Where the page begins, where the next one does, how many posts there are, and how many on a page (0: unknown)."""
    canonical = _CANONICAL.search(text, 0, 20_000)
    here = addresses.start_in(canonical[1]) if canonical else None
    start = asked if here is None else here
    box = elements.first(around, "div", "class", "pagination")
    if box is None:
        return start, None, None, 0
    starts = [at for href in _HREF.findall(box) if (at := addresses.start_in(href)) is not None]
    counted = _COUNT.search(elements.words(box))
    total = int(re.sub(r"\D", "", counted[0])) if counted else None
    # Of many pages only some have links; those beside this one always do.
    return start, min((at for at in starts if at > start), default=None), total, math.gcd(*starts)


class _Reading:
    """Makes the nouns of the posts of one page."""

    def __init__(
        self,
        key: str,
        title: str,
        rules: Rules,
        zone: tzinfo,
        language: str,
        seen: Millis | None,
        start: int,
        op: str,
    ) -> None:
        self._key = key
        self._titles = {title, f"Re: {title}"}
        self._rules = rules
        self._zone = zone
        self._language = language
        self._seen = seen
        self._start = start
        self._here: list[str] = []
        self._op = op

    def posts(self, found: list[tuple[str, str]]) -> tuple[tuple[Post, ...], tuple[Damaged, ...]]:
        """The posts by their keys and pieces of the page, and those that cannot be read."""
        self._here = [key for key, _ in found]
        self._op = self._op if self._start else self._here[0]
        posts, damaged = [], []
        for index, (key, piece) in enumerate(found):
            try:
                posts.append(self._post(key, piece, self._start + index))
            except ValueError as error:
                damaged.append(Damaged(str(error), piece[:SAMPLE].encode()[:SAMPLE], key))
        return tuple(posts), tuple(damaged)

    def _post(self, key: str, piece: str, position: int) -> Post:
        line = _AUTHOR.search(piece)
        box = next(elements.starts(piece, "div", "class", "content", line.end() if line else 0), None)
        if box is None or line is None:
            raise ValueError(f"post {key} has no {'text' if box is None else 'line about its author'}")
        op = position == 0
        text = content.cleaned(elements.inside(piece, box), self._rules.base)
        parent, text = content.pointed(text)
        likely = ""
        if not parent and not op:
            parent, likely = content.answers(key, content.quoted(text), self._here, self._op)
        if op:
            answered = Parent(ParentState.NONE)
        elif parent:
            answered = Parent(ParentState.KNOWN, PostKey(parent))
        else:
            answered = Parent(ParentState.UNKNOWN if likely else ParentState.THREAD, guess=PostKey(likely))
        title = self._title(piece[: box.start()])
        return Post(
            key=PostKey(key),
            author=self._author(line[1], piece),
            created=when(line[1], self._zone, self._language, self._seen),
            body=body(text + self._attached(piece[box.end() :]), "html"),
            link=addresses.post_link(self._rules.base, self._key, key),
            title="" if title in self._titles else title,
            position=position,
            parent=answered,
            op=op,
        )

    def _title(self, before: str) -> str:
        found = _HEADING.search(before)
        return elements.words(found[1])[:_LONGEST_TITLE] if found else ""

    def _author(self, line: str, piece: str) -> Author:
        strong = _STRONG.search(line)
        said = strong[1] if strong else line.rpartition("<time")[0].rpartition("&raquo;")[0] or line
        user = _USER.search(said)
        picture = _AVATAR.search(piece)
        source = elements.given(picture[0]).get("src", "") if picture else ""
        avatar = content.cleaned(f' src="{source}"', self._rules.base)[5:-1] if source else ""
        return Author(elements.words(said), user[1] if user else "", avatar if "://" in avatar else "")

    def _attached(self, after: str) -> str:
        box = elements.first(after, "dl", "class", "attachbox")
        return content.cleaned(content.files(box), self._rules.base) if box else ""
