CREATE TABLE speed_progress (
  partition integer NOT NULL,
  log_offset bigint NOT NULL,
  through_ms bigint NOT NULL,
  PRIMARY KEY (partition, log_offset)
);
