"""`/mirror add` of one address, of a group of boards, and of everything that a saved file names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from bot.commands import mirrors, proposals
from bot.commands.boards import having, listed, none_has, way
from bot.commands.desk import Desk
from bot.commands.finding import Located, found
from bot.commands.mirrors import YES
from bot.commands.pacing import slowed
from bot.errors import NotFound, RateLimited, StoreStopped, ThreadlineError, Unreachable
from bot.lanes import OpenForum
from bot.model import Answer, Caller
from bot.redaction import words_of
from bot.texts import say

AT_ONCE = 50
"""Boards that one command may mirror: each is read once before it is, and is polled from then on."""

LONGEST_PAUSE = 120.0
"""Seconds that are waited for a chat which wants a pause; some make one channel a minute."""

ALL = "all"
"""The word that means every board."""


async def add(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Mirror an address, or, with `--boards`, the boards of its forum that have the words.

    Who gives the command in a chat is shown first what one address would bring, unless they say that it may start.
    """
    if "boards" not in values:
        at_once = not caller.chat or values.get("start") == YES
        return await (mirrors.add if at_once else proposals.propose)(desk, caller, values)
    words = values["boards"]
    opened, _ = await desk.sought(values["address"])
    there = await listed(opened)
    meant = there if words.casefold().strip() == ALL else having(there, words) if words.strip() else ()
    if not meant:
        raise NotFound(none_has(opened.name, there, words))
    if len(meant) > AT_ONCE:
        raise ThreadlineError(say("mirrors.too_many_boards", len(meant), forum=opened.name, words=words, most=AT_ONCE))
    for board in meant:
        if not board.link:
            raise NotFound(say("mirrors.board_has_no_address", board=way(board), forum=opened.name))
    return await mirror_all(desk, caller, [board.link for board in meant], values)


async def mirror_all(desk: Desk, caller: Caller, addresses: Sequence[str], values: Mapping[str, str]) -> Answer:
    """Mirror each address with the same options, a line for each; one that cannot be mirrored stops no other.

    Where a host or the chat does not answer or wants a pause, nothing more is asked of it. What is mirrored already is
    left as it is, so that the same command can be given again.
    """
    # What is wrong with every one of them is said once.
    into = mirrors.destination(caller, values)
    chat_name = into.partition(":")[0]
    chat = await desk.chat(chat_name)
    lines: list[str] = []
    made: list[dict[str, object]] = []
    failed: dict[str, str] = {}
    silent: dict[str, str] = {}
    for address in dict.fromkeys(addresses):
        asked = _host(address)
        if quiet := silent.get(asked) or silent.get(chat_name):
            failed[address] = say("mirrors.not_tried", why=quiet)
        else:
            try:
                opened, leads = await desk.sought(address)
                located = await found(desk, opened, leads)
                asked = chat_name
                answer = await _mirrored(desk, caller, opened, located, into, values)
            except StoreStopped:
                raise
            except (RateLimited, Unreachable) as error:
                failed[address] = words_of(error)
                pause = isinstance(error, RateLimited)
                silent[asked] = say("mirrors.wants_pause", who=asked) if pause else say("mirrors.silent", who=asked)
            except ThreadlineError as error:
                failed[address] = words_of(error)
            except Exception as error:
                failed[address] = say("mirrors.fault", kind=type(error).__name__)
            else:
                made.append(answer.data)
                lines.append(answer.text.partition("\n")[0])
                continue
        lines.append(_line(say("mirrors.failed", address=address, why=failed[address])))
    first = sum(int(str(data["first"])) for data in made)
    if len(made) > 1 and (slow := await slowed(chat_name, chat, first)):
        lines.append(f"{say('mirrors.of_all', first)}; {slow}.")
    lines.append(_sum(made, failed))
    return Answer("\n".join(lines), {"made": made, "failed": failed}, ok=bool(made))


async def _mirrored(
    desk: Desk, caller: Caller, opened: OpenForum, located: Located, into: str, values: Mapping[str, str]
) -> Answer:
    """Mirror one of several; whoever waits at the command line waits out what the chat wants between new channels."""
    while True:
        try:
            return await mirrors.mirror(desk, caller, opened, located, into, values)
        except RateLimited as error:
            if caller.chat or error.seconds > LONGEST_PAUSE:
                raise
            await asyncio.sleep(error.seconds)


def _host(address: str) -> str:
    try:
        return urlsplit(address if "://" in address else f"//{address}").netloc or address
    except ValueError:
        return address


def _line(text: str) -> str:
    return " ".join(text.split())


def _sum(made: Sequence[Mapping[str, object]], failed: Mapping[str, str]) -> str:
    fresh = sum(bool(data["fresh"]) for data in made)
    told = [say("mirrors.sum_made", fresh), say("mirrors.sum_there", number=len(made) - fresh)]
    if failed:
        told.append(say("mirrors.sum_failed", number=len(failed)))
    return ", ".join(told) + "."


COMMANDS = [(mirrors.ADD, add)]
