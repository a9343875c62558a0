"""What every noun is made of: ids that come from outside, and values that do not change."""

from __future__ import annotations

from typing import NewType

import msgspec

ForumName = NewType("ForumName", str)
"""The name under which one forum is configured; unique in one installation."""
ChatName = NewType("ChatName", str)
"""The name under which one chat login is configured; unique in one installation."""
BoardKey = NewType("BoardKey", str)
ThreadKey = NewType("ThreadKey", str)
PostKey = NewType("PostKey", str)
ChannelRef = NewType("ChannelRef", str)
"""A channel of a chat, as the chat names it."""
ThreadRef = NewType("ThreadRef", str)
"""A chat thread, as the chat names it; empty for the channel itself."""
MessageId = NewType("MessageId", str)
NO_MESSAGE = MessageId("")
"""What is answered, or spoken about, where there is none."""
UserId = NewType("UserId", str)


class Noun(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of everything that crosses a port: immutable, comparable, serialisable."""
