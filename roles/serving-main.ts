import { rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import fastify, { type FastifyBaseLogger } from 'fastify'
import pino from 'pino'
import type { TidemarkError } from '../schemas/errors.js'
import { installErrorHandler } from '../serving/http/errors.js'
import { queryPlugin } from '../serving/http/plugin.js'
import { CloseStack } from './close-stack.js'
import { QueryMetrics } from './metrics/queries.js'
import type { ServedRoute } from './serving-process.js'
import { METRICS_PATH, openServingViews, type ServingSetup } from './serving-views.js'

/** Of a machine that runs out of memory, this process is to go before the one that takes points in (-1000 to 1000). */
const FIRST_TO_GO = 500

/** How long closing may take, ms. */
const CLOSE_MS = 4000

/**
 * The process that answers queries, started by `startServingProcess`: nothing that a query does can hold up ingest or
 * end the server. It is told what it needs in its first message, says which routes it answers, and ends with its parent.
 */
async function serve(setup: ServingSetup): Promise<void> {
  const closing = new CloseStack()
  const logger = pino({ level: setup.config.logging.level }, pino.destination({ fd: 2, sync: true }))
  const app = fastify({
    loggerInstance: logger.child({ role: 'serving' }, { level: 'warn' }) as FastifyBaseLogger,
    forceCloseConnections: true,
  })
  // Left by a parent that was killed; one that closes removes it by itself.
  closing.add('the sockets', () => rmSync(dirname(setup.socket), { recursive: true, force: true }))
  const onError = ({ code, message }: TidemarkError) => logger.warn({ code }, message)
  const views = await openServingViews(setup, { clock: Date.now, logger, closing, onError })
  closing.add('HTTP', () => app.close())
  process.once('disconnect', () => {
    // An ordinary exit would be an abort where DuckDB is still at work.
    const end = () => process.kill(process.pid, 'SIGKILL')
    setTimeout(end, CLOSE_MS)
    closing.close().finally(end)
  })
  const metrics = new QueryMetrics()
  app.get(METRICS_PATH, () => metrics.families())
  const routes: ServedRoute[] = []
  app.addHook('onRoute', ({ method, url }) => {
    // The listening server adds HEAD to GET by itself, as this one does.
    const methods = [method].flat().filter((one) => one !== 'HEAD')
    if (methods.length > 0) routes.push({ method: methods, url })
  })
  installErrorHandler(app)
  await app.register(queryPlugin({ ...views, observer: metrics }))
  await app.listen({ path: setup.socket })
  process.send?.(routes)
}

if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', String(FIRST_TO_GO))
// Ctrl-C reaches every process of a terminal; this one goes when its parent has closed what comes in.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
process.once('message', (setup: ServingSetup) => {
  serve(setup).catch((error: Error) => {
    process.stderr.write(`the serving process cannot start: ${error.stack}\n`)
    process.exit(1)
  })
})
