"""The tables of a library file, as a list of migrations.

A library's version is the number of migrations that it has seen (``PRAGMA user_version``). A new
version appends a migration; one that was released is never edited. Migrations run with foreign
keys off, so that tables can be made anew; they are checked afterwards.
"""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "MIGRATIONS"]

# "LkLk": tells a library from any other SQLite file (PRAGMA application_id).
APPLICATION_ID = 0x4C6B4C6B

_V1 = """
-- One row a setting. `uuid` names the library, `generation` grows with every change that a search
-- could notice, `epoch` with every change that is not an append to the codes.
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- The encoders that made this library's codes. `slot` is pdq or photo. One encoder a slot is
-- current and answers; another one is being prepared while a reindex runs. `source` is what the
-- user named: an encoder's name or the path of a file, where a reindex looks for a newer version.
-- `model` is the whole ONNX file, so that old codes can be asked after an upgrade of lookalike.
CREATE TABLE encoders (
    id INTEGER PRIMARY KEY,
    slot TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    bits INTEGER NOT NULL,
    embedding_size INTEGER NOT NULL,
    current INTEGER NOT NULL,
    card TEXT,
    model BLOB,
    UNIQUE (slot, fingerprint)
);

-- What a file holds: one row for each distinct sequence of bytes.
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    pixel_digest BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE INDEX contents_by_pixels ON contents (pixel_digest);
CREATE INDEX contents_by_bytes ON contents (bytes);

CREATE TABLE codes (
    encoder INTEGER NOT NULL REFERENCES encoders (id) ON DELETE CASCADE,
    content INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    code BLOB NOT NULL,
    embedding BLOB,
    quality INTEGER,
    PRIMARY KEY (encoder, content)
) WITHOUT ROWID;
CREATE INDEX codes_by_content ON codes (content);

-- Paths are bytes (os.fsencode): names need not be UTF-8.
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    exclude TEXT NOT NULL
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    content INTEGER NOT NULL REFERENCES contents (id),
    present INTEGER NOT NULL
);
CREATE INDEX files_by_content ON files (content, present);

-- Files without a code, and why. size and mtime_ns are those of the try.
CREATE TABLE ledger (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('skipped', 'failed')),
    reason TEXT NOT NULL
) WITHOUT ROWID;
"""

_V2 = """
-- The codes of a picture's parts (lookalike.images.parts), one after the other; NULL where
-- they were not made. The setting `regions` says whether they are wanted, 0 or 1.
ALTER TABLE codes ADD COLUMN regions BLOB;
INSERT INTO settings VALUES ('regions', '0');
"""

_V3 = """
-- A file may hold several pictures (pages, frames): a content is (bytes, member), and a picture is
-- a member of a file. The only or first picture of a file has the member '' and keeps the id that
-- its file had. `members` is how many pictures the bytes hold, NULL where nobody has looked.
CREATE TABLE new_contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL,
    member TEXT NOT NULL,
    pixel_digest BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    members INTEGER,
    UNIQUE (digest, member)
);
INSERT INTO new_contents SELECT id, digest, '', pixel_digest, width, height, format, bytes, NULL
    FROM contents;
CREATE TABLE new_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
);
INSERT INTO new_files SELECT id, path, size, mtime_ns FROM files;
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    member TEXT NOT NULL,
    position INTEGER NOT NULL,
    content INTEGER NOT NULL REFERENCES contents (id),
    present INTEGER NOT NULL,
    UNIQUE (file, member)
);
INSERT INTO pictures SELECT id, id, '', 0, content, present FROM files;
-- Ids that were given out once are never given out again.
DELETE FROM sqlite_sequence WHERE name IN ('new_contents', 'new_files', 'pictures');
INSERT INTO sqlite_sequence
    SELECT 'new_contents', seq FROM sqlite_sequence WHERE name = 'contents';
INSERT INTO sqlite_sequence SELECT 'new_files', seq FROM sqlite_sequence WHERE name = 'files';
INSERT INTO sqlite_sequence SELECT 'pictures', seq FROM sqlite_sequence WHERE name = 'files';
DROP TABLE files;
DROP TABLE contents;
ALTER TABLE new_contents RENAME TO contents;
ALTER TABLE new_files RENAME TO files;
CREATE INDEX contents_by_pixels ON contents (pixel_digest);
CREATE INDEX contents_by_bytes ON contents (bytes);
CREATE INDEX pictures_by_content ON pictures (content, present);
ALTER TABLE codes RENAME COLUMN regions TO parts;
UPDATE settings SET key = 'parts' WHERE key = 'regions';
-- How many pictures of a file get codes.
INSERT INTO settings VALUES ('members', '1');
"""

_V4 = """
-- What known files will hold when the run ends that found them so, and new ones that may be known
-- files under another name: they change places all at once. `members` is JSON, a list of (name,
-- content), empty where a file gives no picture any more. `silent`: size and time are as before.
CREATE TABLE waiting (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    members TEXT NOT NULL,
    silent INTEGER NOT NULL
) WITHOUT ROWID;
-- What became of known files in the last run that changed any, as many as are told.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL,
    path BLOB NOT NULL,
    source BLOB
);
-- Whether folders of programs are looked through; where file systems begin, and which (JSON); what
-- of it is offline: place, why, and the last file that was known before (JSON).
ALTER TABLE folders ADD COLUMN everything INTEGER NOT NULL DEFAULT 0;
ALTER TABLE folders ADD COLUMN mounts TEXT NOT NULL DEFAULT '[]';
ALTER TABLE folders ADD COLUMN offline TEXT NOT NULL DEFAULT '[]';
-- Whether it is for what is in the file, what else it depends on, and when it was tried.
ALTER TABLE ledger ADD COLUMN cause TEXT NOT NULL DEFAULT 'file';
ALTER TABLE ledger ADD COLUMN context TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN tried INTEGER NOT NULL DEFAULT 0;
-- Rows that are kept beside the file may end in contents that were forgotten: they are made anew.
UPDATE settings SET value = value + 1 WHERE key = 'epoch';
"""

_V5 = """
-- `pixel_digest` is of all that a file shows; NULL until that was looked at. Those of before were
-- of less. `loss` is what of the file is lost though its picture is shown; empty for nothing.
CREATE TABLE new_contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL,
    member TEXT NOT NULL,
    pixel_digest BLOB,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    members INTEGER,
    loss TEXT NOT NULL DEFAULT '',
    UNIQUE (digest, member)
);
INSERT INTO new_contents
    SELECT id, digest, member, NULL, width, height, format, bytes, members, '' FROM contents;
DELETE FROM sqlite_sequence WHERE name = 'new_contents';
INSERT INTO sqlite_sequence
    SELECT 'new_contents', seq FROM sqlite_sequence WHERE name = 'contents';
DROP TABLE contents;
ALTER TABLE new_contents RENAME TO contents;
CREATE INDEX contents_by_pixels ON contents (pixel_digest) WHERE pixel_digest IS NOT NULL;
CREATE INDEX contents_by_bytes ON contents (bytes);
CREATE INDEX contents_with_loss ON contents (id) WHERE loss <> '';
"""

_VIEWS = """
-- The codes of the pictures that a picture holds (lookalike.library.views), one after the other;
-- no bytes where it holds none, as most photographs, and NULL where nobody looked, as for all of
-- before. The index finds the few.
ALTER TABLE codes ADD COLUMN views BLOB;
CREATE INDEX codes_with_views ON codes (encoder, content) WHERE views > x'';
"""

_SHOTS = """
-- What a content's file says of how it was taken, where it says anything: `taken` by the clock of
-- the camera (ISO 8601), `utc_offset` of that clock in minutes. Contents of before have no row
-- until they are read again.
CREATE TABLE shots (
    content INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
    taken TEXT,
    utc_offset INTEGER,
    camera TEXT NOT NULL,
    lens TEXT NOT NULL,
    software TEXT NOT NULL,
    orientation INTEGER NOT NULL,
    latitude REAL,
    longitude REAL,
    altitude REAL
);
CREATE INDEX shots_by_time ON shots (taken) WHERE taken IS NOT NULL;
CREATE INDEX contents_by_format ON contents (format);
"""

_DUPLICATES = """
-- Pairs of contents that may be copies, `first` less than `second`: what proposed them and at which
-- distance; how closely they are to be looked at, and were (0: nobody looked); what was seen.
-- `found` is JSON. All of it can be made anew.
CREATE TABLE looks (
    first INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    second INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    distance INTEGER NOT NULL,
    wanted INTEGER NOT NULL,
    looked INTEGER NOT NULL,
    kind TEXT NOT NULL,
    agreement REAL NOT NULL,
    found TEXT NOT NULL,
    PRIMARY KEY (first, second)
) WITHOUT ROWID;
CREATE INDEX looks_by_second ON looks (second);
-- What a user decided, by content: the digest of a file's bytes, then the name of a member. They
-- stay when the contents go. `members` is JSON, a list of (content in hexadecimal, files).
CREATE TABLE rejected (
    id INTEGER PRIMARY KEY,
    first BLOB NOT NULL,
    second BLOB NOT NULL,
    made TEXT NOT NULL,
    UNIQUE (first, second)
);
CREATE TABLE settled (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    members TEXT NOT NULL,
    made TEXT NOT NULL
);
"""

MIGRATIONS: tuple[str, ...] = (_V1, _V2, _V3, _V4, _V5, _VIEWS, _SHOTS, _DUPLICATES)
