import type { Config } from '../../schemas/config/schema.js'
import { asTidemarkError } from '../../schemas/errors.js'
import type { Finding } from '../../schemas/ports/finding.js'
import { VictoriaMetricsClient } from './client.js'

/** Any selector will do: it is asked whether it answers. */
const NOTHING = '{__name__="tidemark_doctor"}'

/** Looks at the VictoriaMetrics of `victoriametrics.url` and `.read_url`: reached, version, and how long it keeps windows. */
export async function checkVictoriaMetrics({ victoriametrics }: Config): Promise<Finding[]> {
  const what = 'VictoriaMetrics'
  const { url, read_url: readUrl, token } = victoriametrics
  const client = new VictoriaMetricsClient({ url, readUrl, token, onConnection: () => undefined })
  try {
    for await (const _ of client.export(NOTHING, { startMs: 0, endMs: 1 }));
    const metrics = await client.metrics().catch(unlessSilent)
    const version = /^vm_app_version\{.*short_version="([^"]*)"/m.exec(metrics)?.[1]
    const retention = /^flag\{name="retentionPeriod",\s*value="([^"]*)"/m.exec(metrics)?.[1]
    const kept = metrics === '' ? 'as long as its storage says' : `for ${retention ?? 'one month'}`
    const detail = `${version ?? 'unknown version'}, keeps data ${kept}`
    return [{ what, ok: true, detail: `${detail}; retention.hot must not be longer` }]
  } catch (thrown) {
    const { message } = asTidemarkError(thrown)
    const fix = 'check victoriametrics.url, .read_url and .token, and that the server runs'
    return [{ what, ok: false, detail: message, fix }]
  } finally {
    await client.close()
  }
}

/** A cluster and some proxies do not tell of themselves where they are written to. */
function unlessSilent(thrown: unknown): string {
  if (asTidemarkError(thrown).retriable) throw thrown
  return ''
}
