CREATE TABLE speed_progress (
  partition integer NOT NULL,
  log_offset bigint NOT NULL,
  through_ms bigint NOT NULL,
  PRIMARY KEY (partition, log_offset)
);

-- Windows that end at or before this hold every point that came on time, as who reads the partition says: shown in the
-- live view, and closed and in the hot store.
CREATE TABLE speed_complete (
  partition integer PRIMARY KEY,
  through_ms bigint NOT NULL,
  closed_ms bigint NOT NULL
);
