"""What a Discourse answers, as JSON: the fields of its API description and of recorded answers, all of them."""

from __future__ import annotations

from typing import Any

from tests.discourse.world import Category, Post, Topic, Upload, User, Waiting, World, cook, iso

PAGE = 30
CHUNK = 20

_NAMES = (
    "mentioned replied quoted edited liked "
    "private_message invited_to_private_message invitee_accepted posted watching_category_or_tag "
    "moved_post linked granted_badge invited_to_topic custom "
    "group_mentioned group_message_summary watching_first_post topic_reminder liked_consolidated "
    "linked_consolidated post_approved code_review_commit_approved membership_request_accepted "
    "membership_request_consolidated "
    "bookmark_reminder reaction votes_released event_reminder event_invitation "
    "chat_mention chat_message chat_invitation chat_group_mention "
)
NOTIFICATIONS = {name: number for number, name in enumerate(_NAMES.split(), 1)}
"""What Discourse notifies people of, by its own names."""


def avatar(user: User) -> str:
    return f"/letter_avatar_proxy/v4/letter/{user.username[:1].lower()}/a87d85/{{size}}.png"


def user(one: User) -> dict[str, Any]:
    """Somebody, as far as they are told in one way as who is logged in and as who has a page."""
    return {
        "id": one.id,
        "username": one.username,
        "name": one.username.capitalize(),
        "avatar_template": avatar(one),
        "admin": one.admin,
        "moderator": one.moderator,
        "trust_level": 4 if one.staff else 1,
        "title": None,
    }


def post(world: World, one: Post, reader: User | None, *, raw: bool = False) -> dict[str, Any]:
    """A post as the lists of its topic show it."""
    topic = world.topics[one.topic]
    answered = next((p for p in world.posts.values() if p.topic == one.topic and p.number == one.reply_to), None)
    row: dict[str, Any] = {
        "id": str(one.id) + "-broken" if one.broken else one.id,
        "name": one.user.username.capitalize(),
        "username": one.user.username,
        "avatar_template": avatar(one.user),
        "created_at": iso(one.created),
        "cooked": cook(one),
        "post_number": one.number,
        "post_type": one.type,
        "posts_count": len(world.stream(topic)),
        "updated_at": iso(one.updated),
        "reply_count": 0,
        "reply_to_post_number": one.reply_to,
        "quote_count": 0,
        "incoming_link_count": 0,
        "reads": 3,
        "readers_count": 2,
        "score": 0.6,
        "yours": reader is one.user,
        "topic_id": one.topic,
        "topic_slug": topic.slug,
        "display_username": one.user.username.capitalize(),
        "primary_group_name": None,
        "flair_name": None,
        "flair_url": None,
        "flair_bg_color": None,
        "flair_color": None,
        "flair_group_id": None,
        "badges_granted": [],
        "version": one.version,
        "can_edit": reader is one.user,
        "can_delete": reader is one.user,
        "can_recover": False,
        "can_see_hidden_post": False,
        "can_wiki": False,
        "link_counts": [],
        "read": True,
        "user_title": None,
        "bookmarked": False,
        "actions_summary": [],
        "moderator": one.user.moderator,
        "admin": one.user.admin,
        "staff": one.user.staff,
        "user_id": one.user.id,
        "hidden": one.hidden,
        "trust_level": 4 if one.user.staff else 1,
        "deleted_at": None if one.deleted is None else iso(one.deleted),
        "user_deleted": one.user_deleted,
        "edit_reason": None,
        "can_view_edit_history": True,
        "wiki": False,
        "reviewable_id": 0,
        "reviewable_score_count": 0,
        "reviewable_score_pending_count": 0,
        "mentioned_users": [],
        "post_url": f"/t/{topic.slug}/{topic.id}/{one.number}",
    }
    if answered is not None:
        row["reply_to_user"] = {"username": answered.user.username, "avatar_template": avatar(answered.user)}
    if one.action:
        row["action_code"] = one.action
    if raw:
        row["raw"] = one.raw
    return row


def written(world: World, one: Post) -> dict[str, Any]:
    """A post as its author is answered who just wrote it."""
    row = post(world, one, one.user, raw=True)
    del row["link_counts"], row["read"]
    return {**row, "draft_sequence": 0, "yours": True, "post_localizations": []}


def single(world: World, one: Post, reader: User | None) -> dict[str, Any]:
    """A post asked for by itself."""
    row = post(world, one, reader, raw=True)
    del row["link_counts"], row["read"]
    return row


def topic(world: World, one: Topic, reader: User | None, names: set[str], *, raw: bool = False) -> dict[str, Any]:
    """The page of a topic: its first posts, and the ids of all."""
    stream = world.stream(one, reader)
    public = world.stream(one)
    if names:
        stream = [post for post in stream if post.number == 1 or post.user.username.lower() in names]
    row: dict[str, Any] = {
        "post_stream": {
            "posts": [post(world, there, reader, raw=raw) for there in stream[:CHUNK]],
            "stream": [there.id for there in stream],
        },
        "timeline_lookup": [],
        "suggested_topics": [],
        "tags": [{"id": n, "name": tag, "slug": tag} for n, tag in enumerate(one.tags, 1)],
        "tags_descriptions": {},
        "id": one.id,
        "title": one.title,
        "fancy_title": one.title,
        "posts_count": len(public),
        "created_at": iso(one.created),
        "views": one.views,
        "reply_count": 0,
        "like_count": 0,
        "last_posted_at": iso(max((there.created for there in public), default=one.created)),
        "visible": True,
        "closed": one.closed,
        "archived": False,
        "has_summary": False,
        "archetype": "regular",
        "slug": one.slug,
        "category_id": one.category,
        "word_count": 10,
        "deleted_at": None if one.deleted is None else iso(one.deleted),
        "user_id": public[0].user.id if public else 1,
        "featured_link": None,
        "pinned_globally": False,
        "pinned_at": None,
        "pinned_until": None,
        "image_url": None,
        "slow_mode_seconds": 0,
        "draft": None,
        "draft_key": f"topic_{one.id}",
        "draft_sequence": 0,
        "unpinned": None,
        "pinned": one.pinned,
        "highest_post_number": world.highest(one),
        "deleted_by": None,
        "has_deleted": False,
        "actions_summary": [],
        "chunk_size": CHUNK,
        "bookmarked": False,
        "bookmarks": [],
        "topic_timer": None,
        "message_bus_last_id": world.bus(f"/topic/{one.id}").last,
        "participant_count": 1,
        "show_read_indicator": False,
        "thumbnails": None,
        "slow_mode_enabled_until": None,
        "details": {
            "can_edit": False,
            "notification_level": 1,
            "can_move_posts": False,
            "can_delete": False,
            "can_remove_allowed_users": False,
            "can_create_post": reader is not None,
            "can_reply_as_new_topic": False,
            "can_convert_topic": False,
            "can_invite_to": False,
            "can_invite_via_email": False,
            "can_flag_topic": False,
            "can_review_topic": False,
            "can_close_topic": False,
            "can_archive_topic": False,
            "can_split_merge_topic": False,
            "can_edit_staff_notes": False,
            "can_toggle_topic_visibility": False,
            "can_pin_unpin_topic": False,
            "can_moderate_category": False,
            "can_remove_self_id": 1,
            "participants": [],
            "created_by": {"id": 1, "username": "ann", "name": "", "avatar_template": "/a/{size}.png"},
            "last_poster": {"id": 1, "username": "ann", "name": "", "avatar_template": "/a/{size}.png"},
        },
    }
    if reader is not None:
        row["last_read_post_number"] = one.read.get(reader.username.lower())
    if one.external_id:
        row["external_id"] = one.external_id
    return row


def listing(world: World, topics: list[Topic], path: str, page: int, per_page: int) -> dict[str, Any]:
    """A page of a list of topics."""
    here = topics[page * per_page : (page + 1) * per_page]
    users = {user.id: user for user in world.users.values()}
    rows: list[dict[str, Any]] = []
    for one in here:
        public = world.stream(one)
        rows.append(
            {
                "id": one.id,
                "title": one.title,
                "fancy_title": one.title,
                "slug": one.slug,
                "posts_count": len(public),
                "reply_count": 0,
                "highest_post_number": world.highest(one),
                "image_url": None,
                "created_at": iso(one.created),
                "last_posted_at": iso(max((there.created for there in public), default=one.created)),
                "bumped": True,
                "bumped_at": iso(one.bumped),
                "archetype": "regular",
                "unseen": False,
                "excerpt": "",
                "pinned": one.pinned,
                "unpinned": None,
                "visible": True,
                "closed": one.closed,
                "archived": False,
                "bookmarked": None,
                "liked": None,
                "tags": [{"id": n, "name": tag, "slug": tag} for n, tag in enumerate(one.tags, 1)],
                "views": one.views,
                "like_count": 0,
                "has_summary": False,
                "last_poster_username": public[-1].user.username if public else "system",
                "category_id": one.category,
                "op_like_count": 0,
                "pinned_globally": False,
                "featured_link": None,
                "posters": [_poster(public[0].user)] if public else [],
            }
        )
    told: dict[str, Any] = {
        "can_create_topic": False,
        "per_page": per_page,
        "topics": rows,
    }
    if len(topics) > (page + 1) * per_page:
        told["more_topics_url"] = f"{path}?page={page + 1}"
    listed = [{"id": u.id, "username": u.username, "name": "", "avatar_template": avatar(u)} for u in users.values()]
    return {"users": listed, "primary_groups": [], "topic_list": told}


def _poster(user: User) -> dict[str, Any]:
    return {"extras": "latest", "description": "Original Poster", "user_id": user.id, "primary_group_id": None}


def category(one: Category) -> dict[str, Any]:
    """A category of the site's list."""
    row: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "color": "0088CC",
        "text_color": "FFFFFF",
        "slug": one.slug,
        "topic_count": 1,
        "post_count": 1,
        "position": one.id,
        "topic_url": f"/t/about-the-{one.slug}-category/{one.id}",
        "read_restricted": one.readers is not None,
        "permission": 1,
        "notification_level": 1,
        "topic_template": None,
        "topic_title_placeholder": None,
        "has_children": False,
        "subcategory_count": None,
        "sort_order": None,
        "sort_ascending": None,
        "show_subcategory_list": False,
        "num_featured_topics": 3,
        "default_view": None,
        "subcategory_list_style": "rows_with_featured_topics",
        "default_top_period": "all",
        "default_list_filter": "all",
        "minimum_required_tags": 0,
        "navigate_to_first_post_after_read": False,
        "allow_global_tags": False,
        "required_tag_groups": [],
        "read_only_banner": None,
        "uploaded_logo": None,
        "uploaded_logo_dark": None,
        "uploaded_background": None,
        "uploaded_background_dark": None,
        "can_edit": False,
    }
    if one.parent is not None:
        row["parent_category_id"] = one.parent
    return row


def upload(one: Upload) -> dict[str, Any]:
    """A file that was given."""
    width, height = one.measures or (None, None)
    return {
        "id": one.id,
        "url": f"/uploads/default/original/1X/{one.sha}.{one.ending}",
        "original_filename": one.name,
        "filesize": len(one.content),
        "extension": one.ending,
        "short_url": f"upload://{one.short}",
        "short_path": f"/uploads/short-url/{one.short}",
        "retain_hours": None,
        "human_filesize": f"{len(one.content)} Bytes",
        "dominant_color": None,
        "width": width,
        "height": height,
        "thumbnail_width": width,
        "thumbnail_height": height,
    }


def waiting(one: Waiting) -> dict[str, Any]:
    """A post of an account's own that waits."""
    return {
        "avatar_template": avatar(one.user),
        "category_id": one.category,
        "created_at": iso(one.created),
        "created_by_id": one.user.id,
        "id": one.id,
        "name": one.user.username.capitalize(),
        "raw_text": one.raw,
        "title": one.title or None,
        "topic_id": one.topic,
        "topic_url": f"/t/-/{one.topic}" if one.topic else None,
        "username": one.user.username,
    }


def reviewable(one: Waiting) -> dict[str, Any]:
    """What the moderators see of it."""
    row: dict[str, Any] = {
        "id": one.id,
        "type": "ReviewableQueuedPost",
        "status": one.status,
        "topic_id": one.topic,
        "created_at": iso(one.created),
        "can_edit": one.status == 0,
        "score": 5.0,
        "version": 0,
        "payload": {"raw": one.raw, "title": one.title},
    }
    if one.post is not None:
        row["post_id"] = one.post
    if one.reason:
        row["reject_reason"] = one.reason
    return {"reviewable": row, "meta": {}}


def site(categories: list[Category]) -> dict[str, Any]:
    """What the site says of itself; but for its categories nobody reads any of it."""
    lists = "filters homepage_choices periods top_menu_items anonymous_top_menu_items post_action_types "
    lists += "topic_flag_types groups top_tags topic_featured_link_allowed_category_ids user_themes user_color_schemes "
    lists += "censored_regexp archetypes user_fields auth_providers"
    flags = "can_create_tag can_tag_topics can_tag_pms full_name_required_for_signup full_name_visible_in_signup "
    flags += "email_configured"
    return {
        **{name: [] for name in lists.split()},
        **dict.fromkeys(flags.split(), False),
        **dict.fromkeys(["default_light_color_scheme", "default_dark_color_scheme"]),
        **dict.fromkeys(["watched_words_replace", "watched_words_link"]),
        "default_archetype": "regular",
        "notification_types": NOTIFICATIONS,
        "post_types": {"regular": 1, "moderator_action": 2, "small_action": 3, "whisper": 4},
        "trust_levels": {"newuser": 0, "basic": 1, "member": 2, "regular": 3, "leader": 4},
        "uncategorized_category_id": 1,
        "user_field_max_length": 2048,
        "tags_filter_regexp": "[\\/\\?#\\[\\]@!\\$&'\\(\\)\\*\\+,;=\\.%\\\\`^\\s|\\{\\}\"<>]+",
        "custom_emoji_translation": {},
        "categories": [category(one) for one in categories],
    }
