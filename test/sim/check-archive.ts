import { parquetSql } from '../../batch/duck/engine.js'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { distinct, groupBy, windowOf } from './expected.js'
import type { StoredPoint, World } from './world.js'

/** How a staleness marker stands in the archive. */
const STALE_KIND = 3

/**
 * Reads the raw archive with plain SQL: every point that the log took is there, occurrences exactly as often as they
 * were sent, readings at least once and with the value that counts; and nothing else is.
 */
export async function checkArchive(world: World): Promise<void> {
  const files = await world.stage.db
    .selectFrom('raw_files')
    .select(['key', 'points'])
    .where('retired_ms', 'is', null)
    .execute()
  const paths = await Promise.all(files.map(({ key }) => world.objects.localPath(key)))
  const rows = await world.stage.engine.run(async (connection) => {
    const sql = `SELECT series_id, epoch_ms(ts)::DOUBLE, value, kind, coalesce(weight, 1) FROM ${parquetSql(paths)}`
    return paths.length === 0 ? [] : (await connection.runAndReadAll(sql)).getRows()
  })
  const registered = files.reduce((total, { points }) => total + points, 0)
  if (registered !== rows.length)
    throw new Error(`the catalog counts ${registered} raw points, the files hold ${rows.length}`)
  const archived = countByText(
    rows.map(([id, timeMs, value, kind, weight]) =>
      textOf(
        BigInt(String(id)),
        Number(timeMs),
        kind === STALE_KIND ? 'stale' : numberText(Number(value)),
        Number(weight),
      ),
    ),
  )
  const sent = countByText(world.stored.map(pointText))
  for (const [text, times] of sent) {
    if ((archived.get(text) ?? 0) !== times)
      throw new Error(
        `${text} is in the log at ${placesOf(world, text)} and is archived ${archived.get(text) ?? 0} times`,
      )
  }
  for (const text of archived.keys()) if (!sent.has(text)) throw new Error(`${text} is archived, but was never sent`)
  await checkRefold(world, paths)
}

/** Folds the raw archive from scratch with plain SQL, and compares it with what was sent, as the published windows are. */
async function checkRefold(world: World, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return
  const counts = await world.stage.engine.run(async (connection) => {
    const folded = await connection.runAndReadAll(`
      WITH points AS (SELECT series_id, epoch_ms(ts) AS ms, value, kind, coalesce(weight, 1) AS weight FROM ${parquetSql(paths)}),
      readings AS (
        SELECT series_id, ms,
               max(CASE WHEN isfinite(value) THEN value END) AS largest, bool_or(value = 'inf'::DOUBLE) AS endless
        FROM points WHERE kind = 0 GROUP BY series_id, ms)
      SELECT series_id, (ms - 1) // 10000 * 10000 AS start, sum(n), sum(total) FROM (
        SELECT series_id, ms, CASE WHEN endless OR largest IS NULL THEN 0 ELSE 1 END AS n, CASE WHEN endless OR largest IS NULL THEN 0 ELSE largest END AS total FROM readings
        UNION ALL SELECT series_id, ms, weight, value * weight FROM points WHERE kind IN (1, 2))
      GROUP BY ALL`)
    return new Map(
      folded.getRows().map(([id, start, count, sum]) => [`${id} ${start}`, { count: Number(count), sum: Number(sum) }]),
    )
  })
  for (const [series, points] of groupBy(world.stored, (point) => point.series)) {
    const { id } = Series.of(series.metric, series.labels, series.kind)
    for (const [start, own] of groupBy(distinct(points), ({ timeMs }) => windowOf(timeMs, 10_000))) {
      const finite = own.filter(({ stale, value }) => !stale && Number.isFinite(value))
      const count = finite.reduce((total, { weight }) => total + weight, 0)
      const sum = finite.reduce((total, point) => total + point.value * point.weight, 0)
      const folded = counts.get(`${id} ${start}`) ?? { count: 0, sum: 0 }
      if (folded.count !== count || Math.abs(folded.sum - sum) > 1e-6) {
        throw new Error(
          `the raw archive says ${JSON.stringify(folded)} of ${series.metric} at ${start}, sent were ${count} points with sum ${sum}`,
        )
      }
    }
  }
}

function pointText({ series, timeMs, value, stale, weight }: StoredPoint): string {
  const { id } = Series.of(series.metric, series.labels, series.kind)
  return textOf(id, timeMs, stale && series.kind === Kind.Sample ? 'stale' : numberText(value), weight)
}

function placesOf(world: World, text: string): string {
  const points = world.stored.filter((point) => pointText(point) === text)
  return points.map(({ partition, offset }) => `${partition}/${offset}`).join(', ')
}

function textOf(id: bigint, timeMs: number, value: string, weight: number): string {
  return `${id} ${timeMs} ${value} ${weight}`
}

/** The two zeros are one value. */
function numberText(value: number): string {
  return String(value + 0)
}

function countByText(texts: readonly string[]): Map<string, number> {
  return new Map([...groupBy(texts, (text) => text)].map(([text, same]) => [text, same.length]))
}
