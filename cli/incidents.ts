import { Command } from 'commander'
import type { IncidentDetail, IncidentPage, IncidentSummary } from '../schemas/ports/incidents.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable, timeText } from './text-table.js'

interface ListOptions extends ServerOptions {
  all?: boolean
  severity?: string[]
  rule?: string
  since?: string
  after?: string
  limit: string
  json?: boolean
}

/** `tidemark incidents`: lists and shows incidents, and acts on them. */
export function incidentsCommand(): Command {
  const command = new Command('incidents')
    .description('lists incidents and acts on them: ack, resolve, reassign, snooze, comment')
    .addCommand(listCommand().exitOverride())
    .addCommand(showCommand().exitOverride())
    .addCommand(actionCommand('ack', 'acknowledge', 'says that you look after it: nobody else is called'))
    .addCommand(actionCommand('resolve', 'resolve', 'closes it, whatever its alerts say'))
    .addCommand(actionCommand('reassign', 'reassign', 'calls somebody else: a duty such as on-call, or a person', 'to'))
    .addCommand(actionCommand('snooze', 'snooze', 'puts off every call by a time such as 1h', 'for'))
    .addCommand(actionCommand('comment', 'comment', 'writes into its timeline', 'text'))
  return command.addHelpText(
    'after',
    `
Examples:
  $ tidemark incidents list                          those that are not resolved
  $ tidemark incidents list --all --since 7d --severity P1
  $ tidemark incidents show 3xk9w0c2mq7t             with its hosts and its timeline
  $ tidemark incidents ack 3xk9w0c2mq7t
  $ tidemark incidents reassign 3xk9w0c2mq7t team-lead
  $ tidemark incidents snooze 3xk9w0c2mq7t 2h
  $ tidemark incidents comment 3xk9w0c2mq7t "it was the disk"

What you do stands in the incident's timeline and in the audit log, under the name of your token.`,
  )
}

function listCommand(): Command {
  return withServer(new Command('list'))
    .description('lists incidents, the newest first')
    .option('--all', 'resolved ones too')
    .option('--severity <severities...>', 'P1 to P4')
    .option('--rule <id>', 'of this rule')
    .option('--since <time>', 'started since then: RFC 3339, Unix seconds, or a duration such as 7d')
    .option('--after <place>', 'goes on where the page before ended')
    .option('--limit <n>', 'most that are listed', '100')
    .option('--json', 'print JSON')
    .action(async ({ all, severity, rule, since, after, limit, json, ...server }: ListOptions) => {
      const parameters = new URLSearchParams({ limit })
      if (!all) for (const status of ['firing', 'acknowledged']) parameters.append('status', status)
      for (const one of severity ?? []) parameters.append('severity', one)
      for (const [name, value] of Object.entries({ rule_id: rule, since, after }))
        if (value) parameters.set(name, value)
      const { data } = await ask<{ data: IncidentPage }>(server, `/api/v1/incidents?${parameters}`)
      process.stdout.write(`${json ? JSON.stringify(data, undefined, 2) : listText(data)}\n`)
    })
}

function showCommand(): Command {
  return withServer(new Command('show'))
    .description('shows an incident with its hosts and its timeline')
    .argument('<id>')
    .option('--json', 'print JSON, with its alerts')
    .action(async (id: string, { json, ...server }: ServerOptions & { json?: boolean }) => {
      const { data } = await ask<{ data: IncidentDetail }>(server, `/api/v1/incidents/${encodeURIComponent(id)}`)
      process.stdout.write(`${json ? JSON.stringify(data, undefined, 2) : incidentText(data)}\n`)
    })
}

/** A command that does something to an incident. @param argument name of what it needs beside the incident's id */
function actionCommand(name: string, action: string, does: string, argument?: 'to' | 'for' | 'text'): Command {
  const command = withServer(new Command(name)).description(does).argument('<id>')
  if (argument) command.argument(`<${argument}>`)
  return command
    .action(async (...given: unknown[]) => {
      // Commander gives the arguments, then the options, then itself.
      const [id, ...rest] = given.slice(0, argument ? 2 : 1) as string[]
      const server = given[argument ? 2 : 1] as ServerOptions
      const body = argument ? { [argument]: rest[0] } : {}
      const path = `/api/v1/incidents/${encodeURIComponent(id)}/${action}`
      const { data } = await ask<{ data: IncidentSummary }>(server, path, { method: 'POST', body })
      process.stdout.write(`${data.incidentId}: ${stateText(data)}\n`)
    })
    .exitOverride()
}

/** A list as a person reads it. */
export function listText({ incidents, next }: IncidentPage): string {
  if (incidents.length === 0) return 'no incidents'
  const table = textTable(
    ['id', 'severity', 'since', 'state', 'title'],
    incidents.map((one) => [
      one.incidentId,
      one.severity,
      timeText(one.startedMs),
      stateText(one),
      printable(one.title),
    ]),
  )
  return next === undefined ? table : `${table}\nthere are more: --after ${next}`
}

/** An incident as a person reads it. */
export function incidentText(incident: IncidentDetail): string {
  const { incidentId, title, severity, startedMs, hosts, timeline, query, value, channels, annotations } = incident
  const facts = [
    ['incident', `${incidentId}  ${severity}`],
    ['state', stateText(incident)],
    ['since', timeText(startedMs)],
    ['assigned', incident.assignee],
    ['snoozed', incident.snoozedUntilMs === undefined ? undefined : `until ${timeText(incident.snoozedUntilMs)}`],
    ['query', query],
    ['value', value === undefined ? undefined : String(value)],
    ['hosts', hosts.firing.length === 0 ? undefined : hosts.firing.join(', ')],
    ['channels', channels.join(', ')],
    ...Object.entries(annotations),
  ]
  const said = facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '')
  const width = Math.max(...said.map(([name]) => name.length))
  const lines = timeline.map(({ atMs, kind, by, text }) => [timeText(atMs), by ?? '', kind, printable(text)])
  return [
    printable(title),
    '',
    ...said.map(([name, text]) => `${name.padEnd(width)}  ${printable(text)}`),
    '',
    textTable(['time', 'who', 'what', ''], lines),
  ].join('\n')
}

function stateText({ status, acknowledgedBy, resolvedBy, resolvedMs }: IncidentSummary): string {
  if (status === 'acknowledged') return `acknowledged by ${acknowledgedBy}`
  if (status !== 'resolved') return status
  return `resolved ${timeText(resolvedMs)}${resolvedBy === undefined ? '' : ` by ${resolvedBy}`}`
}

/** Labels and comments may hold anything: on a terminal they must be no more than text. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd')
}
