"""Pure: bytes of a page → a thread with its posts.

Keys: a thread has its native key (`addresses`), or, on a saved page without an address, "saved-" and a hash
of title, OP's author and OP's time as printed. A post has "<thread key>#<number>", the OP "<thread
key>#OP". Post ids stand on some pages only, numbers on all; with one scheme a reply that is first listed
and later read stays one post.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from adapters.forums.democratic_underground import (
    addresses,
    dates,
    index_text,
    lines,
    parse_html,
    parse_old,
    parse_text,
    taxonomy,
)
from adapters.forums.democratic_underground.addresses import Place
from adapters.forums.democratic_underground.found import OP, Block, Found, Row, Ruin
from adapters.forums.democratic_underground.settings import Rules
from bot.errors import Unparsable
from bot.model import (
    UNKNOWN,
    Author,
    Board,
    BoardKey,
    Body,
    Damaged,
    Millis,
    Parent,
    ParentState,
    Post,
    PostKey,
    Thread,
    ThreadKey,
    ThreadPage,
    When,
    body,
)

LOOKED_FOR = f"{parse_text.LOOKED_FOR}; or {parse_old.LOOKED_FOR}"
"""What a thread page of either generation is known by."""

_TITLES = ("Mr.", "Mrs.", "Ms.", "Miss", "Dr.", "Sir", "Lady", "Prof.")
_LONGEST_NAME = 6
"""Words of a name that are tried against the known ones."""


def thread_page(page: bytes, place: Place | None, rules: Rules, seen: Millis | None = None) -> ThreadPage:
    """The thread on a page, HTML or page text.

    `place` is what the page's address names, None where that is unknown; `seen` is when the page was
    fetched, None for a saved one. Raises Unparsable, saying what was looked for, where the page holds no
    thread.
    """
    read = read_lines(page, rules)
    found = parse_text.read(read.lines) or parse_old.read(read.lines)
    if found is None:
        if (index := index_text.read(read.lines)) is not None:
            raise Unparsable(
                f"this is the list of {index.name} as text: it counts {len(index.rows)} threads and names none; "
                "save the page of a thread, or mirror the board by its address",
                LOOKED_FOR,
                page,
            )
        raise Unparsable(f"no thread found on the page: looked for {LOOKED_FOR}", LOOKED_FOR, page)
    return _Assembly(found, read, place, rules, seen).page()


def read_lines(page: bytes, rules: Rules) -> lines.Page:
    """A page as lines, by what it holds and not by what it is called."""
    text, cut = lines.decoded(page)
    html = lines.is_html(page)
    read, longer = parse_html.from_html(text, rules.base) if html else lines.from_text(text)
    return lines.Page(read, html, cut or longer)


def digest(page: ThreadPage) -> str:
    """A hash of what a page says, without what changes by itself: post counts, dates that are not exact."""
    told = [
        (post.key, post.author.name, post.title, post.body.state.value, post.body.text, post.version)
        + ((post.created.earliest,) if post.created.exact else ())
        for post in page.posts
    ]
    thread = (page.thread.title, page.thread.replies, page.thread.closed, page.complete)
    return hashlib.sha256(msgspec.json.encode((thread, told))).hexdigest()


class _Assembly:
    """Makes the nouns of one page."""

    def __init__(self, found: Found, read: lines.Page, place: Place | None, rules: Rules, seen: Millis | None) -> None:
        self.found = found
        self.read = read
        self.rules = rules
        self.seen = seen
        self.place = place if place is not None and place.thread else None
        self.link = addresses.link(rules.base, self.place) if self.place else ""
        self.numbers = sorted({*found.blocks, *found.rows, OP})
        self.named = named(found.blocks, found.rows, found.title)
        self.ruins = list(found.ruins)
        self.blocks = dict(found.blocks)
        if read.cut:
            self._drop_last()
        self.key = self.place.thread if self.place else self._hash()

    def page(self) -> ThreadPage:
        found = self.found
        listed = sum(number != OP for number in found.rows)
        thread = Thread(self.key, found.title, self.link, self._board(), found.replies, found.closed)
        whole = found.replies == listed and not found.doubtful
        return ThreadPage(thread, self._posts(), complete=whole, damaged=tuple(map(self._damaged, self.ruins)))

    def _posts(self) -> tuple[Post, ...]:
        times = dates.between(self._when(number) for number in self.numbers)
        return tuple(self._post(number, when) for number, when in zip(self.numbers, times, strict=True))

    def _post(self, number: int, when: When) -> Post:
        title, author = self.named[number]
        block = self.blocks.get(number)
        return Post(
            key=self._post_key(number),
            author=Author(author),
            created=when,
            body=self._body(block) if block else UNKNOWN,
            link=self._post_link(number),
            title=title,
            number=None if number == OP else number,
            position=number,
            parent=self._parent(number, block),
            op=number == OP,
            version=block.version if block else "",
        )

    def _body(self, block: Block) -> Body:
        if self.read.html:
            return body(parse_html.body_html(block.body, block.around), "html")
        return body(lines.body_text(block.body), "plain")

    def _when(self, number: int) -> When:
        block, row = self.blocks.get(number), self.found.rows.get(number)
        if block:
            return dates.moment(block.written, self.rules.zone)
        return dates.roughly(row.date, self.rules.zone, self.seen) if row else dates.EVER

    def _parent(self, number: int, block: Block | None) -> Parent:
        if number == OP:
            return Parent(ParentState.NONE)
        if block and block.answers is not None:
            return Parent(ParentState.KNOWN, self._post_key(block.answers))
        # The outline's indents are lost in page texts, so this is only likely: a reply answers the one just
        # before it when that is somebody else's and its own author wrote the one before that, or the OP.
        # Two people who take turns are so strung together; a newcomer's reply is guessed to answer nobody.
        author = self._author(number)
        conversing = author and author in (self._author(number - 2), self._author(OP))
        if number > 1 and conversing and self._author(number - 1) not in ("", author):
            return Parent(ParentState.UNKNOWN, guess=self._post_key(number - 1))
        return Parent(ParentState.UNKNOWN)

    def _author(self, number: int) -> str:
        return self.named[number][1] if number in self.named else ""

    def _post_key(self, number: int) -> PostKey:
        return PostKey(f"{self.key}#{number or 'OP'}")

    def _post_link(self, number: int) -> str:
        return f"{self.link}#post{number}" if self.link and number and not self.found.old else self.link

    def _board(self) -> Board | None:
        path = self.found.path[1:] if self.found.path[:1] == (taxonomy.ROOT,) else self.found.path
        linked = [at for address in self.found.links if (at := addresses.read(address)) and not at.thread]
        key = self.place.board if self.place else linked[-1].board if linked else BoardKey("")
        if not key and not path:
            return None
        if not path:
            return taxonomy.board(key, self.rules)
        link = addresses.link(self.rules.base, Place(key)) if key else ""
        return Board(key or BoardKey(f"saved-{path[-1]}"), path[-1], path, link)

    def _hash(self) -> ThreadKey:
        """The key of a thread whose address is unknown; the time as printed, for no setting may change it."""
        op, row = self.found.blocks.get(OP), self.found.rows.get(OP)
        stamp = op.stamp if op else row.date if row else ""
        told = "\x1f".join((self.found.title, self.named[OP][1], stamp))
        return ThreadKey("saved-" + hashlib.sha256(told.encode()).hexdigest()[:24])

    def _drop_last(self) -> None:
        """The page was cut, so its last text may be half a text: it has not been seen."""
        last = next(reversed(self.blocks), OP)
        block = self.blocks.pop(last, None)
        size = f"{lines.MAX_BYTES >> 20} MiB or {lines.MAX_LINES} lines"
        why = f"the page is longer than {size}; the rest is not read"
        self.ruins.append(Ruin(why, block.body if block else (), last))

    def _damaged(self, ruin: Ruin) -> Damaged:
        key = self._post_key(ruin.number) if ruin.number is not None else ""
        return Damaged(ruin.why, lines.sample(ruin.lines), key)


def named(blocks: Mapping[int, Block], rows: Mapping[int, Row], title: str) -> dict[int, tuple[str, str]]:
    """Title and author of every post; a row without a block is split where the author's name begins.

    Names may hold spaces and titles may be anything, so the names of authors with a block are tried first,
    the longest first. An unknown author's name is the last word, with a form of address before it.
    """
    authors = {block.author for block in blocks.values()}
    found = {number: (block.title, block.author) for number, block in blocks.items()}
    for number, row in rows.items():
        if number in found:
            continue
        words = row.words
        if number == OP and f"{title} (Original Post) " in words:
            found[number] = title, words.rpartition(" (Original Post) ")[2]
        elif row.lead and words.startswith(f"{row.lead} "):
            found[number] = row.lead, words[len(row.lead) + 1 :]
        else:
            found[number] = _split(words.split(" "), authors)
    found.setdefault(OP, (title, ""))
    return found


def _split(words: Sequence[str], authors: set[str]) -> tuple[str, str]:
    for count in range(min(_LONGEST_NAME, len(words)), 0, -1):
        if " ".join(words[-count:]) in authors:
            return " ".join(words[:-count]), " ".join(words[-count:])
    count = 2 if len(words) > 2 and words[-2] in _TITLES else 1
    return " ".join(words[:-count]), " ".join(words[-count:])
