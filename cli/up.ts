import { Command, InvalidArgumentError, Option } from 'commander'
import pino from 'pino'
import { startTidemark } from '../main.js'
import { loadConfig } from '../schemas/config/load.js'
import type { Config } from '../schemas/config/schema.js'
import { VERSION } from './version.js'

export function upCommand(): Command {
  return new Command('up')
    .description(
      'runs everything on embedded parts: gateway, speed, archive, batch, and serving in a process of its own',
    )
    .option('--config <file>', 'a YAML file; every key has a default')
    .option('--data <folder>', 'where everything is kept (data.dir)')
    .addOption(new Option('--port <port>', 'HTTP port (http.port); 0 takes any that is free').argParser(portNumber))
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark up
  $ tidemark up --data /var/lib/tidemark --port 9090
  $ TIDEMARK_COLLECTOR_ENABLED=false tidemark up --config tidemark.yaml

Ctrl-C stops it cleanly; the next start goes on where it stopped. Log lines (JSON) go to stderr.`,
    )
    .action(async ({ config: path, data, port }: { config?: string; data?: string; port?: number }) => {
      const overrides = { ...(data && { 'data.dir': data }), ...(port !== undefined && { 'http.port': port }) }
      const config = loadConfig({ path, overrides })
      const logger = pino({ level: config.logging.level }, pino.destination({ fd: 2, sync: true }))
      const startedAt = performance.now()
      const tidemark = await startTidemark(config, { logger, clock: Date.now, version: VERSION })
      process.stdout.write(banner(config, tidemark.url, performance.now() - startedAt))
      await untilStopped(tidemark.ended)
      process.stdout.write('stopping…\n')
      await tidemark.close()
      process.stdout.write('stopped; everything acknowledged is on the disk\n')
    })
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}

/** What a user needs to know first. */
function banner(config: Config, url: string, tookMs: number): string {
  const statsd = config.statsd.enabled ? `\n  StatsD           udp+tcp ${config.statsd.host}:${config.statsd.port}` : ''
  const host = config.collector.enabled
    ? `This host's metrics come in every ${config.collector.interval}: try host_cpu_usage_percent.\n`
    : ''
  return `
Tidemark runs (${(tookMs / 1000).toFixed(1)} s), data in ${config.data.dir}

  look             ${url}
  query            ${url}/api/v1/query?query=host_cpu_usage_percent
  Influx, Telegraf ${url}/write   ${url}/api/v2/write
  remote-write     ${url}/api/v1/write
  text exposition  ${url}/api/v1/import/prometheus
  OTLP/HTTP        ${url}/v1/metrics${statsd}

${host}\`tidemark status\` shows the pipeline, \`tidemark doctor\` checks it. Ctrl-C stops it cleanly.
`
}

/** Resolves at the first signal, rejects if a part of the pipeline fails for good. A second signal ends at once. */
async function untilStopped(failed: Promise<never>): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130))
        resolve()
      })
    }
  })
  await Promise.race([signalled, failed])
}
