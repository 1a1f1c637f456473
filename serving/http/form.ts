import type { FastifyInstance } from 'fastify'

/** Bytes of a form: queries are short. */
const FORM_BYTES = 1 << 20

/** Lets the routes of this scope take their parameters from a form body too, as the Prometheus API does. */
export function acceptForms(app: FastifyInstance): void {
  const options = { parseAs: 'string', bodyLimit: FORM_BYTES } as const
  app.addContentTypeParser('application/x-www-form-urlencoded', options, (_request, body, done) => {
    done(null, formFields(String(body)))
  })
  // vmalert has its parameters in the address, and says of the empty body that it is JSON.
  const readJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', options, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void readJson(request, body, done)
  })
  app.addHook('preValidation', async (request) => {
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    if (isForm) request.query = { ...(request.query as object), ...(request.body as object | undefined) }
  })
}

/** The fields of a form; one that stands there several times is a list. */
function formFields(text: string): Record<string, string | string[]> {
  const fields = new URLSearchParams(text)
  return Object.fromEntries(
    [...new Set(fields.keys())].map((name) => {
      const values = fields.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}
