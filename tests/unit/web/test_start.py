"""The start page: what one looks at, and what to do next."""

from __future__ import annotations

import re

from bot.ports import Pane
from tests.unit.web.conftest import Part, Serve, chat, forum


async def test_forum_and_chat_stand_side_by_side_with_a_sentence_about_them(serve: Serve) -> None:
    """Whoever opens the page for the first time has to see what it is about."""
    site = await serve(chat(), forum())
    _, _, text = await site.ask("/")
    assert "A forum and a chat: Threadline keeps them together." in text
    assert "left" not in text  # on a phone, one stands below the other
    assert re.findall(r'<iframe name="(\w+)" src="([^"]+)" title="(\w+)">', text) == [
        ("forum", "/forum/", "Forum"),
        ("chat", "/chat/", "Chat"),
    ]
    assert text.count("Open alone") == 2
    assert "threadline setup" in text


async def test_one_part_alone_fills_the_page(serve: Serve) -> None:
    """An empty half would look broken."""
    _, _, text = await (await serve(chat(), forum(pane=None))).ask("/")
    assert text.count("<iframe") == 1
    assert "A chat." in text
    _, _, text = await (await serve(forum(), chat(pane=None))).ask("/")
    assert "A forum." in text


async def test_an_empty_start_page_says_what_to_do(serve: Serve) -> None:
    """It is the first page of whoever mirrors between two outside services."""
    _, _, text = await (await serve()).ask("/")
    assert "<iframe" not in text
    assert 'class="empty"' in text
    assert "threadline setup" in text


async def test_parts_keep_the_order_they_ask_for(serve: Serve) -> None:
    """Forums first, then chats, each by their own number."""
    late, early = Part("late", Pane("Late", "/", 9), None), Part("early", Pane("Early", "/now", 1), None)
    _, _, text = await (await serve(late, chat(), early, forum())).ask("/")
    assert re.findall(r'src="([^"]+)" title', text) == ["/forum/", "/chat/", "/early/now", "/late/"]


async def test_nothing_in_the_page_needs_a_script_or_an_outside_address(serve: Serve) -> None:
    """It works without JavaScript, and the policy forbids the rest."""
    _, _, text = await (await serve(chat(), forum())).ask("/")
    assert "<style" not in text
    assert "style=" not in text
    assert re.findall(r"<script[^>]*>", text) == ['<script src="/static/frames.js" defer>']
    assert "://" not in text
    assert not re.search(r"\son\w+=", text)
