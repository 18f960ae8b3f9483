-- Ids are 16 random bytes, statements and keys 32; names end in their unit; every time is UTC.

-- ---------------------------------------------------------------- whose file it is

CREATE TABLE device (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    id BLOB NOT NULL CHECK (length(id) = 16),
    secret BLOB NOT NULL CHECK (length(secret) = 32), -- signing key; it never leaves this file
    operator_statement BLOB NOT NULL,
    operator_content BLOB NOT NULL,
    address TEXT NOT NULL,
    person BLOB, -- absent until the operator has bound the key
    bound_at_ms INTEGER,
    host BLOB -- whose device it is, as the binding says; absent: the person's own
) STRICT;

-- Small values that are nobody's statement.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- own journal: append only

CREATE TABLE own_statement (
    seq INTEGER PRIMARY KEY CHECK (seq >= 0), -- dense from 0
    id BLOB NOT NULL CHECK (length(id) = 32),
    kind TEXT NOT NULL,
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    issued_at_s INTEGER NOT NULL,
    request TEXT, -- of a screen, which it answers
    bytes BLOB NOT NULL, -- the signed statement
    content BLOB -- absent: lawfully erased; beside its statement, so that a tap writes one page for both
) STRICT;

CREATE TRIGGER own_statement_is_never_changed
BEFORE UPDATE OF seq, id, kind, subject, issued_at_s, request, bytes ON own_statement
BEGIN SELECT RAISE(ABORT, 'own statements are never changed'); END;
CREATE TRIGGER own_statement_is_never_deleted BEFORE DELETE ON own_statement
BEGIN SELECT RAISE(ABORT, 'own statements are never deleted'); END;
CREATE TRIGGER own_statement_is_dense BEFORE INSERT ON own_statement
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM own_statement)
BEGIN SELECT RAISE(ABORT, 'the series has no gaps and no forks'); END;

CREATE TRIGGER own_content_is_never_changed BEFORE UPDATE OF content ON own_statement WHEN NEW.content IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'contents are never changed'); END;
CREATE TRIGGER own_content_is_kept_until_registered BEFORE UPDATE OF content ON own_statement
WHEN NEW.content IS NULL AND NOT EXISTS (SELECT 1 FROM receipt WHERE seq = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'nothing unsent is ever deleted'); END;

-- What waits. A row goes only when the receipt is there. A list of three in a check would make a tree for every row.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY REFERENCES own_statement (seq),
    state TEXT NOT NULL CHECK (state = 'saved' OR state = 'sent' OR state = 'refused'),
    refusal TEXT,
    CHECK ((state = 'refused') = (refusal IS NOT NULL))
) STRICT;
CREATE TRIGGER outbox_closes_on_a_receipt BEFORE DELETE ON outbox
WHEN NOT EXISTS (SELECT 1 FROM receipt WHERE seq = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'only a receipt closes the outbox'); END;

-- Signed heads with the range proof of contiguous own leaves: receipts are derived from them (RFC 9942).
CREATE TABLE registration (
    id INTEGER PRIMARY KEY,
    first_leaf INTEGER NOT NULL,
    runs TEXT NOT NULL, -- JSON: [[first seq, count], ...] of the leaves in their order
    tree_size INTEGER NOT NULL,
    root BLOB NOT NULL CHECK (length(root) = 32),
    head BLOB NOT NULL,
    proof BLOB NOT NULL, -- hashes of 32 bytes, left to right
    signed_at_s INTEGER NOT NULL
) STRICT;
CREATE TRIGGER registration_is_never_changed BEFORE UPDATE ON registration
BEGIN SELECT RAISE(ABORT, 'registrations are never changed'); END;
CREATE TRIGGER registration_is_never_deleted BEFORE DELETE ON registration
BEGIN SELECT RAISE(ABORT, 'registrations are never deleted'); END;

CREATE TABLE receipt (
    seq INTEGER PRIMARY KEY REFERENCES own_statement (seq),
    leaf_index INTEGER NOT NULL,
    registration INTEGER NOT NULL REFERENCES registration (id),
    flags TEXT NOT NULL -- codes with commas: what a person should look at
) STRICT;
CREATE INDEX receipt_leaf ON receipt (leaf_index);
CREATE TRIGGER receipt_is_never_changed BEFORE UPDATE OF seq, leaf_index, registration ON receipt
BEGIN SELECT RAISE(ABORT, 'receipts are never changed'); END;
CREATE TRIGGER receipt_is_never_deleted BEFORE DELETE ON receipt
BEGIN SELECT RAISE(ABORT, 'receipts are never deleted'); END;

-- How own statements are found again. An append waits for each page that it writes, and these trees have random places,
-- so their rows are made after it (docs/adr/0004).
CREATE TABLE own_id (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE own_subject (
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    seq INTEGER NOT NULL,
    PRIMARY KEY (subject, seq)
) STRICT, WITHOUT ROWID;
-- Only of the kinds that are looked for.
CREATE TABLE own_kind (
    kind TEXT NOT NULL CHECK (kind IN ('record-changed', 'visit-reviewed')),
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
-- Requests of the screens that were answered: two taps are one visit.
CREATE TABLE own_request (
    request TEXT PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    statements_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Readings of the location whose outcome is not written yet: each follows from an own statement.
CREATE TABLE pending_capture (
    capture BLOB PRIMARY KEY CHECK (length(capture) = 16),
    moment TEXT NOT NULL,
    visits BLOB NOT NULL, -- ids of 16 bytes, one after the other
    began_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- others' statements: kept while a scope holds them

CREATE TABLE foreign_statement (
    leaf_index INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    key BLOB NOT NULL CHECK (length(key) = 32),
    kind TEXT NOT NULL,
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    issued_at_s INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    flags TEXT NOT NULL,
    believed INTEGER NOT NULL CHECK (believed IN (0, 1)), -- 0: the key has not come yet, so nothing shows it
    content BLOB -- absent: withheld or erased; beside its statement, so that a page of a pull fills one tree for both
) STRICT;
CREATE INDEX foreign_statement_subject ON foreign_statement (subject);
CREATE INDEX foreign_statement_key ON foreign_statement (key);
CREATE INDEX foreign_statement_record ON foreign_statement (subject, key) WHERE kind = 'record-changed' AND believed = 1;
CREATE INDEX foreign_statement_held ON foreign_statement (key) WHERE believed = 0;
CREATE TRIGGER foreign_statement_is_never_changed
BEFORE UPDATE OF leaf_index, id, key, kind, subject, issued_at_s ON foreign_statement
BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
-- But for the 64 bytes at their end: a copy may come with a spoiled signature, and the right one later.
CREATE TRIGGER foreign_bytes_are_never_changed BEFORE UPDATE OF bytes ON foreign_statement
WHEN length(OLD.bytes) <> length(NEW.bytes)
  OR substr(OLD.bytes, 1, length(OLD.bytes) - 64) <> substr(NEW.bytes, 1, length(NEW.bytes) - 64)
BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;

CREATE TRIGGER foreign_content_is_never_changed BEFORE UPDATE OF content ON foreign_statement
WHEN OLD.content IS NOT NULL AND NEW.content IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'contents are never changed'); END;

CREATE TABLE scope (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    filling INTEGER NOT NULL CHECK (filling IN (0, 1)) -- gained, not yet caught up with the cursor
) STRICT;

CREATE TABLE statement_scope (
    scope INTEGER NOT NULL REFERENCES scope (id),
    leaf_index INTEGER NOT NULL REFERENCES foreign_statement (leaf_index) ON DELETE CASCADE,
    PRIMARY KEY (leaf_index, scope) -- in the order of the log, as statements come; a lost scope looks through all
) STRICT, WITHOUT ROWID;

-- Contents that were erased: they never come back, whoever sends them.
CREATE TABLE erased (
    statement BLOB PRIMARY KEY CHECK (length(statement) = 32)
) STRICT, WITHOUT ROWID;

-- Erasures beside a recovery key that was renewed without both old shares: judged by the own clock as well.
CREATE TABLE waiting_erasure (
    leaf_index INTEGER PRIMARY KEY REFERENCES foreign_statement (leaf_index) ON DELETE CASCADE
) STRICT;

-- Leaves that did not verify: left out, counted, asked about.
CREATE TABLE rejected (
    leaf_index INTEGER PRIMARY KEY,
    reason TEXT NOT NULL
) STRICT;

-- Heads that verified: what the operator's clock said when the log was how large.
CREATE TABLE seen_head (
    tree_size INTEGER PRIMARY KEY,
    signed_at_s INTEGER NOT NULL
) STRICT;

-- Where pulling stands, and the last head of the log that verified.
CREATE TABLE log_position (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    scopes_version BLOB,
    cursor INTEGER NOT NULL, -- leaves below it were delivered
    backfill_cursor INTEGER, -- the same for the scopes that are filling
    urgent_cursor INTEGER NOT NULL,
    tree_size INTEGER NOT NULL, -- 0: none seen
    root BLOB,
    head BLOB -- the signed head itself
) STRICT;
INSERT INTO log_position (only_one, cursor, urgent_cursor, tree_size) VALUES (1, 0, 0, 0);

-- Answers that failed a check: what was verified before, and what came. While one is not settled, nothing is sent,
-- fetched or believed, until a person acts.
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    finding TEXT NOT NULL CHECK (finding IN ('split-view', 'other-leaf', 'unproven')),
    operator BLOB NOT NULL CHECK (length(operator) = 32), -- thumbprint of the key
    known_tree_size INTEGER NOT NULL, -- 0: none
    known_root BLOB,
    known_head BLOB, -- signed by that key, as is shown_head
    shown_tree_size INTEGER, -- absent: no head that this key signed
    shown_root BLOB,
    shown_head BLOB,
    detail BLOB NOT NULL, -- CBOR: the part of the answer that failed
    found_at_ms INTEGER, -- absent until the clock was asked
    settled_at_ms INTEGER -- when both heads were proven to be one history after all
) STRICT;
CREATE TRIGGER evidence_is_never_changed
BEFORE UPDATE OF id, finding, operator, known_tree_size, known_root, known_head, shown_tree_size, shown_root, shown_head, detail
ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;
CREATE TRIGGER evidence_is_never_deleted BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never deleted'); END;

-- ---------------------------------------------------------------- what is shown: made from statements, disposable

CREATE TABLE key (
    id BLOB PRIMARY KEY,
    device BLOB NOT NULL,
    cose_key BLOB NOT NULL,
    person BLOB NOT NULL,
    bound_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER,
    compromised_since_ms INTEGER,
    host BLOB -- whose device it lies on; absent: the person's own
) STRICT, WITHOUT ROWID;
CREATE INDEX key_device ON key (device);
CREATE INDEX key_person ON key (person);

CREATE TABLE person (
    id BLOB PRIMARY KEY,
    surname TEXT,
    given TEXT,
    patronymic TEXT,
    phone TEXT,
    email TEXT,
    iin TEXT,
    search TEXT NOT NULL, -- the name folded for searching
    sort_key BLOB NOT NULL -- the name in the order of the Kazakh alphabet
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    person BLOB NOT NULL,
    organisation BLOB NOT NULL,
    role TEXT NOT NULL,
    engagement TEXT NOT NULL,
    position_kk TEXT NOT NULL,
    position_ru TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    PRIMARY KEY (person, organisation, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE child (
    id BLOB PRIMARY KEY,
    surname TEXT,
    given TEXT,
    patronymic TEXT,
    birth_date TEXT,
    iin TEXT,
    place BLOB,
    search TEXT NOT NULL,
    sort_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX child_place ON child (place);

CREATE TABLE served (
    child BLOB NOT NULL,
    organisation BLOB NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    PRIMARY KEY (child, organisation)
) STRICT, WITHOUT ROWID;

CREATE TABLE care_team (
    child BLOB NOT NULL,
    person BLOB NOT NULL,
    organisation BLOB NOT NULL,
    function TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    PRIMARY KEY (child, person, organisation)
) STRICT, WITHOUT ROWID;
CREATE INDEX care_team_person ON care_team (person);

CREATE TABLE representation (
    child BLOB NOT NULL,
    representative BLOB NOT NULL,
    basis TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    PRIMARY KEY (child, representative)
) STRICT, WITHOUT ROWID;
CREATE INDEX representation_representative ON representation (representative);

CREATE TABLE place (
    id BLOB PRIMARY KEY,
    label TEXT,
    region TEXT,
    lat_e7 INTEGER,
    lon_e7 INTEGER,
    radius_m INTEGER,
    adopted_from BLOB,
    search TEXT NOT NULL,
    sort_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organisation (
    id BLOB PRIMARY KEY,
    name_kk TEXT NOT NULL,
    name_ru TEXT NOT NULL,
    bin TEXT NOT NULL,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agreement (
    id BLOB PRIMARY KEY,
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    effective_from_ms INTEGER NOT NULL,
    optional_confirmations BLOB NOT NULL, -- one number a byte
    geolocation_confirmation INTEGER,
    texts TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE visit (
    id BLOB PRIMARY KEY,
    registered BLOB NOT NULL,
    basis BLOB NOT NULL,
    child BLOB NOT NULL,
    specialist BLOB NOT NULL,
    organisation BLOB NOT NULL,
    place BLOB,
    service TEXT NOT NULL,
    service_sort_key BLOB NOT NULL,
    outcome TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER,
    offset_min INTEGER NOT NULL,
    issued_at_s INTEGER NOT NULL,
    late TEXT,
    cancelled TEXT,
    capture BLOB,
    warned TEXT,
    location TEXT, -- JSON: the position or the reason
    distance_m INTEGER,
    presence TEXT,
    review TEXT NOT NULL,
    review_reason TEXT,
    confirmation TEXT NOT NULL,
    note TEXT,
    flags TEXT NOT NULL
) STRICT;
CREATE INDEX visit_started ON visit (started_at_ms);
-- Tells without the visits themselves when a specialist was last at a child, and which of a child's visits were at a place.
CREATE INDEX visit_child ON visit (child, started_at_ms, specialist, cancelled, place);
CREATE INDEX visit_specialist ON visit (specialist, started_at_ms);
CREATE INDEX visit_service ON visit (service);
CREATE INDEX visit_returned ON visit (started_at_ms) WHERE review = 'returned';
CREATE INDEX visit_disputed ON visit (started_at_ms) WHERE confirmation = 'disputed';

-- How many visits there are with the same people, place and service: a search counts these rows, which are few, instead
-- of the visits.
CREATE TABLE visit_count (
    specialist BLOB NOT NULL,
    organisation BLOB NOT NULL,
    child BLOB NOT NULL,
    place BLOB NOT NULL, -- empty: none
    service TEXT NOT NULL,
    visits_count INTEGER NOT NULL CHECK (visits_count >= 0),
    PRIMARY KEY (specialist, organisation, child, place, service)
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_count_place ON visit_count (place);
-- What comes is counted where it is written, once for all that come together. Two steps below instead of an upsert: that
-- could fail half-way by itself, so SQLite would copy every page of each statement on visits before it changes it.
CREATE TRIGGER visit_is_counted_no_more AFTER DELETE ON visit
BEGIN
    UPDATE visit_count SET visits_count = visits_count - 1
     WHERE specialist = OLD.specialist AND organisation = OLD.organisation AND child = OLD.child
           AND place = coalesce(OLD.place, x'') AND service = OLD.service;
    DELETE FROM visit_count
     WHERE specialist = OLD.specialist AND organisation = OLD.organisation AND child = OLD.child
           AND place = coalesce(OLD.place, x'') AND service = OLD.service AND visits_count = 0;
END;
CREATE TRIGGER visit_is_counted_elsewhere AFTER UPDATE OF specialist, organisation, child, place, service ON visit
WHEN NEW.specialist <> OLD.specialist OR NEW.organisation <> OLD.organisation OR NEW.child <> OLD.child
     OR NEW.place IS NOT OLD.place OR NEW.service <> OLD.service
BEGIN
    UPDATE visit_count SET visits_count = visits_count - 1
     WHERE specialist = OLD.specialist AND organisation = OLD.organisation AND child = OLD.child
           AND place = coalesce(OLD.place, x'') AND service = OLD.service;
    DELETE FROM visit_count
     WHERE specialist = OLD.specialist AND organisation = OLD.organisation AND child = OLD.child
           AND place = coalesce(OLD.place, x'') AND service = OLD.service AND visits_count = 0;
    INSERT INTO visit_count (specialist, organisation, child, place, service, visits_count)
    VALUES (NEW.specialist, NEW.organisation, NEW.child, coalesce(NEW.place, x''), NEW.service, 0)
        ON CONFLICT DO NOTHING;
    UPDATE visit_count SET visits_count = visits_count + 1
     WHERE specialist = NEW.specialist AND organisation = NEW.organisation AND child = NEW.child
           AND place = coalesce(NEW.place, x'') AND service = NEW.service;
END;

CREATE TABLE visit_answer (
    visit BLOB NOT NULL,
    representative BLOB NOT NULL,
    confirmed INTEGER NOT NULL,
    reason TEXT,
    answered_at_ms INTEGER NOT NULL,
    basis BLOB NOT NULL,
    statement BLOB NOT NULL,
    by_guest INTEGER NOT NULL CHECK (by_guest IN (0, 1)), -- 1: given on a specialist's device
    PRIMARY KEY (visit, representative)
) STRICT, WITHOUT ROWID;

-- Own readings of the location.
CREATE TABLE reading (
    visit BLOB NOT NULL,
    capture BLOB NOT NULL,
    moment TEXT NOT NULL,
    began_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER NOT NULL,
    ended_by TEXT NOT NULL,
    outcome TEXT NOT NULL, -- JSON
    PRIMARY KEY (visit, capture)
) STRICT, WITHOUT ROWID;
CREATE INDEX reading_capture ON reading (capture);

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

-- Own statements that were sealed for somebody to carry. A row says nothing of their arrival: only receipts do.
CREATE TABLE sealed_parcel (
    sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    sealed_at_ms INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq),
    length_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Parcels that others gave to carry: sealed to the operator, so nothing of them is known but this.
CREATE TABLE carried_parcel (
    sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    sealed_at_s INTEGER NOT NULL, -- by its author's clock
    taken_in_at_ms INTEGER NOT NULL,
    length_bytes INTEGER NOT NULL,
    bytes BLOB, -- absent once the operator's answer is final
    -- waiting: not delivered; early: an earlier parcel is missing there, delivered again; aside: that one did not come for
    -- so long that only a person has it delivered once more; taken and refused are final
    state TEXT NOT NULL CHECK (state IN ('waiting', 'early', 'aside', 'taken', 'refused')),
    early_count INTEGER NOT NULL, -- answers that an earlier parcel is missing
    first_early_at_ms INTEGER, -- the first of them
    refusal TEXT,
    answered_at_ms INTEGER,
    CHECK ((bytes IS NULL) = (state IN ('taken', 'refused'))),
    CHECK ((refusal IS NOT NULL) = (state = 'refused')),
    CHECK ((answered_at_ms IS NULL) = (state = 'waiting')),
    CHECK ((first_early_at_ms IS NULL) = (early_count = 0))
) STRICT;
