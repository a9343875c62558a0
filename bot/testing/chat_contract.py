"""The contract of a chat: what the core relies on, as tests that an adapter's author runs over his adapter."""

from __future__ import annotations

import pytest

from bot.testing.chat_files import ChatFileLaws
from bot.testing.chat_finding import FindingLaws
from bot.testing.chat_hearing import HearingLaws
from bot.testing.chat_offering import OfferingLaws
from bot.testing.chat_rig import ChatRig, Hands
from bot.testing.chat_sending import SendingLaws
from bot.testing.chat_showing import ShowingLaws
from bot.testing.chat_world import Shown

__all__ = ["ChatContract", "ChatRig", "Hands", "Shown"]


@pytest.mark.asyncio
class ChatContract(ShowingLaws, SendingLaws, FindingLaws, HearingLaws, ChatFileLaws, OfferingLaws):
    """All laws of a chat; subclass it and override the fixture `rig`.

    `ShowingLaws` are about cards, `SendingLaws` about acts, `FindingLaws` about failures and what is found out after
    them, `HearingLaws` about what people do, `ChatFileLaws` about what they put on messages, `OfferingLaws` about what
    they can press. A law that does not concern an adapter skips itself and says why: by a capability that the adapter
    does not declare, or by a hook that the rig does not have.
    """

    @pytest.fixture
    def rig(self) -> ChatRig:
        raise NotImplementedError("override the fixture `rig`: it gives a ChatRig over your adapter")
