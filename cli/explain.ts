import { Command } from 'commander'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable } from './text-table.js'

interface ExplainedBlock {
  start: string
  generation: number
  files: number
  dirty: boolean
}

/** One part of the expression, as it was evaluated. */
interface ExplainedNode {
  text: string
  samples: number
  series: number
  ms: number
  pushedDown: boolean
  parts: ExplainedNode[]
}

interface Explained {
  epoch: number
  plan: { text: string; parts: { blocks?: ExplainedBlock[] }[]; warnings: string[] }[]
  samples: { total: number; peak: number }
  nodes?: ExplainedNode
  warnings: string[]
  infos: string[]
}

type ExplainArguments = ServerOptions & { json?: boolean } & Partial<Record<'start' | 'end' | 'step' | 'time', string>>

export function explainCommand(): Command {
  return withServer(new Command('explain'))
    .description('shows how a query is answered: views, tiers, blocks and generations, samples and time of each part')
    .argument('<query>', 'a PromQL expression')
    .option('--start <time>', 'start of a range query (RFC 3339 or Unix seconds)')
    .option('--end <time>', 'its end')
    .option('--step <duration>', 'its step')
    .option('--time <time>', 'time of an instant query; default now')
    .option('--json', 'print the whole plan as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark explain 'host_load1'
  $ tidemark explain 'sum by (region) (rate(api_requests_total[1h]))' --start 2026-01-01T00:00:00Z --end 2026-01-02T00:00:00Z --step 1h`,
    )
    .action(async (query: string, { url, token, json, ...times }: ExplainArguments) => {
      const parameters = new URLSearchParams({ query, ...times })
      const { data } = await ask<{ data: Explained }>({ url, token }, `/api/v1/explain?${parameters}`)
      process.stdout.write(json ? `${JSON.stringify(data, undefined, 2)}\n` : explainedText(data))
    })
}

/** The plan as a person reads it. */
function explainedText({ plan, samples, nodes, warnings, infos }: Explained): string {
  const lines = plan.flatMap(({ text, parts }) => [
    text,
    ...parts.flatMap(({ blocks = [] }) => blocks).map(blockText),
    '',
  ])
  if (nodes) lines.push(textTable(['EXPRESSION', 'SERIES', 'SAMPLES', 'MS', 'COMPUTED'], nodeRows(nodes, 0)), '')
  lines.push(
    `${samples.total.toLocaleString('en-US')} samples read, ${samples.peak.toLocaleString('en-US')} held at most`,
  )
  lines.push(...warnings.map((warning) => `warning: ${warning}`), ...infos.map((info) => `info: ${info}`))
  return `${lines.join('\n')}\n`
}

function nodeRows(node: ExplainedNode, level: number): (string | number)[][] {
  const { text, series, samples, ms, pushedDown, parts } = node
  const row = ['  '.repeat(level) + text, series, samples, ms.toFixed(1), pushedDown ? 'in the batch view' : 'here']
  return [row, ...parts.flatMap((part) => nodeRows(part, level + 1))]
}

function blockText({ start, generation, files, dirty }: ExplainedBlock): string {
  return `  block ${start}, generation ${generation}, ${files} files${dirty ? ', dirty: a recompute is due' : ''}`
}
