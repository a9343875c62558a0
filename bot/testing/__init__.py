"""The conformance kit for adapters: contracts as tests, rigs to fill in, and fakes that obey them.

It is shipped, needs pytest and pytest-asyncio, and nothing that runs in production imports it. An author subclasses a
contract and overrides its fixture `rig`, which opens the adapter and plays the people of its forum or chat::

    from bot.testing.forum_contract import ForumContract, ForumRig

    class MyRig(ForumRig):
        async def forum(self): ...            # the adapter's forum, opened
        async def start_thread(self, title, text, author): ...
        async def post(self, thread, parent, author, text): ...
        # every further hook that is overridden lets more laws run

    class TestMyForum(ForumContract):
        @pytest.fixture
        async def rig(self, tmp_path):
            rig = MyRig(tmp_path)
            yield rig
            await rig.close()

- `forum_contract`, `chat_contract`, `store_contract`: what the core relies on; each law is a test that says why.
- `context`, `clock`, `log`, `server`: what an adapter under test is opened with, and a web site that can fail.
- `forum_site`: the rig of an adapter on such a site.
- `forums`, `chats`: a forum and a chat in memory that keep every law, with any capabilities, and with `faults`.
- `sloppy_forums`, `sloppy_chats`: the same, breaking one law at a time, so that no law holds by accident.

docs/howto/write-an-adapter.md is a complete example.
"""

import pytest

# Laws are asserted here and not in the author's files: without this, a law that fails would not say what it found.
pytest.register_assert_rewrite(
    "bot.testing.chat_finding",
    "bot.testing.chat_hearing",
    "bot.testing.chat_sending",
    "bot.testing.chat_showing",
    "bot.testing.chat_talk",
    "bot.testing.forum_accounts",
    "bot.testing.forum_boards",
    "bot.testing.forum_events",
    "bot.testing.forum_failing",
    "bot.testing.forum_impersonating",
    "bot.testing.forum_marks",
    "bot.testing.forum_moderation",
    "bot.testing.forum_reading",
    "bot.testing.forum_starting",
    "bot.testing.forum_talk",
    "bot.testing.forum_writing",
    "bot.testing.store_contract",
)
