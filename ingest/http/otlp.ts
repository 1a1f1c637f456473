import { TidemarkError } from '../../schemas/errors.js'
import { OtlpDecoder } from '../otlp/decoder.js'
import { type OtlpEncoding, promotedAttributes } from '../otlp/options.js'
import { otlpResponse } from '../otlp/response.js'
import { readBody } from './body.js'
import type { IngestRoutes } from './routes.js'

const CONTENT_TYPES: Record<OtlpEncoding, string> = { protobuf: 'application/x-protobuf', json: 'application/json' }

/** OTLP over HTTP (opentelemetry.io/docs/specs/otlp): protobuf and JSON; refusals are a partial success. */
export function addOtlpRoutes({ app, gateway, config, clock, commit, histograms }: IngestRoutes): void {
  const decoder = new OtlpDecoder(histograms)
  const { names } = config.otlp
  const promoteResourceAttributes = promotedAttributes(config.otlp.promote_resource_attributes)

  app.post('/v1/metrics', async (request, reply) => {
    const encoding = encodingOf(request.headers['content-type'])
    const sent = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
    const body = await readBody(sent, request.headers['content-encoding'], config.limits)
    const sink = gateway.open()
    decoder.decode(body, { nowMs: clock(), encoding, names, promoteResourceAttributes }, sink)
    const takeBack = decoder.takeBack()
    try {
      const result = await commit(request, sink)
      const unreadable = result.accepted === 0 && result.refused[0]?.code === 'TM_BODY_SYNTAX'
      return reply
        .code(unreadable ? 400 : 200)
        .header('content-type', CONTENT_TYPES[encoding])
        .send(Buffer.from(otlpResponse(result, encoding)))
    } catch (error) {
      takeBack()
      throw error
    }
  })
}

function encodingOf(contentType = ''): OtlpEncoding {
  const type = contentType.split(';')[0].trim().toLowerCase()
  for (const encoding of ['protobuf', 'json'] as const) if (type === CONTENT_TYPES[encoding]) return encoding
  throw new TidemarkError('TM_CONTENT_TYPE', {
    contentType: type || '(none)',
    expected: Object.values(CONTENT_TYPES).join(' or '),
  })
}
