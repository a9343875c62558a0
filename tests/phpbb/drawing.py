"""How a phpBB board draws its pages: the elements, classes and names that prosilver gives to what programs look for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape, unescape

SID = "0123456789abcdef0123456789abcdef"
"""What the links of guests carry; a real one is another at each visit."""


@dataclass
class PostRow:
    """A post; `raw` in BBCode."""

    id: int
    topic: int
    author: str
    subject: str
    raw: str
    at: int
    edits: int = 0
    deleted: bool = False
    garbled: bool = False
    waits: bool = False


@dataclass
class TopicRow:
    """A topic of a forum."""

    id: int
    forum: int
    title: str
    posts: list[PostRow] = field(default_factory=list)
    locked: bool = False
    kind: str = "topic"
    """topic, sticky, announce, global, or moved: as rows of a list are classed."""
    gone: bool = False

    @property
    def shown(self) -> list[PostRow]:
        """What guests see of it."""
        return [post for post in self.posts if not (post.deleted or post.waits)]


def page(section: str, title: str, body: str, *, canonical: str = "", refresh: str = "", guest: bool = True) -> str:
    """A page with the head and the foot that all of them have; the links of guests carry a session."""
    canonical = f'<link rel="canonical" href="{escape(canonical)}">' if canonical else ""
    refresh = f'<meta http-equiv="refresh" content="3; url={escape(refresh)}" />' if refresh else ""
    text = f"""<!DOCTYPE html>
<html dir="ltr" lang="en-gb">
<head>
<meta charset="utf-8" />
{refresh}
<title>{escape(title)}</title>
{canonical}
<!--
	phpBB style name: prosilver
-->
<link href="./assets/css/font-awesome.min.css?assets_version=4" rel="stylesheet">
</head>
<body id="phpbb" class="nojs notouch section-{section} ltr ">
<div id="wrap" class="wrap">
{body}
<div id="page-footer" class="page-footer" role="contentinfo">
<li class="rightside">All times are <span title="UTC">UTC</span></li>
<span class="footer-copyright">Powered by <a href="https://www.phpbb.com/">phpBB</a>&reg; Forum Software</span>
</div>
</div>
<script src="./assets/javascript/jquery-3.7.1.min.js?assets_version=4"></script>
</body>
</html>"""
    return re.sub(r'(href="\./[a-z]+\.php)(\??)([^"#]*)', _with_session, text) if guest else text


def _with_session(found: re.Match[str]) -> str:
    return f"{found[1]}?{found[3]}{'&amp;' if found[3] else ''}sid={SID}"


def crumbs(forum: int, name: str) -> str:
    """The way to a forum."""
    return f"""<ul id="nav-breadcrumbs" class="nav-breadcrumbs linklist navlinks" role="menubar">
<li class="breadcrumbs">
<span class="crumb"><a itemprop="item" href="./index.php"><span itemprop="name">Board index</span></a></span>
<span class="crumb" data-forum-id="1"><a itemprop="item" href="./viewforum.php?f=1"><span>Somewhere</span></a></span>
<span class="crumb" data-forum-id="{forum}"><a href="./viewforum.php?f={forum}"><span>{escape(name)}</span></a></span>
</li></ul>"""


def pagination(link: str, start: int, per: int, total: int, noun: str) -> str:
    """The box that counts and leads to the other pages."""
    pages = max(1, -(-total // per))
    here = start // per + 1
    if pages == 1:
        return f'<div class="pagination">{total} {noun} &bull; Page <strong>1</strong> of <strong>1</strong></div>'
    items = [
        f'<li class="active"><span>{n}</span></li>'
        if n == here
        else f'<li><a class="button" href="{link}{f"&amp;start={(n - 1) * per}" if n > 1 else ""}">{n}</a></li>'
        for n in range(1, pages + 1)
        if n in (1, pages) or abs(n - here) < 3
    ]
    return f'<div class="pagination">{total} {noun}<ul>{"".join(items)}</ul></div>'


def topic_page(
    base: str,
    topic: TopicRow,
    forum: str,
    start: int,
    per: int,
    users: dict[str, int],
    *,
    guest: bool,
    legacy: bool = False,
) -> str:
    """One page of a topic."""
    shown = topic.shown
    lock = '<span>Locked</span> <i class="icon fa-lock fa-fw"></i>' if topic.locked else "<span>Post Reply</span>"
    bar = pagination(f"./viewtopic.php?t={topic.id}", start, per, len(shown), "posts")
    body = f"""{crumbs(topic.forum, forum)}
<div id="page-body" class="page-body" role="main">
<h2 class="topic-title"><a href="./viewtopic.php?t={topic.id}">{escape(topic.title)}</a></h2>
<div class="action-bar bar-top"><a href="./posting.php?mode=reply&amp;t={topic.id}" class="button">{lock}</a>{bar}</div>
{"".join(post_box(post, users, legacy=legacy) for post in shown[start : start + per])}
<div class="action-bar bar-bottom">{bar}</div>
</div>"""
    canonical = f"{base}/viewtopic.php?t={topic.id}" + (f"&start={start}" if start else "")
    return page("viewtopic", topic.title, body, canonical=canonical, guest=guest)


def post_box(post: PostRow, users: dict[str, int], *, legacy: bool = False) -> str:
    """A post as it stands in its topic."""
    if post.garbled:
        return f'<div id="p{post.id}" class="post bg1"><div class="inner">An extension broke this one.</div></div>'
    user, name, link = users.get(post.author, 1), escape(post.author), f"./viewtopic.php?p={post.id}#p{post.id}"
    author = f'<a href="./memberlist.php?mode=viewprofile&amp;u={user}" class="username">{name}</a>'
    times = "time" if post.edits == 1 else "times"
    edited = f'<div class="notice">Last edited by {author}, edited {post.edits} {times} in total.</div>'
    return f"""
<div id="p{post.id}" class="post has-profile bg2">
<div class="inner">
<dl class="postprofile" id="profile{post.id}"><dt class="no-avatar"><div class="avatar-container"></div>{author}</dt>
<dd class="profile-posts"><strong>Posts:</strong> <a href="./search.php?author_id={user}">{post.id}</a></dd></dl>
<div class="postbody">
<div id="post_content{post.id}">
<h3 ><a href="{link}">{escape(post.subject)}</a></h3>
<ul class="post-buttons"><li><a href="./posting.php?mode=quote&amp;p={post.id}" title="Reply with quote"></a></li></ul>
<p class="author"><a class="unread" href="{link}" title="Post"><span class="sr-only">Post</span></a>
<span class="responsive-hide">by <strong>{author}</strong> &raquo; </span>{moment(post.at, legacy=legacy)}</p>
<div class="content">{html(post.raw, users, {})}</div>
{edited if post.edits else ""}
<div id="sig{post.id}" class="signature">A signature is no part of what was said</div>
</div>
</div>
</div>
</div>"""


def moment(second: int, *, legacy: bool = False) -> str:
    """A time as boards print it; older ones print it for people alone."""
    then = datetime.fromtimestamp(second, UTC)
    said = f"{then:%a %b} {then.day}, {then.year} {then.hour % 12 or 12}:{then:%M} {'am' if then.hour < 12 else 'pm'}"
    return said if legacy else f'<time datetime="{then.isoformat()}">{said}</time>'


def html(raw: str, users: dict[str, int], dates: dict[int, int]) -> str:
    """BBCode as the engine shows it: what it does not know stays as it is."""
    text = escape(raw, quote=False)
    for tag, name in (("b", 'strong class="text-strong"'), ("i", "em"), ("u", "u")):
        text = re.sub(rf"\[{tag}\](.*?)\[/{tag}\]", rf"<{name}>\1</{name.split()[0]}>", text, flags=re.DOTALL)
    text = re.sub(r"\[url=([^\]]*)\](.*?)\[/url\]", r'<a href="\1" class="postlink">\2</a>', text)
    text = re.sub(r"(?<![=\">])(https?://[^\s<\[]+)", _bare, text)
    text = re.sub(
        r"\[quote=(?P<name>.+?)(?: post_id=(?P<post>\d+))?(?: time=(?P<time>\d+))?(?: user_id=(?P<user>\d+))?\]",
        _quote,
        text,
    )
    text = re.sub(r"\[list(?:=1)?\]\n?(.*?)\[/list\]", _list, text, flags=re.DOTALL)
    text = text.replace("[quote]", '<blockquote class="uncited"><div>').replace("[/quote]", "</div></blockquote>")
    return text.replace("\n", "<br>\n").replace("</blockquote><br>\n", "</blockquote>\n")


def _list(found: re.Match[str]) -> str:
    items = [item.strip() for item in found[1].split("[*]")[1:]]
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _bare(found: re.Match[str]) -> str:
    """A bare address; the words of a long one are cut in the middle."""
    words = unescape(found[1])
    shown = f"{words[:39]} ... {words[-10:]}" if len(words) > 55 else words
    return f'<a href="{found[1]}" class="postlink">{escape(shown, quote=False)}</a>'


def _quote(found: re.Match[str]) -> str:
    name = escape(unescape(found["name"]).strip('"'))
    who = f'<a href="./memberlist.php?mode=viewprofile&amp;u={found["user"]}">{name}</a>' if found["user"] else name
    if not found["post"]:
        return f"<blockquote><div><cite>{who} wrote:</cite>"
    link = f"./viewtopic.php?p={found['post']}#p{found['post']}"
    date = f'<span class="responsive-hide">{moment(int(found["time"]), legacy=True)}</span>' if found["time"] else ""
    arrow = f'<a href="{link}" aria-label="View quoted post" data-post-id="{found["post"]}"><i class="icon"></i></a>'
    return f'<blockquote cite="{link}"><div><cite>{who} wrote: {arrow}{date}</cite>'


def forum_page(
    base: str,
    forum: int,
    name: str,
    topics: Sequence[TopicRow],
    start: int,
    per: int,
    users: dict[str, int],
    guest: bool,
) -> str:
    """One page of the topics of a forum; announcements stand on each."""
    pinned = [topic for topic in topics if topic.kind != "topic" and topic.kind != "moved"]
    others = [topic for topic in topics if topic not in pinned]
    rows = "".join(_row(topic, forum, users) for topic in (*pinned, *others[start : start + per]))
    bar = pagination(f"./viewforum.php?f={forum}", start, per, len(others), "topics")
    none = '<div class="panel"><strong>There are no topics or posts in this forum.</strong></div>'
    body = f"""{crumbs(forum, name)}
<div id="page-body" class="page-body" role="main">
<h2 class="forum-title"><a href="./viewforum.php?f={forum}">{escape(name)}</a></h2>
<div class="action-bar bar-top"><a href="./posting.php?mode=post&amp;f={forum}" class="button">New Topic</a>{bar}</div>
{f'<div class="forumbg"><ul class="topiclist topics">{rows}</ul></div>' if rows else none}
<div class="action-bar bar-bottom">{bar}</div>
<ul class="dropdown-contents"><li><a href="./viewforum.php?f=1" class="jumpbox-cat-link">Somewhere</a></li></ul>
</div>"""
    canonical = f"{base}/viewforum.php?f={forum}" + (f"&start={start}" if start else "")
    return page("viewforum", name, body, canonical=canonical, guest=guest)


def _row(topic: TopicRow, forum: int, users: dict[str, int]) -> str:
    first, last = topic.shown[0], topic.shown[-1]
    locked = "_locked" if topic.locked else ""
    kind = {"sticky": "sticky_read", "announce": "announce_read", "global": "global_read", "moved": "topic_moved"}
    starter = (
        f'<a href="./memberlist.php?mode=viewprofile&amp;u={users.get(first.author, 1)}">{escape(first.author)}</a>'
    )
    home = f' in <a href="./viewforum.php?f={topic.forum}">Elsewhere</a>' if topic.forum != forum else ""
    return f"""
<li class="row bg1">
<dl class="row-item {kind.get(topic.kind, "topic_read")}{locked}">
<dt title="No unread posts"><div class="list-inner">
<a href="./viewtopic.php?t={topic.id}" class="topictitle">{escape(topic.title)}</a><br />
<div class="topic-poster responsive-hide left-box">by {starter} &raquo; {moment(first.at)}{home}</div>
</div></dt>
<dd class="posts">{len(topic.shown) - 1} <dfn>Replies</dfn></dd>
<dd class="views">{last.id * 7} <dfn>Views</dfn></dd>
<dd class="lastpost"><span><dfn>Last post </dfn>by {escape(last.author)}
<a href="./viewtopic.php?p={last.id}#p{last.id}" title="Go to last post"></a><br />{moment(last.at)}</span></dd>
</dl></li>"""


def index_page(forums: dict[int, str], guest: bool) -> str:
    """The page of all forums, under one category."""
    rows = "".join(
        f'<li class="row"><dl class="row-item forum_read"><dt><div class="list-inner">'
        f'<a href="./viewforum.php?f={key}" class="forumtitle">{escape(name)}</a><br />What it is about</div></dt>'
        f'<dd class="topics">4</dd></dl></li>'
        for key, name in forums.items()
    )
    body = f"""<div id="page-body" class="page-body" role="main">
<p class="right responsive-center time">It is currently now</p>
<div class="forabg"><ul class="topiclist"><li class="header"><dl class="row-item"><dt><div class="list-inner">
<a href="./viewforum.php?f=1">Somewhere</a></div></dt></dl></li></ul>
<ul class="topiclist forums">{rows}</ul></div>
</div>"""
    return page("index", "Index page", body, guest=guest)


def message_page(words: str, refresh: str = "") -> str:
    """What the board says in place of a page."""
    body = f"""<div id="page-body" class="page-body" role="main">
<div class="panel" id="message"><div class="inner"><h2 class="message-title">Information</h2><p>{words}</p></div></div>
</div>"""
    return page("posting", "Information", body, refresh=refresh)


def hidden(fields: dict[str, str]) -> str:
    """What a form sends along."""
    return "\n".join(f'<input type="hidden" name="{name}" value="{escape(value)}" />' for name, value in fields.items())


def login_page(token: dict[str, str], error: str = "", captcha: bool = False) -> str:
    """The form that asks who one is."""
    code = '<input type="hidden" name="confirm_id" value="c1" /><input type="text" name="confirm_code" />'
    body = f"""<div id="page-body" class="page-body" role="main">
<form action="./ucp.php?mode=login" method="post" id="login" data-focus="username">
<h2 class="login-title">Login</h2><fieldset class="fields1">
{f'<div class="error">{error}</div>' if error else ""}
<input type="text" tabindex="1" name="username" id="username" size="25" value="" />
<input type="password" tabindex="2" id="password" name="password" size="25" />
{code if captcha else ""}
<input type="hidden" name="redirect" value="./ucp.php?mode=login" />
{hidden(token)}
<input type="submit" name="login" tabindex="6" value="Login" class="button1" />
</fieldset></form></div>"""
    return page("ucp", "Login", body)


def posting_page(
    action: str, topic: TopicRow | None, subject: str, text: str, fields: dict[str, str], error: str, review: str
) -> str:
    """The form in which a post is written."""
    head = (
        f'<h2 class="posting-title"><a href="./viewtopic.php?t={topic.id}">{escape(topic.title)}</a></h2>'
        if topic
        else ""
    )
    body = f"""<div id="page-body" class="page-body" role="main">
{head}
<form id="postform" method="post" action="./posting.php?{escape(action)}" enctype="multipart/form-data">
{review}
<div class="panel" id="postingbox"><h3>Post a reply</h3><fieldset class="fields1">
{f'<p class="error">{error}</p>' if error else ""}
<input type="radio" name="icon" id="icon" value="0" checked="checked" />
<input type="text" name="subject" id="subject" size="45" maxlength="124" value="{escape(subject)}" class="inputbox" />
<script>
var bbtags = new Array('[b]','[/b]','[i]','[/i]','[u]','[/u]','[quote]','[/quote]','[code]','[/code]');
</script>
<textarea name="message" id="message" rows="15" cols="76">{escape(text, quote=False)}</textarea>
</fieldset></div>
<input type="checkbox" name="attach_sig" id="attach_sig" checked="checked" />
{hidden(fields)}
<input type="submit" accesskey="s" tabindex="6" name="post" value="Submit" class="button1" />
</form></div>"""
    return page("posting", "Post a reply", body, guest=False)


def confirm_page(action: str, fields: dict[str, str]) -> str:
    """The form that asks whether one is sure."""
    body = f"""<div id="page-body" class="page-body" role="main">
<form id="confirm" action="./posting.php?{escape(action)}" method="post">
<h2 class="message-title">Delete post</h2><p>Are you sure you want to delete this post?</p>
<input type="text" name="delete_reason" id="delete_reason" value="" />
{hidden(fields)}
<input type="submit" name="confirm" value="Yes" class="button1" /><input type="submit" name="cancel" value="No" />
</form></div>"""
    return page("posting", "Confirm", body, guest=False)
