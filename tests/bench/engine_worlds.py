"""Forums of every engine on loopback, and what stands on them: made from a seed, written as each engine writes it.

Those of Discourse, NodeBB, Flarum and phpBB are the stand-ins of the tests, which are held to what real ones answer.
Isso has none, for the tests run Isso itself: its answers are written here. A post is of about 1.4 KB as it is shown.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple, Protocol

from bot.testing.clock import NOON, FakeClock
from bot.testing.server import LoopbackSite
from tests.bench.board import WORDS
from tests.discourse.stand_in import StandIn as DiscourseSite
from tests.flarum.stand_in import StandIn as FlarumSite
from tests.nodebb.stand_in import StandIn as NodeBBSite
from tests.phpbb.board import Board as PhpbbSite

SEED = 14
PEOPLE = 12
TITLE = "What was measured in the harbour"
FIRST = 11
"""The number of the first board; some engines have boards of their own before."""

HTML = """<blockquote>
<p>{0}.</p>
</blockquote>
<p>{1} <strong>{2}</strong> {3} &amp; {4}.</p>
<p>{5} <a href="https://site.example/{number}">{6}</a>, {7}.</p>
<p>{8}. <em>{9}</em>.</p>
"""
MARKDOWN = """> {0}.

{1} **{2}** {3} & {4}.

{5} [{6}](https://site.example/{number}), {7}.

{8}. *{9}*."""
BBCODE = """[quote=reader0]{0}.[/quote]
{1} [b]{2}[/b] {3} & {4}.

{5} [url=https://site.example/{number}]{6}[/url], {7}.

{8}. [i]{9}[/i]."""
LENGTHS = (12, 40, 3, 20, 16, 30, 4, 40, 24, 6)
"""Words of each place of a text."""


class Text(NamedTuple):
    """The same post in each way of writing it."""

    html: str
    markdown: str
    bbcode: str


def text(chance: random.Random) -> Text:
    """A post."""
    parts = [" ".join(chance.choices(WORDS, k=length)).capitalize() for length in LENGTHS]
    number = chance.randrange(9_999)
    return Text(*(form.format(*parts, number=number) for form in (HTML, MARKDOWN, BBCODE)))


def author(chance: random.Random) -> str:
    """Who writes it."""
    return f"reader{chance.randrange(PEOPLE)}"


class World(Protocol):
    """A forum that is served while its `site` is started; boards have the numbers that they are made with."""

    site: LoopbackSite
    page: str
    """Where the thread stands whose number is put in."""

    def board(self, number: int) -> str:
        """Make a board, and say its key."""

    def thread(self, board: int, author: str, title: str, text: Text) -> tuple[int, int]:
        """Somebody starts a thread: its number, and that of its first post."""

    def answer(self, thread: int, parent: int, author: str, text: Text) -> int:
        """Somebody answers a post, 0 for none: the number of the answer."""


class Discourse:
    """Discourse: the words as it draws them, and as they were typed."""

    page = "/t/{}.json?include_raw=1"

    def __init__(self) -> None:
        made = DiscourseSite(FakeClock())
        self.site, self._world = made.site, made.world

    def board(self, number: int) -> str:
        self._world.category(f"Board {number}", f"board-{number}", id=number)
        return f"c/{number}"

    def thread(self, board: int, author: str, title: str, text: Text) -> tuple[int, int]:
        post = self._world.start(self._world.user(author), title, text.markdown, board)
        post.cooked = text.html
        return post.topic, post.id

    def answer(self, thread: int, parent: int, author: str, text: Text) -> int:
        to = self._world.posts[parent].number if parent else None
        post = self._world.reply(self._world.user(author), thread, text.markdown, to)
        post.cooked = text.html
        return post.id


class NodeBB:
    """NodeBB: the words as it draws them."""

    page = "/api/topic/{}"

    def __init__(self) -> None:
        made = NodeBBSite(FakeClock())
        self.site, self._world = made.site, made.world

    def board(self, number: int) -> str:
        self._world.category(f"Board {number}", number)
        return f"c/{number}"

    def thread(self, board: int, author: str, title: str, text: Text) -> tuple[int, int]:
        post = self._world.start(self._world.user(author), title, text.markdown, board)
        post.drawn = text.html
        return int(post.tid), int(post.pid)

    def answer(self, thread: int, parent: int, author: str, text: Text) -> int:
        post = self._world.reply(self._world.user(author), thread, text.markdown, parent or None)
        post.drawn = text.html
        return int(post.pid)


class Flarum:
    """Flarum: an answer begins with the mention of what it answers."""

    page = "/api/discussions/{}?page[limit]=50"

    def __init__(self) -> None:
        made = FlarumSite()
        self.site, self._world, self._tags = made.site, made.world, dict[int, int]()

    def board(self, number: int) -> str:
        tag = self._world.tag(f"Board {number}", f"board-{number}", position=number)
        self._tags[number] = tag.id
        return f"t/{tag.id}"

    def thread(self, board: int, author: str, title: str, text: Text) -> tuple[int, int]:
        post = self._world.start(self._world.user(author), title, text.markdown, self._tags[board])
        return post.discussion, post.id

    def answer(self, thread: int, parent: int, author: str, text: Text) -> int:
        user = self._world.user(author)
        if parent:
            return self._world.answer(user, parent, text.markdown).id
        return self._world.reply(user, thread, text.markdown).id


class Phpbb:
    """phpBB: an answer quotes, and says so in its text alone."""

    page = "/viewtopic.php?t={}"

    def __init__(self) -> None:
        self._board = PhpbbSite()
        self._board.per = 50
        self._board.users |= {f"reader{number}": 100 + number for number in range(PEOPLE)}
        self.site: LoopbackSite = self._board.site

    def board(self, number: int) -> str:
        self._board.forums[number] = f"Board {number}"
        return str(number)

    def thread(self, board: int, author: str, title: str, text: Text) -> tuple[int, int]:
        topic = self._board.start(title, text.bbcode, author, board)
        return topic.id, topic.posts[0].id

    def answer(self, thread: int, parent: int, author: str, text: Text) -> int:
        quote = f"[quote={author} post_id={parent} time={NOON // 1000} user_id=101]Yes.[/quote]\n" if parent else ""
        return self._board.post(thread, author, quote + text.bbcode).id


WORLDS: dict[str, type[World]] = {"Discourse": Discourse, "NodeBB": NodeBB, "Flarum": Flarum, "phpBB": Phpbb}


def filled(world: World, board: int, threads: int, posts: int) -> int:
    """So many threads of so many posts on a board, a third of which answer another one; the last one's number."""
    chance, thread = random.Random(SEED + board), 0
    for number in range(threads):
        title = f"{TITLE}, part {number + 1}"
        thread, first = world.thread(board, author(chance), title, text(chance))
        said = [first]
        for _ in range(posts - 1):
            parent = chance.choice(said) if chance.random() < 1 / 3 else 0
            said.append(world.answer(thread, parent, author(chance), text(chance)))
    return thread


# ---------------------------------------------------------------------------------------------------------------- Isso


def comments(count: int) -> list[dict[str, Any]]:
    """So many comments as Isso tells them, oldest first; a third of them answer one at the top."""
    chance = random.Random(SEED)
    found: list[dict[str, Any]] = []
    tops: list[int] = []
    for id in range(1, count + 1):
        parent = chance.choice(tops) if tops and chance.random() < 1 / 3 else None
        tops += [id] if parent is None else []
        row: dict[str, Any] = {
            "id": id,
            "parent": parent,
            "created": NOON / 1000 + id + 0.25,
            "modified": None,
            "mode": 1,
        }
        row |= {"text": text(chance).markdown, "author": author(chance), "website": None, "likes": 3, "dislikes": 0}
        found.append(row | {"notification": None, "hash": "0a1b2c3d4e5f"})
    return found


def isso_tree(count: int) -> dict[str, Any]:
    """What it answers of one page."""
    rows = comments(count)
    tops = {row["id"]: row | {"hidden_replies": 0, "replies": []} for row in rows if row["parent"] is None}
    for row in rows:
        if row["parent"] is not None:
            tops[row["parent"]]["replies"].append(row)
    for row in tops.values():
        row["total_replies"] = len(row["replies"])
    config = {"reply-to-self": False, "require-email": False, "require-author": False, "gravatar": False, "feed": True}
    return {"id": None, "total_replies": count, "hidden_replies": 0, "replies": [*tops.values()], "config": config}


def isso_latest(count: int) -> list[dict[str, Any]]:
    """What it answers of all pages, the newest first."""
    return [{"uri": f"/{row['id'] % 7}/"} | row for row in reversed(comments(count))]
