import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { Command } from 'commander'
import pino from 'pino'
import { checkEngines } from '../roles/check-engines.js'
import { loadConfig } from '../schemas/config/load.js'
import type { Config } from '../schemas/config/schema.js'
import { asTidemarkError } from '../schemas/errors.js'
import type { PipelineStatus } from '../schemas/ports/status.js'
import { ensureTemporal, findTemporal } from './install-temporal.js'
import { ask, type ServerOptions, withServer } from './server.js'

/** One thing looked at. A warning does not fail the doctor. */
interface Finding {
  what: string
  state: 'ok' | 'warning' | 'problem'
  detail: string
  fix?: string
}

/** Free bytes below which the disk is called nearly full. */
const LOW_DISK_BYTES = 2 << 30
/** A tide line further behind than this many blocks is a problem. */
const LATE_BLOCKS = 3

export function doctorCommand(): Command {
  return withServer(new Command('doctor'))
    .description('checks the installation and the running server, and names each fix')
    .option('--config <file>', 'the config file to check')
    .option('--fix', 'install the Temporal CLI into the data folder if it is missing')
    .addHelpText(
      'after',
      '\nExit status 1 if there is a problem.\n\nExamples:\n  $ tidemark doctor\n  $ tidemark doctor --config tidemark.yaml\n  $ tidemark doctor --fix',
    )
    .action(async ({ config: path, fix, ...asked }: ServerOptions & { config?: string; fix?: boolean }) => {
      const config = loadConfig({ path })
      if (fix && config.temporal.enabled && !config.temporal.address) await ensureTemporal(config.data.dir)
      const findings = [...(await installation(config)), ...(await engines(config)), ...(await server(asked, config))]
      for (const { what, state, detail, fix: mend } of findings) {
        const mark = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' }[state]
        process.stdout.write(`${mark}${what}: ${detail}\n${mend ? `        fix: ${mend}\n` : ''}`)
      }
      if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1
    })
}

/** What can be seen without a server. */
async function installation(config: Config): Promise<Finding[]> {
  return [nodeVersion(), dataFolder(config), diskSpace(config), await temporalBinary(config)]
}

/** What can be seen of the engines that the config names. */
async function engines(config: Config): Promise<Finding[]> {
  const findings = await checkEngines(config, { logger: pino({ level: 'silent' }), clock: Date.now })
  return findings.map(({ ok, ...finding }) => ({ ...finding, state: ok ? 'ok' : 'problem' }))
}

function nodeVersion(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isNew = major > 20 || (major === 20 && minor >= 15)
  const detail = process.versions.node
  return isNew
    ? { what: 'Node', state: 'ok', detail }
    : { what: 'Node', state: 'problem', detail, fix: 'install Node 20.15 or newer' }
}

function dataFolder({ data: { dir } }: Config): Finding {
  try {
    accessSync(nearest(dir), constants.R_OK | constants.W_OK | constants.X_OK)
    return { what: 'data folder', state: 'ok', detail: dir }
  } catch (error) {
    return {
      what: 'data folder',
      state: 'problem',
      detail: (error as Error).message,
      fix: 'make it writable, or choose another with data.dir',
    }
  }
}

/** The folder, or as long as it is not made the one that it will lie in: looking must leave nothing behind. */
function nearest(dir: string): string {
  const path = resolve(dir)
  return existsSync(path) ? path : nearest(dirname(path))
}

function diskSpace({ data: { dir } }: Config): Finding {
  const { bavail, bsize } = statfsSync(nearest(dir))
  const free = bavail * bsize
  const detail = `${(free / 2 ** 30).toFixed(1)} GiB free`
  if (free >= LOW_DISK_BYTES) return { what: 'disk', state: 'ok', detail }
  return { what: 'disk', state: 'warning', detail, fix: 'make room, shorten log.points_retention, or move data.dir' }
}

async function temporalBinary({ temporal, data: { dir } }: Config): Promise<Finding> {
  const what = 'Temporal'
  if (!temporal.enabled)
    return {
      what,
      state: 'warning',
      detail: 'switched off: nothing seals or recomputes',
      fix: 'set temporal.enabled to true',
    }
  if (temporal.address) return { what, state: 'ok', detail: `the server at ${temporal.address} is used` }
  const found = await findTemporal(dir)
  if (found) return { what, state: 'ok', detail: found }
  const detail = 'the CLI is neither on PATH nor in the data folder'
  if (temporal.install) return { what, state: 'warning', detail: `${detail}; \`tidemark up\` will install it` }
  return {
    what,
    state: 'problem',
    detail,
    fix: 'install the Temporal CLI, set temporal.install, or name a server with temporal.address',
  }
}

/** What the running server says of itself. */
async function server(asked: ServerOptions, config: Config): Promise<Finding[]> {
  let status: PipelineStatus
  try {
    status = (await ask<{ data: PipelineStatus }>(asked, '/api/v1/status/pipeline')).data
  } catch (error) {
    const port = await portState(config)
    const { message: detail, hint: fix } = asTidemarkError(error)
    const finding: Finding = { what: 'server', state: 'warning', detail, fix }
    return port ? [finding, port] : [finding]
  }
  return [
    { what: 'server', state: 'ok', detail: asked.url },
    workflows(status),
    tideLine(status),
    divergence(status),
    archive(status, config),
    lateness(status),
  ]
}

/** Whether a server could listen: asked only when none answers. */
async function portState({ http: { host, port } }: Config): Promise<Finding | undefined> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
  return free
    ? undefined
    : {
        what: 'port',
        state: 'problem',
        detail: `${port} on ${host} is taken by another program`,
        fix: 'choose another with http.port',
      }
}

function workflows({ workflows: { state, reason } }: PipelineStatus): Finding {
  if (state === 'running') return { what: 'workflows', state: 'ok', detail: 'running' }
  return { what: 'workflows', state: state === 'starting' ? 'warning' : 'problem', detail: `${state}: ${reason ?? ''}` }
}

function tideLine({ nowMs, blocks }: PipelineStatus): Finding {
  const behind = Math.floor((nowMs - blocks.frontierMs) / blocks.blockMs)
  const detail = `${behind} blocks behind the clock`
  if (behind <= LATE_BLOCKS) return { what: 'tide line', state: 'ok', detail }
  return {
    what: 'tide line',
    state: 'problem',
    detail,
    fix: 'see workflows and archive lag above: blocks seal once everything before their end is archived',
  }
}

function divergence({ blocks }: PipelineStatus): Finding {
  const { unexplainedDivergence, audited } = blocks
  if (unexplainedDivergence === 0)
    return { what: 'divergence', state: 'ok', detail: `none in ${audited} audited blocks` }
  return {
    what: 'divergence',
    state: 'problem',
    detail: `${unexplainedDivergence} windows differ between the views for no known reason`,
    fix: 'please report it with the output of `tidemark status --json`',
  }
}

function archive({ archive: { lagMs } }: PipelineStatus, config: Config): Finding {
  const detail = `${Math.round(lagMs / 1000)} s behind; the log keeps points for ${config.log.points_retention}`
  if (lagMs < 600_000) return { what: 'archive', state: 'ok', detail }
  return {
    what: 'archive',
    state: 'problem',
    detail,
    fix: "look at the server's log: object storage or the catalog may be failing",
  }
}

function lateness({ ingest, speed }: PipelineStatus): Finding {
  const late = speed.reduce((sum, one) => sum + one.latePoints, 0)
  const share = ingest.accepted === 0 ? 0 : late / ingest.accepted
  const detail = `${(share * 100).toFixed(2)} % of the points came after their window closed`
  if (share <= 0.01) return { what: 'lateness', state: 'ok', detail }
  return {
    what: 'lateness',
    state: 'warning',
    detail,
    fix: 'raise speed.lateness if agents deliver late as a rule; backfills need nothing',
  }
}
