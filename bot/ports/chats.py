"""The ports of a chat: what every one does, and what some can besides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from bot.model import (
    NO_MESSAGE,
    Attached,
    Batch,
    Card,
    ChannelRef,
    ChannelWish,
    ChatCapabilities,
    Found,
    MessageId,
    Offer,
    Payload,
    Reaction,
    ThreadRef,
    UserId,
    Where,
)


class Chat(Protocol):
    """One chat login, opened. `send` and its kin are called by the sender, one call at a time per place."""

    @property
    def caps(self) -> ChatCapabilities:
        """What it can show and take now."""

    async def channel(self, name: str, make: ChannelWish | None) -> ChannelRef:
        """The channel that a person calls `name`; made like the wish when it is missing, `Gone` where there is none.

        Making a channel twice finds the first one, whatever the wish; what was missing of the first is made then.
        """

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        """The messages that show a card, in order, at least one; pure, the same bytes for the same card.

        A text that is longer than one message goes on in the next ones, whole. With `most` it becomes so many messages
        at most; the last one then ends with `markup.CONTINUED`. `markup.in_messages` does both.
        """

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        """Show one message; inside `caps.key_window` an equal key shows nothing twice and returns the first id.

        Raises `Gone` or `NotAllowed` where the place is not there. A message to be answered that is gone stops nothing.
        """

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        """Open the chat thread that hangs on a message; opening it twice, under whatever key, finds the first."""

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        """Replace a message in place; `Gone` where it is not there any more."""

    async def delete(self, where: Where, message: MessageId) -> None:
        """Remove a message; removing what is gone is no error."""

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        """Make `reaction` the one reaction of the bot on a message; None takes it away. Repeating changes nothing."""

    def named(self, link: str) -> MessageId:
        """The message that a person means by a link or an id; raises `Gone` where it names none of this chat."""

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        """Every message of ours in a place after the given one (all, where it is empty), oldest first.

        Works also when the given one was removed since.
        """

    def events(self, cursor: str) -> AsyncIterator[Batch]:
        """What people did after `cursor`, oldest first, for ever; our own acts are never among it.

        Called by the listener, which stores each batch's effects and cursor in one transaction before it asks for the
        next. An event has the same id whenever it is heard. An empty cursor is the first start: what was said before
        it need not be told. A batch without events moves the cursor alone. Of an edit, a deletion and a reaction
        `where` names the channel at least; the chat thread only where the chat still knows it.
        """

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        """Say something where only that person can see it, beside the place named; an equal key says it once.

        `text` is Markdown. Called for answers to commands, for what admins hear who have no channel, and for reasons.
        An answer's key tells which command it answers (`answered_command`), for chats that show it where it was given.
        `about` is a message of that person's which the words are about, and then they may be seen by whoever sees it:
        they say nothing that the message's readers may not know, and do not repeat the message, which may be taken
        away later. The chat shows them beside it, as an answer that mentions nobody else, where it can do that without
        hiding them from the person; else only to the person, with the message's first words, so that it is clear which
        one is meant. A message that is gone stops nothing.

        `offers` stand below the words. To press one is to give the command, for whoever presses: `events` tells it as
        `Commanded`, also when the program was started anew since, and answers it as one that was typed.
        """

    async def close(self) -> None:
        """Let go of everything; called once, at shutdown."""


@runtime_checkable
class KeyedByPlace(Protocol):
    """A chat that honours keys in some places and not in others."""

    async def key_window(self, where: Where) -> float | None:
        """`caps.key_window` of what is sent to this place; changes nothing.

        Called by the sender before it repeats a message whose outcome is not known. What is raised counts as None.
        """


@runtime_checkable
class Retitles(Protocol):
    """A chat whose threads have a name of their own, which can be changed."""

    async def retitle(self, where: Where, title: str) -> None:
        """Call a chat thread by this title from now on, as far as it fits; repeating it changes nothing.

        Called beside the sending, once the opening post shows its new title. What is refused (`NotAllowed`, `Refused`,
        `Gone`) is not asked for again before the title changes once more; `RateLimited` holds up this thread's name
        alone.
        """


@runtime_checkable
class Confides(Protocol):
    """A chat in which something can be typed as a command that nobody else reads."""

    async def confides(self, where: Where, person: UserId) -> bool:
        """Whether what that person types as a command in a place is read by nobody but us, and kept nowhere else.

        Called by the command `connect`, which takes secrets nowhere else. Where it cannot be known, it is not so.
        """


@runtime_checkable
class KeepsFiles(Protocol):
    """A chat whose people put files on their messages (`Said.files`), and that gives them to us."""

    async def file(self, attached: Attached, most: int) -> bytes:
        """What is in a file, `most` bytes at most; asking again is harmless.

        Called by the sender when the message becomes a post of a forum that takes files, perhaps days after it was
        said: the address that the event told has to lead there still, so it names the message rather than a place
        that expires. Raises `Gone` where the file is taken away, `Refused` where it is larger than that, and what a
        reading raises.
        """


@runtime_checkable
class Pins(Protocol):
    """A chat that keeps messages where everybody of a channel finds them."""

    async def pin(self, where: Where, message: MessageId) -> None:
        """Let a message of ours be found at the top of its channel; repeating it changes nothing.

        Called beside the sending. What is refused (`NotAllowed`, `Refused`, `Gone`) is not asked for again: the message
        stands where it was sent.
        """


@runtime_checkable
class NamesChannels(Protocol):
    """A chat that can say what a channel is called, however it was asked for."""

    def channel_name(self, channel: ChannelRef) -> str:
        """What people call a channel, without a sign before it; `Chat.channel` finds it again by this name.

        Called by the command `mirror`, for a channel that `Chat.channel` just gave.
        """


@runtime_checkable
class NamesWithin(Protocol):
    """A chat in which every community names channels as it likes, so that several have one of a name."""

    def within(self, community: str, name: str) -> str:
        """What `Chat.channel` takes for what people of a community call `name`; raises `Refused` for another's.

        Called by the command `mirror` when it is given in a place of that community.
        """


class Pace(msgspec.Struct, frozen=True):
    """How fast a chat takes messages of this login."""

    per_minute: float
    told: bool
    """Whether the chat says so; else it is what chats of this kind usually do, or what was felt."""
    lifted: str = ""
    """What makes it faster, in words without a full stop."""


@runtime_checkable
class Paces(Protocol):
    """A chat that slows down whoever sends much, and can say how far."""

    async def pace(self) -> Pace | None:
        """The pace at which much is sent; None where nothing holds it up. Asks the other side once, then remembers.

        Called when a mirror is made, so that whoever makes it hears how long that takes. Raises what a reading raises.
        """


@runtime_checkable
class KnowsCommunities(Protocol):
    """A chat that several communities may share, and that knows which channel is whose."""

    async def community(self, channel: ChannelRef) -> str:
        """Whose a channel is, as `Commanded.community` tells it of a command that is given there; changes nothing.

        Empty where all of the chat is one community. Called by the command `mirror` and for the settings' notices, for
        a channel that `Chat.channel` just gave and of which nothing is known yet. What it says stays: it raises where
        it cannot be known now.
        """


@runtime_checkable
class Remarks(Protocol):
    """A chat that knows of things that an operator may want to change."""

    def remarks(self) -> tuple[str, ...]:
        """What is so now, each in a sentence without a full stop, that says what to do; asks nobody.

        Called by the command `status`, for operators alone.
        """
