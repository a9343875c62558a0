"""Sessions of the gateway: what each has been told, so that it can go on where it lost its line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from tests.discord import wire
from tests.discord.nouns import DM, Message
from tests.discord.permissions import VIEW_CHANNEL
from tests.discord.world import Event, World

GUILDS, MEMBERS, MODERATION, WEBHOOKS = 1 << 0, 1 << 1, 1 << 2, 1 << 5
MESSAGES, REACTIONS, DIRECT_MESSAGES, DIRECT_REACTIONS = 1 << 9, 1 << 10, 1 << 12, 1 << 13
PRESENCES, CONTENT = 1 << 8, 1 << 15
PRIVILEGED = MEMBERS | PRESENCES | CONTENT
KNOWN = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25

_INTENTS = (
    ("GUILD_MEMBER_", MEMBERS),
    ("GUILD_", GUILDS),
    ("CHANNEL_", GUILDS),
    ("THREAD_", GUILDS),
    ("WEBHOOKS_", WEBHOOKS),
    ("MESSAGE_REACTION_", REACTIONS),
    ("MESSAGE_", MESSAGES),
)
_ALWAYS = ("INTERACTION_", "APPLICATION_")
"""What is told whatever the intents."""
_HIDDEN = ("MESSAGE_", "THREAD_")
"""What is told only of channels that may be seen; of channels themselves bots hear anyway."""


class Lost(NamedTuple):
    """Of events of these names (none: of all), so many do not arrive; they are kept for whoever resumes."""

    names: frozenset[str]
    times: int | None


@dataclass
class Session:
    """One login at the gateway, for one shard; its line may come and go."""

    id: str
    intents: int
    shard: tuple[int, int]
    began: float
    number: int = 0
    """Of the last event."""
    told: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=50_000))
    write: Callable[[str], None] | None = None
    """Writes to its line, while there is one."""
    left: float | None = None
    """When its line was lost."""

    def tell(self, name: str, data: str, *, lost: bool = False) -> None:
        """An event happened, whose payload is this JSON."""
        self.number += 1
        raw = f'{{"op":0,"t":"{name}","s":{self.number},"d":{data}}}'
        self.told.append((self.number, raw))
        if self.write is not None and not lost:
            self.write(raw)

    def since(self, number: int) -> list[str] | None:
        """What was told after a number; None where that is not known any more."""
        if number > self.number or (self.told and number + 1 < self.told[0][0]):
            return None
        return [raw for at, raw in self.told if at > number]


class Audience:
    """Decides who hears what, and tells it to them."""

    def __init__(self, world: World) -> None:
        self.sessions: dict[str, Session] = {}
        self.lost: list[Lost] = []
        self._world = world
        world.listen(self.hear)

    def hear(self, event: Event) -> None:
        """Tell an event to every session that hears of such."""
        if not self.sessions:
            return
        texts: dict[bool, str] = {}
        for session in list(self.sessions.values()):
            if not self._hears(session, event):
                continue
            blind = event.message is not None and not session.intents & CONTENT and self._withholds(event.message)
            if blind not in texts:
                texts[blind] = msgspec.json.encode(self._blanked(event) if blind else event.data).decode()
            session.tell(event.name, texts[blind], lost=self._is_lost(event.name))

    def lose(self, times: int | None, *names: str) -> None:
        """Let events get lost on the line; what came meanwhile is told to whoever resumes."""
        self.lost.append(Lost(frozenset(names), times))

    def _is_lost(self, name: str) -> bool:
        for at, one in enumerate(self.lost):
            if one.times != 0 and (not one.names or name in one.names):
                if one.times is not None:
                    self.lost[at] = one._replace(times=one.times - 1)
                return True
        return False

    def _withholds(self, message: Message) -> bool:
        """Whether there is anything in it to blank."""
        return message.reference is not None or wire.is_withheld(self._world, message)

    def _blanked(self, event: Event) -> dict[str, Any]:
        assert event.message is not None, "only messages are blanked"
        blank = wire.message(self._world, event.message, blind=True)
        return {**event.data, **{key: blank[key] for key in blank if key in event.data}}

    def _hears(self, session: Session, event: Event) -> bool:
        world, name = self._world, event.name
        direct = event.channel is not None and event.channel.kind == DM
        number, count = session.shard
        if number != (int(event.guild or 0) >> 22) % count:
            return False
        if name.startswith(_ALWAYS):
            return True
        if name == "GUILD_MEMBER_UPDATE" and event.data["user"]["id"] == world.bot.id:
            return True
        if name == "THREAD_MEMBERS_UPDATE" and not session.intents & MEMBERS:
            people = [one["user_id"] for one in event.data.get("added_members", ())]
            if world.bot.id not in [*people, *event.data.get("removed_member_ids", ())]:
                return False
        need = next(intent for prefix, intent in _INTENTS if name.startswith(prefix))
        if direct:
            need = {MESSAGES: DIRECT_MESSAGES, REACTIONS: DIRECT_REACTIONS}.get(need, need)
        if not session.intents & need:
            return False
        if event.guild and world.bot.id not in world.guilds[event.guild].members:
            return False
        if event.guild and world.guilds[event.guild].hidden:
            return False
        if event.channel is not None and name.startswith(_HIDDEN):
            return bool(world.may(world.bot.id, event.channel) & VIEW_CHANNEL)
        return True
