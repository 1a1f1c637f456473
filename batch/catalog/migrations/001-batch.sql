-- The batch layer's catalog. Times are milliseconds since the epoch.

-- One row. Publishing locks it, registering raw files shares it: so both agree on what is sealed.
CREATE TABLE batch_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  origin_ms bigint NOT NULL,
  block_ms bigint NOT NULL,
  frontier_ms bigint NOT NULL,
  epoch bigint NOT NULL,
  late_points bigint NOT NULL DEFAULT 0
);

-- Every epoch: which block became which generation, and where the tide line stood.
CREATE TABLE publications (
  epoch bigint PRIMARY KEY,
  block_start bigint,
  generation integer,
  frontier_ms bigint NOT NULL,
  published_ms bigint NOT NULL
);
CREATE INDEX publications_block ON publications (block_start, epoch);

-- Blocks that have or had raw points. generation 0: not sealed yet. Dirty: sealed and raw_version > computed_version.
CREATE TABLE blocks (
  start_ms bigint PRIMARY KEY,
  generation integer NOT NULL,
  raw_version bigint NOT NULL,
  computed_version bigint NOT NULL DEFAULT 0,
  dirty_first_ms bigint,
  dirty_last_ms bigint,
  recomputing_ms bigint
);
CREATE INDEX blocks_dirty ON blocks (start_ms) WHERE raw_version > computed_version;

CREATE TABLE raw_files (
  id bigserial PRIMARY KEY,
  key text NOT NULL UNIQUE,
  block_start bigint NOT NULL,
  partition integer, -- NULL: compacted over all partitions
  points bigint NOT NULL,
  bytes bigint NOT NULL,
  retired_ms bigint
);
CREATE INDEX raw_files_block ON raw_files (block_start);

-- Current at an epoch: epoch_from <= epoch, and epoch_to NULL or beyond it.
CREATE TABLE tier_files (
  id bigserial PRIMARY KEY,
  key text NOT NULL UNIQUE,
  tier text NOT NULL,
  span_start bigint NOT NULL,
  span_end bigint NOT NULL,
  windows bigint NOT NULL,
  bytes bigint NOT NULL,
  epoch_from bigint NOT NULL,
  epoch_to bigint,
  retired_ms bigint
);
CREATE INDEX tier_files_span ON tier_files (tier, span_start);

CREATE TABLE archive_progress (
  partition integer PRIMARY KEY,
  next_offset bigint NOT NULL,
  received_ms double precision NOT NULL,
  points bigint NOT NULL DEFAULT 0
);

-- seq grows with every change, in order of commits: readers fetch what is newer than the last they saw.
CREATE SEQUENCE series_seq;
CREATE TABLE series (
  id bigint PRIMARY KEY,
  seq bigint NOT NULL UNIQUE,
  canonical bytea NOT NULL,
  first_ms double precision NOT NULL,
  last_ms double precision NOT NULL
);

CREATE TABLE late_points (
  partition integer NOT NULL,
  log_offset bigint NOT NULL,
  block_start bigint NOT NULL,
  points bigint NOT NULL,
  packed bytea NOT NULL, -- 16 bytes each: id low, id high, window in the block, points
  PRIMARY KEY (partition, log_offset, block_start)
);
CREATE INDEX late_points_block ON late_points (block_start);

CREATE TABLE audits (
  block_start bigint PRIMARY KEY,
  generation integer NOT NULL,
  audited_ms bigint NOT NULL,
  windows bigint NOT NULL,
  explained bigint NOT NULL,
  unexplained bigint NOT NULL,
  sample jsonb NOT NULL
);
