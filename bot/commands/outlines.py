"""`/forum outline`: the replies of a thread as a tree, with what is new to whoever asks and what is newest."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot import markup
from bot.commands.desk import Desk
from bot.commands.marking import YES, to_mark
from bot.commands.naming import meant
from bot.commands.reader import reader
from bot.commands.words import linked, numeral
from bot.errors import ThreadlineError
from bot.markup.nodes import Kind, Node, document
from bot.model import Answer, Body, Caller, Command, Offer, Parameter
from bot.reading.drawing import DEEPEST, draw, page_with_news, paged, worded
from bot.reading.outline import Drawn, Line, fold, outline
from bot.store.browsing import beginnings
from bot.store.discussion import newest, rows_of, unread_posts
from bot.store.readers import Reader, wishes
from bot.store.sight import ThreadSeen
from bot.store.unit import Unit
from bot.texts import say


class Tree(msgspec.Struct, frozen=True):
    """A thread as one person reads it."""

    lines: tuple[Line, ...]
    bodies: Mapping[int, Body]
    """How posts begin that have no title."""
    stars: int


async def do_outline(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """The tree of a thread, one page of it: the first with something new, unless another one is asked for."""
    who = await reader(desk, caller)
    asked = numeral(values["page"]) if "page" in values else None
    if "page" in values and asked is None:
        raise ThreadlineError(say("reading.which_page"))
    found = await meant(desk, caller, who, values.get("what", ""))
    if found.thread is None:
        raise ThreadlineError(say("reading.which_thread", sign=caller.sign))
    thread = found.thread
    tree = await desk.store.read(_tree, who, thread.id)
    if not tree.lines:
        return Answer(say("reading.no_posts", title=linked(thread.title, thread.link)), {"thread": thread.id})
    words = {one.row.post: worded(one.row, tree.bodies.get(one.row.post), thread.title) for one in tree.lines}
    whole: list[Drawn] = [*tree.lines]
    drawn = whole
    pages = paged(draw(whole, words))
    if len(pages) > 1 and values.get("whole") != YES:
        drawn = fold(tree.lines)
        pages = paged(draw(drawn, words))
    number = min(max(asked or page_with_news(drawn, pages), 1), len(pages))
    new = sum(line.new for line in tree.lines)
    text = _told(thread, tree, new, pages[number - 1], number, len(pages))
    offers = _offers(thread, new, number, len(pages), drawn, len(whole))
    data: dict[str, object] = {
        "thread": thread.id,
        "page": number,
        "pages": len(pages),
        "new": [line.row.post for line in tree.lines if line.new],
        "newest": [line.row.post for line in tree.lines if line.starred],
    }
    return Answer(text, data, offers=offers)


def _tree(who: Reader, thread: int) -> Unit[Tree]:
    """A thread with what is new to a person, in one snapshot."""
    community = who.sight.community
    rows = yield from rows_of(thread, community)
    new = {post.id for post in (yield from unread_posts(who.person, thread, community=community))}
    stars = (yield from wishes(who.person)).stars
    starred = yield from newest(thread, stars, community)
    lines = outline(rows, new, starred, DEEPEST)
    untitled = [line.row.post for line in lines if line.row.live and not line.row.title and not line.row.op]
    return Tree(tuple(lines), (yield from beginnings(untitled)), stars)


def _told(thread: ThreadSeen, tree: Tree, new: int, page: list[str], number: int, pages: int) -> str:
    replies = say("reading.replies", sum(line.row.live and not line.row.op for line in tree.lines))
    title = linked(thread.title, thread.link)
    head = say("reading.outline", title=title, replies=replies)
    if new:
        head = say("reading.outline_new", title=title, replies=replies, count=f"{new:,}")
    block = markup.write(document(Node(Kind.CODE_BLOCK, text="\n".join(page))), "markdown")
    told = [say("reading.page_of", number=number, pages=pages)] if pages > 1 else []
    told += [say("reading.sign_new")] if new else []
    told += [say("reading.sign_newest", tree.stars)] if any(line.starred for line in tree.lines) else []
    told += [say("reading.sign_guessed")] if any(line.guessed for line in tree.lines) else []
    return "\n\n".join(filter(None, (head, block, " · ".join(told))))


def _offers(thread: ThreadSeen, new: int, number: int, pages: int, drawn: list[Drawn], rows: int) -> tuple[Offer, ...]:
    named = f"thread:{thread.id}"
    folded = len(drawn) < rows
    whole = ("--whole", YES) if not folded and pages > 1 else ()
    offers: list[Offer] = []
    if number < pages:
        after = ("outline", named, "--page", str(number + 1), *whole)
        offers.append(Offer(say("reading.next_page"), "forum", after))
    if number > 1:
        before = ("outline", named, "--page", str(number - 1), *whole)
        offers.append(Offer(say("reading.page_before"), "forum", before))
    if folded:
        offers.append(Offer(say("reading.show_whole"), "forum", ("outline", named, "--whole", YES)))
    if new:
        offers.append(Offer(say("reading.catch_up"), "forum", ("catchup", named)))
        offers += to_mark(say("reading.mark_thread"), named, str(thread.shown))
    return tuple(offers)


COMMANDS = [
    (
        Command(
            "forum",
            "outline",
            "help.forum_outline",
            (
                Parameter("what", "help.forum_outline_what", required=False, rest=True, suggested=True),
                Parameter("page", "help.forum_outline_page", required=False, option=True),
                Parameter("whole", "help.forum_outline_whole", required=False, option=True, choices=(YES,)),
            ),
        ),
        do_outline,
    ),
]
