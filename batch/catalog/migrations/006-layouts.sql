-- How gateways spread points over the log's partitions, by the time of the points.
CREATE TABLE layouts (
  from_ms bigint PRIMARY KEY,
  partitions integer NOT NULL,
  splits jsonb NOT NULL
);
