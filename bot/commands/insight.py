"""`/mirror status` and `why`."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bot.commands.desk import Desk
from bot.commands.words import count, span
from bot.errors import NotFound
from bot.model import Answer, Caller, Command, Parameter
from bot.store.notices import open_notices
from bot.store.report import SourceState, find_posts, status, story


async def show_status(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """How everything goes."""
    community = None if caller.operator else caller.community
    state = await desk.store.read(status, community)
    wrong = await desk.store.read(open_notices, community)
    now = desk.clock.now()
    owed = state.deliveries["pending"] + state.deliveries["sending"]
    lines = [
        f"{count(state.mirrors, 'mirror')}, {count(state.boards, 'board')}, {count(state.threads, 'thread')}, "
        f"{count(state.posts, 'post')}",
        "deliveries: " + ", ".join(f"{number} {name}" for name, number in state.deliveries.items()),
    ]
    if state.replies:
        lines.append("replies: " + ", ".join(f"{number} {fate}" for fate, number in sorted(state.replies.items())))
    if owed and state.oldest_owed is not None:
        lines.append(f"the oldest that is owed waits for {span(now - state.oldest_owed)}")
    for place, why in state.paused:
        lines.append(f"paused: {place}: {why}")
    for source in state.sources:
        lines.append(_source(source, now))
    for about, text, since in wrong:
        lines.append(f"since {span(now - since)}: {text} ({about})")
    if state.deliveries["held"]:
        lines.append(f"{state.deliveries['held']} held: `held` lists what waits for a decision")
    data = msgspec.to_builtins(state) | {"notices": [[about, text, since] for about, text, since in wrong]}
    return Answer("\n".join(lines), data)


def _source(source: SourceState, now: int) -> str:
    when = f"read {span(now - source.read_at)} ago" if source.read_at is not None else "not read yet"
    after = f", next in {span(source.next_at - now)}" if source.next_at is not None else ", not polled"
    text = f"{source.forum}: {source.kind} {source.name}: {when}{after}"
    if source.failures:
        text += f"; failed {count(source.failures, 'time')}: {source.error}"
    if source.losing:
        choice = f"`settle source:{source.id}` or `skip source:{source.id}`"
        text += f"; {count(source.losing, 'post')} missing at once, kept until {choice}"
    if source.damaged:
        text += (
            f"; {count(source.damaged, 'item')} could not be parsed and {'is' if source.damaged == 1 else 'are'} kept"
        )
    return text


async def why(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Every stage of a post, with reasons."""
    community = None if caller.operator else caller.community
    posts = await desk.store.read(find_posts, values["post"], community)
    if not posts:
        raise NotFound(
            f"no post here goes by `{values['post']}`; name it by its address, by `#n`, or by the message that shows it"
        )
    lines: list[str] = []
    stories = []
    for post in posts:
        told = await desk.store.read(story, post, community)
        stories.append(msgspec.to_builtins(told))
        lines.append(f"{told.number} {told.title}".strip() + (f" <{told.link}>" if told.link else ""))
        lines += [f"- {_moment(stage.at)}{stage.text}" for stage in told.stages]
    return Answer("\n".join(lines), {"posts": stories})


def _moment(at: int | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%d %b %Y %H:%M:%S UTC: ")


COMMANDS = [
    (Command("mirror", "status", "how everything goes"), show_status),
    (
        Command(
            "mirror",
            "why",
            "what became of a post, and why",
            (Parameter("post", "its address, `#n`, or the message that shows it"),),
        ),
        why,
    ),
]
