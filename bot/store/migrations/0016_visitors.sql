-- oldest program: 16
-- Who signs in to our pages is somebody in the chat there, too: an identity that stands for the login that signed in.

-- The login that it stands for, which is one of the same person; empty: it is a login itself.
ALTER TABLE identity ADD COLUMN of_chat TEXT NOT NULL DEFAULT '';
ALTER TABLE identity ADD COLUMN of_user TEXT NOT NULL DEFAULT '' CHECK ((of_chat = '') = (of_user = ''));
CREATE INDEX identity_of ON identity (of_chat, of_user) WHERE of_chat <> '';
