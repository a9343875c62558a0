"""Images and files that stand in posts: found in a text, fetched through the guarded client, kept in a bounded cache.

`found`, `drawn` and `lasting` are pure: what a text holds, how pages of ours show it, and what of an address lasts.
`kinds` tells what a file is by its first bytes. `port` is what chats are given, `cache` keeps files, `library` fetches
them, `renewal` finds the address that a forum gives now for one that has expired.
"""
