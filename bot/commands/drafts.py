"""`/forum draft`: what the caller's own message becomes on the forum; it can be let go at once, or taken back."""

from __future__ import annotations

from contextlib import suppress

from bot import drafting
from bot.commands.desk import Desk
from bot.commands.words import said
from bot.errors import NotFound, Refused, ThreadlineError
from bot.markup import write
from bot.markup.nodes import Kind, Node, document
from bot.model import Answer, Caller, Command, Draft, ForumCapabilities, Offer, Parameter
from bot.store.drafts import Sketch, drafted, go_now, sketch, take_back
from bot.texts import say

YES = "yes"

LONGEST = 1500
"""Characters that are shown of a text: more would not fit into one message of a chat."""


async def do_draft(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Show what a message becomes, let it go, or take it back; only its author is answered."""
    if not caller.id:
        raise ThreadlineError(say("reading.nobody"))
    reply = await desk.store.read(drafted, caller, await _message(desk, caller, values.get("message", "")))
    if reply is None:
        raise NotFound(say("drafts.none", sign=caller.sign))
    now = desk.clock.now()
    if values.get("drop") == YES:
        if not await desk.store.write(take_back, reply, now):
            raise ThreadlineError(say("drafts.too_late"))
        desk.wake()
        return Answer(say("drafts.dropped"), {"reply": reply})
    if values.get("now") == YES:
        await desk.store.write(go_now, reply)
        desk.wake()
    what = await desk.store.read(sketch, reply, now)
    return await _shown(desk, what)


async def _message(desk: Desk, caller: Caller, words: str) -> str:
    """The message that is named, by its address or its id."""
    with suppress(ThreadlineError):
        return (await desk.chat(caller.chat)).named(words) if words else ""
    return words


async def _shown(desk: Desk, what: Sketch) -> Answer:
    caps = (await desk.forum(what.forum)).forum.caps
    lines = [say("drafts.to", forum=said(what.forum), thread=said(what.thread))]
    if what.answered:
        lines.append(say("drafts.answers", name=said(what.answered)))
    data: dict[str, object] = {"reply": what.row.id, "forum": what.forum, "fate": what.fate}
    text = ""
    try:
        made = drafting.draft(what.row, caps)
    except Refused as error:
        lines.append(say("drafts.refused", why=said(str(error), 300)))
    else:
        lines += _told(what, made, caps)
        text = _block(made.text)
        data |= {"text": made.text, "title": made.title, "as": made.login.name if made.login else made.author}
    lines.append(_fate(what))
    answer = "\n".join((*lines, *((f"\n{text}",) if text else ())))
    return Answer(answer, data, offers=_offers(what))


def _told(what: Sketch, made: Draft, caps: ForumCapabilities) -> list[str]:
    """As whom it is posted, under which title, with which files."""
    row = what.row
    if row.lent is not None:
        lines = [say("drafts.own", name=said(row.lent.name or row.lent.id))]
        if row.lent_refused:
            lines.append(row.lent_refused)
    elif row.own:
        lines = [say("drafts.own_only")]
    elif caps.write_identity == "shared":
        lines = [say("drafts.shared", name=said(drafting.speaker(row.name)), chat=said(row.chat))]
    else:
        lines = [say("drafts.named", name=said(row.name))]
    if made.title:
        lines.append(say("drafts.title", title=said(made.title)))
    if row.files:
        lines.append(say("drafts.files", names=", ".join(said(file.name) for file in row.files)))
    return lines


def _block(text: str) -> str:
    """A text in the forum's own format, as it is and not as it is shown."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return write(document(Node(Kind.CODE_BLOCK, text=cut)), "markdown")


def _fate(what: Sketch) -> str:
    if what.pending:
        return say("drafts.waits", why=what.waits) if what.waits else say("drafts.next")
    if what.fate == "posted" and what.link:
        return say("drafts.posted", link=what.link)
    because = say("drafts.because", why=said(what.reason, 300)) if what.reason else ""
    match what.fate:
        case "posted":
            return say("drafts.is_posted")
        case "pending":
            return say("drafts.is_sending")
        case "queued":
            return say("drafts.is_queued")
        case "refused":
            return say("drafts.is_refused", because=because)
        case "held":
            return say("drafts.is_held", because=because)
        case _:
            return say("drafts.is_dropped", because=because)


def _offers(what: Sketch) -> tuple[Offer, ...]:
    """What can be done about it while nothing of it was sent."""
    now = Offer(say("drafts.now"), "forum", ("draft", what.message, "--now", YES))
    drop = Offer(say("drafts.drop"), "forum", ("draft", what.message, "--drop", YES))
    return (*((now,) if what.gathers else ()), *((drop,) if what.pending else ()))


COMMANDS = [
    (
        Command(
            "forum",
            "draft",
            "help.forum_draft",
            (
                Parameter("message", "help.forum_draft_message", required=False),
                Parameter("now", "help.forum_draft_now", required=False, option=True, choices=(YES,)),
                Parameter("drop", "help.forum_draft_drop", required=False, option=True, choices=(YES,)),
            ),
        ),
        do_draft,
    )
]
