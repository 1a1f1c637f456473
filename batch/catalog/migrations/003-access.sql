-- Who may ask. A token is tm_<id>_<secret>; the secret is 256 random bits, of which only the SHA-256 is kept. A slow
-- password hash would add nothing: nobody can try 2^256 secrets, and every request would pay for it.
CREATE TABLE auth_tokens (
  id text PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL,
  secret_sha256 bytea NOT NULL,
  requests_per_second integer, -- NULL: the limit of the config
  points_per_second integer,
  created_ms bigint NOT NULL,
  expires_ms bigint,
  last_used_ms bigint, -- at most a minute old
  revoked_ms bigint
);
CREATE UNIQUE INDEX auth_tokens_name ON auth_tokens (name) WHERE revoked_ms IS NULL;

-- What operators did. A row is written before its action begins, and completed when the action has ended.
CREATE TABLE audit_log (
  id bigserial PRIMARY KEY,
  at_ms bigint NOT NULL,
  token_id text, -- NULL: without a token, on the machine itself
  name text NOT NULL,
  role text NOT NULL,
  address text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  outcome text NOT NULL,
  details jsonb NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at_ms, id);
