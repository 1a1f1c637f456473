CREATE SEQUENCE seasonal_patterns_seq;

-- How series repeat, as training found it, for the detectors of the speed layer.
CREATE TABLE seasonal_patterns (
  series_id bigint NOT NULL,
  -- Windows from this start on are judged by it.
  from_ms bigint NOT NULL,
  -- Follows the order of commits.
  seq bigint NOT NULL,
  -- Of the batch view that it was trained on; up to the other one it is known that a training would find the same.
  epoch bigint NOT NULL,
  checked_epoch bigint NOT NULL,
  range_start bigint NOT NULL,
  range_end bigint NOT NULL,
  readings integer NOT NULL,
  -- Digest of the readings.
  digest text NOT NULL,
  patterns jsonb NOT NULL,
  trained_ms bigint NOT NULL,
  PRIMARY KEY (series_id, from_ms)
);
CREATE INDEX seasonal_patterns_seq_index ON seasonal_patterns (seq);
