import type { ClusterShape } from '../cluster.js'

/** Who each duty of a step leads to, in the order of the steps: the person on a message tells which step it is of. */
export const CALLED = ['ada', 'lea', 'vic'] as const
/** Steps that each severity has. */
export const STEPS = { P1: 3, P2: 2 } as const

/** Longest time that a channel is waited for, ms. */
const NOTIFY_TIMEOUT_MS = 2000

const DUTIES = ['on-call', 'team-lead', 'vp']
const AFTER = ['0s', '5s', '10s']

/** A cluster that opens incidents and escalates them within seconds. @param receiver address of the webhook receiver */
export function alertingShape(receiver: string): ClusterShape {
  const channel = (name: string) => ({ kind: 'webhook', url: `${receiver}/${name}`, per_minute: 60_000, burst: 1000 })
  const policy = (count: number) => ({
    steps: DUTIES.slice(0, count).map((duty, i) => ({ after: AFTER[i], to: [duty] })),
    repeat: '0',
    remind: '0',
  })
  return {
    processes: [
      ['alerts', 2, 0],
      ['worker', 1, 0],
      ['serving', 1, 0],
    ],
    settings: {
      collector: { enabled: false },
      self: { collect: false },
      statsd: { enabled: false },
      outbound: { allow: ['127.0.0.1'] },
      alerting: {
        own_rules: false,
        channels: { 'webhook:team': channel('team'), 'webhook:phone': channel('phone') },
        notify_timeout: `${NOTIFY_TIMEOUT_MS / 1000}s`,
      },
      incidents: {
        resolve_after: '2s',
        channels: { P1: ['webhook:team'], P2: ['webhook:team'] },
      },
      escalation: {
        P1: policy(STEPS.P1),
        P2: policy(STEPS.P2),
        recipients: Object.fromEntries(
          DUTIES.map((duty, i) => [duty, [{ name: CALLED[i], channels: ['webhook:phone'] }]]),
        ),
      },
    },
  }
}
