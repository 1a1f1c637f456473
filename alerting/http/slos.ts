import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import type { SloDesk } from '../slo/slo-desk.js'

const SloParameters = Type.Object({ slo: Type.String({ minLength: 1, maxLength: 100 }) })
const ApplyBody = Type.Object(
  { slos: Type.Array(Type.Unknown(), { maxItems: 1000 }), dry_run: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)

/** `/api/v1/slos`: service level objectives, managed. */
export function slosPlugin(desk: SloDesk): FastifyPluginAsync {
  const success = (data: unknown) => ({ status: 'success', data })
  return async (app) => {
    app.get('/api/v1/slos', async () => success(await desk.list()))
    app.get<{ Params: Static<typeof SloParameters> }>(
      '/api/v1/slos/:slo',
      { schema: { params: SloParameters } },
      async ({ params }) => success(await desk.status(params.slo)),
    )
    app.post<{ Body: Static<typeof ApplyBody> }>(
      '/api/v1/slos/apply',
      { schema: { body: ApplyBody } },
      async ({ body }) => success(await desk.apply(body.slos, body.dry_run ?? false)),
    )
    app.delete<{ Params: Static<typeof SloParameters> }>(
      '/api/v1/slos/:slo',
      { schema: { params: SloParameters } },
      async ({ params }) => {
        await desk.delete(params.slo)
        return success({})
      },
    )
  }
}
