-- What each running process says of itself; one that has not been seen for a while is gone.
CREATE TABLE instances (
  id text PRIMARY KEY,
  roles text[] NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  url text NOT NULL,
  version text NOT NULL,
  started_ms bigint NOT NULL,
  seen_ms bigint NOT NULL,
  status jsonb NOT NULL
);

-- What senders said of their metrics, the newest of each.
CREATE TABLE metric_metadata (
  metric text PRIMARY KEY,
  type text NOT NULL,
  help text NOT NULL,
  unit text NOT NULL,
  said_ms bigint NOT NULL
);
CREATE INDEX metric_metadata_said ON metric_metadata (said_ms);
