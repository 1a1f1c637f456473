import { userInfo } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readMatcherJson, type silenceJson } from '../alerting/dispatch/http/silence-json.js'
import { matchersText } from '../alerting/dispatch/match/label-matchers.js'
import { TidemarkError } from '../schemas/errors.js'
import type { Matcher } from '../schemas/series/matcher.js'
import { matcherArgument, matchersJson } from './matchers.js'
import { positiveDuration } from './positive-duration.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable, timeText } from './text-table.js'

/** A silence as the server shows it. */
type ShownSilence = ReturnType<typeof silenceJson>

interface AddOptions extends ServerOptions {
  for?: number
  until?: number
  from?: number
  by: string
  why: string
}

/** `tidemark silence`: mutes alerts for a time. */
export function silenceCommand(): Command {
  return new Command('silence')
    .description('mutes alerts for a time, and shows and ends what is muted')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(expireCommand())
}

function addCommand(): Command {
  return withServer(new Command('add'))
    .description('mutes the alerts that satisfy every matcher; prints the id of the silence')
    .argument('<matchers...>', 'service="api", host=~"db.+"; a word alone is the name of an alert', matcherArgument)
    .addOption(
      new Option('--for <duration>', 'how long, such as 2h')
        .argParser(positiveDuration('2h or 30m'))
        .conflicts('until'),
    )
    .addOption(new Option('--until <time>', 'until when, such as 2026-01-31T10:00:00Z').argParser(time))
    .addOption(new Option('--from <time>', 'from when on; now unless given').argParser(time))
    .option('--by <name>', 'who wants it', userInfo().username)
    .requiredOption('--why <text>', 'why, for who looks at it later')
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark silence add 'service="api"' 'region=~"eu-.*"' --for 2h --why 'moving the database'
  $ tidemark silence add HighLatency --until 2026-01-31T10:00:00Z --by ann --why 'known, fixed by then'`,
    )
    .action(async (matchers: Matcher[], { for: forMs, until, from, by, why, ...server }: AddOptions) => {
      const startsMs = from ?? Date.now()
      const endsMs = until ?? (forMs === undefined ? undefined : startsMs + forMs)
      if (endsMs === undefined) {
        throw new TidemarkError('TM_REQUEST', { reason: 'the silence has no end', fix: 'give --for or --until' })
      }
      const body = {
        matchers: matchersJson(matchers),
        startsAt: new Date(startsMs).toISOString(),
        endsAt: new Date(endsMs).toISOString(),
        createdBy: by,
        comment: why,
      }
      const { silenceID } = await ask<{ silenceID: string }>(server, '/api/v2/silences', { method: 'POST', body })
      process.stdout.write(`${silenceID}\n`)
    })
}

function listCommand(): Command {
  return withServer(new Command('list'))
    .description('lists silences: those that mute now, then those to come')
    .option('--expired', 'those that are over too')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidemark silence list\n  $ tidemark silence list --expired --json | jq .[].id',
    )
    .action(async ({ expired = false, json, ...server }: ServerOptions & { expired?: boolean; json?: boolean }) => {
      const silences = await ask<ShownSilence[]>(server, `/api/v2/silences?expired=${expired}`)
      process.stdout.write(`${json ? JSON.stringify(silences, undefined, 2) : silencesText(silences)}\n`)
    })
}

function expireCommand(): Command {
  return withServer(new Command('expire'))
    .description('ends silences now')
    .argument('<ids...>', 'as `tidemark silence list` shows them')
    .addHelpText('after', '\nExamples:\n  $ tidemark silence expire 7d0b6f0e-6a39-4a67-9d8e-1f6d4d4bb2c1')
    .action(async (ids: string[], server: ServerOptions) => {
      for (const id of ids) {
        await ask(server, `/api/v2/silence/${encodeURIComponent(id)}`, { method: 'DELETE' })
        process.stdout.write(`the silence ${id} is over\n`)
      }
    })
}

/** Silences as a person reads them. */
export function silencesText(silences: readonly ShownSilence[]): string {
  return textTable(
    ['id', 'state', 'matchers', 'from', 'until', 'by', 'why'],
    silences.map(({ id, status, matchers, startsAt, endsAt, createdBy, comment }) => [
      id,
      status.state,
      matchersText(matchers.map(readMatcherJson)),
      timeText(Math.floor(Date.parse(startsAt) / 1000) * 1000),
      timeText(Math.floor(Date.parse(endsAt) / 1000) * 1000),
      createdBy,
      comment,
    ]),
  )
}

function time(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return ms
  throw new InvalidArgumentError('Write a time such as 2026-01-31T10:00:00Z.')
}
