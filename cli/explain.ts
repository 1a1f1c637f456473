import { Command } from 'commander'
import { ask, withUrl } from './server.js'

interface ExplainedBlock {
  start: string
  generation: number
  files: number
  dirty: boolean
}

interface Explained {
  plan: { text: string; parts: { blocks?: ExplainedBlock[] }[]; warnings: string[] }[]
}

type ExplainArguments = { url: string; json?: boolean } & Partial<Record<'start' | 'end' | 'step' | 'time', string>>

export function explainCommand(): Command {
  return withUrl(new Command('explain'))
    .description('shows how a query would be answered: views, tiers, blocks and generations, and why')
    .argument('<query>', 'a PromQL selector')
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
  $ tidemark explain 'api_latency:p99{region="eu"}' --start 2026-01-01T00:00:00Z --end 2026-01-02T00:00:00Z --step 1h`,
    )
    .action(async (query: string, { url, json, ...times }: ExplainArguments) => {
      const parameters = new URLSearchParams({ query, ...times })
      const { data } = await ask<{ data: Explained }>(url, `/api/v1/explain?${parameters}`)
      process.stdout.write(json ? `${JSON.stringify(data, undefined, 2)}\n` : explainedText(data))
    })
}

/** The plan as a person reads it. */
function explainedText({ plan }: Explained): string {
  const lines = plan.flatMap(({ text, parts, warnings }) => [
    text,
    ...parts.flatMap(({ blocks = [] }) => blocks).map(blockText),
    ...warnings.map((warning) => `warning: ${warning}`),
  ])
  return `${lines.join('\n')}\n`
}

function blockText({ start, generation, files, dirty }: ExplainedBlock): string {
  return `  block ${start}, generation ${generation}, ${files} files${dirty ? ', dirty: a recompute is due' : ''}`
}
