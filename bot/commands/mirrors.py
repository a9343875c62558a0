"""`/mirror list`, and how a mirror is made."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.answering import in_words as rules_in_words
from bot.commands.channels import reached
from bot.commands.desk import Desk
from bot.commands.finding import Located, found, whose
from bot.commands.options import DELAY, FILTERS, own
from bot.commands.pacing import slowed
from bot.commands.words import spelled
from bot.errors import Forbidden, ThreadlineError
from bot.lanes import OpenForum
from bot.mirroring import Options
from bot.model import (
    Answer,
    Board,
    BoardKey,
    Caller,
    Command,
    Offer,
    Parameter,
    Target,
    TargetKind,
    Thread,
    ThreadKey,
    ThreadPage,
)
from bot.options import Given, applied, given, in_words
from bot.ports import AcceptsPosts
from bot.store import Unit
from bot.store.forums import ensure_board, ensure_forum, ensure_thread
from bot.store.ingest import Ingested, ingest_thread, newest_listed, owe_known, read_alone
from bot.store.mirrors import Maker, add_mirror, made_by, mirrors, show_newest, show_private, show_whole
from bot.store.places import claim_channel
from bot.store.sources import ensure_source, source
from bot.texts import say

LAYOUTS = ("threads", "cards", "stream")
REPLIES = ("all", "replies", "none")
SHOW = "show"
"""What `--private` says of what guests cannot read."""
YES = "yes"

ALL = 50
"""Threads of a board's list that are shown whole at most."""
WHOLE = {"none": 0, "1": 1, "10": 10, "all": ALL}
"""How many of a board's newest threads are shown whole at first, by what `--backfill` says."""


class Order(msgspec.Struct, frozen=True):
    """A mirror that is to be made, everything about the outside world already found out."""

    forum: str
    adapter: str
    settings: str
    target: Target
    chat: str
    channel: str
    label: str
    layout: str
    replies: str
    by: str
    community: int
    """Whoever gave the order speaks for it; `inside` in that very channel, `free` for any other community too."""
    inside: bool
    free: bool
    native: str = ""
    """Whose the channel is, as the chat says of one that nobody has."""
    options: Options = Options()
    maker: Maker | None = None
    """Who is told of what fails; None on the command line and for the settings."""
    page: ThreadPage | None = None
    """A saved page: it is all there is of the thread, and is not polled."""
    newest: int = 1
    """How many of a board's newest threads are shown whole at first; of a thread, 0 shows what comes from now on."""


class Made(msgspec.Struct, frozen=True):
    """What came of an order."""

    mirror: int
    fresh: bool
    owed: int
    """Messages that are to be made or changed."""
    page: Ingested | None = None
    """What a saved page brought."""


def make(order: Order, now: int) -> Unit[Made]:
    """Make a mirror: a single thread whole, a board with its newest threads; an equal one is left as it is."""
    community, place = yield from claim_channel(
        order.chat, order.channel, order.label, order.community, order.native, inside=order.inside, free=order.free
    )
    forum = yield from ensure_forum(order.forum, order.adapter, order.settings)
    key = order.target.key
    if order.target.kind is TargetKind.BOARD:
        board = yield from ensure_board(forum, Board(BoardKey(key), order.target.title))
        mirror, fresh = yield from add_mirror(
            community, board, None, place, order.layout, order.replies, order.by, now, order.options
        )
        yield from _note(order, community, mirror, fresh, now)
        reader = yield from source((yield from ensure_source(forum, board, None, now)))
        owed = 0
        if fresh:
            yield from show_newest(mirror, order.newest)
        if fresh and reader.baseline_at is not None:
            for thread in reversed((yield from newest_listed(board, order.newest))):
                owed += yield from _whole(forum, mirror, thread, now)
        return Made(mirror, fresh, owed)
    listed = order.page.thread if order.page is not None else Thread(ThreadKey(key), order.target.title)
    row = yield from ensure_thread(forum, listed, arrived=False)
    mirror, fresh = yield from add_mirror(
        community, None, row.id, place, order.layout, order.replies, order.by, now, order.options
    )
    yield from _note(order, community, mirror, fresh, now)
    if order.page is None and not order.newest:
        if (yield from read_alone(row.id)):
            yield from ensure_source(forum, None, row.id, now)
        return Made(mirror, fresh, 0)
    if order.page is None:
        return Made(mirror, fresh, (yield from _whole(forum, mirror, row.id, now)))
    yield from show_whole(mirror, row.id)
    reader = yield from source((yield from ensure_source(forum, None, row.id, None)))
    result = yield from ingest_thread(reader, order.page, None, now)
    # A page that is known already may be news to this mirror, and to others by what it changed.
    owed = result.owed + ((yield from owe_known(mirror, row.id, now)) if fresh else 0)
    return Made(mirror, fresh, owed, result)


def _note(order: Order, community: int, mirror: int, fresh: bool, now: int) -> Unit[None]:
    """Note of a new mirror who is told what fails, and that it shows what guests cannot read."""
    if fresh and order.maker is not None:
        yield from made_by(mirror, order.maker)
    if fresh and not order.target.public:
        yield from show_private(mirror, community, order.by, order.forum, now)


def _whole(forum: int, mirror: int, thread: int, now: int) -> Unit[int]:
    owed = yield from owe_known(mirror, thread, now)
    if (yield from read_alone(thread)):
        yield from ensure_source(forum, None, thread, now)
    return owed


async def order(
    desk: Desk,
    opened: OpenForum,
    adapter: str,
    settings: str,
    target: Target,
    into: str,
    caller: Caller,
    layout: str = "threads",
    replies: str = "",
    page: ThreadPage | None = None,
    new: Given = Given(),  # noqa: B008  frozen
    posts: int = 0,
    private: str = "",
    backfill: str = "",
) -> Answer:
    """Make a mirror of a target into `CHAT:CHANNEL`; of one that is not read yet, about `posts` are shown at first.

    What guests cannot read is mirrored at an operator's word alone, and where `private` says so.
    """
    options, newest = applied(new), whole_at_first(target, backfill)
    if not target.public:
        check_private(caller, opened.name, target, private)
    chat_name, sign, channel_name = into.partition(":")
    if not sign or not channel_name:
        raise ThreadlineError(say("mirrors.no_channel", into=into))
    chat, channel, label = await reached(desk, caller, chat_name, channel_name, opened.name, target)
    into = f"{chat_name}:{label}"
    where = caller.where
    inside = where is not None and (caller.chat, where.channel) == (chat_name, channel)
    writable = isinstance(opened.forum, AcceptsPosts) and opened.forum.caps.write_identity != "none"
    made = await desk.store.write(
        make,
        Order(
            forum=opened.name,
            adapter=adapter,
            settings=settings,
            target=target,
            chat=chat_name,
            channel=channel,
            label=label,
            layout=layout,
            replies=(replies or "all") if writable else "none",
            by=caller.person,
            community=caller.community,
            inside=inside,
            free=caller.operator,
            native="" if inside else await whose(desk, chat_name, chat, channel),
            options=options,
            maker=Maker(caller.chat, caller.id, where.channel) if caller.id and where is not None else None,
            page=page,
            newest=newest,
        ),
        desk.clock.now(),
    )
    desk.wake()
    title = target.title or target.key
    posts = posts if newest == 1 else 0  # of several threads nobody counted them
    if not made.fresh:
        text = say("mirrors.there", title=title, into=into, mirror=made.mirror, brought=_brought(made))
        if not new.empty:
            text += " " + say("mirrors.options_stay", filter=spelled(caller, "filter"))
    else:
        text = say("mirrors.made", title=title, into=into, mirror=made.mirror)
        slow = await slowed(chat_name, chat, made.owed or posts)
        if made.owed:
            first = say("mirrors.will_come", made.owed)
            text += f" {first}; {slow}." if slow else f" {first}."
        elif target.kind is TargetKind.BOARD:
            text += " " + _first(newest)
        elif not newest:
            text += " " + say("mirrors.from_now_on")
        if slow and not made.owed:
            text += f" {say('mirrors.at_once', posts)}; {slow}."
        if target.lacks:
            text += "\n".join((f"\n{say('mirrors.lacks')}", *(f"- {line}" for line in target.lacks)))
    first_of_all = made.owed or (posts if made.fresh else 0)
    data = {
        "mirror": made.mirror,
        "fresh": made.fresh,
        "owed": made.owed,
        "first": first_of_all,
        "into": into,
        "title": title,
    }
    number = str(made.mirror)
    back = Offer(say("mirrors.undo"), "mirror", ("undo", number))
    end = Offer(say("mirrors.remove"), "mirror", ("remove", number))
    return Answer(text, data, offers=(back if made.fresh else end,))


def _first(newest: int) -> str:
    """What is posted of a board at first."""
    if not newest:
        return say("mirrors.from_now_on")
    if newest == 1:
        return say("mirrors.newest_first")
    return say("mirrors.newest_ones_first", newest)


def whole_at_first(target: Target, backfill: str) -> int:
    """How many threads are shown whole at first; raises `ThreadlineError` where that says nothing of a thread."""
    if not backfill:
        return 1
    if target.kind is not TargetKind.BOARD and backfill not in ("none", "all"):
        raise ThreadlineError(say("mirrors.one_thread", backfill=backfill))
    return WHOLE[backfill]


def check_private(caller: Caller, forum: str, target: Target, private: str) -> None:
    """Raise unless somebody may show what guests cannot read, and has said that he means it.

    It is read with a login that the settings name, which is the operators' and no community's.
    """
    if not caller.operator:
        raise Forbidden(say("mirrors.operators_only", forum=forum))
    if private != SHOW:
        title = target.title or target.key
        raise ThreadlineError(say("mirrors.say_private", forum=forum, title=title))


def _brought(made: Made) -> str:
    """What came of giving a saved page again, in words."""
    page = made.page
    if page is None:
        return say("mirrors.unchanged")
    news = [say("mirrors.new_posts", page.added)] if page.added else []
    news += [say("mirrors.changed_posts", page.edited)] if page.edited else []
    news += [say("mirrors.deleted_posts", page.deleted)] if page.deleted else []
    told = [say("mirrors.brought", made.owed, news=", ".join(news))] if news else []
    if page.losing:
        told.append(say("mirrors.missing", page.losing))
    return "; ".join(told) or say("mirrors.unchanged")


def destination(caller: Caller, values: Mapping[str, str]) -> str:
    """Where a mirror is to go; raises `ThreadlineError` for what is wrong with an order whatever its address."""
    into = values.get("into", "")
    if not into:
        if caller.where is None:
            raise ThreadlineError(say("mirrors.where"))
        into = f"{caller.chat}:{caller.where.channel}"
    if not caller.operator and into.partition(":")[0] != caller.chat:
        raise ThreadlineError(say("mirrors.elsewhere", channel=into, chat=caller.chat))
    applied(given(values))
    return into


async def add(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Mirror an address."""
    into = destination(caller, values)  # what is wrong with it is said before anybody is asked
    opened, address = await desk.sought(values["address"])
    return await mirror(desk, caller, opened, await found(desk, opened, address), into, values)


async def mirror(
    desk: Desk, caller: Caller, opened: OpenForum, located: Located, into: str, values: Mapping[str, str]
) -> Answer:
    """Mirror what an address was found to name."""
    return await order(
        desk,
        opened,
        opened.adapter,
        opened.settings,
        located.target,
        into,
        caller,
        values.get("layout", "threads"),
        values.get("replies", ""),
        new=given(values),
        posts=located.posts,
        private=values.get("private", ""),
        backfill=values.get("backfill", ""),
    )


async def show(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """List the mirrors."""
    rows = await desk.store.read(mirrors, own(caller))
    lines = [
        " · ".join(
            [
                f"{m.id}. {m.board or m.thread} ({m.forum}) → {m.chat}:{m.label}",
                m.layout,
                *rules_in_words(m.rules),
                *in_words(m.options),
                *([] if m.state == "active" else [say("mirrors.state_paused")]),
            ]
        )
        for m in rows
    ]
    empty = say("mirrors.nothing_yet", add=spelled(caller, "add"))
    return Answer("\n".join(lines) or empty, {"mirrors": [msgspec.to_builtins(m) for m in rows]})


BACKFILL = Parameter("backfill", "help.mirror_add_backfill", required=False, option=True, choices=tuple(WHOLE))

ADD = Command(
    "mirror",
    "add",
    "help.mirror_add",
    (
        Parameter("address", "help.mirror_add_address"),
        Parameter("boards", "help.mirror_add_boards", required=False, option=True),
        Parameter("into", "help.mirror_add_into", required=False, option=True),
        Parameter("layout", "help.mirror_add_layout", required=False, option=True, choices=LAYOUTS),
        Parameter("replies", "help.mirror_add_replies", required=False, option=True, choices=REPLIES),
        *FILTERS,
        DELAY,
        BACKFILL,
        Parameter("private", "help.mirror_add_private", required=False, option=True, choices=(SHOW,)),
        Parameter("start", "help.mirror_add_start", required=False, option=True, choices=(YES,)),
    ),
)

COMMANDS = [(Command("mirror", "list", "help.mirror_list"), show)]
