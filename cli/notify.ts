import { Command } from 'commander'
import type { ToldChannel } from '../alerting/notify/channel-book.js'
import type { DeadLetter } from '../alerting/notify/dead-letters.js'
import type { TestedStep } from '../alerting/notify/test-channel.js'
import { TidemarkError } from '../schemas/errors.js'
import { ask, type ServerOptions, withServer } from './server.js'
import { textTable, timeText } from './text-table.js'

interface JsonOptions extends ServerOptions {
  json?: boolean
}

/** `tidemark notify`: channels, whether they work, and messages that were given up. */
export function notifyCommand(): Command {
  return new Command('notify')
    .description('lists channels, tries them, and shows messages that were given up')
    .addCommand(channelsCommand().exitOverride())
    .addCommand(testCommand().exitOverride())
    .addCommand(deadCommand().exitOverride())
}

function channelsCommand(): Command {
  return withServer(new Command('channels'))
    .description('lists the channels of alerting.channels')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ tidemark notify channels')
    .action(async ({ json, ...server }: JsonOptions) => {
      const { data } = await ask<{ data: ToldChannel[] }>(server, '/api/v1/notify/channels')
      const rows = data.map(({ name, kind, target, perMinute, burst }) => [name, kind, target, perMinute, burst])
      print(json ? data : textTable(['channel', 'kind', 'target', 'a minute', 'at once'], rows))
    })
}

function testCommand(): Command {
  return withServer(new Command('test'))
    .description('sends a test message and prints what the other side said; where it opens an alert, it closes it too')
    .argument('<channel>', 'its name, as `tidemark notify channels` shows it')
    .addHelpText(
      'after',
      "\nExamples:\n  $ tidemark notify test pagerduty:team-a\n  $ tidemark notify test 'slack:#alerts'\n\nExit status 1 if it was not delivered.",
    )
    .action(async (channel: string, server: ServerOptions) => {
      const path = `/api/v1/notify/channels/${encodeURIComponent(channel)}/test`
      const { data } = await ask<{ data: TestedStep[] }>(server, path, { method: 'POST' })
      print(testText(data))
      const failed = data.find(({ delivery }) => delivery.outcome !== 'delivered')
      if (!failed) return
      const reason = `the test message to ${channel} was not delivered`
      throw new TidemarkError('TM_REQUEST', { reason, fix: 'what the other side said stands above' })
    })
}

function deadCommand(): Command {
  const dead = new Command('dead').description('messages that were given up: lists them, or sends them again')
  const list = withServer(new Command('list'))
    .description('lists them, those given up last first')
    .option('--limit <n>', 'at most so many', '100')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidemark notify dead list\n  $ tidemark notify dead list --json | jq .[].key',
    )
    .action(async ({ json, limit, ...server }: JsonOptions & { limit: string }) => {
      const path = `/api/v1/notify/dead?${new URLSearchParams({ limit })}`
      const { data } = await ask<{ data: DeadLetter[] }>(server, path)
      print(json ? data : deadText(data))
    })
  const retry = withServer(new Command('retry'))
    .description('puts them back into the outbox, as if they had just been queued')
    .argument('[keys...]', 'as the list shows them; or --all')
    .option('--all', 'all that there are')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tidemark notify dead retry --all\n  $ tidemark notify dead retry inc-7:trigger:0:pagerduty:team-a',
    )
    .action(async (keys: string[], { all, ...server }: ServerOptions & { all?: boolean }) => {
      if (keys.length === 0 && !all) {
        throw new TidemarkError('TM_REQUEST', { reason: 'no message is named', fix: 'name keys, or give --all' })
      }
      const body = all ? {} : { keys }
      const { data } = await ask<{ data: { retried: number } }>(server, '/api/v1/notify/dead/retry', {
        method: 'POST',
        body,
      })
      print(`${data.retried} messages are sent again`)
    })
  return dead.addCommand(list.exitOverride(), { isDefault: true }).addCommand(retry.exitOverride())
}

/** A test as a person reads it. */
export function testText(steps: readonly TestedStep[]): string {
  return steps
    .map(({ action, delivery, tookMs }) => {
      const said = delivery.outcome === 'delivered' ? delivery.said : delivery.reason
      return `${action}  ${delivery.outcome} after ${tookMs} ms${said ? `: ${said}` : ''}`
    })
    .join('\n')
}

/** Dead letters as a person reads them. */
export function deadText(dead: readonly DeadLetter[]): string {
  if (dead.length === 0) return 'no message was given up'
  const rows = dead.map(({ key, channel, action, incidentId, attempts, buriedMs, reason }) => [
    timeText(buriedMs),
    channel,
    action,
    incidentId,
    attempts,
    reason,
    key,
  ])
  return textTable(['given up', 'channel', 'action', 'incident', 'attempts', 'why', 'key'], rows)
}

function print(output: unknown): void {
  process.stdout.write(`${typeof output === 'string' ? output : JSON.stringify(output, undefined, 2)}\n`)
}
