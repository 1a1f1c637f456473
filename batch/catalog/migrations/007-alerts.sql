-- What came of the groups of rules, as the process that judged them last says.
CREATE TABLE rule_groups (
  id text PRIMARY KEY,
  position integer NOT NULL,
  judged_ms bigint NOT NULL,
  status jsonb NOT NULL
);

-- Alerts that are not inactive.
CREATE TABLE alerts (
  fingerprint text PRIMARY KEY,
  rule_group text NOT NULL REFERENCES rule_groups ON DELETE CASCADE,
  rule integer NOT NULL,
  state text NOT NULL,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  value double precision NOT NULL,
  active_ms bigint NOT NULL,
  fired_ms bigint,
  seen_ms bigint NOT NULL
);
CREATE INDEX alerts_of_group ON alerts (rule_group);
