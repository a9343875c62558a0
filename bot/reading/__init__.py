"""Pure: what is new to a person, and how a discussion is shown in rows."""
