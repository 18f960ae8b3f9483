-- Schema 1. Never edited after its release: a change is a new file.

CREATE TABLE journal (
    -- Every registered statement. Only added to: the triggers below guard it, the Merkle tree proves it.
    leaf_index INTEGER NOT NULL PRIMARY KEY,     -- position in the log, dense from 0
    id BLOB NOT NULL UNIQUE,                     -- SHA-256 of the Sig_structure
    key BLOB NOT NULL,                           -- thumbprint of the signing key
    seq INTEGER NOT NULL,                        -- place in that key's series
    kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    registered_at_ms INTEGER NOT NULL,           -- by the operator's clock
    branch INTEGER NOT NULL,                     -- 1: a second statement at a taken place of the series
    urgent INTEGER NOT NULL,                     -- 1: travels first (revocations, withdrawals, erasures)
    flags TEXT NOT NULL,                         -- codes as they were answered, joined by spaces
    statement BLOB NOT NULL                      -- the signed bytes: the leaf
) STRICT;

-- One main line in each series; branches stand beside it.
CREATE UNIQUE INDEX journal_series ON journal (key, seq) WHERE branch = 0;
CREATE INDEX journal_subject ON journal (subject, kind);
CREATE INDEX journal_urgent ON journal (leaf_index) WHERE urgent = 1;
-- What came before its visit did: few, and looked for whenever a page of a pull brings visits.
CREATE INDEX journal_early ON journal (subject) WHERE kind <> 'visit-registered' AND instr(flags, 'unknown-subject') > 0;

CREATE TRIGGER journal_is_never_changed BEFORE UPDATE OF
    leaf_index, id, key, seq, kind, subject, registered_at_ms, branch, urgent, statement ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is never deleted from'); END;

CREATE TABLE contents (
    -- What the statements say, apart from them so that it can lawfully be erased.
    leaf_index INTEGER NOT NULL PRIMARY KEY REFERENCES journal (leaf_index),
    content BLOB NOT NULL                        -- its SHA-256 is the payload of the statement
) STRICT;

CREATE TRIGGER contents_are_never_changed BEFORE UPDATE ON contents
BEGIN SELECT RAISE(ABORT, 'a content is erased or stays as it is'); END;

CREATE TABLE lost_contents (
    -- Contents that no device handed back after a restore, though nobody erased them; they are taken from whoever brings
    -- them later.
    leaf_index INTEGER NOT NULL PRIMARY KEY REFERENCES journal (leaf_index),
    back_at_size INTEGER                         -- leaves in the log when it came back; absent: it is lost
) STRICT;

CREATE INDEX lost_contents_back ON lost_contents (back_at_size);

CREATE TRIGGER flags_are_judged_once BEFORE UPDATE OF flags ON journal
-- What came before its visit is judged once more with it, and keeps the flag that tells so.
WHEN NOT (OLD.kind LIKE 'visit-%' AND OLD.kind <> 'visit-registered'
        AND instr(OLD.flags, 'unknown-subject') > 0 AND instr(NEW.flags, 'unknown-subject') > 0)
    AND NOT EXISTS (SELECT 1 FROM lost_contents JOIN journal AS filled USING (leaf_index)
    WHERE back_at_size IS NOT NULL AND filled.subject = OLD.subject)
BEGIN SELECT RAISE(ABORT, 'flags change only when a lost content or the visit came later'); END;

CREATE TABLE nodes (
    -- Complete nodes of the Merkle tree (RFC 9162); level 0 holds leaf hashes.
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER nodes_are_never_changed BEFORE UPDATE ON nodes
BEGIN SELECT RAISE(ABORT, 'a node is never changed'); END;
CREATE TRIGGER nodes_are_never_deleted BEFORE DELETE ON nodes
BEGIN SELECT RAISE(ABORT, 'nodes are never deleted'); END;

CREATE TABLE heads (
    -- Signed tree heads, one for each transaction that registered something.
    tree_size INTEGER NOT NULL PRIMARY KEY,
    root BLOB NOT NULL,
    signed_at_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL                          -- COSE_Sign1 with the detached root
) STRICT;

CREATE TRIGGER heads_are_never_changed BEFORE UPDATE ON heads
BEGIN SELECT RAISE(ABORT, 'a head is never changed'); END;
CREATE TRIGGER heads_are_never_deleted BEFORE DELETE ON heads
BEGIN SELECT RAISE(ABORT, 'heads are never deleted'); END;

CREATE TABLE refusals (
    -- Bytes that could not be attributed, under the claim of an authenticated device.
    key BLOB NOT NULL,
    id BLOB NOT NULL,                            -- claimed
    seq INTEGER NOT NULL,                        -- claimed
    took_place INTEGER NOT NULL,                 -- 1: the series goes on after it
    reason TEXT NOT NULL,
    refused_at_ms INTEGER NOT NULL,
    sha256 BLOB NOT NULL,                        -- of what came
    statement BLOB NOT NULL,                     -- what came, empty when it was too large
    PRIMARY KEY (key, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX refusals_series ON refusals (key, seq) WHERE took_place = 1;

CREATE TABLE activations (
    -- Activation codes, without their secrets.
    lookup TEXT NOT NULL PRIMARY KEY,
    person BLOB NOT NULL,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,                          -- Argon2id of the secret
    issued_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    errors INTEGER NOT NULL,                     -- wrong secrets so far
    used_by BLOB,                                -- the device-enrolled that used it; absent: unused
    host BLOB                                    -- whose device it makes a guest on; absent: on an own device
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    -- Published texts by the SHA-256 of their exact bytes.
    sha256 BLOB NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE nonces (
    -- Nonces of signed requests (RFC 9421) until they expire.
    key BLOB NOT NULL,
    nonce TEXT NOT NULL,
    expires_s INTEGER NOT NULL,
    PRIMARY KEY (key, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonces_expiry ON nonces (expires_s);

-- From here on projections: dropped and made again from the journal and the contents.

CREATE TABLE facts (
    -- Which statement is in force. What it says is read from the content.
    class TEXT NOT NULL,
    subject BLOB NOT NULL,
    slot BLOB NOT NULL,                          -- the object as far as it tells slots apart, otherwise empty
    qualifier TEXT NOT NULL,
    object BLOB,                                 -- absent: the class has none
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,                               -- exclusive; absent: open
    leaf_index INTEGER NOT NULL,
    PRIMARY KEY (class, subject, slot, qualifier)
) STRICT, WITHOUT ROWID;

CREATE INDEX facts_object ON facts (class, object);
CREATE INDEX facts_qualifier ON facts (class, qualifier);

CREATE TABLE keys (
    -- Keys that are or were bound to a person.
    key BLOB NOT NULL PRIMARY KEY,
    cose_key BLOB NOT NULL,
    person BLOB NOT NULL,
    device BLOB NOT NULL,
    bound_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER,                       -- absent: not revoked
    compromised_since_ms INTEGER,                -- absent: not suspected
    host BLOB                                    -- whose device the key lies on; absent: the person's own
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_person ON keys (person);

CREATE TABLE visits (
    -- Whom a statement about a visit concerns.
    visit BLOB NOT NULL PRIMARY KEY,
    child BLOB NOT NULL,
    specialist BLOB NOT NULL,
    organisation BLOB NOT NULL,
    place BLOB,                                  -- absent: none was agreed
    capture BLOB,                                -- absent: no reading began with it
    outcome TEXT,                                -- absent, as all about where and when: erased
    started_at_ms INTEGER,
    finished_at_ms INTEGER,                      -- absent: not known yet
    cancelled INTEGER,                           -- 1: taken back
    basis BLOB NOT NULL,                         -- id of the latest version; of an erased visit its registration
    leaf_index INTEGER NOT NULL,
    CHECK ((outcome IS NULL) = (started_at_ms IS NULL) AND (outcome IS NULL) = (cancelled IS NULL)),
    CHECK (outcome IS NOT NULL OR (place IS NULL AND capture IS NULL AND finished_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX visits_child ON visits (child, specialist);
CREATE INDEX visits_organisation ON visits (organisation, specialist);
CREATE INDEX visits_leaf ON visits (leaf_index);
CREATE INDEX visits_specialist ON visits (specialist, started_at_ms);

CREATE TABLE readings (
    -- Where specialists were. A row goes with its content when that is erased.
    leaf_index INTEGER NOT NULL PRIMARY KEY,
    person BLOB NOT NULL,
    capture BLOB NOT NULL,
    lat_e7 INTEGER NOT NULL,
    lon_e7 INTEGER NOT NULL,
    accuracy_dm INTEGER,                         -- absent: unknown
    at_ms INTEGER NOT NULL,
    fixed_at_ms INTEGER,                         -- absent: the provider does not tell
    source TEXT NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    epoch BLOB NOT NULL,
    elapsed_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX readings_person ON readings (person, at_ms);
CREATE INDEX readings_position ON readings (person, lat_e7, lon_e7);

CREATE TABLE traces (
    -- Clocks of the statements about visits, and which of them are answers that count.
    leaf_index INTEGER NOT NULL PRIMARY KEY,
    key BLOB NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    epoch BLOB NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    person BLOB,                                 -- who answered; absent: no answer
    visit BLOB                                   -- to which visit
) STRICT;

CREATE INDEX traces_key ON traces (key, leaf_index);
CREATE INDEX traces_epoch ON traces (epoch, key);
CREATE INDEX traces_answers ON traces (person, issued_at_ms) WHERE person IS NOT NULL;

CREATE TABLE scopes (
    -- Names of audiences, so that a row of the next table stays small.
    scope INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audiences (
    -- Whom a statement reaches.
    scope INTEGER NOT NULL,
    leaf_index INTEGER NOT NULL,
    sight INTEGER NOT NULL,                      -- 0: envelope, 1: whole
    PRIMARY KEY (scope, leaf_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX audiences_leaf ON audiences (leaf_index);
