"""The reader in the browser: boards, threads and search for who signed in; marks, and replies to the forum."""
