-- Statements of others that came from their device and not from the operator. Each goes when the operator delivers it.
CREATE TABLE carried_statement (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    key BLOB NOT NULL CHECK (length(key) = 32),
    kind TEXT NOT NULL,
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    seq INTEGER NOT NULL, -- place in its signer's series
    issued_at_s INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    content BLOB NOT NULL,
    -- waiting: to be handed to the operator; early: statements before it are missing there; done: nothing to hand over
    state TEXT NOT NULL CHECK (state IN ('waiting', 'early', 'done'))
) STRICT, WITHOUT ROWID;
CREATE INDEX carried_statement_subject ON carried_statement (subject);
CREATE INDEX carried_statement_key ON carried_statement (key);
