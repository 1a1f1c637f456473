import { setTimeout as sleep } from 'node:timers/promises'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { PipelineStatus } from '../../schemas/ports/status.js'
import type { SentRequest } from './client.js'
import type { RawArchive } from './raw-archive.js'

const WINDOW_MS = 10_000
/** Everything is sealed and clean within this, or something is stuck, ms. */
const SETTLE_MS = 240_000

/** What was compared, and what was wrong. */
export interface Verdict {
  points: number
  windows: number
  faults: string[]
}

/**
 * Waits until every block up to a time is sealed, clean and audited.
 * @param blocks how many have points
 * @throws if that takes too long
 */
export async function settled(url: string, throughMs: number, blocks: number): Promise<PipelineStatus> {
  const deadline = performance.now() + SETTLE_MS
  let last = 'it never answered'
  while (performance.now() < deadline) {
    const status = await pipelineStatus(url)
    if (status) {
      const { frontierMs, dirty, recomputing, audited } = status.blocks
      if (frontierMs >= throughMs && dirty === 0 && recomputing === 0 && audited >= blocks) return status
      last = `tide line ${new Date(frontierMs).toISOString()}, ${dirty} dirty, ${recomputing} recomputing, ${audited} of ${blocks} audited`
    }
    await sleep(1000)
  }
  throw new Error(`the blocks up to ${new Date(throughMs).toISOString()} did not settle: ${last}`)
}

async function pipelineStatus(url: string): Promise<PipelineStatus | undefined> {
  try {
    const response = await fetch(`${url}/api/v1/status/pipeline`, { signal: AbortSignal.timeout(10_000) })
    return response.ok ? ((await response.json()) as { data: PipelineStatus }).data : undefined
  } catch {
    return undefined
  }
}

/**
 * Compares what was sent with what is kept, in plain SQL on plain tables: no line of the product computes what is
 * expected.
 */
export async function verify(sent: readonly SentRequest[], archive: RawArchive, url: string): Promise<Verdict> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await loadSent(connection, sent)
    const paths = await archive.download()
    const files = paths.map((path) => `'${path}'`).join(', ')
    await connection.run(`
      CREATE TABLE kept AS
      SELECT metric, labels['host'] AS host, epoch_ms(ts) AS time_ms, value, count(*) AS copies
      FROM read_parquet([${files}]) WHERE metric IN ('chaos_reading', 'chaos_hits_total') GROUP BY ALL`)
    const faults = [...(await archiveFaults(connection)), ...(await windowFaults(connection, url))]
    return {
      points: await one(connection, 'SELECT count(*) FROM kept'),
      windows: await one(connection, 'SELECT count(*) FROM wanted'),
      faults,
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function loadSent(connection: DuckDBConnection, sent: readonly SentRequest[]): Promise<void> {
  await connection.run(
    'CREATE TABLE sent (metric VARCHAR, host VARCHAR, time_ms BIGINT, value DOUBLE, acknowledged BOOLEAN, deliveries INTEGER)',
  )
  const appender = await connection.createAppender('sent')
  for (const { points, acknowledgedMs, deliveries } of sent) {
    for (const { metric, host, timeMs, value } of points) {
      appender.appendVarchar(metric)
      appender.appendVarchar(host)
      appender.appendBigInt(BigInt(timeMs))
      appender.appendDouble(value)
      appender.appendBoolean(acknowledgedMs !== undefined)
      appender.appendInteger(deliveries)
      appender.endRow()
    }
  }
  appender.closeSync()
}

/** Every acknowledged point is kept once for each time it was delivered; nothing is kept that was not sent. */
async function archiveFaults(connection: DuckDBConnection): Promise<string[]> {
  const rows = await connection.runAndReadAll(`
    SELECT CASE WHEN k.copies IS NULL THEN 'lost' WHEN s.deliveries IS NULL THEN 'never sent' ELSE 'kept too often' END AS what,
           count(*), min(coalesce(s.metric, k.metric) || ' ' || coalesce(s.host, k.host) || ' ' || coalesce(s.time_ms, k.time_ms))
    FROM sent s FULL JOIN kept k ON s.metric = k.metric AND s.host = k.host AND s.time_ms = k.time_ms AND s.value = k.value
    WHERE (s.acknowledged AND k.copies IS NULL) OR s.deliveries IS NULL OR k.copies > s.deliveries
    GROUP BY what`)
  return rows.getRows().map(([what, count, example]) => `${count} points ${what}, such as ${example}`)
}

/** Every window equals what SQL makes of the points that are kept. */
async function windowFaults(connection: DuckDBConnection, url: string): Promise<string[]> {
  await connection.run(`
    CREATE TABLE wanted AS
    SELECT metric, host, (time_ms + ${WINDOW_MS - 1}) // ${WINDOW_MS} * ${WINDOW_MS} AS end_ms,
           count(*) AS n, sum(value) AS total, min(value) AS least, max(value) AS most, arg_max(value, time_ms) AS newest
    FROM kept GROUP BY ALL`)
  await connection.run('CREATE TABLE found (part VARCHAR, metric VARCHAR, host VARCHAR, end_ms BIGINT, value DOUBLE)')
  const [bounds] = (await connection.runAndReadAll('SELECT min(end_ms), max(end_ms) FROM wanted')).getRows()
  if (bounds[0] === null) return ['nothing is kept']
  const range = { startMs: Number(bounds[0]), endMs: Number(bounds[1]) }
  for (const metric of ['chaos_reading', 'chaos_hits_total'])
    for (const part of ['count', 'sum', 'min', 'max', 'last']) await loadAnswer(connection, url, metric, part, range)
  const rows = await connection.runAndReadAll(`
    WITH wide AS (UNPIVOT (SELECT metric, host, end_ms, n::DOUBLE AS count, total AS sum, least AS min, most AS max, newest AS last FROM wanted)
                  ON count, sum, min, max, last INTO NAME part VALUE value)
    SELECT coalesce(w.metric, f.metric) || ':' || coalesce(w.part, f.part), count(*),
           min(coalesce(w.host, f.host) || ' at ' || coalesce(w.end_ms, f.end_ms) || ': wanted ' || coalesce(w.value::VARCHAR, 'nothing') || ', found ' || coalesce(f.value::VARCHAR, 'nothing'))
    FROM wide w FULL JOIN found f ON w.metric = f.metric AND w.part = f.part AND w.host = f.host AND w.end_ms = f.end_ms
    WHERE w.value IS DISTINCT FROM f.value GROUP BY 1`)
  return rows.getRows().map(([name, count, example]) => `${count} windows of ${name} differ, such as ${example}`)
}

interface RangeAnswer {
  data: { result: { metric: { host: string }; values: [number, string][] }[] }
  partial?: boolean
  partialReasons?: string[]
}

/** Most steps of one query. */
const STEPS = 10_000

async function loadAnswer(
  connection: DuckDBConnection,
  url: string,
  metric: string,
  part: string,
  { startMs, endMs }: { startMs: number; endMs: number },
): Promise<void> {
  const appender = await connection.createAppender('found')
  for (let from = startMs; from <= endMs; from += STEPS * WINDOW_MS) {
    const to = Math.min(endMs, from + (STEPS - 1) * WINDOW_MS)
    const query = `last_over_time(${metric}:${part}[10s])`
    const parameters = new URLSearchParams({ query, start: `${from / 1000}`, end: `${to / 1000}`, step: '10' })
    const response = await fetch(`${url}/api/v1/query_range?${parameters}`)
    const answer = (await response.json()) as RangeAnswer
    if (!response.ok || answer.partial)
      throw new Error(`${query} was not answered whole: ${JSON.stringify(answer).slice(0, 300)}`)
    for (const { metric: labels, values } of answer.data.result) {
      for (const [time, value] of values) {
        appender.appendVarchar(part)
        appender.appendVarchar(metric)
        appender.appendVarchar(labels.host)
        appender.appendBigInt(BigInt(Math.round(time * 1000)))
        appender.appendDouble(Number(value))
        appender.endRow()
      }
    }
  }
  appender.closeSync()
}

async function one(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(sql)).getRows()[0][0])
}
