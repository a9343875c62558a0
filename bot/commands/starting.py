"""`/forum post`: a thread is started from the chat."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from bot import markup
from bot.commands.desk import Desk
from bot.commands.naming import meant
from bot.commands.reader import reader
from bot.commands.words import said
from bot.drafting import LONGEST_TITLE, opener
from bot.errors import Forbidden, NotFound, ThreadlineError
from bot.jobs import OpenerRow
from bot.lanes import OpenForum
from bot.markup.nodes import Kind, Node, document
from bot.model import Answer, BoardKey, Caller, Command, Commanded, Login, Parameter, PostKey
from bot.ports import ConnectsAccounts, StartsThreads
from bot.replying import Accounts, Lately, Ruling, Verdict, may
from bot.store.lately import wrote_lately
from bot.store.openers import Asked, ask, asked_for
from bot.store.readers import Reader
from bot.store.sight import Sight
from bot.store.startable import Startable, rules_on, startable, whose
from bot.texts import say

HERE = "here"
"""In the place of a board: the one that is mirrored where the command is given."""

TAGS = 20
"""Tags of a thread: more than any forum takes."""


class Draft(NamedTuple):
    """A thread as somebody wrote it into a command."""

    title: str
    text: str
    tags: tuple[str, ...]


async def do_post(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Take a thread that the caller writes; what becomes of it, they are told in private."""
    who, given = await reader(desk, caller), caller.given
    board = await _board(desk, caller, who, values["board"])
    if given is None:
        raise ThreadlineError(say("reading.nobody"))
    opened = await desk.forum(board.forum)
    if not isinstance(opened.forum, StartsThreads):
        raise Forbidden(say("openers.unstartable", forum=board.forum))
    draft = _draft(values)
    community = who.sight.community if who.sight.community is not None else caller.community
    own: Login | None = None
    refused = ""
    if not caller.anybody:  # such a name has no account, whomever it was linked with
        own, refused = await desk.store.read(whose, board.id, community, caller.chat, caller.id)
    if own is not None and refused:
        raise Forbidden(refused)
    # Carried out again after a crash it is the same thread, and not the next one of somebody who writes many.
    before = await desk.store.read(asked_for, caller.chat, given.id)
    own_only = before is None and await _allowed(desk, caller, given, who, board, opened, own)
    if values.get("preview"):
        return _shown(caller, given, board, opened, own, draft)
    asked = Asked(
        caller.chat,
        caller.id,
        caller.person,
        given.id,
        draft.title,
        draft.text,
        given.format,
        draft.tags,
        caller.where,
        own_only,
        caller.anybody,
    )
    number = await desk.store.write(ask, board.id, community, asked, desk.clock.now())
    desk.wake()
    text = say("openers.taken", title=said(draft.title), board=said(board.name), forum=said(board.forum))
    return Answer(f"{text} {_as_whom(caller, opened, own)}", {"opener": number, "board": board.name})


def _draft(values: dict[str, str]) -> Draft:
    """What was written; raises `ThreadlineError` where no forum would take it."""
    title, text = " ".join(values["title"].split()), values["text"].strip()
    if not title or not text:
        raise ThreadlineError(say("openers.empty"))
    if len(title) > LONGEST_TITLE:
        raise ThreadlineError(say("openers.long_title", most=LONGEST_TITLE, count=len(title)))
    tags = dict.fromkeys(filter(None, (" ".join(tag.split()) for tag in values.get("tags", "").split(","))))
    return Draft(title, text, tuple(tags)[:TAGS])


async def _board(desk: Desk, caller: Caller, who: Reader, words: str) -> Startable:
    """The board that some words mean; raises `NotFound` or `Forbidden` naming those that there are."""
    there = await desk.store.read(startable, who.sight)
    if not there:
        raise NotFound(say("openers.no_boards"))
    names = ", ".join(board.name for board in there[:8])
    asked_here = words.strip().casefold() == HERE
    found = await meant(desk, caller, who, "" if asked_here else words)
    # In its chat thread, the board is that of the thread.
    ids = [found.thread.board] if found.thread is not None and asked_here else [board.id for board in found.boards]
    board = next((one for one in there if ids == [one.id]), None)
    if board is not None:
        return board
    if len(found.boards) == 1:
        raise Forbidden(say("openers.not_taken", board=found.boards[0].name, names=names))
    raise NotFound(say("openers.which_board", names=names))


async def _allowed(
    desk: Desk,
    caller: Caller,
    given: Commanded,
    who: Reader,
    board: Startable,
    opened: OpenForum,
    own: Login | None,
) -> bool:
    """Whether only their own account may start it; raises `Forbidden` where they may not, or have none and need one."""
    now = desk.clock.now()
    written = opened.forum.caps.write_identity != "none"
    lately = await desk.store.read(wrote_lately, caller.chat, caller.id, caller.anybody, board.forum, now)
    refused = Ruling(Verdict.LEFT)
    for rules in await desk.store.read(rules_on, board.id, who.sight):
        ruling = may(rules, given.person, True, Lately(lately[: rules.answering.most]), now)
        own_only = rules.answering.accounts is Accounts.OWN or not written
        if ruling.verdict is Verdict.TAKEN and (own is not None or not own_only):
            return own_only
        refused = ruling if ruling.reason or not refused.reason else refused
    if refused.reason:
        raise Forbidden(refused.reason)
    if not written and not isinstance(opened.forum, ConnectsAccounts):
        raise Forbidden(say("openers.unstartable", forum=board.forum))
    register = opened.forum.caps.register
    told = say("answering.own_only", forum=board.forum, sign=caller.sign)
    raise Forbidden(f"{told} {say('answering.own_register', link=register)}" if register else told)


def _as_whom(caller: Caller, opened: OpenForum, own: Login | None) -> str:
    """Under whose name it will stand."""
    if own is not None:
        return say("openers.as_own", name=said(own.name))
    if opened.forum.caps.write_identity == "impersonate":
        return say("openers.as_named", name=said(caller.person))
    connects = isinstance(opened.forum, ConnectsAccounts) and not caller.anybody
    how = say("openers.connect", sign=caller.sign, forum=opened.name) if connects else ""
    return f"{say('openers.as_bridge', name=said(caller.person))} {how}".strip()


def _shown(
    caller: Caller, given: Commanded, board: Startable, opened: OpenForum, own: Login | None, draft: Draft
) -> Answer:
    """How a thread would be, in the forum's own format."""
    words = (draft.title, draft.text, given.format, draft.tags)
    row = OpenerRow(0, caller.person, BoardKey(""), board.name, *words, caller.chat, PostKey(""), own)
    made = opener(row, opened.forum.caps)
    title = say("openers.preview", title=said(made.title), board=said(board.name), forum=said(board.forum))
    text = markup.write(document(Node(Kind.CODE_BLOCK, text=made.text)), "markdown")
    return Answer(f"{title} {_as_whom(caller, opened, own)}\n\n{text}", {"title": made.title, "text": made.text})


async def open_boards(desk: Desk, sight: Sight) -> list[Startable]:
    """The boards on which the forums themselves let threads be started, as far as they can be asked now."""
    there = await desk.store.read(startable, sight)
    starts: set[str] = set()
    for forum in dict.fromkeys(board.forum for board in there):
        with suppress(ThreadlineError):
            if isinstance((await desk.forum(forum)).forum, StartsThreads):
                starts.add(forum)
    return [board for board in there if board.forum in starts]


COMMANDS = [
    (
        Command(
            "forum",
            "post",
            "help.forum_post",
            (
                Parameter("tags", "help.forum_post_tags", required=False, option=True),
                Parameter("preview", "help.forum_post_preview", required=False, option=True, choices=("yes",)),
                Parameter("board", "help.forum_post_board", suggested=True),
                Parameter("title", "help.forum_post_title", quoted=True),
                Parameter("text", "help.forum_post_text", rest=True, verbatim=True),
            ),
        ),
        do_post,
    ),
]
