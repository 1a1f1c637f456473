import { Command } from 'commander'
import { formatDuration } from '../schemas/config/duration.js'
import type { PatternsStatus, PipelineStatus } from '../schemas/ports/status.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable, timeText } from './text-table.js'

export function statusCommand(): Command {
  return withServer(new Command('status'))
    .description('shows tide line, watermarks, lag, blocks and what Temporal runs')
    .option('--json', 'print the JSON of /api/v1/status/pipeline')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidemark status\n  $ tidemark status --json | jq .blocks.unexplainedDivergence',
    )
    .action(async ({ json, ...server }: ServerOptions & { json?: boolean }) => {
      const { data: status } = await ask<{ data: PipelineStatus }>(server, '/api/v1/status/pipeline')
      process.stdout.write(json ? `${JSON.stringify(status, undefined, 2)}\n` : `${statusText(status)}\n`)
    })
}

/** The status as a person reads it. */
export function statusText(status: PipelineStatus): string {
  const { nowMs, ingest, speed, archive, blocks, patterns, workflows, instances } = status
  const refusals = Object.entries(ingest.refusedByCode).map(([code, n]) => `${code} ${n.toLocaleString('en-US')}`)
  const archived = new Map(archive.partitions.map((one) => [one.partition, one]))
  const running = workflows.running.map(
    ({ type, workflowId, startedMs }) => `  ${type}  ${workflowId}  since ${timeText(startedMs)}`,
  )
  return [
    `tide line   ${timeText(blocks.frontierMs)}  (${formatDuration(Math.max(0, Math.round((nowMs - blocks.frontierMs) / 1000) * 1000))} ago), epoch ${blocks.epoch}`,
    `blocks      ${blocks.sealed} sealed, ${blocks.dirty} dirty, ${blocks.recomputing} recomputing (${formatDuration(blocks.blockMs)} each)`,
    `late        ${blocks.latePoints.toLocaleString('en-US')} points`,
    `divergence  ${blocks.unexplainedDivergence} unexplained in ${blocks.audited} audited blocks`,
    `archive     ${archive.rawPoints.toLocaleString('en-US')} points in ${archive.rawFiles} files, ${archive.rawBytes.toLocaleString('en-US')} bytes, lag ${formatDuration(Math.round(archive.lagMs / 1000) * 1000)}`,
    `ingest      ${ingest.accepted.toLocaleString('en-US')} points accepted, ${ingest.refused.toLocaleString('en-US')} refused${refusals.length > 0 ? ` (${refusals.join(', ')})` : ''}, ${ingest.activeSeries.toLocaleString('en-US')} active series`,
    `patterns    ${patternsText(patterns)}`,
    `workflows   ${workflows.state}${workflows.address ? ` at ${workflows.address}` : ''}${workflows.reason ? `: ${workflows.reason}` : ''}`,
    ...running,
    '',
    textTable(
      ['process', 'roles', 'host', 'pid', 'since', 'version'],
      instances.map(({ url, roles, host, pid, startedMs, version }) => [
        url,
        roles.length > 1 ? 'all' : roles.join(),
        host,
        String(pid),
        timeText(startedMs),
        version,
      ]),
    ),
    '',
    textTable(
      ['partition', 'watermark', 'lag', 'open windows', 'late', 'archived to', 'archive lag'],
      speed.map((one) => [
        String(one.partition),
        timeText(one.watermarkMs),
        one.lagRecords,
        one.openWindows,
        one.latePoints,
        timeText(archived.get(one.partition)?.watermarkMs),
        archived.get(one.partition)?.lagRecords ?? 0,
      ]),
    ),
  ].join('\n')
}

function patternsText({ series, corrected, newest }: PatternsStatus): string {
  if (!newest) return 'none trained'
  const { trainedMs, epoch, range, readings } = newest
  const waiting = corrected > 0 ? `; ${corrected} to be trained again after a correction` : ''
  return `${series.toLocaleString('en-US')} series, last trained ${timeText(trainedMs)} at epoch ${epoch}, on ${readings.toLocaleString('en-US')} readings from ${timeText(range.startMs)} to ${timeText(range.endMs)}${waiting}`
}
