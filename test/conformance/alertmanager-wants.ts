import { isDeepStrictEqual } from 'node:util'
import type { DispatchedAlert } from '../../alerting/dispatch/flush.js'
import type { Received, Story, StoryAlert } from './alertmanager-story.js'

/** What a story wants and did not get, or got and does not want. */
export function unmetWants({ wants, tolerance, config }: Story, received: readonly Received[]): string[] {
  const unmet: string[] = []
  for (const { webhook, from, to, alerts } of wants) {
    const within = received.filter((one) => one.webhook === webhook && one.at >= from && one.at <= to)
    const isMet =
      alerts.length === 0 ? within.length === 0 : within.some((one) => isSame(one.alerts, alerts, tolerance))
    if (!isMet) unmet.push(`${webhook} got ${shown(within)} from ${from} to ${to}, wanted ${JSON.stringify(alerts)}`)
  }
  for (const { id } of config.receivers.flatMap(({ webhooks = [] }) => webhooks)) {
    const count = (lists: readonly { webhook: string; alerts: readonly unknown[] }[]) =>
      lists.filter(({ webhook }) => webhook === id).reduce((sum, { alerts }) => sum + alerts.length, 0)
    const [wanted, got] = [count(wants), count(received)]
    if (wanted !== got) unmet.push(`${id} got ${got} alerts in all, wanted ${wanted}: ${shown(received)}`)
  }
  return unmet
}

function isSame(alerts: readonly DispatchedAlert[], wanted: readonly StoryAlert[], tolerance: number): boolean {
  return alerts.length === wanted.length && wanted.every((one) => alerts.some((alert) => isOne(alert, one, tolerance)))
}

function isOne(alert: DispatchedAlert, wanted: StoryAlert, tolerance: number): boolean {
  const isNear = (ms: number | undefined, seconds: number | undefined) =>
    ms === undefined || seconds === undefined ? ms === seconds : Math.abs(ms / 1000 - seconds) <= tolerance
  return (
    isDeepStrictEqual({ ...alert.labels }, wanted.labels) &&
    isDeepStrictEqual({ ...alert.annotations }, wanted.annotations ?? {}) &&
    isNear(alert.startsMs, wanted.startsAt) &&
    isNear(alert.endsMs, wanted.endsAt)
  )
}

function shown(received: readonly Received[]): string {
  return JSON.stringify(received.map(({ at, alerts }) => ({ at, alerts: alerts.map(({ labels }) => labels) })))
}
