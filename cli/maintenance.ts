import { userInfo } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { TimeIntervalText } from '../alerting/dispatch/config/read-interval.js'
import { readTimeInterval } from '../alerting/dispatch/config/read-interval.js'
import { type matcherJson, readMatcherJson } from '../alerting/dispatch/http/silence-json.js'
import { matchersText } from '../alerting/dispatch/match/label-matchers.js'
import { TidemarkError } from '../schemas/errors.js'
import type { Matcher } from '../schemas/series/matcher.js'
import { matcherArgument, matchersJson } from './matchers.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable } from './text-table.js'

/** A maintenance window as the server shows it. */
interface ShownWindow {
  name: string
  matchers: ReturnType<typeof matcherJson>[]
  time_intervals: TimeIntervalText[]
  created_by: string
  comment: string
  active: boolean
}

interface AddOptions extends ServerOptions {
  times?: TimeIntervalText['times']
  weekdays?: string[]
  days?: string[]
  months?: string[]
  zone?: string
  by: string
  why: string
}

/** `tidemark maintenance`: mutes alerts again and again. */
export function maintenanceCommand(): Command {
  return new Command('maintenance')
    .description('mutes alerts at times that recur, such as every Sunday night')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
}

function addCommand(): Command {
  return withServer(new Command('add'))
    .description('mutes the alerts that satisfy every matcher whenever all that is given of the time holds')
    .argument('<name>', 'of the window; one of this name is replaced')
    .argument('<matchers...>', 'service="api", host=~"db.+"; a word alone is the name of an alert', matcherArgument)
    .addOption(new Option('--times <ranges>', '22:00-23:30, by comma if several').argParser(times))
    .addOption(new Option('--weekdays <days>', 'monday:friday,sunday').argParser(list))
    .addOption(new Option('--days <days>', 'of the month, 1:7,-1; -1 is the last').argParser(list))
    .addOption(new Option('--months <months>', 'january:march,12').argParser(list))
    .option('--zone <zone>', 'whose clocks count, such as Europe/Berlin; UTC unless given')
    .option('--by <name>', 'who wants it', userInfo().username)
    .requiredOption('--why <text>', 'why, for who looks at it later')
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark maintenance add deploys 'service="api"' --weekdays tuesday --times 22:00-23:30 --zone Europe/Berlin --why 'weekly deploy'
  $ tidemark maintenance add backup 'job="db"' --days=-1 --why 'full backup at the end of the month'`,
    )
    .action(async (name: string, matchers: Matcher[], options: AddOptions) => {
      const { times, weekdays, days, months, zone, by, why, ...server } = options
      const interval = checked({ times, weekdays, days_of_month: days, months, location: zone })
      const body = {
        name,
        matchers: matchersJson(matchers),
        time_intervals: [interval],
        created_by: by,
        comment: why,
      }
      await ask(server, '/api/v1/maintenance', { method: 'POST', body })
      process.stdout.write(
        `the maintenance window "${name}" mutes ${matchersText(matchers)}: ${intervalText(interval)}\n`,
      )
    })
}

function listCommand(): Command {
  return withServer(new Command('list'))
    .description('lists maintenance windows, and whether they mute now')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ tidemark maintenance list')
    .action(async ({ json, ...server }: ServerOptions & { json?: boolean }) => {
      const { data } = await ask<{ data: ShownWindow[] }>(server, '/api/v1/maintenance')
      process.stdout.write(`${json ? JSON.stringify(data, undefined, 2) : windowsText(data)}\n`)
    })
}

function removeCommand(): Command {
  return withServer(new Command('remove'))
    .description('removes a maintenance window')
    .argument('<name>', 'as `tidemark maintenance list` shows it')
    .addHelpText('after', '\nExamples:\n  $ tidemark maintenance remove deploys')
    .action(async (name: string, server: ServerOptions) => {
      await ask(server, `/api/v1/maintenance/${encodeURIComponent(name)}`, { method: 'DELETE' })
      process.stdout.write(`the maintenance window "${name}" is removed\n`)
    })
}

/** Windows as a person reads them. */
export function windowsText(windows: readonly ShownWindow[]): string {
  return textTable(
    ['name', 'now', 'matchers', 'when', 'by', 'why'],
    windows.map(({ name, active, matchers, time_intervals, created_by, comment }) => [
      name,
      active ? 'mutes' : '-',
      matchersText(matchers.map(readMatcherJson)),
      time_intervals.map(intervalText).join('; '),
      created_by,
      comment,
    ]),
  )
}

function intervalText({ times, weekdays, days_of_month, months, years, location = 'UTC' }: TimeIntervalText): string {
  const parts = [
    ...(times ?? []).map(({ start_time, end_time }) => `${start_time}-${end_time}`),
    ...(weekdays ?? []),
    ...(days_of_month ?? []).map((days) => `days ${days}`),
    ...(months ?? []),
    ...(years ?? []),
  ]
  return `${parts.join(', ') || 'always'} ${location}`
}

/** An interval that says when; what is wrong with it is told before the server is asked. */
function checked(interval: TimeIntervalText): TimeIntervalText {
  const { location: _, ...when } = interval
  const fix = '`tidemark maintenance add --help` shows examples; `tidemark silence` mutes for one time'
  if (Object.values(when).every((part) => part === undefined)) {
    throw new TidemarkError('TM_REQUEST', { reason: 'the window is always open: no time is given', fix })
  }
  try {
    readTimeInterval(interval)
  } catch (cause) {
    throw new TidemarkError('TM_REQUEST', { reason: (cause as Error).message, fix }, cause)
  }
  return interval
}

function times(text: string): TimeIntervalText['times'] {
  return list(text).map((range) => {
    const [start_time, end_time, ...more] = range.split('-')
    if (end_time === undefined || more.length > 0) throw new InvalidArgumentError('Write a range such as 22:00-23:30.')
    return { start_time, end_time }
  })
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
