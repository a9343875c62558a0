"""The fake chat obeys the whole contract, with every capability and with few."""

import pytest

from bot.model import ChatCapabilities
from bot.testing.chat_contract import ChatContract
from bot.testing.chats import FakeChat
from bot.testing.fake_rigs import FakeChatRig


class TestChatThatCanDoEverything(ChatContract):
    """No law is skipped here."""

    @pytest.fixture
    def rig(self):
        return FakeChatRig(FakeChat())


class TestChatThatTellsLittleAtOnce(ChatContract):
    """Batches of two, and read-back that only finds."""

    @pytest.fixture
    def rig(self):
        return FakeChatRig(FakeChat(ChatCapabilities(key_window=60.0, read_back="finds"), batch=2))


class TestChatOfShortMessages(ChatContract):
    """What is one message elsewhere is several here."""

    @pytest.fixture
    def rig(self):
        return FakeChatRig(FakeChat(limit=700))


class TestChatWithoutKeys(ChatContract):
    """No keys, no read-back, no threads, no reactions."""

    @pytest.fixture
    def rig(self):
        return FakeChatRig(FakeChat(ChatCapabilities(read_back="none", threads=False, reactions=False)))
