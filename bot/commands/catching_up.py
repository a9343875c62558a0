"""`/forum catchup`: what is new to whoever asks, to be read: first what waits longest, of each thread how it begins."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot import markup
from bot.commands.desk import Desk
from bot.commands.marking import ALL, to_mark
from bot.commands.naming import Meant, meant
from bot.commands.reader import reader
from bot.commands.unread import called, key
from bot.commands.words import linked, numeral, said
from bot.errors import ThreadlineError
from bot.model import Answer, BodyState, Caller, Command, Offer, Parameter
from bot.rendering import label
from bot.store.catching_up import NewPost, News, news_in, waiting
from bot.store.naming import here
from bot.store.readers import Reader
from bot.store.sight import Sight, ThreadSeen
from bot.store.unit import Unit
from bot.store.unread import BoardSeen, UnreadThread, boards_seen
from bot.texts import say

LONGEST = 3_200
"""Characters of an answer, without the lines that end it."""

THREADS = 6
"""Threads of one answer."""

POSTS = 3
ALONE = 12
"""Posts of one thread among several, and of one alone."""

WORDS = 160
"""Characters of a post."""

TITLE = 80


class Piece(msgspec.Struct, frozen=True):
    """A thread with what is new in it."""

    board: BoardSeen
    thread: UnreadThread
    news: News


class Gathered(msgspec.Struct, frozen=True):
    """Threads that wait, the longest first; there may be more, and of what was looked through some may be left out."""

    pieces: tuple[Piece, ...] = ()
    more: bool = False
    older: tuple[BoardSeen, ...] = ()


async def do_catch_up(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """What is new to the caller, in order; nothing is marked by being shown."""
    who = await reader(desk, caller)
    words, after = values.get("what", "").strip(), values.get("after", "")
    found = await _meant(desk, caller, who, words)
    if found.thread is not None:
        return await _of_thread(desk, who, found.thread, after)
    boards = list(found.boards) or await desk.store.read(boards_seen, who.sight)
    if not boards:
        return Answer(say("reading.no_boards"), {"threads": []})
    at, seq = _place(boards, after)
    gathered = await desk.store.read(_gather, who.person, who.sight, boards[at:], seq)
    return _told(gathered, words or (ALL if found.everything else ""), bool(after))


async def _meant(desk: Desk, caller: Caller, who: Reader, words: str) -> Meant:
    """What is meant; by no words, what stands where it is said, else everything."""
    if words:
        return await meant(desk, caller, who, words)
    if caller.where is not None:
        stands = await desk.store.read(here, caller.chat, caller.where, who.sight)
        if stands.thread is not None or stands.boards:
            return Meant(stands.boards, stands.thread)
    return Meant(everything=True)


def _place(boards: Sequence[BoardSeen], after: str) -> tuple[int, int]:
    """The board in which the page before ended, and the seq of its last thread."""
    if not after:
        return 0, 0
    board, _, seq = after.partition(":")
    number, keys = numeral(seq), [key(one) for one in boards]
    if number is None or board not in keys:
        raise ThreadlineError(say("reading.after"))
    return keys.index(board), number


def _gather(person: int, sight: Sight, boards: Sequence[BoardSeen], after: int) -> Unit[Gathered]:
    """What waits in some boards, of the first one behind a seq."""
    pieces: list[Piece] = []
    older: list[BoardSeen] = []
    for board in boards:
        threads, left_out = yield from waiting(person, board, sight, after)
        after = 0
        if threads and left_out:
            older.append(board)
        for thread in threads:
            if len(pieces) == THREADS:
                return Gathered(tuple(pieces), True, tuple(older))
            pieces.append(Piece(board, thread, (yield from news_in(person, thread.id, sight, limit=POSTS))))
    return Gathered(tuple(pieces), False, tuple(older))


async def _of_thread(desk: Desk, who: Reader, thread: ThreadSeen, after: str) -> Answer:
    seq = numeral(after) if after else 0
    if seq is None:
        raise ThreadlineError(say("reading.after"))
    news = await desk.store.read(news_in, who.person, thread.id, who.sight, seq, ALONE)
    title = linked(thread.title, thread.link, TITLE)
    if not news.posts:
        return Answer(say("reading.nothing_in", name=title), {"threads": []})
    head = say("reading.new_in_thread", title=title, count=f"{len(news.posts) + news.left:,}")
    lines, shown = _posts(news, LONGEST - len(head))
    left, last, named = news.left + len(news.posts) - len(shown), shown[-1].seq, f"thread:{thread.id}"
    offers = [*to_mark(say("reading.mark_shown"), named, str(last))]
    if left:
        lines.append(say("reading.more_posts", left))
        offers.append(Offer(say("reading.more"), "forum", ("catchup", named, "--after", str(last))))
    data: dict[str, object] = {"threads": [thread.id], "posts": [post.id for post in shown]}
    return Answer("\n".join([head, *lines]), data, offers=tuple(offers))


def _told(gathered: Gathered, words: str, goes_on: bool) -> Answer:
    """As many threads as there is room for, and what marks those and no others."""
    texts: list[str] = []
    shown: list[tuple[Piece, int]] = []
    mark: tuple[Offer, ...] = ()
    posts: list[int] = []
    rest: list[Offer] = []
    for piece in gathered.pieces:
        text, seen = _piece(piece)
        if not seen:
            continue  # read or hidden since the list was made
        after = [*shown, (piece, seen[-1].seq)]
        marks = to_mark(
            say("reading.mark_shown"),
            f"thread:{','.join(str(one.thread.id) for one, _ in after)}",
            ",".join(str(seq) for _, seq in after),
        )
        if shown and (not marks or sum(map(len, texts)) + 2 * len(texts) + len(text) > LONGEST):
            break
        texts.append(text)
        shown, mark = after, marks
        posts += [post.id for post in seen]
        if piece.news.left:
            label = say("reading.rest_of", title=markup.clean_name(piece.thread.title, 40))
            named = f"thread:{piece.thread.id}"
            rest.append(Offer(label, "forum", ("catchup", named, "--after", str(seen[-1].seq))))
    if not shown:
        return Answer(say("reading.no_more") if goes_on else say("reading.nothing_new"), {"threads": []})
    offers = [*mark]
    last = shown[-1][0]
    if gathered.more or last is not gathered.pieces[-1]:
        texts.append(say("reading.goes_on"))
        end = f"{key(last.board)}:{last.thread.live_seq}"
        offers.append(Offer(say("reading.more"), "forum", ("catchup", *([words] if words else []), "--after", end)))
    texts += [say("reading.older", board=said(called(board))) for board in gathered.older]
    data: dict[str, object] = {"threads": [piece.thread.id for piece, _ in shown], "posts": posts}
    return Answer("\n\n".join(texts), data, offers=(*offers, *rest))


def _piece(piece: Piece) -> tuple[str, list[NewPost]]:
    """A thread with the first of what is new in it."""
    thread, news = piece.thread, piece.news
    title = linked(thread.title, thread.link, TITLE)
    count = f"{len(news.posts) + news.left:,}"
    head = say("reading.new_in_board", title=title, board=said(called(piece.board)), count=count)
    lines, shown = _posts(news, LONGEST - len(head))
    left = news.left + len(news.posts) - len(shown)
    return "\n".join([head, *lines, *([say("reading.more_posts", left)] if left else [])]), shown


def _posts(news: News, room: int) -> tuple[list[str], list[NewPost]]:
    """The first posts, a line for each, as far as there is room; one always stands there."""
    lines: list[str] = []
    shown: list[NewPost] = []
    for post in news.posts:
        line = _line(post)
        room -= len(line) + 1
        if shown and room < 0:
            break
        lines.append(line)
        shown.append(post)
    return lines, shown


def _line(post: NewPost) -> str:
    words = markup.excerpt(markup.read(post.body.text, post.body.format), WORDS) if post.body.text else ""
    if post.body.state is BodyState.UNKNOWN:
        words = say("reading.unseen")
    told = ": ".join(filter(None, ("" if post.op else post.title, words)))
    number = label(post.op, post.number) or say("reading.a_post")
    return say("reading.post", post=linked(number, post.link), author=said(post.author, 40), words=said(told, 240))


COMMANDS = [
    (
        Command(
            "forum",
            "catchup",
            "help.forum_catchup",
            (
                Parameter("what", "help.forum_catchup_what", required=False, rest=True, suggested=True),
                Parameter("after", "help.forum_catchup_after", required=False, option=True),
            ),
        ),
        do_catch_up,
    ),
]
