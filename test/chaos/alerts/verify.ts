import type { IncidentDetail } from '../../../schemas/ports/incidents.js'
import { groupBy } from '../../sim/expected.js'
import type { Wanted } from './operator.js'
import type { Receipt } from './receiver.js'
import { CALLED, STEPS } from './shape.js'

/** Everything that can be wrong. */
export const FAULTS = [
  'incidents not opened, or opened twice',
  'incidents without first notification',
  'steps lost or skipped',
  'steps after somebody acknowledged or resolved',
  'steps out of order',
  'messages with two keys',
  'incidents not as people left them',
  'closing messages lost',
] as const
type FaultKind = (typeof FAULTS)[number]

/** What was found in the receiver's list and the answers of the API. */
export interface Findings {
  faults: { kind: FaultKind; text: string }[]
  /** Different messages that were taken. */
  messages: number
  /** Taken again because the reply to the time before was lost. */
  againUnanswered: number
  /** Taken again though the time before was answered. */
  againAnswered: number
  /** Calls that were under way when somebody acknowledged or resolved, and came after. */
  underWay: number
  /** Escalation steps taken, those at the opening among them. */
  steps: number
  /** From when the alerts of each incident were taken until its first message was, ms, ascending. */
  firstMs: number[]
}

/** What is known of one incident. */
interface Case {
  wanted: Wanted
  incident: IncidentDetail
  receipts: readonly Receipt[]
}

/** Compares what the receiver took, and what the API says, with what was done. No line of the product decides it. */
export function findingsOf(
  wanted: readonly Wanted[],
  incidents: readonly IncidentDetail[],
  receipts: readonly Receipt[],
): Findings {
  const findings: Findings = { faults: [], underWay: 0, steps: 0, firstMs: [], ...repeats(receipts) }
  const byService = groupBy(incidents, ({ groupLabels }) => groupLabels.service)
  const byIncident = groupBy(receipts, ({ incidentId }) => incidentId)
  for (const one of wanted) {
    const opened = byService.get(one.service) ?? []
    if (opened.length !== 1) {
      const text = `${one.service} has ${opened.length} incidents`
      findings.faults.push({ kind: 'incidents not opened, or opened twice', text })
    }
    for (const incident of opened) {
      judge({ wanted: one, incident, receipts: byIncident.get(incident.incidentId) ?? [] }, findings)
    }
  }
  findings.firstMs.sort((a, b) => a - b)
  return findings
}

function repeats(receipts: readonly Receipt[]) {
  const counts = { messages: 0, againUnanswered: 0, againAnswered: 0 }
  for (const times of groupBy(receipts, ({ key }) => key).values()) {
    counts.messages++
    for (const { isAnswered } of times.slice(0, -1)) counts[isAnswered ? 'againAnswered' : 'againUnanswered']++
  }
  return counts
}

function judge(one: Case, findings: Findings): void {
  const { wanted, incident, receipts } = one
  const fault = (kind: FaultKind, text: string) =>
    findings.faults.push({ kind, text: `${wanted.service} (${incident.incidentId}, ${wanted.fate}): ${text}` })
  const firsts = firstReceipts(receipts)
  const calls = firsts.filter(({ action, channel }) => action === 'trigger' && channel === 'phone')
  const team = firsts.filter(({ action, channel }) => action === 'trigger' && channel === 'team')
  const called = calls.map(({ recipient }) => recipient ?? '')
  const closedMs = Math.min(
    incident.acknowledgedMs ?? Number.POSITIVE_INFINITY,
    incident.resolvedMs ?? Number.POSITIVE_INFINITY,
  )

  if (!called.includes(CALLED[0]) || team.length === 0)
    fault('incidents without first notification', `told were ${called.join(', ')}, the team ${team.length} times`)
  const expected = CALLED.slice(0, stepsOf(one))
  const missing = expected.filter((name) => !called.includes(name))
  if (missing.length > 0) fault('steps lost or skipped', `not called: ${missing.join(', ')}`)
  const twice = called.filter((name, i) => called.indexOf(name) !== i)
  if (twice.length > 0 || team.length > 1)
    fault('messages with two keys', [...calls, ...team].map(({ key }) => key).join(', '))
  const known = called.filter((name) => (CALLED as readonly string[]).includes(name))
  if (known.join() !== CALLED.filter((name) => known.includes(name)).join())
    fault('steps out of order', called.join(', '))
  for (const text of lateSteps(one, calls, expected)) fault('steps after somebody acknowledged or resolved', text)
  const left = leftAs(one)
  if (left) fault('incidents not as people left them', left)
  for (const text of closingFaults(one, firsts)) fault('closing messages lost', text)

  findings.steps += expected.length
  findings.underWay += calls.filter(({ atMs }) => atMs > closedMs).length
  const first = firsts[0]
  if (first) findings.firstMs.push(Math.max(0, first.atMs - (wanted.takenMs ?? first.atMs)))
}

/** How many steps have to have been taken: all, unless somebody ended it; then those that the timeline tells of. */
function stepsOf({ wanted, incident }: Case): number {
  if (isLeftAlone(wanted)) return STEPS[wanted.severity]
  return 1 + incident.timeline.filter(({ kind }) => kind === 'escalated').length
}

/** Steps that were taken once nobody wanted them any more. */
function lateSteps({ incident }: Case, calls: readonly Receipt[], expected: readonly string[]): string[] {
  const kinds = incident.timeline.map(({ kind }) => kind)
  const closed = kinds.findIndex((kind) => kind === 'acknowledged' || kind === 'resolved')
  const after = closed < 0 ? [] : kinds.slice(closed).filter((kind) => kind === 'escalated')
  const untold = calls.filter(({ recipient }) => !expected.includes(recipient ?? ''))
  return [
    ...after.map(() => `the timeline goes ${kinds.join(', ')}`),
    ...untold.map(({ recipient }) => `${recipient} was called, though ${expected.length} steps were to be taken`),
  ]
}

/** What is not so as it was left; undefined if all is. */
function leftAs({ wanted, incident }: Case): string | undefined {
  const { status, hosts } = incident
  const expected = wanted.fate === 'ended' ? 'resolved' : isLeftAlone(wanted) ? 'firing' : wanted.fate
  if (!wanted.isDone) return wanted.failure ?? `${wanted.fate} is not done yet`
  if (status !== expected) return `it is ${status}`
  if (wanted.fate === 'grows' && hosts.firing.length !== wanted.hosts.length)
    return `it has ${hosts.firing.length} hosts`
  return undefined
}

/** Whoever was called hears that it is dealt with, and nothing calls them after that. */
function closingFaults({ wanted, incident }: Case, firsts: readonly Receipt[]): string[] {
  if (isLeftAlone(wanted) || incident.status === 'firing') return []
  const action = wanted.fate === 'acknowledged' ? 'acknowledge' : 'resolve'
  return ['team', 'phone'].flatMap((channel) => {
    const course = firsts.filter((one) => one.channel === channel).map((one) => one.action)
    const at = course.indexOf(action)
    if (at < 0) return [`no ${action} on ${channel}`]
    return course.slice(at).includes('trigger') ? [`on ${channel} came ${course.join(', ')}`] : []
  })
}

/** The first time of each message, in the order that they were taken. */
function firstReceipts(receipts: readonly Receipt[]): Receipt[] {
  return [...groupBy(receipts, ({ key }) => key).values()].map(([first]) => first)
}

function isLeftAlone({ fate }: Wanted): boolean {
  return fate === 'ignored' || fate === 'grows'
}
