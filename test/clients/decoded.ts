import { decodeBody, type Format } from '../../cli/decode-body.js'
import { createGateway } from '../../ingest/gateway/gateway.js'
import { firstLayout } from '../../ingest/routing/plan-layout.js'
import { MemoryLog } from '../../ingest/testing/memory-log.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { SentRequest } from './stage.js'
import { type StoredPoint, storedPoints } from './stored-points.js'

/** What `tidemark decode` understands of the bodies that clients sent, as they came over the wire. */
export async function decodedPoints(
  requests: readonly SentRequest[],
  format: Format | ((request: SentRequest) => Format),
  clock: () => number,
): Promise<StoredPoint[]> {
  const config = loadConfig({ env: {} })
  const log = new MemoryLog()
  const gateway = createGateway({ log, layouts: [firstLayout(4)], limits: config.limits, policies: [], clock })
  for (const request of requests) {
    const precision = new URL(request.url, 'http://server').searchParams.get('precision') ?? 'ns'
    const sink = gateway.open()
    const settings = { format: typeof format === 'string' ? format : format(request), precision }
    await decodeBody(request.body, settings, config, clock(), sink)
    await sink.commit()
  }
  return storedPoints(log)
}
