import { Command } from 'commander'
import { parse } from 'yaml'
import type { AppliedRule } from '../../alerting/rule-book/desk.js'
import type { Slo } from '../../alerting/slo/slo.js'
import type { SloStatus } from '../../alerting/slo/status.js'
import { appliedText, textOf } from '../rules/apply.js'
import { ask, type ServerOptions, withServer } from '../server.js'
import { textTable } from '../text-table.js'

/** `tidemark slo`: service level objectives. */
export function sloCommand(): Command {
  const slo = new Command('slo').description('service level objectives: error budgets and burn-rate alerts')
  for (const command of [applyCommand(), listCommand(), statusCommand(), deleteCommand()]) {
    slo.addCommand(command.exitOverride())
  }
  return slo
}

function applyCommand(): Command {
  return withServer(new Command('apply'))
    .description('creates and changes objectives and their alerts as files say')
    .argument('<files...>', 'YAML or JSON: one objective, a list, or `slos: […]`; - is stdin')
    .option('--dry-run', 'shows the alerts that it would have; stores nothing')
    .addHelpText(
      'after',
      `
An objective in YAML:
  name: API availability
  objective: 99.9
  window: 30d
  good: sum(rate(http_requests_total{code!~"5.."}[$window]))
  total: sum(rate(http_requests_total[$window]))
  notification_channels: ["pagerduty:team-a"]

Instead of good and total: error_ratio. Alerts: 2 % of the budget in 1h or 5 % in 6h is P1; 10 % in 1d or 3d is P3.`,
    )
    .action(async (files: string[], { dryRun, ...server }: ServerOptions & { dryRun?: boolean }) => {
      const slos: unknown[] = []
      for (const file of files) {
        const content = parse(await textOf(file)) as { slos?: unknown[] } | unknown[]
        slos.push(...[(content as { slos?: unknown[] })?.slos ?? content].flat())
      }
      const init = { method: 'POST', body: { slos, dry_run: dryRun ?? false } }
      const { data } = await ask<{ data: AppliedRule[] }>(server, '/api/v1/slos/apply', init)
      process.stdout.write(appliedText(data, dryRun))
    })
}

function listCommand(): Command {
  return withServer(new Command('list'))
    .description('every objective')
    .action(async (server: ServerOptions) => {
      const { data } = await ask<{ data: Slo[] }>(server, '/api/v1/slos')
      const rows = data.map(({ slo_id, name, objective, window }) => [slo_id, name, `${objective}%`, window])
      const none = 'no objectives; `tidemark slo apply --help` shows how to write one'
      process.stdout.write(`${rows.length > 0 ? textTable(['id', 'name', 'objective', 'window'], rows) : none}\n`)
    })
}

function statusCommand(): Command {
  return withServer(new Command('status'))
    .description('how an objective stands: its SLI, what is left of the error budget, how fast it burns')
    .argument('<slo>', 'its id')
    .action(async (id: string, server: ServerOptions) => {
      const path = `/api/v1/slos/${encodeURIComponent(id)}`
      const { data } = await ask<{ data: { slo: Slo; status: SloStatus[] } }>(server, path)
      process.stdout.write(statusText(data.slo, data.status))
    })
}

function deleteCommand(): Command {
  return withServer(new Command('delete'))
    .description('deletes an objective and its alerts')
    .argument('<slo>', 'its id')
    .action(async (id: string, server: ServerOptions) => {
      await ask(server, `/api/v1/slos/${encodeURIComponent(id)}`, { method: 'DELETE' })
      process.stdout.write(`${id}: deleted\n`)
    })
}

/** How an objective stands, for people. */
function statusText({ name, objective, window }: Slo, status: readonly SloStatus[]): string {
  const head = `${name}: ${objective}% over ${window}\n`
  if (status.length === 0) return `${head}no events in this window\n`
  const percent = (part: number) => `${Number((part * 100).toPrecision(6))}%`
  const rows = status.map(({ labels, sli, budgetRemaining, burnRate }) => [
    Object.entries(labels)
      .map(([label, value]) => `${label}=${value}`)
      .join(' ') || '-',
    percent(sli),
    percent(budgetRemaining),
    burnRate === undefined ? '-' : `${Number(burnRate.toPrecision(3))}x`,
  ])
  return `${head}${textTable(['labels', 'SLI', 'budget left', 'burn rate, 1h'], rows)}\n`
}
