"""`/mirror add`, `remove`, `list`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.commands.channels import OWN, reached
from bot.commands.desk import Desk
from bot.commands.finding import Located, found, whose
from bot.commands.options import DELAY, FILTERS, MIRROR, known, mirror_number, own
from bot.commands.pacing import slowed
from bot.commands.words import count, spelled
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
from bot.store.ingest import Ingested, ingest_thread, owe_known, read_alone
from bot.store.places import Maker, add_mirror, audit, claim_channel, keep_private, made_by, mirrors, show_whole
from bot.store.sources import ensure_source, source
from bot.store.unmirror import remove_mirror

LAYOUTS = ("threads", "cards", "stream")
REPLIES = ("all", "replies", "none")
SHOW = "show"
"""What `--private` says of what guests cannot read."""


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


class Made(msgspec.Struct, frozen=True):
    """What came of an order."""

    mirror: int
    fresh: bool
    owed: int
    """Messages that are to be made or changed."""
    page: Ingested | None = None
    """What a saved page brought."""


def make(order: Order, now: int) -> Unit[Made]:
    """Make a mirror: a single thread whole, a board with its newest thread; an equal one is left as it is."""
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
        if fresh and reader.baseline_at is not None:
            rows = yield (
                """SELECT l.thread FROM listing l JOIN thread t ON t.id=l.thread WHERE l.board=$1
                   ORDER BY t.live_seq DESC, t.changed_at DESC, t.id DESC LIMIT 1""",
                (board,),
            )
            for (thread,) in rows:
                owed = yield from _whole(forum, mirror, thread, now)
        return Made(mirror, fresh, owed)
    listed = order.page.thread if order.page is not None else Thread(ThreadKey(key), order.target.title)
    row = yield from ensure_thread(forum, listed, arrived=False)
    mirror, fresh = yield from add_mirror(
        community, None, row.id, place, order.layout, order.replies, order.by, now, order.options
    )
    yield from _note(order, community, mirror, fresh, now)
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
        yield from keep_private(mirror)
        yield from audit(community, order.by, f"mirror {mirror} shows what guests cannot read", "", order.forum, now)


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
) -> Answer:
    """Make a mirror of a target into `CHAT:CHANNEL`; of one that is not read yet, about `posts` are shown at first.

    What guests cannot read is mirrored at an operator's word alone, and where `private` says so.
    """
    options = applied(new)
    if not target.public:
        check_private(caller, opened.name, target, private)
    chat_name, sign, channel_name = into.partition(":")
    if not sign or not channel_name:
        raise ThreadlineError(
            f"`{into}` is no channel; say CHAT:CHANNEL, such as web:lounge, or CHAT:{OWN} for a new one"
        )
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
        ),
        desk.clock.now(),
    )
    desk.wake()
    title = target.title or target.key
    if not made.fresh:
        text = f"{title} is mirrored into {into} already (mirror {made.mirror}); {_brought(made)}."
        if not new.empty:
            text += f" Its options stay as they were; {spelled(caller, 'filter')} changes them."
    else:
        text = f"{title} is mirrored into {into} now (mirror {made.mirror})."
        slow = await slowed(chat_name, chat, made.owed or posts)
        if made.owed:
            text += f" {count(made.owed, 'message')} will be posted{f'; {slow}' if slow else ''}."
        elif target.kind is TargetKind.BOARD:
            text += " Its newest thread is posted first, then whatever is new."
        if slow and not made.owed:
            text += f" About {count(posts, 'message')} will be posted at once; {slow}."
        if target.lacks:
            text += "\n".join(("\nWhat cannot be had from there:", *(f"- {line}" for line in target.lacks)))
    first = made.owed or (posts if made.fresh else 0)
    data = {"mirror": made.mirror, "fresh": made.fresh, "owed": made.owed, "first": first, "into": into, "title": title}
    return Answer(text, data, offers=(Offer("Remove", "mirror", ("remove", str(made.mirror))),))


def check_private(caller: Caller, forum: str, target: Target, private: str) -> None:
    """Raise unless somebody may show what guests cannot read, and has said that he means it.

    It is read with a login that the settings name, which is the operators' and no community's.
    """
    if not caller.operator:
        raise Forbidden(
            f"guests of {forum} cannot read that, and the login that can belongs to whoever runs Threadline; "
            "they can mirror it with `threadline mirror`"
        )
    if private != SHOW:
        raise ThreadlineError(
            f"guests of {forum} cannot read {target.title or target.key}: with our login it would be shown to whoever "
            f"reads the channel. If that is meant, add `--private {SHOW}`"
        )


def _brought(made: Made) -> str:
    """What came of giving a saved page again, in words."""
    page = made.page
    if page is None:
        return "nothing was changed"
    news = [count(page.added, "new post")] if page.added else []
    news += [count(page.edited, "changed post")] if page.edited else []
    news += [count(page.deleted, "deleted post")] if page.deleted else []
    told = (
        [f"the page brought {', '.join(news)}: {count(made.owed, 'message')} will be posted or changed"] if news else []
    )
    if page.losing:
        told.append(f"{count(page.losing, 'post')} missing at once are kept until somebody decides, as `status` says")
    return "; ".join(told) or "nothing was changed"


def destination(caller: Caller, values: Mapping[str, str]) -> str:
    """Where a mirror is to go; raises `ThreadlineError` for what is wrong with an order whatever its address."""
    into = values.get("into", "")
    if not into:
        if caller.where is None:
            raise ThreadlineError("say where to: --into CHAT:CHANNEL, such as --into web:lounge")
        into = f"{caller.chat}:{caller.where.channel}"
    if not caller.operator and into.partition(":")[0] != caller.chat:
        raise ThreadlineError(f"{into} is not in this community; name a channel of {caller.chat}")
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
    )


async def remove(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """End a mirror."""
    number = mirror_number(caller, values["mirror"])
    await known(desk, caller, number)
    gone = await desk.store.write(remove_mirror, number, own(caller), caller.person, desk.clock.now())
    return Answer(
        f"{gone.board or gone.thread} is not mirrored into {gone.chat}:{gone.label} any more. "
        "What was posted stays; what was pending was dropped.",
        {"mirror": gone.id},
    )


async def show(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """List the mirrors."""
    rows = await desk.store.read(mirrors, own(caller))
    lines = [
        " · ".join(
            [
                f"{m.id}. {m.board or m.thread} ({m.forum}) → {m.chat}:{m.label}",
                m.layout,
                f"replies: {m.replies}",
                *in_words(m.options),
                *([] if m.state == "active" else [m.state]),
            ]
        )
        for m in rows
    ]
    empty = f"Nothing is mirrored yet. {spelled(caller, 'add')} starts with a forum, a board or a thread."
    return Answer("\n".join(lines) or empty, {"mirrors": [msgspec.to_builtins(m) for m in rows]})


ADD = Command(
    "mirror",
    "add",
    "mirror a forum's board or thread into a channel",
    (
        Parameter("address", "the address of a site, board or thread"),
        Parameter("boards", "of a site: words of the boards' names, or all", required=False, option=True),
        Parameter(
            "into",
            f"the channel, as CHAT:CHANNEL, or CHAT:{OWN} for a new one; this one by default",
            required=False,
            option=True,
        ),
        Parameter("layout", "how posts stand in the channel", required=False, option=True, choices=LAYOUTS),
        Parameter("replies", "which messages go back to the forum", required=False, option=True, choices=REPLIES),
        *FILTERS,
        DELAY,
        Parameter(
            "private",
            "lets what guests cannot read be shown to whoever reads the channel",
            required=False,
            option=True,
            choices=(SHOW,),
        ),
    ),
)

COMMANDS = [
    (
        Command("mirror", "remove", "end a mirror; what was posted stays", (MIRROR,)),
        remove,
    ),
    (Command("mirror", "list", "which mirrors there are"), show),
]
