"""The forums and chats Threadline speaks, one package for each."""
