"""What the settings ask for from the start: the notices channel and mirrors. What cannot be made yet is tried again."""

from __future__ import annotations

from collections.abc import Sequence

from bot import errors
from bot.answering import written as rules_written
from bot.commands import Desk, carry_out
from bot.commands.answering import rule
from bot.commands.finding import called, whose
from bot.commands.options import change
from bot.model import Caller, ChannelWish, ChatName
from bot.options import written
from bot.ports import Log
from bot.settings import Mirror
from bot.store.communities import ensure_community, set_notices
from bot.store.notices import close_notice, close_others, open_notice
from bot.store.places import claim_channel
from bot.texts import say

ABOUT = "mirror of the settings: "
"""What notices about such mirrors begin with."""


class Arrangement:
    """Makes what the settings ask for; what stands already is left as it is."""

    def __init__(self, desk: Desk, who: Caller, mirrors: Sequence[Mirror], notices: str, log: Log) -> None:
        self._desk = desk
        self._who = who
        self._mirrors = mirrors
        self._notices = notices
        self._log = log
        self._unheard = False
        """The notices channel could not be made."""
        self._begun = False
        """Everything was looked at once."""
        self._missing: dict[Mirror, str] = {}
        """Mirrors that could not be made, and why."""

    async def look(self) -> None:
        """Make everything at the first look, and what could not be made at each later one.

        A forum that is down delays nothing else.
        """
        if self._begun:
            await self.again()
        else:
            await self.make()
            self._begun = True

    async def make(self) -> None:
        """Make everything; admins are told of a mirror that cannot be made, and `again` tries it again."""
        if self._notices:
            await self._make_notices()
        present = [_about(mirror) for mirror in self._mirrors]
        await self._desk.store.write(close_others, ABOUT, present, self._desk.clock.now())
        for mirror in self._mirrors:
            await self._make(mirror)

    async def again(self) -> None:
        """Try again what could not be made."""
        if self._unheard:
            await self._make_notices()
        for mirror in list(self._missing):
            await self._make(mirror)

    async def _make_notices(self) -> None:
        chat_name, _, channel_name = self._notices.partition(":")
        try:
            chat = await self._desk.chat(chat_name)
            # Closed, where it has to be made: what stands there concerns all communities.
            ref = await chat.channel(channel_name, ChannelWish(topic=say("notices.topic"), closed=True))
            native = await whose(self._desk, chat_name, chat, ref)
        except (errors.AdapterError, errors.SettingsError) as error:
            if not self._unheard:
                self._log.warning("notices channel not made", channel=self._notices, error=str(error))
            self._unheard = True
            return
        self._unheard = False
        store, label = self._desk.store, called(chat, ref, channel_name)
        owner, place = await store.write(claim_channel, chat_name, ref, label, self._who.community, native, free=True)
        # Also where it is the channel of one community of several: what the operator made in the others is told there.
        for community in {owner, await store.write(ensure_community, chat_name, "", chat_name)}:
            await store.write(set_notices, community, place)

    async def _make(self, mirror: Mirror) -> None:
        words = ["add", mirror.address, "--into", mirror.into, "--layout", mirror.layout, "--replies", mirror.replies]
        words += ["--private", mirror.private] if mirror.private else []
        answer = made = await carry_out(self._desk, self._who, "mirror", [*words, *written(mirror.given)])
        store, now = self._desk.store, self._desk.clock.now()
        if made.ok:
            if not made.data["fresh"] and not mirror.given.empty:
                # What the file says goes before what was said since the last start.
                await change(self._desk, self._who, int(str(made.data["mirror"])), mirror.given)
            if not mirror.rules.empty:
                number = int(str(made.data["mirror"]))
                said = ["replies", str(number), *rules_written(mirror.rules)]
                answer = await carry_out(self._desk, self._who, "mirror", said)
                if not answer.ok:
                    # Also where nobody can answer so: else people would whom the file keeps out.
                    await rule(self._desk, self._who, number, mirror.rules)
        if answer.ok:
            self._missing.pop(mirror, None)
            text = say("notices.arranged", address=mirror.address, into=made.data["into"])
            await store.write(close_notice, _about(mirror), text, now)
            return
        if self._missing.get(mirror) != answer.text:
            what = "mirror of the settings takes no answers" if made.ok else "mirror of the settings not made"
            self._log.warning(what, address=mirror.address, error=answer.text)
        self._missing[mirror] = answer.text
        chat = mirror.into.partition(":")[0]
        community = await store.write(ensure_community, ChatName(chat), "", chat)
        address, into, why = mirror.address, mirror.into, answer.text.rstrip(".")
        if made.ok:
            text = say("notices.not_answered", address=address, into=into, why=why)
        else:
            text = say("notices.not_arranged", address=address, into=into, why=why)
        await store.write(open_notice, community, _about(mirror), text, now)


def _about(mirror: Mirror) -> str:
    return f"{ABOUT}{mirror.address} into {mirror.into}"
