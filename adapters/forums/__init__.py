"""Forum adapters: each turns one kind of site into boards, threads and posts."""
