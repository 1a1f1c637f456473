import type { Config } from '../../schemas/config/schema.js'
import { asTidemarkError } from '../../schemas/errors.js'
import type { Finding } from '../../schemas/ports/finding.js'
import { VictoriaMetricsClient } from './client.js'

/** Looks at the VictoriaMetrics of `victoriametrics.url`: reached, version, and how long it keeps windows. */
export async function checkVictoriaMetrics({ victoriametrics }: Config): Promise<Finding[]> {
  const what = 'VictoriaMetrics'
  const client = new VictoriaMetricsClient({ ...victoriametrics, onConnection: () => undefined })
  try {
    const metrics = await client.metrics()
    const version = /^vm_app_version\{.*short_version="([^"]*)"/m.exec(metrics)?.[1]
    const retention = /^flag\{name="retentionPeriod",\s*value="([^"]*)"/m.exec(metrics)?.[1]
    const detail = `${version ?? 'unknown version'}, keeps data for ${retention ?? 'one month'}`
    return [{ what, ok: true, detail: `${detail}; retention.hot must not be longer` }]
  } catch (thrown) {
    const { message } = asTidemarkError(thrown)
    const fix = 'check victoriametrics.url and .token, and that the server runs'
    return [{ what, ok: false, detail: message, fix }]
  } finally {
    await client.close()
  }
}
