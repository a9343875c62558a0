"""What both a forum and a chat may offer to whoever looks whether all is well."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from bot.model import ChannelRef


@runtime_checkable
class Probes(Protocol):
    """A forum or chat that can be asked whether it answers, for less than a reading or a message."""

    async def probe(self) -> str:
        """Make one cheap call, with the login where there is one, and say in a few words who or what answered.

        Called by `check` and `setup`. Changes nothing on the other side, and marks nothing read. Raises what a reading
        raises; `LoginRejected` for a token that is not accepted.
        """


class Observation(msgspec.Struct, frozen=True):
    """One thing that an adapter looked at."""

    level: str
    """ok, note (it works, but) or bad."""
    text: str
    """What is so, and where it is not good what to do."""


@runtime_checkable
class Examines(Protocol):
    """A chat that can look more closely than `probe` whether everything is as it must be."""

    async def examine(self) -> tuple[Observation, ...]:
        """What it sees, after a `probe` that was answered; changes nothing on the other side.

        Called by `check`. Raises what a reading raises.
        """


@runtime_checkable
class ExaminesChannels(Protocol):
    """A chat that can look whether all is as it must be in one channel."""

    async def lacking(self, channel: ChannelRef) -> tuple[str, ...]:
        """What stands in the way of mirroring into a channel, and what to do, a line each; nothing where nothing does.

        Called when a mirror is proposed. Changes nothing on the other side. Raises what a reading raises.
        """
