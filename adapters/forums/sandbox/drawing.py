"""Pure: posts → what their page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.forums.sandbox.rules import MAX_TITLE
from adapters.forums.sandbox.state import PostRow, Status
from bot.markup import excerpt, read, write
from bot.model import Millis, PostKey

DEEPEST = 6
"""Indents of the outline; deeper rows stay there and name the post that they answer."""
NEWEST = 5
FIRST_WORDS = 60
"""Characters of a text that stand for a title where there is none."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The text of one post: as HTML, and its first words."""

    html: str
    first_words: str


NOTHING = Drawn("", "")


def draw(texts: Sequence[str]) -> list[Drawn]:
    """Read and write texts; costs about a millisecond per kilobyte, so not for the event loop."""
    trees = [read(text, "markdown") for text in texts]
    return [Drawn(write(tree, "web"), excerpt(tree, FIRST_WORDS)) for tree in trees]


@dataclass(frozen=True, slots=True)
class PostView:
    """One post, ready for a template."""

    key: PostKey
    author: str
    title: str
    label: str
    """The title, or the first words, or what stands for both."""
    html: str
    number: int
    """0 for the OP."""
    at: Millis
    edited: Millis | None
    deleted: bool
    own: bool
    """Whether the person who looks wrote it, by name."""
    star: bool
    parent: PostKey
    parent_number: int
    depth: int
    cut: bool
    """Whether the post lies deeper than the outline shows."""

    @property
    def op(self) -> bool:
        """Whether the thread begins with it."""
        return self.number == 0


def views(rows: Sequence[PostRow], drawn: dict[PostKey, Drawn], *, reader: str, starred: bool) -> list[PostView]:
    """The posts of a thread in order of arrival; `starred` marks the newest replies that are there."""
    stars = newest(rows) if starred else frozenset()
    numbers: dict[PostKey, int] = {}
    depths: dict[PostKey, int] = {}
    result = []
    for row in rows:
        numbers[row.key] = row.number
        # A reply to the thread stands under the OP, like one to the OP itself.
        depth = depths[row.key] = 0 if row.op else depths.get(row.parent, 0) + 1
        text = drawn.get(row.key, NOTHING)
        deleted = row.status is Status.DELETED
        result.append(
            PostView(
                key=row.key,
                author=row.author,
                title=row.title,
                label="deleted" if deleted else row.title or text.first_words or "…",
                html=text.html,
                number=row.number,
                at=row.at,
                edited=None if deleted else row.edited,
                deleted=deleted,
                own=bool(reader) and row.author == reader and not deleted,
                star=row.key in stars,
                parent=row.parent,
                parent_number=numbers.get(row.parent, 0),
                depth=min(depth, DEEPEST),
                cut=depth > DEEPEST,
            )
        )
    return result


def newest(rows: Iterable[PostRow]) -> frozenset[PostKey]:
    """The replies with the five highest numbers, tombstones left out."""
    alive = [row for row in rows if not row.op and row.status is Status.LIVE]
    alive.sort(key=lambda row: -row.number)
    return frozenset(row.key for row in alive[:NEWEST])


def outline(posts: Sequence[PostView]) -> list[PostView]:
    """The same posts as a tree, each one above its answers, answers in order of arrival."""
    if not posts:
        return []
    answers: dict[PostKey, list[PostView]] = {}
    for post in posts[1:]:
        answers.setdefault(post.parent or posts[0].key, []).append(post)
    rows, waiting = [], [posts[0]]
    while waiting:
        rows.append(waiting.pop())
        waiting.extend(reversed(answers.get(rows[-1].key, ())))
    return rows


def reply_title(title: str) -> str:
    """The title that a reply to something of that title is offered; empty for a post without one."""
    if not title or title[:3].lower() == "re:":
        return title
    return f"Re: {title}"[:MAX_TITLE]
