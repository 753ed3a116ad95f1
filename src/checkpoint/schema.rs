//! The tables, as an append-only list of migrations: entry `n` upgrades a file from format `n` to
//! `n + 1`. A released entry is never changed.

/// Marks a file as a checkpoint of this program (`PRAGMA application_id`): "zdmc" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x7a64_6d63;

/// The migrations, oldest first.
pub(super) const MIGRATIONS: &[&str] = &[FORMAT_1];

/// The format that this program writes.
pub(super) fn format() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Numbers instead of words for `state`, `how`, `kind` and `trust` keep a row near 100 bytes; the
/// views show the words. The index on `external_id` is built after the first scan, and the random
/// key has none, because either index would halve the speed of the scan.
const FORMAT_1: &str = "
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  id         BLOB NOT NULL,
  host       TEXT NOT NULL,
  machine_id TEXT,
  boot       TEXT,
  namespaces TEXT,
  process    INTEGER NOT NULL,
  started    TEXT,
  since      TEXT NOT NULL
) STRICT;

CREATE TABLE row (
  number          INTEGER PRIMARY KEY,
  line            INTEGER NOT NULL,
  byte_offset     INTEGER NOT NULL,
  cells           INTEGER NOT NULL,
  external_id     TEXT,
  fingerprint     BLOB,
  key             BLOB,
  state           INTEGER NOT NULL,
  keys            INTEGER NOT NULL,
  attempts        INTEGER NOT NULL,
  first_sent_at   INTEGER,
  last_sent_at    INTEGER,
  look_up_since   INTEGER,
  ticket_id       INTEGER,
  how             INTEGER,
  problem_code    TEXT,
  problem_message TEXT,
  since           INTEGER,
  no_requester    INTEGER,
  claim           INTEGER
) STRICT;

CREATE TABLE deleted_ticket (
  row       INTEGER NOT NULL REFERENCES row (number),
  ticket_id INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (row, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE flight (
  row            INTEGER PRIMARY KEY REFERENCES row (number),
  key            BLOB NOT NULL,
  body           BLOB NOT NULL,
  fingerprint    BLOB NOT NULL,
  method         TEXT NOT NULL,
  path           TEXT NOT NULL,
  host           TEXT NOT NULL,
  user_id        INTEGER NOT NULL,
  trust          INTEGER NOT NULL,
  unanswered     INTEGER NOT NULL,
  highest_ticket INTEGER,
  attempts       INTEGER NOT NULL,
  open           INTEGER NOT NULL,
  first_sent_at  INTEGER NOT NULL,
  last_sent_at   INTEGER NOT NULL,
  refusal_code    TEXT,
  refusal_message TEXT
) STRICT;

CREATE TABLE attempt (
  id          INTEGER PRIMARY KEY,
  row         INTEGER NOT NULL,
  kind        INTEGER NOT NULL,
  key         BLOB,
  sent_at     INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  status      INTEGER,
  key_lookup  INTEGER,
  request_id  TEXT,
  found       INTEGER
) STRICT;

CREATE TABLE run (
  id              INTEGER PRIMARY KEY,
  began_at        INTEGER NOT NULL,
  ended_at        INTEGER,
  version         TEXT NOT NULL,
  arguments       TEXT NOT NULL,
  allowed_rpm     INTEGER,
  stopped_because TEXT,
  message         TEXT,
  created         INTEGER NOT NULL DEFAULT 0,
  requests        INTEGER NOT NULL DEFAULT 0,
  throttled       INTEGER NOT NULL DEFAULT 0,
  retried         INTEGER NOT NULL DEFAULT 0,
  lookups         INTEGER NOT NULL DEFAULT 0,
  elapsed_ms      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE author (
  email           TEXT PRIMARY KEY,
  name            TEXT,
  user_id         INTEGER,
  problem_code    TEXT,
  problem_message TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE fix (
  row         INTEGER PRIMARY KEY REFERENCES row (number),
  file        TEXT NOT NULL,
  line        INTEGER NOT NULL,
  byte_offset INTEGER NOT NULL,
  recorded    INTEGER NOT NULL,
  named       INTEGER NOT NULL
) STRICT;

CREATE TABLE verified (
  row         INTEGER PRIMARY KEY REFERENCES row (number),
  at          INTEGER,
  outcome     INTEGER,
  differences TEXT,
  searched_at INTEGER
) STRICT;

CREATE TABLE second_ticket (
  row       INTEGER NOT NULL REFERENCES row (number),
  ticket_id INTEGER NOT NULL,
  PRIMARY KEY (row, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE VIEW rows AS
SELECT number, line, byte_offset, external_id,
       nullif(lower(hex(fingerprint)), '') AS fingerprint,
       CASE WHEN key IS NOT NULL THEN
         lower(substr(hex(key), 1, 8) || '-' || substr(hex(key), 9, 4) || '-' ||
               substr(hex(key), 13, 4) || '-' || substr(hex(key), 17, 4) || '-' ||
               substr(hex(key), 21)) END AS key,
       CASE state WHEN 0 THEN 'pending' WHEN 1 THEN 'sending' WHEN 2 THEN 'created'
                  WHEN 3 THEN 'rejected' WHEN 4 THEN 'invalid' WHEN 5 THEN 'unknown'
                  WHEN 6 THEN 'withdrawn' END AS state,
       keys, attempts,
       datetime(first_sent_at / 1000, 'unixepoch') AS first_sent_at,
       datetime(last_sent_at / 1000, 'unixepoch') AS last_sent_at,
       CASE look_up_since WHEN 0x7fffffffffffffff THEN 'next run'
         ELSE datetime(look_up_since / 1000, 'unixepoch') END AS look_up_since,
       ticket_id,
       CASE how WHEN 0 THEN 'miss' WHEN 1 THEN 'hit' WHEN 2 THEN 'unmarked'
                WHEN 3 THEN 'found' WHEN 4 THEN 'named' END AS how,
       problem_code, problem_message,
       CASE since WHEN 1 THEN 'changed' WHEN 2 THEN 'gone' END AS since,
       no_requester,
       claim
FROM row;

CREATE VIEW deleted_tickets AS
SELECT d.row, r.line, r.external_id, d.ticket_id, datetime(d.at / 1000, 'unixepoch') AS at
FROM deleted_ticket d JOIN row r ON r.number = d.row;

CREATE VIEW attempts AS
SELECT id, row,
       CASE kind WHEN 0 THEN 'create' WHEN 1 THEN 'list' WHEN 2 THEN 'search'
                 WHEN 3 THEN 'person' WHEN 4 THEN 'export' END AS kind,
       CASE WHEN key IS NOT NULL THEN
         lower(substr(hex(key), 1, 8) || '-' || substr(hex(key), 9, 4) || '-' ||
               substr(hex(key), 13, 4) || '-' || substr(hex(key), 17, 4) || '-' ||
               substr(hex(key), 21)) END AS key,
       datetime(sent_at / 1000, 'unixepoch') AS sent_at, duration_ms, status,
       CASE key_lookup WHEN 0 THEN 'miss' WHEN 1 THEN 'hit' END AS x_idempotency_lookup,
       request_id, found
FROM attempt;

CREATE VIEW verifications AS
SELECT v.row, r.line, r.external_id, r.ticket_id,
       datetime(v.at / 1000, 'unixepoch') AS at,
       CASE v.outcome WHEN 0 THEN 'agrees' WHEN 1 THEN 'is there' WHEN 2 THEN 'differs'
                      WHEN 3 THEN 'missing' END AS outcome,
       v.differences,
       datetime(v.searched_at / 1000, 'unixepoch') AS searched_at,
       (SELECT group_concat(s.ticket_id) FROM second_ticket s WHERE s.row = v.row) AS second_tickets
FROM verified v JOIN row r ON r.number = v.row;
";
