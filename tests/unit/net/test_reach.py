"""What is reached over real sockets: hostile names, hostile redirects, and who is told what."""

import socket

import pytest
from aiohttp import web

from bot.errors import NotAllowed, Unreachable
from bot.net import Answer, Credential

HOME = "127.0.0.1"
CLOUD = "169.254.169.254"
"""Where clouds tell a machine its secrets; nothing may ever connect to it."""


def port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


# ------------------------------------------------------------------------------------------ what is reached


async def test_a_page_is_read(serve, net) -> None:
    """The whole answer, under the address it came from, by a client that says who it is."""
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(text="hello", headers={"ETag": '"1"'})

    server = await serve(handler)
    answer = await net(contact="mailto:a@h.example").get(server + "/x", params={"q": "ä b"})
    assert answer == Answer(200, server + "/x?q=%C3%A4+b", answer.headers, b"hello")
    assert answer.headers["etag"] == '"1"'
    assert asked[0].query["q"] == "ä b"
    assert asked[0].headers["User-Agent"].startswith("Threadline/")
    assert asked[0].headers["User-Agent"].endswith(" (+mailto:a@h.example)")


async def test_this_machine_is_not_reached_unless_the_settings_say_so(serve, net, touched) -> None:
    """The address comes from a command or from a post; what listens here trusts whoever is here."""
    server = await serve()
    with pytest.raises(NotAllowed, match=rf'\[net\] allow = \["127\.0\.0\.1:{port(server)}"\]'):
        await net(allow=[]).get(server + "/")
    with pytest.raises(NotAllowed):
        await net(allow=[f"{HOME}:1"]).send("POST", server + "/")
    assert touched == []


@pytest.mark.parametrize("way", ["literal", "name", "redirect", "rebinding"])
async def test_no_private_address_is_reached_by_any_way(way, serve, net, names, blocked, touched) -> None:
    """All are judged at one place, when the connection is opened, so no way goes around it."""
    hits = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal hits
        hits += 1
        return web.Response(status=302, headers={"Location": request.query["to"]})

    server = await serve(handler)
    escaped = []
    for address in blocked:
        told = names(first_test=[[HOME]], second_test=[[address]], turn_test=[[HOME], [address]])
        client = net(allow=[f"first.test:{port(server)}", f"turn.test:{port(server)}"], resolver=told)
        literal = f"http://[{address.replace('%', '%25')}]/" if ":" in address else f"http://{address}/"
        host = "turn" if way == "rebinding" else "first"
        goal = {"name": "http://second.test/", "rebinding": "http://turn.test/"}.get(way, literal)
        try:
            if way in ("literal", "name"):
                await client.get(goal)
            else:
                await client.get(f"http://{host}.test:{port(server)}/", params={"to": goal})
            escaped.append(address)
        except NotAllowed:
            pass
    assert escaped == []
    assert hits == (len(blocked) if way in ("redirect", "rebinding") else 0)
    assert touched == [HOME] * hits


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "0x7f.1", "0177.0.0.1", "a" * 64 + ".test"])
async def test_no_spelling_of_this_machine_gets_through(host: str, net, touched) -> None:
    """System libraries read many spellings; some of these are refused as names, the rest by their address."""
    with pytest.raises((NotAllowed, Unreachable)):
        await net(allow=[]).get(f"http://{host}/")
    assert touched == []


async def test_of_a_mixed_host_only_the_public_addresses_are_tried(serve, net, names, touched) -> None:
    """Two addresses race for one name: the private one must not even be tried when it comes first."""
    server = await serve()
    told = names(mixed_test=[[CLOUD, "fd00::1", HOME]])
    answer = await net(allow=[f"{HOME}/32"], resolver=told).get(f"http://mixed.test:{port(server)}/")
    assert answer.body == b"hello"
    assert touched == [HOME]


async def test_a_mixed_host_whose_public_address_is_down_is_unreachable(net, names, touched) -> None:
    """Its owner can do nothing about our settings; it is down."""
    with socket.socket() as deaf:
        deaf.bind((HOME, 0))
        client = net(allow=[f"{HOME}/32"], resolver=names(mixed_test=[[CLOUD, HOME]]))
        with pytest.raises(Unreachable, match="refused"):
            await client.get(f"http://mixed.test:{deaf.getsockname()[1]}/")
    assert touched.count(HOME) == len(touched)


async def test_no_proxy_of_the_environment_is_used(serve, net, monkeypatch) -> None:
    """A proxy would connect where the guard does not look."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    server = await serve()
    assert (await net().get(server + "/")).status == 200


async def test_no_cookie_is_kept(serve, net) -> None:
    """One community's session must not be sent with another's request."""
    sent = []

    async def handler(request: web.Request) -> web.Response:
        sent.append(request.headers.get("Cookie"))
        return web.Response(headers=[("Set-Cookie", "session=1; Path=/"), ("Set-Cookie", "b=2")])

    server, client = await serve(handler), net()
    for _ in range(2):
        answer = await client.get(server + "/")
    assert sent == [None, None]
    assert answer.every("Set-Cookie") == ["session=1; Path=/", "b=2"]


# ------------------------------------------------------------------------------------------------ redirects


async def test_five_redirects_are_followed_and_no_sixth(serve, net) -> None:
    """A loop costs five requests, not a night."""
    hits = []

    async def handler(request: web.Request) -> web.Response:
        hits.append(request.path)
        left = int(request.path.strip("/"))
        if not left:
            return web.Response(text="there")
        return web.Response(status=302, headers={"Location": f"/{left - 1}"}, text="moved")

    server, client = await serve(handler), net()
    answer = await client.get(server + "/5")
    assert (answer.body, answer.url) == (b"there", server + "/0")
    hits.clear()
    with pytest.raises(Unreachable, match="redirects"):
        await client.get(server + "/6")
    assert len(hits) == 6


@pytest.mark.parametrize("location", ["file:///etc/hosts", "ftp://h.example/", "http://u:p@127.0.0.1/", "http://[::1"])
async def test_a_redirect_out_of_the_web_is_not_followed(location: str, serve, net) -> None:
    """A feed that says `Location: file:///etc/hosts` is an attack."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": location})

    server = await serve(handler)
    with pytest.raises(NotAllowed):
        await net().get(server + "/")


async def test_a_redirect_without_an_address_is_an_answer(serve, net) -> None:
    """There is nowhere to go; the caller sees the status."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, text="where")

    answer = await net().get(await serve(handler) + "/")
    assert (answer.status, answer.body) == (302, b"where")


async def test_a_credential_stays_with_its_origin(serve, net) -> None:
    """A redirect must not carry a reader's login elsewhere, nor back again to where a stranger chooses."""
    seen: list[tuple[int | None, dict[str, str]]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.url.port, dict(request.headers)))
        hops = {"/1": "/2", "/2": there + "/3", "/3": here + "/4"}
        if request.path in hops:
            return web.Response(status=307, headers={"Location": hops[request.path]})
        return web.Response(text="there")

    here, there = await serve(handler), await serve(handler)
    answer = await net().get(
        here + "/1",
        headers={"Api-Username": "ann", "Accept": "application/json"},
        credential=Credential("Api-Key", "s3cr3t"),
        etag='"7"',
    )
    assert answer.body == b"there"
    assert [port for port, _ in seen] == [port(here), port(here), port(there), port(here)]
    assert [headers.get("Api-Key") for _, headers in seen] == ["s3cr3t", "s3cr3t", None, None]
    assert [headers.get("Api-Username") for _, headers in seen] == ["ann", "ann", None, None]
    assert {headers["Accept"] for _, headers in seen} == {"application/json"}
    assert {headers["If-None-Match"] for _, headers in seen} == {'"7"'}


def test_a_credential_does_not_show_itself() -> None:
    """It stands in the local variables of every traceback."""
    assert "s3cr3t" not in repr(Credential("Authorization", "Bearer s3cr3t"))


async def test_an_unchanged_page_is_an_answer(serve, net) -> None:
    """Most polls find nothing new, and that is news too."""
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.headers)
        return web.Response(status=304)

    when = "Sun, 06 Nov 1994 08:49:37 GMT"
    answer = await net(max_bytes=1).get(await serve(handler) + "/", etag='W/"1"', last_modified=when)
    assert (answer.status, answer.body) == (304, b"")
    assert (asked[0]["If-None-Match"], asked[0]["If-Modified-Since"]) == ('W/"1"', when)
