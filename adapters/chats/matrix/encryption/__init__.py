"""Encrypted rooms: which they are, what is said in them, and the keys of our device."""
