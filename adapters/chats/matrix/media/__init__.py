"""Images and recordings of posts, and pictures of their authors: brought to the homeserver, shown in rooms."""
