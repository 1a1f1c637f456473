import { Command } from 'commander'
import { ask, withUrl } from './server.js'

export function explainCommand(): Command {
  return withUrl(new Command('explain'))
    .description('shows how a query would be answered: views, tiers, blocks and generations, and why')
    .argument('<query>', 'a PromQL selector')
    .option('--start <time>', 'start of a range query (RFC 3339 or Unix seconds)')
    .option('--end <time>', 'its end')
    .option('--step <duration>', 'its step')
    .option('--time <time>', 'time of an instant query; default now')
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark explain 'host_load1'
  $ tidemark explain 'api_latency:p99{region="eu"}' --start 2026-01-01T00:00:00Z --end 2026-01-02T00:00:00Z --step 1h`,
    )
    .action(async (query: string, { url, ...times }: { url: string } & Record<string, string>) => {
      const parameters = new URLSearchParams({ query, ...times })
      const answer = await ask<unknown>(url, `/api/v1/explain?${parameters}`)
      process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`)
    })
}
