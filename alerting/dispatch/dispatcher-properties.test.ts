import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DispatchStage } from './testing/stage.js'

const PLAIN = `
route: { receiver: team, group_by: [service], group_wait: 10s, group_interval: 1m, repeat_interval: 1h }
receivers: [{ name: team }]`

const alert = (alertname: string, service: string) => ({ alertname, service })

/** What is told of alerts over twenty minutes: at a second, whether it fires. */
const anyStory = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 1200 }),
    name: fc.constantFrom('a', 'b', 'c'),
    service: fc.constantFrom('api', 'db'),
    fires: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

function played(story: typeof anyStory extends fc.Arbitrary<infer S> ? S : never): DispatchStage {
  const stage = new DispatchStage(PLAIN)
  for (const { at, name, service, fires } of [...story].sort((a, b) => a.at - b.at)) {
    stage.tell(at, alert(name, service), fires ? { starts: at, ends: 100_000 } : { starts: at, ends: at })
  }
  return stage.until(2000)
}

test('nothing is told twice within the repeat interval unless something changed', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const last = new Map<string, { text: string; ms: number }>()
      for (const { groupKey, alerts, flushedMs } of played(story).sent) {
        const text = alerts.map(({ status, fingerprint }) => `${status} ${fingerprint}`).join()
        const before = last.get(groupKey)
        if (before?.text === text && alerts.every(({ status }) => status === 'firing')) {
          expect(flushedMs - before.ms).toBeGreaterThan(3_600_000)
        }
        last.set(groupKey, { text, ms: flushedMs })
      }
    }),
  )
})

test('what fires on is told within the wait and the interval of its group', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const sorted = [...story].sort((a, b) => a.at - b.at)
      const { sent } = played(story)
      for (const [i, { at, name, service, fires }] of sorted.entries()) {
        const ends = sorted
          .slice(i + 1)
          .some((later) => later.name === name && later.service === service && !later.fires)
        if (!fires || ends) continue
        const isTold = sent.some(
          ({ groupLabels, flushedMs, alerts }) =>
            groupLabels.service === service &&
            flushedMs <= (at + 70) * 1000 &&
            alerts.some(({ status, labels }) => status === 'firing' && labels.alertname === name),
        )
        expect(isTold).toBe(true)
      }
    }),
  )
})
