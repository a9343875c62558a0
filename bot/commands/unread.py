"""`/forum unread`: the threads in which something is new to whoever asks, board by board."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from bot.commands.desk import Desk
from bot.commands.marking import ALL, still_unread, to_mark, to_mark_all, to_mark_board
from bot.commands.naming import meant
from bot.commands.reader import reader
from bot.commands.words import linked, numeral
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.clearing import collapse
from bot.store.naming import here
from bot.store.readers import Reader
from bot.store.sight import Sight, ThreadSeen
from bot.store.unit import Unit
from bot.store.unread import MOST, PAGE, BoardSeen, Unread, UnreadThread, boards_seen, unread_threads
from bot.texts import say

LONGEST = 3_300
"""Characters of a list: what chats show of an answer, without the lines that end it."""

SOME = 5
"""Threads that are named of one of several boards."""

TITLE = 80
"""Characters of a title."""


class Block(msgspec.Struct, frozen=True):
    """A board as a list shows it."""

    news: Unread
    threads: tuple[UnreadThread, ...]
    text: str

    @property
    def cut(self) -> bool:
        """Whether it has other threads with something new."""
        return self.news.more or len(self.threads) < len(self.news.threads)


async def do_unread(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """What is new to the caller: over all boards that they see, in one of them, or in one thread."""
    who = await reader(desk, caller)
    words, after = values.get("what", "").strip(), values.get("after", "")
    found = await meant(desk, caller, who, words or ALL)
    if found.thread is not None:
        return await _of_thread(desk, who, found.thread)
    if found.everything:
        return await _of_all(desk, caller, who, after)
    [board] = found.boards
    return await _of_board(desk, who, board, after)


async def _of_thread(desk: Desk, who: Reader, thread: ThreadSeen) -> Answer:
    count = await still_unread(desk, who, thread.id)
    title, named = linked(thread.title, thread.link), f"thread:{thread.id}"
    if not count:
        return Answer(say("reading.nothing_in", name=title), {"unread": 0})
    offers = (
        Offer(say("reading.catch_up"), "forum", ("catchup", named)),
        *to_mark(say("reading.mark_thread"), named, str(thread.shown)),
    )
    return Answer(say("reading.new_in", count, title=title), {"unread": count}, offers=offers)


async def _of_board(desk: Desk, who: Reader, board: BoardSeen, after: str) -> Answer:
    before = numeral(after) if after else None
    if after and before is None:
        raise ThreadlineError(say("reading.after"))
    news = await desk.store.read(unread_threads, who.person, board, who.sight, before, PAGE)
    if not news.threads:
        await _put_together(desk, who, [news])
        return Answer(say("reading.nothing_in", name=linked(called(board), board.link)), {"boards": []})
    block = blocked(news, PAGE, LONGEST)
    if not block.cut:
        await _put_together(desk, who, [news])
    more = (Offer(say("reading.more"), "forum", ("unread", f"board:{board.id}", "--after", _end(block))),)
    catch_up = Offer(say("reading.catch_up"), "forum", ("catchup", f"board:{board.id}"))
    offers = (catch_up, *(more if block.cut else ()), *to_mark_board(board))
    return Answer(block.text, {"boards": [msgspec.to_builtins(news)]}, offers=offers)


async def _of_all(desk: Desk, caller: Caller, who: Reader, after: str) -> Answer:
    own: Collection[int | None] = ()
    if caller.where is not None:
        own = [board.id for board in (await desk.store.read(here, caller.chat, caller.where, who.sight)).boards]
    lists = await desk.store.read(unread_lists, who.person, who.sight, own)
    if not lists:
        return Answer(say("reading.no_boards"), {"boards": []})
    keys = [key(news.board) for news in lists]
    if after and after not in keys:
        raise ThreadlineError(say("reading.after"))
    left = [news for news in lists[keys.index(after) + 1 if after else 0 :] if news.threads]
    blocks = on_page(left)
    seen = [block.news for block in blocks if not block.cut]
    await _put_together(desk, who, [*seen, *([] if after else (news for news in lists if not news.threads))])
    if not blocks:
        return Answer(say("reading.nothing_new"), {"boards": []})
    texts = [block.text for block in blocks]
    offers = [Offer(say("reading.catch_up"), "forum", ("catchup", ALL))]
    if len(blocks) < len(left):
        texts.append(say("reading.more_boards", len(left) - len(blocks)))
        last = key(blocks[-1].news.board)
        offers.append(Offer(say("reading.more_boards_shown"), "forum", ("unread", ALL, "--after", last)))
    for block in blocks:
        board = block.news.board
        if block.cut and board.id is not None:
            label = say("reading.more_of", board=board.name[:40])
            offers.append(Offer(label, "forum", ("unread", f"board:{board.id}", "--after", _end(block))))
        offers += to_mark_board(board)
    offers[1:1] = to_mark_all([news.board for news in lists])
    data: dict[str, object] = {"boards": [msgspec.to_builtins(block.news) for block in blocks]}
    return Answer("\n\n".join(texts), data, offers=tuple(offers))


def unread_lists(person: int, sight: Sight, own: Collection[int | None] = ()) -> Unit[list[Unread]]:
    """What is new in each board that is seen, those first that stand where is asked."""
    boards = yield from boards_seen(sight)
    found: list[Unread] = []
    for board in sorted(boards, key=lambda board: board.id is None or board.id not in own):
        found.append((yield from unread_threads(person, board, sight, limit=MOST)))
    return found


async def _put_together(desk: Desk, who: Reader, lists: Sequence[Unread]) -> None:
    """Let marks of threads become those of boards whose lists were shown to the end, so that both stay short."""
    for news in lists:
        if news.board.id is not None and not news.more:
            await desk.store.write(collapse, who.person, news.board.id)


# ------------------------------------------------------------------------------------------------------- how it is put


def key(board: BoardSeen) -> str:
    """What a board is called where a page ended; threads that are in none are called by their forum."""
    return str(board.id) if board.id is not None else f"f{board.forum}"


def called(board: BoardSeen) -> str:
    """What a board is called in answers."""
    return board.name if board.id is not None else say("reading.single", forum=board.forum_name)


def counted(news: Unread) -> str:
    """How much is new in a board, as far as it was counted."""
    threads = len(news.threads)
    many = say("reading.threads_or_more", count=threads) if news.more else say("reading.threads", threads)
    return f"{many}, {say('reading.new_posts', news.posts)}"


def blocked(news: Unread, most: int, room: int) -> Block:
    """A board with its newest threads, at most so many, in so many characters; one of them stands there always."""
    board = linked(called(news.board), news.board.link)
    lines = [say("reading.board", board=board, counts=counted(news))]
    shown: list[UnreadThread] = []
    for thread in news.threads[:most]:
        replies, title = say("reading.replies", thread.replies), linked(thread.title, thread.link, TITLE)
        line = say("reading.thread", title=title, replies=replies, count=f"{thread.unread:,}")
        if shown and sum(map(len, lines)) + len(lines) + len(line) > room:
            break
        lines.append(line)
        shown.append(thread)
    if len(shown) < len(news.threads):
        lines.append(say("reading.more_threads", len(news.threads) - len(shown)))
    return Block(news, tuple(shown), "\n".join(lines))


def on_page(lists: Sequence[Unread]) -> list[Block]:
    """As many boards as there is room for."""
    blocks: list[Block] = []
    room = LONGEST
    for news in lists:
        block = blocked(news, PAGE if len(lists) == 1 else SOME, LONGEST)
        if blocks and (len(block.text) > room or len(blocks) == SOME):
            break
        blocks.append(block)
        room -= len(block.text) + 2
    return blocks


def _end(block: Block) -> str:
    return str(block.threads[-1].live_seq)


COMMANDS = [
    (
        Command(
            "forum",
            "unread",
            "help.forum_unread",
            (
                Parameter("what", "help.forum_unread_what", required=False, rest=True, suggested=True),
                Parameter("after", "help.forum_unread_after", required=False, option=True),
            ),
        ),
        do_unread,
    ),
]
