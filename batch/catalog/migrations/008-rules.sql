-- Alerting rules that users manage.
CREATE TABLE alert_rules (
  rule_id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  name text NOT NULL,
  metric_query text NOT NULL,
  condition jsonb NOT NULL,
  severity text NOT NULL DEFAULT 'P3' CHECK (severity IN ('P1', 'P2', 'P3', 'P4')),
  notification_channels jsonb NOT NULL DEFAULT '[]',
  labels jsonb NOT NULL DEFAULT '{}',
  annotations jsonb NOT NULL DEFAULT '{}',
  judging_interval text,
  rule_group text,
  enabled boolean NOT NULL DEFAULT true,
  -- What metric_query and condition were compiled to; null: they are compiled when the rule is judged.
  promql text,
  version integer NOT NULL DEFAULT 1,
  created_ms bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint,
  updated_ms bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint
);

-- Counts every change of the rules, so that those who judge them see at a glance whether there was one.
CREATE TABLE alert_rules_revision (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  revision bigint NOT NULL
);
INSERT INTO alert_rules_revision (revision) VALUES (0);

CREATE FUNCTION count_alert_rules_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE alert_rules_revision SET revision = revision + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER alert_rules_changed AFTER INSERT OR UPDATE OR DELETE ON alert_rules
  FOR EACH STATEMENT EXECUTE FUNCTION count_alert_rules_revision();

-- What a changed condition was compiled to before says nothing of it any more.
CREATE FUNCTION forget_alert_rule_promql() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.metric_query, NEW.condition) IS DISTINCT FROM (OLD.metric_query, OLD.condition) AND NEW.promql = OLD.promql THEN
    NEW.promql := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER alert_rule_condition_changed BEFORE UPDATE ON alert_rules
  FOR EACH ROW EXECUTE FUNCTION forget_alert_rule_promql();

-- The rule that an alert is of, where it is one of alert_rules.
ALTER TABLE alerts ADD COLUMN rule_id text, ADD COLUMN severity text, ADD COLUMN channels jsonb;

-- What a recompute showed of alerts over the stretch that it corrected.
CREATE TABLE alert_verdicts (
  rule_id text NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
  -- State of the batch view that showed it.
  epoch bigint NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('would have fired', 'fired falsely', 'fired otherwise')),
  labels jsonb NOT NULL,
  -- As it was judged before, and as it is now; null where it did not fire.
  before jsonb,
  after jsonb,
  found_ms bigint NOT NULL
);
CREATE INDEX alert_verdicts_of_rule ON alert_verdicts (rule_id, found_ms);

-- Up to which epoch corrected stretches were judged again.
CREATE TABLE alert_rejudged (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch bigint NOT NULL
);

-- Service level objectives. Their burn-rate alerts are rules like any other, in the group `slo:<slo_id>`.
CREATE TABLE slos (
  slo_id text PRIMARY KEY,
  definition jsonb NOT NULL
);
