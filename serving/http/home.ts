import type { FastifyInstance } from 'fastify'
import { HOME_HTML } from './home-html.js'
import { HOME_SCRIPT } from './home-script.js'
import { HOME_STYLE } from './home-style.js'

/** Strict enough that nothing but this server's own files runs or is loaded. */
const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** `/`: the state of the pipeline and a query box, in three small files. */
export function registerHomeRoutes(app: FastifyInstance): void {
  const files = [
    ['/', 'text/html; charset=utf-8', HOME_HTML],
    ['/home.js', 'text/javascript; charset=utf-8', HOME_SCRIPT],
    ['/home.css', 'text/css; charset=utf-8', HOME_STYLE],
  ] as const
  for (const [url, type, text] of files) {
    app.get(url, async (_request, reply) =>
      reply
        .headers({
          'content-security-policy': CONTENT_POLICY,
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-cache',
        })
        .type(type)
        .send(text),
    )
  }
}
