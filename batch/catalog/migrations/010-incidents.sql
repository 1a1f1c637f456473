-- Incidents: groups of alerts that fired together, and what became of them.
CREATE TABLE alert_incidents (
  incident_id text PRIMARY KEY,
  rule_id text NOT NULL,
  rule text NOT NULL,
  group_key text NOT NULL,
  group_labels jsonb NOT NULL,
  receiver text NOT NULL,
  title text NOT NULL,
  status text NOT NULL CHECK (status IN ('firing', 'acknowledged', 'resolved')),
  severity text NOT NULL CHECK (severity IN ('P1', 'P2', 'P3', 'P4')),
  query text,
  threshold text,
  value double precision,
  hosts jsonb NOT NULL,
  annotations jsonb NOT NULL,
  channels jsonb NOT NULL,
  told_channels jsonb NOT NULL,
  changes jsonb NOT NULL,
  started_at timestamptz NOT NULL,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz,
  resolved_by text,
  assignee text,
  snoozed_until timestamptz,
  told_ms bigint NOT NULL,
  flushed_ms bigint NOT NULL,
  revision integer NOT NULL,
  episode integer NOT NULL,
  steps integer NOT NULL,
  escalated_from_ms bigint NOT NULL,
  reminders integer NOT NULL,
  -- When its workflow means to act next; one that has not by then is started again.
  next_step_ms bigint
);
CREATE INDEX alert_incidents_of_rule ON alert_incidents (rule_id);
CREATE INDEX alert_incidents_by_start ON alert_incidents (started_at DESC, incident_id DESC);
CREATE INDEX alert_incidents_of_group ON alert_incidents (group_key, started_at DESC);
CREATE UNIQUE INDEX alert_incidents_one_open ON alert_incidents (group_key) WHERE status <> 'resolved';
CREATE INDEX alert_incidents_to_escalate ON alert_incidents (next_step_ms) WHERE status <> 'resolved';

CREATE TABLE incident_alerts (
  incident_id text NOT NULL REFERENCES alert_incidents ON DELETE CASCADE,
  fingerprint text NOT NULL,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  status text NOT NULL,
  starts_ms bigint NOT NULL,
  ends_ms bigint,
  value double precision,
  generator_url text,
  PRIMARY KEY (incident_id, fingerprint)
);

-- What happened, in order. Lines are written once and never changed.
CREATE TABLE incident_timeline (
  id bigserial PRIMARY KEY,
  incident_id text NOT NULL REFERENCES alert_incidents ON DELETE CASCADE,
  key text NOT NULL UNIQUE,
  at_ms bigint NOT NULL,
  kind text NOT NULL,
  by_whom text,
  text text NOT NULL
);
CREATE INDEX incident_timeline_of_incident ON incident_timeline (incident_id, id);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER incident_timeline_append_only BEFORE UPDATE ON incident_timeline
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the workflow of an incident is to be told: at least once, in order.
CREATE TABLE incident_signals (
  id text PRIMARY KEY,
  seq bigserial NOT NULL,
  incident_id text NOT NULL REFERENCES alert_incidents ON DELETE CASCADE,
  kind text NOT NULL,
  signal jsonb NOT NULL,
  at_ms bigint NOT NULL,
  delivered_ms bigint
);
CREATE INDEX incident_signals_to_deliver ON incident_signals (seq) WHERE delivered_ms IS NULL;
CREATE INDEX incident_signals_of_incident ON incident_signals (incident_id);

-- Messages on their way to channels.
CREATE TABLE outbox (
  key text PRIMARY KEY,
  seq bigserial NOT NULL,
  incident_id text NOT NULL REFERENCES alert_incidents ON DELETE CASCADE,
  channel text NOT NULL,
  action text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'delivered', 'dead')),
  -- Dropped once it is delivered.
  message jsonb,
  queued_ms bigint NOT NULL,
  due_ms bigint NOT NULL,
  attempts integer NOT NULL,
  taken_until_ms bigint NOT NULL,
  reason text,
  reference text,
  done_ms bigint
);
CREATE INDEX outbox_queued ON outbox (due_ms, seq) WHERE state = 'queued';
CREATE INDEX outbox_in_order ON outbox (incident_id, channel, seq);
CREATE INDEX outbox_dead ON outbox (done_ms DESC) WHERE state = 'dead';
