-- Alerts that others told and the dispatcher did not take yet, in the order in which they came.
CREATE TABLE alert_inbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert jsonb NOT NULL
);

-- Alerts as the dispatcher knows them; own ones were judged here.
CREATE TABLE held_alerts (
  fingerprint text PRIMARY KEY,
  is_own boolean NOT NULL,
  alert jsonb NOT NULL
);

CREATE TABLE silences (
  id text PRIMARY KEY,
  matchers jsonb NOT NULL,
  starts_ms bigint NOT NULL,
  ends_ms bigint NOT NULL,
  created_by text NOT NULL,
  comment text NOT NULL,
  updated_ms bigint NOT NULL
);
CREATE INDEX silences_by_end ON silences (ends_ms);

CREATE TABLE maintenance_windows (
  name text PRIMARY KEY,
  matchers jsonb NOT NULL,
  intervals jsonb NOT NULL,
  created_by text NOT NULL,
  comment text NOT NULL,
  updated_ms bigint NOT NULL
);

-- What was told of each group, to whom, last. The id is made of group, receiver and target.
CREATE TABLE notification_log (
  id text PRIMARY KEY,
  entry jsonb NOT NULL,
  expires_ms bigint NOT NULL
);

-- The one process that dispatches, and until when it surely does.
CREATE TABLE dispatch_lease (
  id integer PRIMARY KEY CHECK (id = 1),
  holder text NOT NULL,
  until timestamptz NOT NULL
);
