"""Pure: messages and private panes as the templates show them, with the addresses of what can be done."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import quote

import msgspec

from adapters.chats.web import pictures, render, rules
from adapters.chats.web.pictures import Picture
from adapters.chats.web.state import Message, Note, State
from bot import markup
from bot.model import CardKind, Millis, Reaction, When

PAGE = 50
"""Messages of a channel or chat thread on one page."""

GIST = 90
"""Characters of the one line that quotes a message."""

FATES = {
    Reaction.PENDING.value: ("waiting", "waits to be posted to the forum"),
    Reaction.POSTED.value: ("posted", "posted to the forum"),
    Reaction.REFUSED.value: ("refused", "refused by the forum"),
    Reaction.HELD.value: ("held", "held: it is not known whether the forum has it"),
}
"""Our reactions: the short word beside the sign, and what it means."""


class Addresses:
    """The addresses of this chat's pages and of what its forms ask for."""

    def __init__(self, url: Callable[[str], str]) -> None:
        self.to = url

    def place(self, channel: str, thread: str = "") -> str:
        """A channel's page, or that of a chat thread in it."""
        return self.to(f"/c/{quote(channel)}" + (f"/{quote(thread)}" if thread else ""))

    def live(self, channel: str, thread: str = "") -> str:
        """Where a page hears what is new in its place."""
        return self.to(f"/live/{quote(channel)}" + (f"/{quote(thread)}" if thread else ""))

    def read(self, channel: str, thread: str = "") -> str:
        """Where a page tells how far somebody has read its place."""
        return self.to(f"/read/{quote(channel)}" + (f"/{quote(thread)}" if thread else ""))

    def message(self, message: str) -> str:
        """A message's own address, which leads to the page that shows it."""
        return self.to(f"/m/{quote(message)}")

    def picture(self, message: str, name: str) -> str:
        """Where an image that a message shows is had."""
        return self.to(f"/media/{quote(message)}/{name}")

    def act(self, message: str, what: str) -> str:
        """Where a form about a message is sent: edit, delete or react."""
        return self.to(f"/m/{quote(message)}/{what}")


@dataclass(frozen=True, slots=True)
class Quoted:
    """One line of the message that is answered; `message` is its id, empty where it is not ours to show."""

    author: str
    number: str
    text: str
    href: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A command that is given by a press, as it would be typed."""

    label: str
    command: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A reaction: its character, its word, who put it there."""

    sign: str
    word: str
    count: int = 0
    mine: bool = False
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a page shows it."""

    id: str
    n: int
    href: str
    author: str
    signed: bool
    """Whether a person wrote it who was signed in."""
    avatar: str
    signs: tuple[str, ...]
    at: Millis
    when: When | None
    """When the post was written, where this is one; else `at` counts."""
    card: bool
    own: bool
    removed: bool
    tombstone: bool
    remark: bool
    notice: bool
    edited: bool
    title: str
    path: tuple[str, ...]
    html: str
    pictures: tuple[Picture, ...]
    """Images that have no place in the text."""
    note: str
    link: str
    quoted: Quoted | None
    fate: Sign | None
    reactions: tuple[Sign, ...]
    offered: tuple[Sign, ...]
    thread: str
    """What is said of the chat thread that hangs here; empty where none does."""
    thread_href: str
    reply_href: str
    edit_href: str
    edit_to: str
    delete_to: str
    react_to: str
    offers: tuple[Button, ...]
    say_to: str
    """Where a command goes that is pressed here."""


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the private pane: the words of a command, or what we told as HTML."""

    command: str
    html: str
    offers: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one page shows of a place; `older` is where the page before it ends, empty at the beginning."""

    messages: tuple[Message, ...]
    older: str
    newest: bool


def leaf(place: list[Message], before: int | None) -> Leaf:
    """The newest messages of a place, or those before a position, oldest first."""
    end = len(place) if before is None else bisect_left(place, before, key=_number)
    some = tuple(islice((m for m in islice(reversed(place), len(place) - end, None) if m.shown), PAGE + 1))
    page = some[:PAGE]
    newest = not any(m.shown for m in islice(place, end, None))
    return Leaf(tuple(reversed(page)), page[-1].id if len(some) > PAGE else "", newest)


def page_of(place: list[Message], message: Message) -> int | None:
    """The position before which a page must end to show a message; None where the newest page shows it."""
    later = (m.n for m in islice(place, bisect_right(place, message.n, key=_number), None) if m.shown)
    some = tuple(islice(later, PAGE))
    return some[PAGE // 2] if len(some) == PAGE else None


def _number(message: Message) -> int:
    return message.n


def show(state: State, message: Message, viewer: str, to: Addresses) -> Shown:
    """A message as this person sees it now."""
    payload = message.payload
    card = payload is not None
    fields = payload if payload is not None else {}
    path = fields.get("path")
    base = to.place(message.channel, message.thread)
    thread_href = to.place(message.channel, message.id) if message.hangs is not None else ""

    def picture(name: str) -> str:
        return to.picture(message.id, name)

    html, rest = pictures.placed(render.text_of(fields, "html"), fields, picture)
    avatar = pictures.avatar_of(fields)
    sign, (word, meaning) = message.fate, FATES.get(message.fate, ("", ""))
    return Shown(
        id=message.id,
        n=message.n,
        href=to.message(message.id),
        author=who(message),
        signed=message.signed and payload is None,
        avatar=picture(pictures.name_of(avatar)) if avatar else "",
        signs=render.signs(fields),
        at=message.at,
        when=render.when_of(fields),
        card=card,
        own=bool(viewer) and message.by == viewer,
        removed=message.deleted,
        tombstone=_is(message, CardKind.TOMBSTONE),
        remark=_is(message, CardKind.REMARK),
        notice=_is(message, CardKind.NOTICE),
        edited=message.edited and not card,
        title=render.text_of(fields, "title"),
        path=tuple(str(step) for step in path) if isinstance(path, list) else (),
        html=html if card else _web(message.text),
        pictures=rest,
        note=render.text_of(fields, "note"),
        link=render.text_of(fields, "link"),
        quoted=_quoted(state, message, to),
        fate=Sign(sign, word, meaning=meaning) if word else None,
        reactions=tuple(
            Sign(
                sign,
                word,
                len(message.reactions[sign]),
                viewer in message.reactions[sign],
                _listed(message.reactions[sign]),
            )
            for sign, word in rules.REACTIONS.items()
            if sign in message.reactions
        ),
        offered=tuple(
            Sign(sign, word, mine=viewer in message.reactions.get(sign, {})) for sign, word in rules.REACTIONS.items()
        ),
        thread=_thread_line(message),
        thread_href=thread_href,
        reply_href=f"{thread_href}#write" if thread_href else f"{base}?reply={message.id}#write",
        edit_href=f"{to.message(message.id)}?edit=yes",
        edit_to=to.act(message.id, "edit"),
        delete_to=to.act(message.id, "delete"),
        react_to=to.act(message.id, "react"),
        offers=_buttons(fields.get("offers")),
        say_to=base,
    )


def line(note: Note) -> Line:
    """A part of the private pane as its owner sees it."""
    return Line(note.text, "", ()) if note.command else Line("", _web(note.text), _buttons(note.offers))


def _buttons(kept: object) -> tuple[Button, ...]:
    """What is offered, as it was kept; nothing where an older program did not write it."""
    return msgspec.convert(kept, tuple[Button, ...]) if kept else ()


def who(message: Message) -> str:
    """The name under which a message is shown; none for what was removed, here or on the forum, and for a remark."""
    if message.payload is None:
        return message.author
    nobody = _is(message, CardKind.TOMBSTONE) or _is(message, CardKind.REMARK)
    return render.text_of(message.payload, "author") or message.author or ("" if nobody else rules.HOUSE)


def gist(message: Message) -> str:
    """A message in one line: its title, else its first words."""
    if message.payload is None:
        return _gist(message.text, "markdown")
    title, note = render.text_of(message.payload, "title"), render.text_of(message.payload, "note")
    return title or _gist(render.text_of(message.payload, "plain"), "plain") or note


def _is(message: Message, kind: CardKind) -> bool:
    return message.payload is not None and message.payload.get("kind") == kind.value


def _quoted(state: State, message: Message, to: Addresses) -> Quoted | None:
    if message.reply_to:
        parent = state.standing(message.reply_to)
        if parent is None:
            return Quoted("", "", "a message that was removed", "")
        number = render.text_of(parent.payload, "number") if parent.payload is not None else ""
        return Quoted(who(parent), number, gist(parent), to.message(parent.id), parent.id)
    match message.payload:
        case {
            "quote": {
                "author": str(author),
                "excerpt": str(excerpt),
                "number": str(number),
                "link": str(link),
            }
        }:
            return Quoted(author, number, excerpt, link)
        case _:
            return None


def _thread_line(message: Message) -> str:
    if message.hangs is None:
        return ""
    last = next((reply for reply in reversed(message.hangs) if not reply.deleted), None)
    if last is None:
        return "No replies yet"
    count = "1 reply" if message.replies == 1 else f"{message.replies} replies"
    return f"{count} · last by {who(last)}" if who(last) else count


def _listed(names: dict[str, str]) -> str:
    some = list(islice(names.values(), 5))
    more = len(names) - len(some)
    return ", ".join(some) + (f" and {more} more" if more else "")


@lru_cache(maxsize=1024)
def _web(text: str) -> str:
    return markup.write(markup.read(text, "markdown"), "web")


@lru_cache(maxsize=1024)
def _gist(text: str, format: str) -> str:
    return markup.excerpt(markup.read(text[: 20 * GIST], format), GIST)
