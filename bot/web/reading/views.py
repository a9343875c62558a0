"""Pure: a thread as it was opened → what its page shows; addresses below the reader's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from urllib.parse import urlencode

import msgspec

from bot import markup
from bot.markup.addresses import shows
from bot.media.drawn import Picture, drawn, name_of
from bot.media.found import Attachment, media_of
from bot.model import BodyState, When
from bot.reading.outline import Line, Row
from bot.rendering import label
from bot.store.browsing import Opened, PostShown
from bot.store.page_leave import Leave
from bot.store.page_openers import PageOpener
from bot.store.page_replies import PageReply
from bot.store.unread import BoardSeen, Unread
from bot.texts import say

AT = "/read"

GIST = 90
"""Characters of a post's first words, where it has no title."""


# ------------------------------------------------------------------------------------------------------------ addresses


def board_key(board: BoardSeen) -> str:
    """What a board is called in addresses; threads of a forum that are in no board are called by the forum."""
    return str(board.id) if board.id is not None else f"f{board.forum}"


def board_at(board: BoardSeen, **query: str) -> str:
    """The address of a board's threads."""
    return f"{AT}/b/{board_key(board)}{_query(query)}"


def new_at(board: BoardSeen) -> str:
    """The address where a thread of a board is started."""
    return f"{AT}/b/{board_key(board)}/new"


def thread_at(thread: int, **query: str) -> str:
    """The address of a thread."""
    return f"{AT}/t/{thread}{_query(query)}"


def post_at(thread: int, post: int) -> str:
    """The address of a post: the page of its thread on which it stands, and the place on it."""
    return f"{thread_at(thread, post=str(post))}#p{post}"


def search_at(words: str, before: int) -> str:
    """The address where a search goes on."""
    return f"{AT}/search{_query({'q': words, 'before': str(before)})}"


def _query(query: Mapping[str, str]) -> str:
    words = urlencode({name: value for name, value in query.items() if value})
    return f"?{words}" if words else ""


# --------------------------------------------------------------------------------------------------------------- boards


class BoardLine(msgspec.Struct, frozen=True):
    """A board in the list of boards."""

    key: str
    name: str
    path: str
    href: str
    counts: str
    new: bool
    shown: int


def board_name(board: BoardSeen) -> str:
    """What a board is called."""
    return board.name if board.id is not None else say("web.elsewhere", forum=board.forum_name)


def board_line(news: Unread) -> BoardLine:
    """A board with what is new in it, as far as it was counted."""
    board, threads = news.board, len(news.threads)
    counts = ""
    if threads:
        many = say("web.threads_more", count=threads) if news.more else say("web.threads_new", threads)
        counts = f"{say('web.posts_new', news.posts)} · {many}"
    path = " › ".join(step for step in board.path if step != board.name)
    return BoardLine(board_key(board), board_name(board), path, board_at(board), counts, bool(threads), board.shown)


def thread_counts(replies: int, new: int) -> str:
    """How much a thread holds, and how much of it is new: "8 replies, 2 new"."""
    counted = say("web.replies", replies)
    return f"{counted}, {say('web.new', count=new)}" if new else counted


# --------------------------------------------------------------------------------------------------------------- thread


class RowView(msgspec.Struct, frozen=True):
    """A row of the outline."""

    id: int
    href: str
    depth: int
    below: str
    """Whom it answers, where it stands deeper than rows are indented."""
    words: str
    author: str
    created: When | None
    label: str
    new: bool
    starred: bool
    gone: bool
    guessed: bool


class Answers(msgspec.Struct, frozen=True):
    """What a post answers."""

    words: str
    href: str


class PostView(msgspec.Struct, frozen=True):
    """A post on its page; of one that is `gone` nothing is told but that."""

    id: int
    label: str
    new: bool
    starred: bool
    gone: bool
    answers: Answers | None
    author: str = ""
    badge: str = ""
    title: str = ""
    html: str = ""
    unseen: bool = False
    created: When | None = None
    edited: bool = False
    link: str = ""
    whom: str = ""
    """What a reply to it is called: "In reply to #4 by Ann"."""
    avatar: str = ""
    pictures: tuple[Picture, ...] = ()
    """Images that have no place in its text."""


def rows(opened: Opened) -> list[RowView]:
    """The outline, as far as it is shown."""
    places = {line.row.post: line.row for line in opened.lines}
    here = {line.row.post for line in opened.drawn}
    return [_row(opened, line, places, here) for line in opened.mapped]


def _row(opened: Opened, line: Line, places: Mapping[int, Row], here: Collection[int]) -> RowView:
    row = line.row
    above = places.get(row.parent) if line.deeper and row.parent is not None else None
    below = f"↳ {_called(above)}" if above is not None else ""
    return RowView(
        row.post,
        _jump(opened.thread.id, row.post, here),
        line.depth,
        below,
        _words(opened, row) if row.live else say("web.deleted"),
        row.author if row.live else "",
        row.created if row.live else None,
        label(row.op, row.number),
        line.new,
        line.starred,
        not row.live,
        line.guessed and row.live,
    )


def _words(opened: Opened, row: Row) -> str:
    """A post in one line: its title, else its first words."""
    title = row.title or (opened.thread.title if row.op else "")
    body = opened.words.get(row.post)
    if title or body is None:
        return title or row.author
    return gist(body.text, body.format) or (say("web.unseen") if body.state is BodyState.UNKNOWN else row.author)


def posts(opened: Opened) -> list[PostView]:
    """The posts of the page, in the order of the outline."""
    places = {line.row.post: line.row for line in opened.lines}
    here = {line.row.post for line in opened.drawn}
    return [_post(opened, line, places, here) for line in opened.drawn]


def _post(opened: Opened, line: Line, places: Mapping[int, Row], here: Collection[int]) -> PostView:
    row, post = line.row, opened.posts.get(line.row.post)
    called = label(row.op, row.number)
    if post is None:
        return PostView(row.post, called, False, False, True, None)
    answers: Answers | None = None
    if row.parent is not None and (parent := places.get(row.parent)) is not None:
        named = _called(parent)
        words = say("web.in_reply_guessed", post=named) if row.guessed else say("web.in_reply", post=named)
        answers = Answers(words, _jump(opened.thread.id, row.parent, here))
    html, rest = "", tuple[Picture, ...]()
    src = picture_at(post.id)
    if post.body.state is BodyState.PRESENT:
        html, rest = drawn(*_web(post.body.text, post.body.format, post.link), src)
    return PostView(
        row.post,
        called,
        line.new,
        line.starred,
        False,
        answers,
        post.author.name,
        post.author.badge,
        "" if row.op else post.title,
        html,
        post.body.state is BodyState.UNKNOWN,
        post.created,
        post.edited,
        post.link,
        say("web.reply_to", post=_called(row), author=post.author.name),
        src(name_of(post.author.avatar)) if shows(post.author.avatar) else "",
        rest,
    )


def _called(row: Row) -> str:
    return label(row.op, row.number) or say("web.a_post")


def _jump(thread: int, post: int, here: Collection[int]) -> str:
    return f"#p{post}" if post in here else post_at(thread, post)


def picture_at(post: int) -> Callable[[str], str]:
    """The addresses of the images of a post, by their names."""
    return lambda name: f"{AT}/media/{post}/{name}"


def pictures_of(post: PostShown) -> tuple[Attachment, ...]:
    """The images of a post, and its author's."""
    _, media = _web(post.body.text, post.body.format, post.link)
    face = (Attachment(post.author.avatar),) if shows(post.author.avatar) else ()
    return (*face, *(one for one in media if not one.plays))


@lru_cache(maxsize=1024)
def _web(text: str, format: str, link: str) -> tuple[str, tuple[Attachment, ...]]:
    """A text as HTML for our pages, and the images and recordings in it."""
    tree = markup.read(text, format, link)
    return markup.write(tree, "web"), media_of(tree)


@lru_cache(maxsize=4096)
def gist(text: str, format: str) -> str:
    """The first words of a text, on one line."""
    return markup.excerpt(markup.read(text, format), GIST)


# -------------------------------------------------------------------------------------------------------------- replies


class ReplyView(msgspec.Struct, frozen=True):
    """A reply of the reader's own that is no post yet."""

    html: str
    fate: str
    kind: str
    reason: str
    said_at: int
    href: str
    """Where it stands by now; empty as long as it does not."""


def reply_view(thread: int, reply: PageReply) -> ReplyView:
    """A reply with what became of it."""
    html, _ = _web(reply.text, reply.format, "")
    reason = reply.reason if reply.fate in ("refused", "held", "dropped") else ""
    told = say("web.posted_here") if reply.post is not None else fate(reply.fate)
    href = post_at(thread, reply.post) if reply.post is not None else ""
    return ReplyView(html, told, reply.fate, reason, reply.said_at, href)


class OpenerView(msgspec.Struct, frozen=True):
    """A thread that the reader asked for and that does not stand on its board yet."""

    title: str
    html: str
    fate: str
    kind: str
    reason: str
    made_at: int


def opener_view(one: PageOpener) -> OpenerView:
    """A thread that was asked for, with what became of it."""
    html, _ = _web(one.text, one.format, "")
    reason = one.reason if one.fate in ("refused", "held", "dropped") else ""
    return OpenerView(one.title, html, fate(one.fate), one.fate, reason, one.made_at)


def writing_help(leave: Leave, name: str) -> str:
    """What stands below a form: how it is written, and as whom it is posted."""
    return say("web.text_help_own", name=leave.own) if leave.own else say("web.text_help", name=name)


def unanswerable(leave: Leave, closed: bool, link: str) -> str:
    """Why a thread takes no answer of somebody's from here, and what they can do; empty where it does."""
    if leave.given:
        return ""
    if closed:
        return say("web.thread_closed")
    why = _unwritable(leave)
    if why:
        return why
    return f"{say('web.not_taken')} {say('web.answer_there')}" if link else say("web.not_taken")


def unstartable(leave: Leave) -> str:
    """Why a board takes no thread of somebody's from here, and what they can do; empty where it does."""
    return "" if leave.given else _unwritable(leave) or say("web.no_openers")


def _unwritable(leave: Leave) -> str:
    if leave.among:
        return say("web.kept_for", who=leave.among)
    return say("web.own_only", forum=leave.connect) if leave.connect else ""


def fate(name: str) -> str:
    """What became of a reply or a thread, in words."""
    return {
        "pending": say("web.pending"),
        "queued": say("web.queued"),
        "posted": say("web.posted"),
        "refused": say("web.refused"),
        "held": say("web.held"),
        "dropped": say("web.dropped"),
    }[name]
