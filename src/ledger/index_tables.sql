-- The tables of the search index; src/index/schema.rs says what each row is and tells.

CREATE TABLE compartment (
    id         INTEGER PRIMARY KEY,
    unit       BLOB    NOT NULL CHECK (length(unit) = 16),
    section    INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    UNIQUE (unit, section)
) STRICT;

CREATE TABLE segment (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    compartment INTEGER NOT NULL REFERENCES compartment (id),
    generation  INTEGER NOT NULL,
    kind        INTEGER NOT NULL CHECK (kind IN (0, 1)),        -- log, packed
    level       INTEGER NOT NULL,
    state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4), -- building, open, sealed, live, dead
    expires     INTEGER NOT NULL,                               -- of a build: when anyone may throw it away, Unix ms
    salt        BLOB    NOT NULL UNIQUE CHECK (length(salt) = 32),
    meta        BLOB    NOT NULL
) STRICT;
CREATE INDEX segment_compartment ON segment (compartment, state);

-- Rows of one log stand together, in the order in which they were added.
CREATE TABLE index_log (
    k INTEGER PRIMARY KEY, -- segment << 32 | place in the log
    b BLOB    NOT NULL
) STRICT;

CREATE TABLE index_small (
    segment INTEGER NOT NULL,
    a       BLOB    NOT NULL,
    b       BLOB    NOT NULL,
    PRIMARY KEY (segment, a)
) STRICT, WITHOUT ROWID;

-- Large blocks fill a page each; as WITHOUT ROWID rows they would overflow it.
CREATE TABLE index_large (
    k       INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    b       BLOB    NOT NULL
) STRICT;
CREATE INDEX index_large_segment ON index_large (segment);

CREATE TABLE index_lease (
    compartment INTEGER PRIMARY KEY REFERENCES compartment (id),
    owner       BLOB    NOT NULL,
    expires     INTEGER NOT NULL
) STRICT;

CREATE TABLE indexed (
    compartment INTEGER NOT NULL REFERENCES compartment (id),
    chart       BLOB    NOT NULL CHECK (length(chart) = 16),
    up_to       INTEGER NOT NULL,
    mac         BLOB    NOT NULL,
    PRIMARY KEY (compartment, chart)
) STRICT, WITHOUT ROWID;
