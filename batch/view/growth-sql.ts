/** The steps of a grid whose growth is asked for. */
export interface GrowthSteps {
  startMs: number
  stepMs: number
  /** Each step is one window. */
  isOneWindow: boolean
}

/**
 * Growth of readings at each step, with resets counted from 0: rows (g, step, v, windows, unfit), one a series and step of
 * at least two points. Up to an end of the step that is nearer to a point than 1.1 times the average spacing growth is
 * taken to have gone on, beyond that for half a spacing, but not below 0: the rule of Prometheus (extrapolatedRate).
 * @param step SQL of the step's number, named `step`
 * @param from SQL of the windows, from FROM on
 */
export function growthSql({ startMs, stepMs, isOneWindow }: GrowthSteps, step: string, from: string): string {
  const windows = `SELECT series_id, g, ${step}, "start", count, "first", epoch_ms(first_ts) AS first_ms, "last",
    epoch_ms(last_ts) AS last_ms, ${finiteSql('increase - ("last" - "first")')} AS lost, stale <> 0 AS unfit ${from}`
  const merged = isOneWindow ? `SELECT *, 1 AS windows FROM (${windows})` : runsSql(windows)
  const grown = `SELECT *, ("last" - "first") + lost AS grown, (last_ms - first_ms) / 1000 AS sampled,
    (last_ms - first_ms) / 1000 / (count - 1) AS spacing,
    (first_ms - (${startMs} + step::BIGINT * ${stepMs})) / 1000 AS to_start,
    (${startMs} + (step::BIGINT + 1) * ${stepMs} - last_ms) / 1000 AS to_end
    FROM (${merged}) WHERE count >= 2 OR unfit`
  const beyond = (gap: string) => `CASE WHEN ${gap} >= spacing * 1.1 THEN spacing / 2 ELSE ${gap} END`
  const edges = `SELECT *, ${beyond('to_start')} AS before, ${beyond('to_end')} AS after,
    CASE WHEN grown > 0 AND "first" >= 0 THEN sampled * ("first" / grown) END AS since_zero FROM (${grown})`
  const reached = '(CASE WHEN since_zero < before THEN since_zero ELSE before END)'
  return `SELECT g, step, CASE WHEN NOT unfit THEN grown * ((sampled + ${reached} + after) / sampled) END AS v, windows, unfit
    FROM (${edges})`
}

/** The windows of each series and step as one, with what resets between them took. */
function runsSql(windows: string): string {
  const before = `lag("last") OVER (PARTITION BY series_id, step ORDER BY "start")`
  return `SELECT any_value(g) AS g, step, count(*) AS windows, sum(count) AS count, bool_or(unfit) AS unfit,
      arg_min("first", "start") AS "first", min(first_ms) AS first_ms,
      arg_max("last", "start") AS "last", max(last_ms) AS last_ms,
      sum(lost) + sum(CASE WHEN "first" < before_it THEN before_it ELSE 0 END) AS lost
    FROM (SELECT *, ${before} AS before_it FROM (${windows})) GROUP BY series_id, step`
}

function finiteSql(value: string): string {
  return `CASE WHEN isfinite(${value}) THEN ${value} ELSE 0 END`
}
