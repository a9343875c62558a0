"""The board that is mirrored: made from a seed, written as JSON by the stand-in, read again by both competitors."""

from __future__ import annotations

import random
import time

import msgspec

from bot.model import (
    Author,
    Board,
    BoardKey,
    Listing,
    Parent,
    ParentState,
    Post,
    PostKey,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
    body,
)

BOARD = Board(BoardKey("board"), "Measured", ("Forum", "Measured"))
TEXT = (
    "harbour lantern copper window garden morning letter river engine valley paper orchard signal bridge winter "
    "market ladder meadow kettle station quiet narrow golden early broken steady distant open ordinary careful "
    "walks keeps finds turns leaves builds carries follows answers under beside after without between because"
)
WORDS = TEXT.split()


class WirePost(msgspec.Struct):
    """A post as the stand-in's JSON holds it; `parent` is the key of the post that it answers."""

    key: str
    author: str
    at: int
    html: str
    parent: str = ""


class WireThread(msgspec.Struct):
    """A thread as the stand-in's JSON holds it, its OP first; a listing holds no posts."""

    key: str
    title: str
    replies: int
    posts: list[WirePost] = []


def make(threads: int, posts: int) -> list[WireThread]:
    """So many threads of so many posts, about 600 bytes of HTML each; the same ones every time, written just now."""
    chance = random.Random(threads * 1_000 + posts)
    began = time.time_ns() // 1_000_000
    return [_thread(chance, f"t{number}", posts, began) for number in range(threads)]


def _thread(chance: random.Random, key: str, posts: int, began: int) -> WireThread:
    made: list[WirePost] = []
    for number in range(posts):
        parent = chance.choice(made).key if number > 1 and chance.random() < 0.3 else f"{key}-0" if number else ""
        author = f"Reader {chance.randrange(40)}"
        moment = began + number
        made.append(WirePost(f"{key}-{number}", author, moment, _html(chance), parent))
    return WireThread(key, _sentence(chance, 6), posts - 1, made)


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(words)).capitalize()


def _html(chance: random.Random) -> str:
    link = f'<a href="http://forum.example/thread/{chance.randrange(9_999)}">{_sentence(chance, 3)}</a>'
    return (
        f"<blockquote><p>{_sentence(chance, 8)}.</p></blockquote>"
        f"<p>{_sentence(chance, 20)}, <b>{_sentence(chance, 2)}</b> &amp; {_sentence(chance, 12)}.</p>"
        f"<p>{_sentence(chance, 9)}: {link}. <i>{_sentence(chance, 4)}</i>.<br>{_sentence(chance, 10)}.</p>"
    )


def markdown(chance: random.Random) -> str:
    """About 600 bytes as people write them where a forum takes Markdown."""
    link = f"[{_sentence(chance, 3)}](http://forum.example/thread/{chance.randrange(9_999)})"
    return (
        f"> {_sentence(chance, 8)}.\n\n"
        f"{_sentence(chance, 20)}, **{_sentence(chance, 2)}** & {_sentence(chance, 12)}.\n\n"
        f"{_sentence(chance, 9)}: {link}. *{_sentence(chance, 4)}*.\n{_sentence(chance, 14)}."
    )


def read_listing(raw: bytes) -> Listing:
    """The board's list."""
    return Listing(BOARD, tuple(_listed(thread) for thread in msgspec.json.decode(raw, type=list[WireThread])))


def read_thread(raw: bytes) -> ThreadPage:
    """A thread with all its posts."""
    wire = msgspec.json.decode(raw, type=WireThread)
    return ThreadPage(_listed(wire), tuple(_post(i, post) for i, post in enumerate(wire.posts)), complete=True)


def _listed(wire: WireThread) -> Thread:
    link = f"http://forum.example/thread/{wire.key}"
    return Thread(ThreadKey(wire.key), wire.title, link, BOARD, wire.replies, token=str(wire.replies))


def _post(number: int, wire: WirePost) -> Post:
    return Post(
        key=PostKey(wire.key),
        author=Author(wire.author),
        created=at(wire.at),
        body=body(wire.html, "html"),
        link=f"http://forum.example/post/{wire.key}",
        number=number or None,
        position=number,
        parent=Parent(ParentState.KNOWN, PostKey(wire.parent)) if wire.parent else Parent(ParentState.NONE),
        op=not number,
        version="1",
    )
