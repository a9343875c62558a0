"""Every law of the contracts can be broken: each flaw breaks the laws that it is declared to break, and no other."""

import asyncio
import inspect
from collections.abc import Callable

import pytest

from bot.testing.chat_contract import ChatContract, ChatRig
from bot.testing.chat_flaws import ChatFlaw
from bot.testing.fake_rigs import FakeChatRig, FakeForumRig
from bot.testing.forum_contract import ForumContract, ForumRig
from bot.testing.forum_flaws import ForumFlaw
from bot.testing.sloppy_chats import SloppyChat
from bot.testing.sloppy_files import FileFlaw
from bot.testing.sloppy_forums import SloppyForum

FORUMS: dict[ForumFlaw, set[str]] = {
    ForumFlaw.MISSPELT_CAPABILITY: {"capabilities_are_known_words"},
    ForumFlaw.COUNTERS_IN_TEXT: {
        "a_change_without_an_answer_can_be_repeated",
        "a_deletion_is_seen",
        "a_new_post_is_seen",
        "a_person_changes_and_withdraws_their_own",
        "a_post_that_never_arrived_is_found_nowhere",
        "a_post_that_waits_is_queued_and_not_shown",
        "a_post_without_an_answer_has_an_unknown_outcome",
        "a_post_without_an_answer_is_found_once",
        "a_post_without_an_answer_is_repeated_under_its_key",
        "a_refused_account_is_a_rejected_login",
        "a_reply_stands_under_its_persons_name",
        "a_started_thread_is_read_again",
        "a_submitted_post_is_read_again",
        "a_text_is_read_whole",
        "a_text_that_was_not_seen_is_unknown",
        "an_edit_is_seen",
        "an_equal_key_posts_once",
        "an_equal_key_posts_once_across_a_restart",
        "an_event_is_nobodys_parent",
        "an_event_is_told_once",
        "an_event_leaves_replies_as_they_are",
        "an_unchanged_thread_brings_no_change",
        "an_upload_alone_shows_nothing",
        "equal_keys_at_once_post_once",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "equal_words_stay_two_when_an_answer_is_lost",
        "keys_and_words_are_the_same_in_every_reading",
        "our_key_changes_and_withdraws_what_it_posted_for_a_user",
        "revising_replaces_the_words_in_place",
        "what_our_key_posts_for_a_user_stands_under_their_name",
        "what_waits_can_be_changed_under_its_ticket",
    },
    ForumFlaw.KEYS_OF_THE_READING: {
        "a_bookmark_survives_a_restart",
        "a_broken_post_stops_nothing",
        "a_complete_page_holds_every_post",
        "a_deletion_is_seen",
        "a_long_thread_is_read_to_its_end",
        "a_new_post_is_seen",
        "a_post_is_named_by_its_link_and_its_key",
        "a_post_shows_the_file_that_was_uploaded_for_it",
        "a_post_that_waits_is_queued_and_not_shown",
        "a_post_with_words_is_never_empty",
        "a_post_without_an_answer_is_found_once",
        "a_reply_stands_under_its_persons_name",
        "a_started_thread_is_read_again",
        "a_submitted_post_is_read_again",
        "a_text_is_read_whole",
        "a_text_that_was_not_seen_is_unknown",
        "a_withdrawn_post_is_not_shown",
        "an_answer_to_what_was_deleted_is_told_or_answers_the_thread",
        "an_approved_post_is_said_to_be_approved",
        "an_edit_is_seen",
        "an_empty_draft_is_refused_in_words",
        "an_event_is_nobodys_parent",
        "an_event_is_told_once",
        "an_event_leaves_replies_as_they_are",
        "an_unchanged_thread_brings_no_change",
        "an_upload_alone_shows_nothing",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "every_post_tells_its_author",
        "keys_and_words_are_the_same_in_every_reading",
        "keys_survive_a_restart",
        "marks_only_rise",
        "numbers_are_unique",
        "parents_are_never_invented",
        "parents_are_told_where_the_forum_knows_them",
        "read_back_finds_what_was_posted",
        "read_back_finds_what_was_started",
        "revising_replaces_the_words_in_place",
        "what_became_of_a_thread_that_waited_is_said",
        "what_our_key_posts_for_a_user_stands_under_their_name",
        "what_waits_can_be_changed_under_its_ticket",
    },
    ForumFlaw.KEYS_OF_THE_PROCESS: {
        "a_bookmark_survives_a_restart",
        "keys_survive_a_restart",
    },
    ForumFlaw.BOOKMARK_OF_THE_PROCESS: {"a_bookmark_survives_a_restart"},
    ForumFlaw.NO_OP: {
        "a_started_thread_is_read_again",
        "the_opening_post_comes_first_and_is_flagged",
        "what_became_of_a_thread_that_waited_is_said",
    },
    ForumFlaw.ONE_AUTHOR: {
        "a_reply_stands_under_its_persons_name",
        "a_started_thread_is_read_again",
        "a_submitted_post_is_read_again",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "every_post_tells_its_author",
        "read_back_finds_what_was_posted",
        "read_back_finds_what_was_started",
        "what_our_key_posts_for_a_user_stands_under_their_name",
    },
    ForumFlaw.CUT_TEXT: {
        "a_change_without_an_answer_can_be_repeated",
        "a_person_changes_and_withdraws_their_own",
        "a_post_shows_the_file_that_was_uploaded_for_it",
        "a_post_that_never_arrived_is_found_nowhere",
        "a_post_that_waits_is_queued_and_not_shown",
        "a_post_without_an_answer_has_an_unknown_outcome",
        "a_post_without_an_answer_is_found_once",
        "a_post_without_an_answer_is_repeated_under_its_key",
        "a_refused_account_is_a_rejected_login",
        "a_reply_stands_under_its_persons_name",
        "a_started_thread_is_read_again",
        "a_submitted_post_is_read_again",
        "a_text_is_read_whole",
        "a_text_that_was_not_seen_is_unknown",
        "an_edit_is_seen",
        "an_equal_key_posts_once",
        "an_equal_key_posts_once_across_a_restart",
        "an_event_is_nobodys_parent",
        "equal_keys_at_once_post_once",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "equal_words_stay_two_when_an_answer_is_lost",
        "our_key_changes_and_withdraws_what_it_posted_for_a_user",
        "revising_replaces_the_words_in_place",
        "what_our_key_posts_for_a_user_stands_under_their_name",
        "what_waits_can_be_changed_under_its_ticket",
    },
    ForumFlaw.WORDS_CALLED_EMPTY: {
        "a_post_with_words_is_never_empty",
        "a_text_that_was_not_seen_is_unknown",
    },
    ForumFlaw.UNSEEN_CALLED_EMPTY: {"a_text_that_was_not_seen_is_unknown"},
    ForumFlaw.SECONDS: {"times_are_milliseconds"},
    ForumFlaw.NO_PARENTS: {"parents_are_told_where_the_forum_knows_them"},
    ForumFlaw.INVENTED_PARENTS: {
        "a_submitted_post_is_read_again",
        "an_event_is_nobodys_parent",
        "parents_are_never_invented",
        "parents_are_told_where_the_forum_knows_them",
        "what_befell_a_thread_is_told_as_an_event",
    },
    ForumFlaw.ONE_NUMBER: {
        "numbers_are_unique",
        "what_befell_a_thread_is_told_as_an_event",
    },
    ForumFlaw.POSITIONS_REVERSED: {"positions_follow_the_page"},
    ForumFlaw.BLIND_TO_NEWS: {
        "a_bookmark_survives_a_restart",
        "a_deletion_is_seen",
        "a_new_post_is_seen",
        "a_post_that_waits_is_queued_and_not_shown",
        "an_approved_post_is_said_to_be_approved",
        "an_edit_is_seen",
        "what_befell_a_thread_is_told_as_an_event",
        "what_waits_can_be_changed_under_its_ticket",
    },
    ForumFlaw.BLIND_TO_EDITS: {
        "a_text_that_was_not_seen_is_unknown",
        "an_edit_is_seen",
        "revising_replaces_the_words_in_place",
        "what_waits_can_be_changed_under_its_ticket",
    },
    ForumFlaw.BLIND_TO_DELETIONS: {
        "a_deletion_is_seen",
        "a_person_changes_and_withdraws_their_own",
        "a_withdrawn_post_is_not_shown",
        "our_key_changes_and_withdraws_what_it_posted_for_a_user",
    },
    ForumFlaw.CUT_PAGE_CALLED_COMPLETE: {"a_complete_page_holds_every_post"},
    ForumFlaw.CUT_THREAD: {"a_long_thread_is_read_to_its_end"},
    ForumFlaw.CHOKES: {"a_broken_post_stops_nothing"},
    ForumFlaw.MISSING_THREAD_IS_EMPTY: {"an_unknown_thread_is_gone"},
    ForumFlaw.BARE_ERRORS_ON_KEYS: {"only_adapter_errors_leave_a_reading"},
    ForumFlaw.BARE_ERRORS_ON_ADDRESSES: {"only_adapter_errors_leave_an_address"},
    ForumFlaw.LOCATES_NOTHING: {
        "a_board_is_found_by_its_own_link",
        "a_listed_board_is_found_by_its_address",
        "a_thread_is_found_by_its_own_link",
    },
    ForumFlaw.LOCATES_ANYTHING: {"a_foreign_address_is_not_taken"},
    ForumFlaw.NAMES_ANY_THREAD: {"a_foreign_link_names_no_thread"},
    ForumFlaw.ANCHORS_ARE_THREADS: {"a_thread_is_named_by_its_link_and_its_posts_links"},
    ForumFlaw.LISTED_BY_AGE: {"a_listing_has_the_newest_activity_first"},
    ForumFlaw.TICKING_TOKENS: {"an_unchanged_listing_brings_no_news"},
    ForumFlaw.STUCK_TOKENS: {"a_thread_with_news_has_another_token"},
    ForumFlaw.MISSING_BOARD_IS_EMPTY: {"an_unknown_board_is_gone"},
    ForumFlaw.BOARDS_WITHOUT_ADDRESS: {"a_listed_board_is_found_by_its_address"},
    ForumFlaw.HINTS_OF_NOTHING: {"a_hint_names_what_can_be_read"},
    ForumFlaw.UNREACHABLE_IS_GONE: {
        "a_cut_line_is_unreachable",
        "a_lost_answer_to_a_reading_is_unreachable",
        "a_post_that_was_never_sent_is_unreachable",
    },
    ForumFlaw.FOREIGN_PAGE_IS_EMPTY: {"a_foreign_page_is_unparsable"},
    ForumFlaw.PAUSE_IGNORED: {
        "a_post_that_was_never_sent_is_unreachable",
        "an_asked_for_pause_is_told_in_seconds",
    },
    ForumFlaw.LOCKED_IS_NOT_ALLOWED: {
        "a_file_may_be_uploaded_with_a_persons_account",
        "a_login_without_a_secret_is_no_leave",
        "a_name_that_is_another_user_now_is_acted_for_no_more",
        "a_refused_account_is_a_rejected_login",
        "a_refused_credential_is_a_rejected_login",
        "whoever_comes_to_be_of_the_staff_is_acted_for_no_more",
    },
    ForumFlaw.LOST_ANSWER_IS_UNREACHABLE: {
        "a_change_without_an_answer_can_be_repeated",
        "a_post_that_never_arrived_is_found_nowhere",
        "a_post_without_an_answer_has_an_unknown_outcome",
        "a_post_without_an_answer_is_found_once",
        "a_post_without_an_answer_is_repeated_under_its_key",
        "a_thread_without_an_answer_has_an_unknown_outcome",
        "an_upload_without_an_answer_has_an_unknown_outcome",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "equal_words_stay_two_when_an_answer_is_lost",
    },
    ForumFlaw.NO_KEYS: {
        "a_post_without_an_answer_is_repeated_under_its_key",
        "an_equal_key_posts_once",
        "an_equal_key_posts_once_across_a_restart",
        "an_equal_key_starts_once",
        "equal_keys_at_once_post_once",
    },
    ForumFlaw.RACING_KEYS: {"equal_keys_at_once_post_once"},
    ForumFlaw.KEYS_IN_MEMORY: {"an_equal_key_posts_once_across_a_restart"},
    ForumFlaw.TWINS_ANSWERED: {
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "equal_words_stay_two_when_an_answer_is_lost",
        "equal_words_under_another_key_are_another_post",
    },
    ForumFlaw.EMPTY_TAKEN: {
        "an_empty_draft_is_refused_in_words",
        "an_empty_opener_is_refused_in_words",
    },
    ForumFlaw.MISSING_IS_REFUSED: {"a_post_to_a_missing_thread_is_gone"},
    ForumFlaw.REVISED_AS_NEW: {
        "a_change_without_an_answer_can_be_repeated",
        "revising_replaces_the_words_in_place",
        "revising_what_was_withdrawn_is_gone",
        "what_waits_can_be_changed_under_its_ticket",
    },
    ForumFlaw.REVIVES: {"revising_what_was_withdrawn_is_gone"},
    ForumFlaw.WITHDRAWS_ONCE: {
        "a_change_without_an_answer_can_be_repeated",
        "a_person_changes_and_withdraws_their_own",
        "a_withdrawn_post_is_not_shown",
        "our_key_changes_and_withdraws_what_it_posted_for_a_user",
        "what_waits_can_be_withdrawn_under_its_ticket",
        "withdrawing_what_never_was_is_no_error",
    },
    ForumFlaw.WITHDRAWS_NOTHING: {
        "a_change_without_an_answer_can_be_repeated",
        "a_person_changes_and_withdraws_their_own",
        "a_withdrawn_post_is_not_shown",
        "our_key_changes_and_withdraws_what_it_posted_for_a_user",
        "read_back_does_not_find_what_was_withdrawn",
        "revising_what_was_withdrawn_is_gone",
        "what_waits_can_be_withdrawn_under_its_ticket",
    },
    ForumFlaw.READS_NOTHING_BACK: {
        "a_post_that_waits_is_queued_and_not_shown",
        "a_post_without_an_answer_is_found_once",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "equal_words_stay_two_when_an_answer_is_lost",
        "read_back_begins_at_its_time",
        "read_back_finds_a_post_with_a_file",
        "read_back_finds_what_was_posted",
        "read_back_tells_for_whom_our_key_posted",
        "read_back_tells_whose_a_post_is",
    },
    ForumFlaw.READS_ALL_BACK: {"read_back_begins_at_its_time"},
    ForumFlaw.READS_GHOSTS_BACK: {"read_back_does_not_find_what_was_withdrawn"},
    ForumFlaw.MARKS_EVERYBODY: {
        "posts_of_people_carry_no_marker",
        "what_befell_a_thread_is_told_as_an_event",
    },
    ForumFlaw.UNMODERATED: {
        "a_judgement_outlives_a_restart",
        "a_post_that_waits_is_queued_and_not_shown",
        "a_rejected_post_is_said_to_be_rejected",
        "a_thread_that_waits_is_queued_and_not_shown",
        "an_approved_post_is_said_to_be_approved",
        "each_ticket_is_answered_for_itself",
        "only_adapter_errors_leave_a_judgement",
        "what_became_of_a_thread_that_waited_is_said",
        "what_waits_can_be_changed_under_its_ticket",
        "what_waits_can_be_withdrawn_under_its_ticket",
        "what_waits_is_said_to_wait",
    },
    ForumFlaw.REJECTED_WAITS: {
        "a_judgement_outlives_a_restart",
        "a_rejected_post_is_said_to_be_rejected",
        "each_ticket_is_answered_for_itself",
        "what_became_of_a_thread_that_waited_is_said",
    },
    ForumFlaw.WAITING_IS_REJECTED: {
        "each_ticket_is_answered_for_itself",
        "what_became_of_a_thread_that_waited_is_said",
        "what_waits_is_said_to_wait",
    },
    ForumFlaw.REJECTED_IS_APPROVED: {
        "a_judgement_outlives_a_restart",
        "a_rejected_post_is_said_to_be_rejected",
        "each_ticket_is_answered_for_itself",
        "what_became_of_a_thread_that_waited_is_said",
        "what_waits_can_be_withdrawn_under_its_ticket",
    },
    ForumFlaw.APPROVED_WAITS: {
        "an_approved_post_is_said_to_be_approved",
        "each_ticket_is_answered_for_itself",
        "what_became_of_a_thread_that_waited_is_said",
    },
    ForumFlaw.FIRST_TICKET_ALONE: {"each_ticket_is_answered_for_itself"},
    ForumFlaw.JUDGED_IN_MEMORY: {"a_judgement_outlives_a_restart"},
    ForumFlaw.FROZEN_WHILE_QUEUED: {
        "what_waits_can_be_changed_under_its_ticket",
        "what_waits_can_be_withdrawn_under_its_ticket",
    },
    ForumFlaw.TICKETS_END: {
        "what_waits_can_be_changed_under_its_ticket",
        "what_waits_can_be_withdrawn_under_its_ticket",
    },
    ForumFlaw.BARE_ERRORS_ON_TICKETS: {"only_adapter_errors_leave_a_judgement"},
    ForumFlaw.NAMES_NOTHING: {"a_post_is_named_by_its_link_and_its_key"},
    ForumFlaw.NAMES_ANYTHING: {"a_foreign_link_names_no_post"},
    ForumFlaw.BARE_ERRORS_ON_DRAFTS: {"only_adapter_errors_leave_a_writing"},
    ForumFlaw.CLOSED_TAKEN: {"a_closed_thread_refuses_in_words"},
    ForumFlaw.ORPHANS_ADOPTED: {"an_answer_to_what_was_deleted_is_told_or_answers_the_thread"},
    ForumFlaw.EVENTS_ARE_REPLIES: {
        "an_event_leaves_replies_as_they_are",
        "what_befell_a_thread_is_told_as_an_event",
    },
    ForumFlaw.EVENTS_COUNTED: {"an_event_leaves_replies_as_they_are"},
    ForumFlaw.EVENTS_ARE_PARENTS: {"an_event_is_nobodys_parent"},
    ForumFlaw.EVENTS_OF_THE_READING: {"an_event_is_told_once"},
    ForumFlaw.STARTS_WITHOUT_TITLE: {
        "a_started_thread_is_read_again",
        "a_thread_that_waits_is_queued_and_not_shown",
        "a_thread_without_an_answer_has_an_unknown_outcome",
        "an_equal_key_starts_once",
        "read_back_finds_what_was_started",
        "what_became_of_a_thread_that_waited_is_said",
    },
    ForumFlaw.STARTS_ANYWHERE: {"a_thread_on_a_missing_board_is_gone"},
    ForumFlaw.READS_NO_THREADS_BACK: {
        "a_thread_that_waits_is_queued_and_not_shown",
        "a_thread_without_an_answer_has_an_unknown_outcome",
        "read_back_finds_what_was_started",
        "read_back_of_threads_begins_at_its_time",
    },
    ForumFlaw.READS_ALL_THREADS_BACK: {"read_back_of_threads_begins_at_its_time"},
    ForumFlaw.READS_EVERYBODYS_THREADS_BACK: {"read_back_of_threads_tells_ours_alone"},
    ForumFlaw.BARE_ERRORS_ON_OPENERS: {
        "a_thread_on_a_missing_board_is_gone",
        "only_adapter_errors_leave_a_start",
    },
    ForumFlaw.INVITES_WITHOUT_WORDS: {"an_invitation_says_what_to_do"},
    ForumFlaw.ONE_ACCOUNT_FOR_ALL: {
        "a_mark_is_of_one_person",
        "a_reply_stands_under_its_persons_name",
        "an_account_is_that_of_who_answers",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "read_back_tells_whose_a_post_is",
    },
    ForumFlaw.INVITATIONS_IN_MEMORY: {"an_invitation_outlives_a_restart"},
    ForumFlaw.ANY_ANSWER_OPENS: {"a_wrong_answer_opens_nothing"},
    ForumFlaw.GIVEN_BACK_ONCE: {"an_account_can_be_given_back_twice"},
    ForumFlaw.LOGINS_IGNORED: {
        "a_login_without_a_secret_is_no_leave",
        "a_name_that_is_another_user_now_is_acted_for_no_more",
        "a_person_changes_and_withdraws_their_own",
        "a_refused_account_is_a_rejected_login",
        "a_reply_stands_under_its_persons_name",
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "our_key_changes_and_withdraws_what_it_posted_for_a_user",
        "read_back_tells_for_whom_our_key_posted",
        "read_back_tells_whose_a_post_is",
        "what_our_key_posts_for_a_user_stands_under_their_name",
        "whoever_comes_to_be_of_the_staff_is_acted_for_no_more",
    },
    ForumFlaw.LOGINS_NOT_READ_BACK: {
        "equal_words_of_two_accounts_stay_two_when_an_answer_is_lost",
        "read_back_tells_for_whom_our_key_posted",
        "read_back_tells_whose_a_post_is",
    },
    ForumFlaw.WITHDRAWS_WITH_OURS: {
        "a_person_changes_and_withdraws_their_own",
        "our_key_changes_and_withdraws_what_it_posted_for_a_user",
    },
    ForumFlaw.SPEAKS_FOR_THE_DEAD: {
        "a_login_without_a_secret_is_no_leave",
        "a_name_that_is_another_user_now_is_acted_for_no_more",
        "a_refused_account_is_a_rejected_login",
        "whoever_comes_to_be_of_the_staff_is_acted_for_no_more",
    },
    ForumFlaw.BARE_ERRORS_ON_ACCOUNTS: {"only_adapter_errors_leave_an_account"},
    ForumFlaw.MARKS_NOTHING: {
        "how_far_somebody_has_read_is_told_again",
        "marks_are_told_of_what_was_asked_for",
        "marks_only_rise",
    },
    ForumFlaw.MARKS_EVERYTHING: {"no_more_counts_as_read_than_was_told"},
    ForumFlaw.MARKS_FALL: {"marks_only_rise"},
    ForumFlaw.MARKS_BY_READING: {"reading_moves_no_mark"},
    ForumFlaw.MARKS_FOR_EVERYBODY: {
        "a_mark_is_of_one_person",
        "marks_only_rise",
    },
    ForumFlaw.MARKS_UNASKED: {"marks_are_told_of_what_was_asked_for"},
    ForumFlaw.MARKS_NOWHERE: {"a_mark_in_what_is_not_there_is_gone"},
    ForumFlaw.USERS_WITH_SECRETS: {
        "a_user_is_found_by_name_and_holds_no_secret",
        "whoever_comes_to_be_of_the_staff_is_acted_for_no_more",
    },
    ForumFlaw.ANY_NAME_IS_SOMEBODY: {"nobody_is_found_under_a_name_that_nobody_has"},
    ForumFlaw.STAFF_IS_FOUND: {"whoever_may_do_more_than_others_is_acted_for_by_nobody"},
    ForumFlaw.STAFF_STAYS: {"whoever_comes_to_be_of_the_staff_is_acted_for_no_more"},
    ForumFlaw.NAMES_ALONE: {"a_name_that_is_another_user_now_is_acted_for_no_more"},
    ForumFlaw.BARE_ERRORS_ON_NAMES: {
        "nobody_is_found_under_a_name_that_nobody_has",
        "only_adapter_errors_leave_a_search_for_a_user",
    },
    ForumFlaw.UPLOADS_ARE_POSTS: {"an_upload_alone_shows_nothing"},
    ForumFlaw.FILES_WITHOUT_NAMES: {"a_post_shows_the_file_that_was_uploaded_for_it"},
    ForumFlaw.EMPTY_FILES_TAKEN: {"a_file_that_is_not_taken_is_refused_in_words"},
    ForumFlaw.UPLOADS_WITH_OURS: {"a_file_may_be_uploaded_with_a_persons_account"},
    ForumFlaw.BARE_ERRORS_ON_FILES: {"only_adapter_errors_leave_an_upload"},
    ForumFlaw.BARE_ERRORS_ON_MARKS: {
        "a_mark_in_what_is_not_there_is_gone",
        "only_adapter_errors_leave_a_mark",
    },
    ForumFlaw.COUNTS_THE_OP: {"replies_are_counted_without_their_op"},
}

CHATS: dict[ChatFlaw | FileFlaw, set[str]] = {
    FileFlaw.FILES_UNTOLD: {
        "a_file_alone_is_said_without_words",
        "a_file_can_be_had_after_a_restart",
        "a_file_larger_than_asked_for_is_refused",
        "a_file_on_a_message_is_told_and_can_be_had",
        "a_file_whose_message_is_gone_is_gone",
    },
    FileFlaw.NAMES_ARE_WORDS: {"a_file_alone_is_said_without_words"},
    FileFlaw.FILES_CUT: {
        "a_file_can_be_had_after_a_restart",
        "a_file_larger_than_asked_for_is_refused",
        "a_file_on_a_message_is_told_and_can_be_had",
    },
    FileFlaw.FILES_IN_MEMORY: {"a_file_can_be_had_after_a_restart"},
    FileFlaw.FILES_UNBOUNDED: {"a_file_larger_than_asked_for_is_refused"},
    FileFlaw.FILES_OUTLIVE: {"a_file_whose_message_is_gone_is_gone"},
    FileFlaw.BARE_ERRORS_ON_FILES: {"only_adapter_errors_leave_a_file"},
    ChatFlaw.MISSPELT_CAPABILITY: {"capabilities_are_known_words"},
    ChatFlaw.EMPTY_CARDS_VANISH: {
        "a_card_becomes_no_more_messages_than_are_asked_for",
        "every_card_becomes_at_least_one_message",
    },
    ChatFlaw.RENDERS_BY_CHANCE: {"equal_cards_become_equal_bytes"},
    ChatFlaw.TUPLES_IN_PAYLOADS: {"a_payload_survives_the_database"},
    ChatFlaw.TOO_LONG: {
        "a_card_becomes_no_more_messages_than_are_asked_for",
        "every_card_can_be_sent",
        "no_word_of_a_long_text_is_lost_over_its_messages",
    },
    ChatFlaw.TITLES_LOST: {"what_a_post_says_is_shown"},
    ChatFlaw.PARTS_SHUFFLED: {"no_word_of_a_long_text_is_lost_over_its_messages"},
    ChatFlaw.BORDERS_EAT: {"no_word_of_a_long_text_is_lost_over_its_messages"},
    ChatFlaw.MORE_THAN_ASKED: {
        "a_card_becomes_no_more_messages_than_are_asked_for",
        "what_is_cut_is_said",
    },
    ChatFlaw.CUT_UNSAID: {"what_is_cut_is_said"},
    ChatFlaw.ALWAYS_CONTINUED: {"what_is_cut_is_said"},
    ChatFlaw.PINGS: {"nobody_is_pinged"},
    ChatFlaw.PINGS_CUT_OUT: {"words_that_look_like_pings_are_kept"},
    ChatFlaw.IMAGES_WITHOUT_WORDS: {"an_image_is_shown_with_its_words"},
    ChatFlaw.IMAGES_NEEDED: {
        "an_image_is_shown_with_its_words",
        "an_image_that_cannot_be_had_stops_nothing",
    },
    ChatFlaw.NEWEST_FIRST: {
        "a_chat_thread_holds_its_own_messages",
        "an_edit_replaces_in_place",
        "an_equal_key_is_shown_once",
        "messages_stand_in_the_order_sent",
        "no_word_of_a_long_text_is_lost_over_its_messages",
        "what_is_cut_is_said",
    },
    ChatFlaw.NO_KEYS: {
        "a_message_without_an_answer_can_be_found_out",
        "an_equal_key_is_shown_once",
        "an_equal_key_is_shown_once_across_a_restart",
        "equal_keys_at_once_are_shown_once",
    },
    ChatFlaw.RACING_KEYS: {"equal_keys_at_once_are_shown_once"},
    ChatFlaw.KEYS_IN_MEMORY: {"an_equal_key_is_shown_once_across_a_restart"},
    ChatFlaw.TWINS_SWALLOWED: {"equal_words_under_another_key_are_another_message"},
    ChatFlaw.EDITS_AT_THE_END: {
        "a_change_without_an_answer_can_be_repeated",
        "an_edit_replaces_in_place",
        "an_image_that_cannot_be_had_stops_nothing",
        "editing_what_is_gone_says_so",
        "peoples_messages_are_changed_where_the_chat_lets_us",
        "what_is_not_offered_any_more_is_not_shown",
    },
    ChatFlaw.EDITS_REVIVE: {"editing_what_is_gone_says_so"},
    ChatFlaw.DELETES_ONCE: {
        "a_change_without_an_answer_can_be_repeated",
        "a_deleted_message_is_not_shown",
        "deleting_what_never_was_is_no_error",
    },
    ChatFlaw.DELETES_NOTHING: {
        "a_change_without_an_answer_can_be_repeated",
        "a_deleted_message_is_not_shown",
        "editing_what_is_gone_says_so",
        "peoples_messages_are_changed_where_the_chat_lets_us",
        "read_back_does_not_tell_what_people_wrote",
    },
    ChatFlaw.REPLIES_LOST: {"a_reply_is_native"},
    ChatFlaw.REPLIES_NEED_PARENTS: {"a_reply_to_what_is_gone_is_still_shown"},
    ChatFlaw.MISSING_PLACES_REFUSE: {"a_place_that_is_not_there_takes_nothing"},
    ChatFlaw.THREADS_AGAIN: {
        "a_chat_thread_opens_once",
        "a_chat_thread_opens_once_across_a_restart",
    },
    ChatFlaw.THREADS_IN_MEMORY: {"a_chat_thread_opens_once_across_a_restart"},
    ChatFlaw.THREADS_IN_THE_CHANNEL: {"a_chat_thread_holds_its_own_messages"},
    ChatFlaw.LONG_NAMES_REFUSED: {"a_chat_thread_gets_another_name"},
    ChatFlaw.PINS_ONE: {"a_message_is_pinned_once"},
    ChatFlaw.PINS_ANYTHING: {"what_is_not_there_is_not_pinned"},
    ChatFlaw.REACTIONS_PILE_UP: {"our_reaction_is_the_only_one"},
    ChatFlaw.REACTIONS_STAY: {"our_reaction_is_taken_away"},
    ChatFlaw.OTHERS_NOT_CHANGED: {"peoples_messages_are_changed_where_the_chat_lets_us"},
    ChatFlaw.WHISPERS_ALOUD: {"private_words_are_seen_by_one_person"},
    ChatFlaw.WHISPERS_REPEATED: {
        "private_words_are_said_once_under_a_key",
        "words_about_a_message_say_which_one_is_meant",
    },
    ChatFlaw.WORDS_ABOUT_ANYTHING: {"words_about_a_message_say_which_one_is_meant"},
    ChatFlaw.WORDS_NEED_MESSAGES: {"words_about_a_message_that_is_gone_are_said_in_private"},
    ChatFlaw.CHANNELS_AGAIN: {"a_channel_made_twice_is_one"},
    ChatFlaw.CHANNELS_BY_ID: {"a_channel_is_found_by_the_name_that_is_shown"},
    ChatFlaw.CHANNELS_OF_NOBODY: {"a_channel_is_of_the_community_that_its_commands_act_for"},
    ChatFlaw.CHANNELS_MADE_UNASKED: {"a_channel_that_nobody_made_is_gone"},
    ChatFlaw.NAMES_NOTHING: {
        "a_message_is_named_by_its_id",
        "a_message_is_named_by_its_link",
    },
    ChatFlaw.NAMES_NO_LINKS: {"a_message_is_named_by_its_link"},
    ChatFlaw.NAMES_ANYTHING: {
        "a_foreign_link_names_no_message",
        "a_message_is_named_by_its_link",
    },
    ChatFlaw.BARE_ERRORS: {"only_adapter_errors_leave_an_act"},
    ChatFlaw.READ_BACK_NEWEST_FIRST: {
        "read_back_begins_behind_the_message_given",
        "read_back_tells_our_messages_oldest_first",
    },
    ChatFlaw.READ_BACK_KNOWS_NO_START: {"read_back_begins_behind_the_message_given"},
    ChatFlaw.READ_BACK_NEEDS_ITS_START: {"read_back_begins_behind_a_message_that_is_gone"},
    ChatFlaw.READ_BACK_OF_PEOPLE: {"read_back_does_not_tell_what_people_wrote"},
    ChatFlaw.READ_BACK_IN_MEMORY: {"read_back_finds_across_a_restart"},
    ChatFlaw.UNREACHABLE_IS_UNKNOWN: {"a_message_that_was_never_sent_is_unreachable"},
    ChatFlaw.PAUSE_IGNORED: {"an_asked_for_pause_is_told_in_seconds"},
    ChatFlaw.LOCKED_IS_NOT_ALLOWED: {"a_refused_credential_is_a_rejected_login"},
    ChatFlaw.LOST_ANSWER_IS_UNREACHABLE: {
        "a_change_without_an_answer_can_be_repeated",
        "a_message_without_an_answer_can_be_found_out",
        "a_message_without_an_answer_has_an_unknown_outcome",
    },
    ChatFlaw.WORDS_FOLDED: {
        "a_file_on_a_message_is_told_and_can_be_had",
        "what_people_say_is_heard_as_they_said_it",
    },
    ChatFlaw.QUOTES_HEARD: {"a_reply_tells_what_it_answers"},
    ChatFlaw.ANSWERS_NOTHING: {"a_reply_tells_what_it_answers"},
    ChatFlaw.WHERE_IS_THE_CHANNEL: {"words_in_a_chat_thread_say_where_they_stand"},
    ChatFlaw.DEAF_TO_EDITS: {
        "an_edit_is_heard",
        "every_event_has_an_id_of_its_own",
    },
    ChatFlaw.DEAF_TO_DELETIONS: {
        "a_deletion_is_heard",
        "every_event_has_an_id_of_its_own",
    },
    ChatFlaw.DEAF_TO_LATE_REACTIONS: {"a_reaction_is_heard_and_so_is_its_end"},
    ChatFlaw.DEAF_TO_READERS: {"how_far_people_have_read_is_heard"},
    ChatFlaw.OFFERS_LOST: {
        "an_offer_outlives_a_restart",
        "as_much_is_offered_as_may_be",
        "to_take_an_offer_is_to_give_its_command",
        "what_is_offered_is_shown",
    },
    ChatFlaw.FEW_OFFERED: {"as_much_is_offered_as_may_be"},
    ChatFlaw.OFFERS_STAY: {"what_is_not_offered_any_more_is_not_shown"},
    ChatFlaw.ANSWERS_OFFER_NOTHING: {"what_is_offered_in_private_is_shown_there"},
    ChatFlaw.DEAF_TO_PRESSES: {
        "an_offer_outlives_a_restart",
        "to_take_an_offer_is_to_give_its_command",
        "what_is_offered_in_private_is_shown_there",
    },
    ChatFlaw.OFFERS_IN_MEMORY: {"an_offer_outlives_a_restart"},
    ChatFlaw.PRESSED_BY_ADMINS: {"to_take_an_offer_is_to_give_its_command"},
    ChatFlaw.COMMANDS_ARE_WORDS: {
        "an_offer_outlives_a_restart",
        "to_take_an_offer_is_to_give_its_command",
        "what_is_offered_in_private_is_shown_there",
        "a_channel_is_of_the_community_that_its_commands_act_for",
        "a_command_is_heard_as_its_words",
    },
    ChatFlaw.EVERYBODY_IS_ADMIN: {"admins_are_told_apart"},
    ChatFlaw.HEARD_TWICE: {
        "a_cursor_loses_and_repeats_nothing_across_a_restart",
        "a_deletion_is_heard",
        "a_file_alone_is_said_without_words",
        "a_file_can_be_had_after_a_restart",
        "a_file_larger_than_asked_for_is_refused",
        "a_file_on_a_message_is_told_and_can_be_had",
        "a_file_whose_message_is_gone_is_gone",
        "a_reply_tells_what_it_answers",
        "admins_are_told_apart",
        "an_edit_is_heard",
        "an_event_has_the_same_id_whenever_it_is_heard",
        "every_event_has_an_id_of_its_own",
        "everything_is_heard_once_and_in_order",
        "our_own_acts_are_not_heard",
        "what_people_say_is_heard_as_they_said_it",
        "words_in_a_chat_thread_say_where_they_stand",
    },
    ChatFlaw.IDS_OF_THE_MESSAGE: {"every_event_has_an_id_of_its_own"},
    ChatFlaw.IDS_BY_CHANCE: {"an_event_has_the_same_id_whenever_it_is_heard"},
    ChatFlaw.CURSOR_FORGOTTEN: {
        "a_cursor_loses_and_repeats_nothing_across_a_restart",
        "an_event_has_the_same_id_whenever_it_is_heard",
    },
    ChatFlaw.HEARS_ITSELF: {"our_own_acts_are_not_heard"},
    ChatFlaw.HEARS_HISTORY: {"what_was_said_before_the_first_start_is_not_heard"},
    ChatFlaw.BARE_ERRORS_ON_CURSORS: {"only_adapter_errors_leave_a_cursor"},
}


def laws(contract: type) -> dict[str, Callable]:
    """The laws of a contract, by name."""
    found = inspect.getmembers(contract, inspect.isfunction)
    return {name.removeprefix("test_"): law for name, law in found if name.startswith("test_")}


def verdict(contract: type, law: Callable, rig: ForumRig | ChatRig) -> str:
    """What becomes of one law: kept, broken or skipped."""

    async def run() -> None:
        async with asyncio.timeout(60):
            await law(contract(), rig)

    try:
        asyncio.run(run())
    except pytest.skip.Exception:
        return "skipped"
    except (Exception, pytest.fail.Exception):
        return "broken"
    return "kept"


def verdicts(contract: type, rig: Callable[[], ForumRig | ChatRig]) -> dict[str, set[str]]:
    """The laws by what becomes of them, each over a rig of its own."""
    became: dict[str, set[str]] = {"kept": set(), "broken": set(), "skipped": set()}
    for name, law in laws(contract).items():
        became[verdict(contract, law, rig())].add(name)
    return became


@pytest.mark.parametrize("flaw", ForumFlaw)
def test_a_flawed_forum_breaks_its_laws_and_no_other(flaw):
    """A law that a forum with the flaw keeps would let the flaw into production."""
    assert verdicts(ForumContract, lambda: FakeForumRig(SloppyForum(flaw)))["broken"] == FORUMS[flaw]


@pytest.mark.parametrize("flaw", [*ChatFlaw, *FileFlaw])
def test_a_flawed_chat_breaks_its_laws_and_no_other(flaw):
    """A law that a chat with the flaw keeps would let the flaw into production."""
    assert verdicts(ChatContract, lambda: FakeChatRig(SloppyChat(flaw)))["broken"] == CHATS[flaw]


@pytest.mark.parametrize(("contract", "flaws"), [(ForumContract, FORUMS), (ChatContract, CHATS)], ids=["forum", "chat"])
def test_no_law_is_kept_by_accident(contract, flaws):
    """A law that no flaw breaks may hold nothing at all."""
    assert set(laws(contract)) == set().union(*flaws.values())


@pytest.mark.parametrize(
    ("contract", "rig"),
    [
        (ForumContract, lambda: FakeForumRig(SloppyForum())),
        (ChatContract, lambda: FakeChatRig(SloppyChat())),
    ],
    ids=["forum", "chat"],
)
def test_without_a_flaw_every_law_is_kept_and_none_skipped(contract, rig):
    """So that what is broken above is broken by the flaw."""
    became = verdicts(contract, rig)
    assert (became["broken"], became["skipped"]) == (set(), set())
