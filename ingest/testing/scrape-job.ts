import type { ScrapeJob } from '../../schemas/config/scrape.js'

/** A job of one target with the defaults of the config. */
export function scrapeJob(target: string, changes: Partial<ScrapeJob> = {}): ScrapeJob {
  return {
    job: 'app',
    targets: [target],
    scheme: 'http',
    path: '/metrics',
    interval: '15s',
    timeout: '10s',
    labels: {},
    honor_labels: false,
    honor_timestamps: true,
    headers: {},
    body_bytes: 1 << 20,
    ...changes,
  }
}
