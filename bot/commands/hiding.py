"""`/mirror hide` and `unhide`: what this community does not show of its forums, post by post or all of one author."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bot.commands.desk import Desk
from bot.commands.options import own
from bot.commands.posts import named
from bot.commands.words import numeral, said, span, spelled
from bot.errors import NotFound
from bot.markup import clean_name
from bot.model import Answer, Caller, Command, Offer, Parameter, Where
from bot.store.hiding import (
    Author,
    Done,
    Hidden,
    author_of,
    authors_called,
    hidden_here,
    hide_author,
    hide_post,
    unhide_author,
    unhide_post,
)
from bot.store.naming import here, numbered
from bot.store.places import heir, place_at
from bot.store.sight import Sight, thread_of
from bot.store.unit import Unit
from bot.texts import say

YES = "yes"

LABEL = 40
"""Characters of a name or title on a button."""

SOME = 5
"""Hidden things that can be shown again by a press; the others are named in commands."""


async def do_hide(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Take a post away and let it stay away, or all that its author writes; with nothing named, say what is hidden."""
    words = values.get("post", "").strip()
    if not words:
        return await _shown(desk, caller)
    authors = await _authors(desk, caller, words, values)
    if not authors:
        post = await _post(desk, caller, words)
        done = await desk.store.write(hide_post, post, own(caller), caller.person, desk.clock.now())
        desk.wake()
        text = say("mirrors.post_hidden") if done.fresh else say("mirrors.hidden_before")
        return _answer(text, done, f"post:{post}")
    done = await _each(desk, caller, authors, hide_author)
    name = said(authors[0].name)
    text = say("mirrors.author_hidden", author=name) if done.fresh else say("mirrors.hidden_before")
    return _answer(text, done, f"@{authors[0].name}")


async def do_unhide(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Show a post again, or what its author writes from now on."""
    words = values["post"].strip()
    authors = await _authors(desk, caller, words, values)
    if authors:
        done = await _each(desk, caller, authors, unhide_author)
        if not done.fresh:
            raise NotFound(say("mirrors.not_hidden", hide=spelled(caller, "hide")))
        return Answer(say("mirrors.author_shown", author=said(authors[0].name)), {"fresh": True})
    post = await _post(desk, caller, words)
    done = await desk.store.write(unhide_post, post, own(caller), caller.person, desk.clock.now())
    desk.wake()
    if not done.fresh:
        raise NotFound(say("mirrors.not_hidden", hide=spelled(caller, "hide")))
    text = say("mirrors.post_shown")
    return Answer(f"{text} {say('mirrors.come_back', done.messages)}" if done.messages else text, _data(done))


async def _shown(desk: Desk, caller: Caller) -> Answer:
    """What this community hides, the newest first."""
    there = await desk.store.read(hidden_here, own(caller))
    if not there:
        return Answer(say("mirrors.nothing_hidden"), {"hidden": []})
    now = desk.clock.now()
    lines = [
        f"{_words(one)} · {say('mirrors.hidden_ago', who=said(one.who), ago=span(now - one.since))}" for one in there
    ]
    if len(there) > SOME:
        lines.append(say("mirrors.unhide", unhide=spelled(caller, "unhide")))
    offers = tuple(Offer(say("mirrors.show_one", what=_short(one)), "mirror", _named(one)) for one in there[:SOME])
    return Answer("\n".join(lines), {"hidden": msgspec.to_builtins(there)}, offers=offers)


def _words(one: Hidden) -> str:
    if one.post is None:
        return say("mirrors.all_of", author=said(one.author), forum=one.forum)
    number = "" if one.number is None else f"#{one.number} "
    return say("mirrors.post_of", post=f"{number}“{said(one.title)}”", author=said(one.author), forum=one.forum)


def _short(one: Hidden) -> str:
    """What a button has room for."""
    if one.post is None:
        return clean_name(one.author, LABEL)
    return f"#{one.number}" if one.number is not None else f"“{clean_name(one.title, LABEL)}”"


def _named(one: Hidden) -> tuple[str, str]:
    return ("unhide", f"@{one.author}" if one.post is None else f"post:{one.post}")


async def _each(desk: Desk, caller: Caller, authors: list[Author], unit: Callable[..., Unit[Done]]) -> Done:
    """Do the same to all who are called so."""
    done = Done(False)
    for author in authors:
        one = await desk.store.write(unit, author, own(caller), caller.person, desk.clock.now())
        done = Done(done.fresh or one.fresh, done.messages + one.messages)
    desk.wake()
    return done


async def _authors(desk: Desk, caller: Caller, words: str, values: dict[str, str]) -> list[Author]:
    """Those who are meant by their name, or by one of their posts; none where a post itself is meant."""
    if words.startswith("@"):
        found = await desk.store.read(authors_called, words[1:].strip(), own(caller))
        if not found:
            raise NotFound(say("mirrors.nobody", name=said(words[1:])))
        return found
    if values.get("author") == YES:
        return [await desk.store.read(author_of, await _post(desk, caller, words))]
    return []


async def _post(desk: Desk, caller: Caller, words: str) -> int:
    """The one post that is meant; raises `NotFound` for none, and for several."""
    kind, _, number = words.partition(":")
    if kind == "post" and (id := numeral(number)) is not None:
        if await desk.store.read(_own, id, own(caller), caller.chat, caller.where):
            return id
        raise NotFound(say("mirrors.no_post", words=said(words)))
    number_here = numeral(words.removeprefix("#"))
    if caller.where is not None and (number_here is not None or words.lower() == "op"):
        post = await desk.store.read(_numbered, caller.chat, caller.where, caller.community, number_here)
        if post is not None:
            return post
    found = [one.id for one in await named(desk, words, own(caller)) if one.kind == "post"]
    if len(found) > 1:
        raise NotFound(say("mirrors.several", words=said(words), number=len(found)))
    if not found:
        raise NotFound(say("mirrors.no_post", words=said(words)))
    return found[0]


def _sight(community: int | None, chat: str, where: Where | None) -> Unit[Sight]:
    """What is seen from where a command is given."""
    place = (yield from place_at(chat, Where(where.channel))) if where is not None else None
    return Sight(community, (yield from heir(place)) if place is not None else 0)


def _own(post: int, community: int | None, chat: str, where: Where | None) -> Unit[bool]:
    """Whether a post that an offer names is seen here, or hidden here."""
    seen = yield from thread_of(post, (yield from _sight(community, chat, where)))
    return seen is not None or any(one.post == post for one in (yield from hidden_here(community)))


def _numbered(chat: str, where: Where, community: int, number: int | None) -> Unit[int | None]:
    """The post of the thread that stands in a place, by its number."""
    stands = yield from here(chat, where, (yield from _sight(community, chat, where)))
    return (yield from numbered(stands.thread.id, number)) if stands.thread is not None else None


def _answer(text: str, done: Done, undo: str) -> Answer:
    if done.messages:
        text += " " + say("mirrors.leave", done.messages)
    return Answer(text, _data(done), offers=(Offer(say("mirrors.show_again"), "mirror", ("unhide", undo)),))


def _data(done: Done) -> dict[str, object]:
    data: dict[str, object] = msgspec.to_builtins(done)
    return data


POST = Parameter("post", "help.mirror_hide_post", rest=True)
AUTHOR = Parameter("author", "help.mirror_hide_author", required=False, option=True, choices=(YES,))

COMMANDS = [
    (
        Command("mirror", "hide", "help.mirror_hide", (msgspec.structs.replace(POST, required=False), AUTHOR)),
        do_hide,
    ),
    (Command("mirror", "unhide", "help.mirror_unhide", (POST, AUTHOR)), do_unhide),
]
