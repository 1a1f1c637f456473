import { TidemarkError } from '../errors.js'
import { targetRules } from '../net/check-target.js'
import { isLoopbackHost } from '../net/loopback.js'
import { rollupName } from '../series/rollup.js'
import { WINDOW_MS } from '../time.js'
import { checkNotify } from './check-notify.js'
import { parseDuration } from './duration.js'
import type { Config } from './schema.js'

/** Rules between settings that a schema cannot say. @throws TM_CONFIG */
export function checkConfig(config: Config): void {
  const blockMs = parseDuration(config.blocks.length)
  require(blockMs > 0 &&
    blockMs % WINDOW_MS === 0 &&
    3_600_000 % blockMs ===
      0, 'blocks.length', `${config.blocks.length} does not fit the time grid`, 'use a multiple of 10s that divides 1h, such as 10m')
  const archiveMs = parseDuration(config.archive.flush_every)
  const retentionMs = parseDuration(config.log.points_retention)
  require(archiveMs * 4 <=
    retentionMs, 'log.points_retention', 'the log would drop points before the archive has them', 'keep the log at least four times as long as archive.flush_every')
  const hotMs = parseDuration(config.retention.hot)
  require(hotMs >=
    3 * blockMs, 'retention.hot', 'the hot store must hold what is not sealed yet', 'keep at least three blocks')
  for (const [key, text] of periods(config)) {
    require(parseDuration(text) > 0, key, 'it is 0', 'write a duration above 0, such as 10s')
  }
  checkKafka(config.kafka)
  checkTemporal(config.temporal)
  checkListening(config)
  checkNotify(config.alerting)
  checkEscalation(config.escalation)
  targetRules('webhook', config.outbound.allow)
  const metrics = new Set<string>()
  for (const { metric } of config.cardinality) {
    require(!metrics.has(metric), 'cardinality', `${metric} has two policies`, 'keep one of the two')
    metrics.add(metric)
  }
  const names = new Set<string>()
  for (const { match, by } of config.rollups) {
    const name = rollupName(match, by)
    require(!names.has(name), 'rollups', `${name} is made twice`, 'remove one of the two rules')
    names.add(name)
  }
}

function checkKafka({ tls, ca, cert, key, sasl, username }: Config['kafka']): void {
  const certificates = ca !== '' || cert !== '' || key !== ''
  require(tls || !certificates, 'kafka.tls', 'certificates are named, but it is off', 'set it to true, or remove them')
  require((cert === '') ===
    (key === ''), 'kafka.key', 'certificate and private key belong together', 'name both or none')
  require(sasl === 'none' || username !== '', 'kafka.username', `it is empty, and sasl is ${sasl}`, 'name the user')
}

function checkTemporal({ address, tls, ca, cert, key, api_key }: Config['temporal']): void {
  const named = Object.entries({ tls: tls ? 'true' : '', ca, cert, key, api_key }).find(([, value]) => value !== '')
  const isOurs = address === ''
  const reason = `it is empty, though temporal.${named?.[0]} is set`
  require(!isOurs ||
    named === undefined, 'temporal.address', reason, 'name the server that is meant, or unset the other')
  const missing = cert === '' ? 'temporal.cert' : 'temporal.key'
  const isPair = (cert === '') === (key === '')
  require(isPair, missing, 'it is empty, though its counterpart is set', 'name both PEM files, or neither')
}

/** The first step is taken when an incident is opened, whether Temporal runs or not. */
function checkEscalation({ recipients: _, ...policies }: Config['escalation']): void {
  for (const [severity, { steps }] of Object.entries(policies)) {
    const times = steps.map(({ after }) => parseDuration(after))
    const key = `escalation.${severity}.steps`
    const isNow = times.length === 0 || times[0] === 0
    require(isNow, key, `the first one comes after ${steps[0]?.after}`, 'let the first step come after 0s')
    const isInOrder = times.every((ms, i) => i === 0 || ms > times[i - 1])
    require(isInOrder, key, 'they are not in the order of their times', 'let each come later than the one before')
  }
}

function checkListening({ http, statsd }: Config): void {
  const isGuarded = !statsd.enabled || statsd.allow_unauthenticated || isLoopbackHost(statsd.host)
  const risk = `StatsD knows no tokens, so anyone who reaches ${statsd.host} could write`
  const ways = 'listen on 127.0.0.1, turn statsd.enabled off, or set this key to true if only agents reach that address'
  require(isGuarded, 'statsd.allow_unauthenticated', risk, ways)
  const hasCertificate = http.tls_cert !== ''
  const missing = hasCertificate ? 'http.tls_key' : 'http.tls_cert'
  const isPair = hasCertificate === (http.tls_key !== '')
  require(isPair, missing, 'it is empty, though its counterpart is set', 'name both PEM files, or neither')
  const isWhole = hasCertificate || http.tls_client_ca === ''
  require(isWhole, 'http.tls_cert', 'it is empty, though http.tls_client_ca is set', 'name certificate and key too')
}

/** Settings that say how often something is done. */
function periods({
  collector,
  speed,
  archive,
  batch,
  self,
  alerting,
  heartbeat,
}: Config): [key: string, text: string][] {
  return [
    ['collector.interval', collector.interval],
    ['speed.provisional_every', speed.provisional_every],
    ['archive.flush_every', archive.flush_every],
    ['batch.seal_every', batch.seal_every],
    ['self.interval', self.interval],
    ['alerting.evaluation_interval', alerting.evaluation_interval],
    ['heartbeat.interval', heartbeat.interval],
  ]
}

function require(holds: boolean, key: string, reason: string, fix: string): void {
  if (!holds) throw new TidemarkError('TM_CONFIG', { key, reason, fix })
}
