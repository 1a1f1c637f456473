import { SingleBar } from 'cli-progress'
import { Command } from 'commander'
import { TidemarkError } from '../schemas/errors.js'
import type { RecomputeProgress } from '../schemas/ports/workflows.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { timeText } from './text-table.js'

/** States that a recompute does not leave. */
const ENDED: ReadonlySet<RecomputeProgress['state']> = new Set(['completed', 'cancelled', 'failed'])

interface RecomputeArguments extends ServerOptions {
  from: string
  to: string
  follow: boolean
}

export function recomputeCommand(): Command {
  return withServer(new Command('recompute'))
    .description('recomputes every block of a range from the raw archive, as a Temporal workflow')
    .requiredOption('--from <time>', 'RFC 3339, Unix seconds, or a duration before now')
    .option('--to <time>', 'likewise', '0s')
    .option('--no-follow', 'start it and return at once')
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark recompute --from 2h                        the last two hours
  $ tidemark recompute --from 2026-01-01T00:00:00Z --to 2026-01-02T00:00:00Z
  $ tidemark recompute --from 7d --no-follow            prints the workflow id; see it in the Temporal UI`,
    )
    .action(async ({ from, to, follow, ...server }: RecomputeArguments) => {
      const { data } = await ask<{ data: { workflowId: string } }>(server, '/api/v1/admin/recompute', {
        method: 'POST',
        body: { from, to },
      })
      const { workflowId } = data
      process.stdout.write(`recompute started: ${workflowId}\n`)
      if (follow) await followRecompute(server, workflowId)
    })
}

async function followRecompute(server: ServerOptions, workflowId: string): Promise<void> {
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {value}/{total} blocks | {current}',
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: 2000,
  })
  bar.start(1, 0, { current: 'looking for blocks' })
  for (;;) {
    const { data: progress } = await ask<{ data: RecomputeProgress }>(
      server,
      `/api/v1/admin/recompute/${encodeURIComponent(workflowId)}`,
    )
    bar.setTotal(Math.max(1, progress.blocksTotal))
    bar.update(progress.blocksDone, {
      current: progress.currentMs === undefined ? progress.state : timeText(progress.currentMs),
    })
    if (ENDED.has(progress.state)) {
      bar.stop()
      process.stdout.write(`${progress.state}: ${progress.blocksDone} of ${progress.blocksTotal} blocks\n`)
      if (progress.state === 'completed') return
      throw new TidemarkError('TM_REQUEST', {
        reason: `the recompute ${progress.state === 'failed' ? `failed: ${progress.failure ?? 'no reason given'}` : 'was cancelled'}`,
        fix: 'see the Temporal UI',
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
