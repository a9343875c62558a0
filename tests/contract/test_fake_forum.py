"""The fake forum obeys the whole contract, with every capability and with few."""

import msgspec
import pytest

from bot.model import ForumCapabilities
from bot.testing.fake_rigs import FakeForumRig
from bot.testing.forum_contract import ForumContract
from bot.testing.forums import EVERYTHING, FakeForum


class TestForumThatCanDoEverything(ForumContract):
    """No law is skipped here."""

    @pytest.fixture
    def rig(self):
        return FakeForumRig(FakeForum())


class TestForumWithoutKeys(ForumContract):
    """Most forums: no keys, deletions by absence, edits by their words, no numbers."""

    @pytest.fixture
    def rig(self):
        caps = msgspec.structs.replace(
            EVERYTHING,
            parents="quote",
            edits="hash",
            deletes="absence",
            numbered=False,
            titled_replies=False,
            key_window=None,
            write_identity="shared",
            moderation_queue=False,
        )
        return FakeForumRig(FakeForum(caps, markers=False))


class TestForumInPages(ForumContract):
    """No page is complete, and a thread needs many."""

    @pytest.fixture
    def rig(self):
        caps = msgspec.structs.replace(EVERYTHING, edits="timestamp", read_back="none")
        return FakeForumRig(FakeForum(caps, page_size=2))


class TestForumThatTakesNoPosts(ForumContract):
    """What an adapter is when its author begins."""

    @pytest.fixture
    def rig(self):
        return FakeForumRig(FakeForum(ForumCapabilities()))
