-- oldest program: 19
-- Rules of the house: how much one person may answer, what a name alone may not, and what was done in people's names.

-- Who said it is known by a name alone that anybody may take, and holds no account on a forum.
ALTER TABLE reply ADD COLUMN bare {int} NOT NULL DEFAULT 0 CHECK (bare IN (0, 1));
-- How much somebody said lately.
CREATE INDEX reply_by ON reply (identity_chat, identity_user, said_at);

-- In whose name it was done, as their chat knows them; empty: somebody did it who arranges a community's channels.
-- A name that was forgotten keeps its chat.
ALTER TABLE audit ADD COLUMN chat TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_in_name ON audit (chat, user_id, id) WHERE chat <> '';
CREATE INDEX audit_decided ON audit (community, id) WHERE chat = '';
