import { PrometheusTextDecoder } from '../prometheus/text-decoder.js'
import { RemoteWriteDecoder } from '../remote-write/decoder.js'
import { unsnappy } from '../remote-write/snappy.js'
import { answerLines } from './answer.js'
import { readBody } from './body.js'
import type { IngestRoutes } from './routes.js'

/** Prometheus remote-write 1.0, and pushes of the text format or OpenMetrics. */
export function addPrometheusRoutes({ app, gateway, config, clock, commit, histograms }: IngestRoutes): void {
  const remoteWrite = new RemoteWriteDecoder(histograms)
  const text = new PrometheusTextDecoder()

  app.post('/api/v1/write', async (request, reply) => {
    const sent = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
    const body = unsnappy(sent, config.limits.inflatedBytes)
    const sink = gateway.open()
    remoteWrite.decode(body, { nowMs: clock() }, sink)
    const takeBack = remoteWrite.takeBack()
    try {
      return answerLines(reply, await commit(request, sink))
    } catch (error) {
      takeBack()
      throw error
    }
  })

  app.post('/api/v1/import/prometheus', async (request, reply) => {
    const sent = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
    const body = await readBody(sent, request.headers['content-encoding'], config.limits)
    const isOpenMetrics = request.headers['content-type']?.includes('openmetrics') ?? false
    const sink = gateway.open()
    text.decode(body, { nowMs: clock(), format: isOpenMetrics ? 'openmetrics' : 'prometheus' }, sink)
    return answerLines(reply, await commit(request, sink))
  })
}
