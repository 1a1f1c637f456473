import { isIP } from 'node:net'
import { parseDuration } from '../../schemas/config/duration.js'
import type { ScrapeConfig, ScrapeJob } from '../../schemas/config/scrape.js'
import { TidemarkError } from '../../schemas/errors.js'
import { checkAddress, type TargetRules } from '../../schemas/net/check-target.js'
import type { Labels } from '../../schemas/series/series.js'

const DAY_MS = 86_400_000

/** One endpoint that is scraped, with everything its job says about it. */
export interface ScrapeTarget {
  job: string
  instance: string
  url: string
  intervalMs: number
  timeoutMs: number
  /** `job`, `instance` and the job's labels. */
  labels: Labels
  honorLabels: boolean
  honorTimestamps: boolean
  headers: Record<string, string>
  bodyBytes: number
}

/**
 * The targets of a scrape configuration. As in Prometheus `instance` is the target's `host:port`, unless the job's
 * labels set it.
 * @throws TM_CONFIG for a target that is no address or must not be reached, for times that do not fit, for a target
 * that stands there twice
 */
export function scrapeTargets(config: ScrapeConfig, rules: TargetRules): ScrapeTarget[] {
  const targets = config.flatMap((job, index) => jobTargets(job, `scrape[${index}]`, rules))
  const seen = new Set<string>()
  for (const { job, url, labels } of targets) {
    const identity = JSON.stringify([url, Object.entries(labels).sort()])
    if (seen.has(identity)) {
      throw configError(
        'scrape',
        `${url} stands twice in job "${job}"`,
        'name it once, or give the jobs different labels',
      )
    }
    seen.add(identity)
  }
  return targets
}

function jobTargets(job: ScrapeJob, key: string, rules: TargetRules): ScrapeTarget[] {
  const intervalMs = durationOf(job.interval, `${key}.interval`)
  const timeoutMs = durationOf(job.timeout, `${key}.timeout`)
  if (intervalMs > DAY_MS) throw configError(`${key}.interval`, 'is longer than a day', 'scrape at least once a day')
  if (timeoutMs > intervalMs) {
    throw configError(`${key}.timeout`, `${job.timeout} is longer than the interval ${job.interval}`, 'make it shorter')
  }
  return job.targets.map((written, index) => {
    const url = targetUrl(written, job, `${key}.targets[${index}]`)
    checkLiteral(url, rules, `${key}.targets[${index}]`)
    const instance = job.labels.instance ?? (written.includes('://') ? url.host : written)
    return {
      job: job.labels.job ?? job.job,
      instance,
      url: url.href,
      intervalMs,
      timeoutMs,
      labels: { job: job.job, instance, ...job.labels },
      honorLabels: job.honor_labels,
      honorTimestamps: job.honor_timestamps,
      headers: job.headers,
      bodyBytes: job.body_bytes,
    }
  })
}

function targetUrl(written: string, job: ScrapeJob, key: string): URL {
  const isUrl = written.includes('://')
  const text = isUrl ? written : `${job.scheme}://${written}`
  if (!URL.canParse(text)) throw configError(key, `"${written}" is not an address`, 'write host:port or a whole URL')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw configError(key, `"${url.protocol}" cannot be scraped`, 'use http or https')
  }
  if (url.username !== '' || url.password !== '') {
    throw configError(key, 'the URL holds a user name or password', 'put it into headers.authorization')
  }
  if (!isUrl && `${url.pathname}${url.search}${url.hash}` !== '/') {
    throw configError(key, `"${written}" has a path`, 'write the path under `path`, or the target as a whole URL')
  }
  if (url.pathname === '/' && url.search === '') url.pathname = job.path
  url.hash = ''
  return url
}

/** A name is judged at each scrape, by what it then resolves to; an address can be refused before the first. */
function checkLiteral({ hostname }: URL, rules: TargetRules, key: string): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) === 0) return
  try {
    checkAddress(address, address, rules)
  } catch (thrown) {
    const { message, hint } = thrown as TidemarkError
    throw configError(key, message, hint)
  }
}

function durationOf(text: string, key: string): number {
  const ms = text === '' ? 0 : parseDuration(text)
  if (ms === 0) throw configError(key, 'is 0 or empty', 'write a duration such as 15s')
  return ms
}

function configError(key: string, reason: string, fix: string): TidemarkError {
  return new TidemarkError('TM_CONFIG', { key, reason, fix })
}
