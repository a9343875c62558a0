"""The texts of the reader's pages that hold no values: templates take them by name, in the language that is spoken."""

from __future__ import annotations

from bot.texts import say


def wording() -> dict[str, str]:
    """Every text, by name."""
    return {
        "a_post": say("web.a_post"),
        "all_read": say("web.all_read"),
        "all_threads": say("web.all_threads"),
        "answer_there": say("web.answer_there"),
        "answer_thread": say("web.answer_thread"),
        "board_new": say("web.board_new"),
        "board_read": say("web.board_read"),
        "boards": say("web.boards"),
        "closed": say("web.closed"),
        "deleted": say("web.deleted"),
        "edited": say("web.edited"),
        "first": say("web.first"),
        "guessed": say("web.guessed"),
        "highlight": say("web.highlight"),
        "highlight_none": say("web.highlight_none"),
        "key_keys": say("web.key_keys"),
        "key_mark": say("web.key_mark"),
        "key_next": say("web.key_next"),
        "key_outline": say("web.key_outline"),
        "key_previous": say("web.key_previous"),
        "key_reply": say("web.key_reply"),
        "key_search": say("web.key_search"),
        "key_list": say("web.key_list"),
        "key_close": say("web.key_close"),
        "load_again": say("web.load_again"),
        "lost": say("web.lost"),
        "mark_all": say("web.mark_all"),
        "mark_board": say("web.mark_board"),
        "mark_from": say("web.mark_from"),
        "mark_thread": say("web.mark_thread"),
        "mark_to": say("web.mark_to"),
        "more_found": say("web.more_found"),
        "next_page": say("web.next_page"),
        "no_boards": say("web.no_boards"),
        "no_threads": say("web.no_threads"),
        "no_unread": say("web.no_unread"),
        "not_taken": say("web.not_taken"),
        "new_word": say("web.new_word"),
        "to_start": say("web.to_start"),
        "older": say("web.older"),
        "on_forum": say("web.on_forum"),
        "only_new": say("web.only_new"),
        "op": say("web.op"),
        "outline": say("web.outline"),
        "outline_part": say("web.outline_part"),
        "over": say("web.over"),
        "previous_page": say("web.previous_page"),
        "reply": say("web.reply"),
        "reply_thread": say("web.reply_thread"),
        "search": say("web.search"),
        "search_for": say("web.search_for"),
        "search_hint": say("web.search_hint"),
        "send": say("web.send"),
        "show": say("web.show"),
        "show_new": say("web.show_new"),
        "sign_out": say("web.sign_out"),
        "signed_out": say("web.signed_out"),
        "signed_out_hint": say("web.signed_out_hint"),
        "signed_out_title": say("web.signed_out_title"),
        "since_board": say("web.since_board"),
        "starred": say("web.starred"),
        "text": say("web.text"),
        "thread_closed": say("web.thread_closed"),
        "unseen": say("web.unseen"),
        "where": say("web.where"),
        "yours": say("web.yours"),
    }


def fate(name: str) -> str:
    """What became of a reply, in words."""
    return {
        "pending": say("web.pending"),
        "queued": say("web.queued"),
        "posted": say("web.posted"),
        "refused": say("web.refused"),
        "held": say("web.held"),
        "dropped": say("web.dropped"),
    }[name]
