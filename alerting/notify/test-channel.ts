import type { ChannelConfig } from '../../schemas/config/channels.js'
import type { Clock } from '../../schemas/time.js'
import type { Channel, Delivery, Message, MessageAction } from './channel.js'

/** Services that keep an alert open until they are told that it is over. */
const KEEPS_ALERTS: ReadonlySet<ChannelConfig['kind']> = new Set(['pagerduty', 'opsgenie'])
const TIMEOUT_MS = 30_000

/** What came of one message of a test. */
export interface TestedStep {
  action: MessageAction
  delivery: Delivery
  tookMs: number
}

/** A channel that is tried. */
export interface TestedChannel {
  name: string
  kind: ChannelConfig['kind']
  channel: Channel
}

/** Sends a test message, and resolves it where it would stay open. Silent in the log of dead letters: it is not queued. */
export async function testChannel({ name, kind, channel }: TestedChannel, clock: Clock): Promise<TestedStep[]> {
  const actions: MessageAction[] = KEEPS_ALERTS.has(kind) ? ['trigger', 'resolve'] : ['trigger']
  const startedMs = clock()
  const steps: TestedStep[] = []
  for (const action of actions) {
    const fromMs = clock()
    const delivery = await channel.send(testMessage(name, action, startedMs), AbortSignal.timeout(TIMEOUT_MS))
    steps.push({ action, delivery, tookMs: clock() - fromMs })
    if (delivery.outcome !== 'delivered') break
  }
  return steps
}

function testMessage(channel: string, action: MessageAction, startedMs: number): Message {
  const incidentId = `test-${startedMs}`
  const isOver = action === 'resolve'
  return {
    key: `${incidentId}:${action}:${channel}`,
    action,
    incident: {
      incidentId,
      title: `Test message from Tidemark to ${channel}`,
      status: isOver ? 'resolved' : 'firing',
      severity: 'P4',
      rule: 'NotifyTest',
      groupKey: incidentId,
      groupLabels: { alertname: 'NotifyTest' },
      hosts: { firing: [] },
      alerts: [],
      annotations: { summary: 'Somebody asked whether this channel works. Nothing is wrong.' },
      startedMs,
      ...(isOver && { resolvedMs: startedMs }),
      links: {},
      changes: [],
    },
  }
}
