import { Command } from 'commander'
import type { ToldSchedule } from '../alerting/on-call/routes.js'
import { TidemarkError } from '../schemas/errors.js'
import { parseTime } from '../serving/http/parameters.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable } from './text-table.js'

interface OnCallOptions extends ServerOptions {
  at?: string
  week?: boolean
  json?: boolean
}

/** `tidemark oncall`: who is on call. */
export function onCallCommand(): Command {
  return withServer(new Command('oncall'))
    .description('says who is on call by the schedules of alerting.on_call')
    .argument('[schedule]', 'its name; left out: all')
    .option('--at <time>', 'RFC 3339 or Unix seconds; default now')
    .option('--week', 'the shifts of a week from then on')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidemark oncall\n  $ tidemark oncall primary --week\n  $ tidemark oncall primary --at 2026-12-24T18:00:00+01:00',
    )
    .action(async (name: string | undefined, { at, week, json, ...server }: OnCallOptions) => {
      const query = at === undefined ? '' : `?${new URLSearchParams({ at: String(parseTime('--at', at)) })}`
      const path = name === undefined ? '/api/v1/oncall' : `/api/v1/oncall/${encodeURIComponent(name)}`
      const { data } = await ask<{ data: ToldSchedule | ToldSchedule[] }>(server, `${path}${query}`)
      const schedules = [data].flat()
      if (schedules.length === 0) {
        const fix = 'write one into alerting.on_call'
        throw new TidemarkError('TM_REQUEST', { reason: 'there are no on-call schedules', fix })
      }
      const text = week ? schedules.map(weekText).join('\n\n') : nowText(schedules)
      process.stdout.write(`${json ? JSON.stringify(data, undefined, 2) : text}\n`)
    })
}

/** Who is on call by each schedule, and who follows. */
export function nowText(schedules: readonly ToldSchedule[]): string {
  const rows = schedules.map(({ schedule, person, shifts, timeZone }) => {
    const [now, next] = shifts
    const until = next ? `${local(now.endMs, timeZone)} ${timeZone}` : '-'
    return [schedule, person, until, next?.person ?? '-']
  })
  return textTable(['schedule', 'on call', 'until', 'then'], rows)
}

/** The shifts of a schedule in its own time. */
export function weekText({ schedule, timeZone, shifts }: ToldSchedule): string {
  const rows = shifts.map(({ person, startMs, endMs }) => [local(startMs, timeZone), local(endMs, timeZone), person])
  return `${schedule} (${timeZone})\n${textTable(['from', 'to', 'on call'], rows)}`
}

/** `Mon 2026-01-05 09:00`. */
function local(timeMs: number, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short' }).format(timeMs)
  // Swedes write ISO 8601.
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(timeMs)
  return `${day} ${time}`
}
