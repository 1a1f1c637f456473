import { afterAll, beforeAll, expect, test } from 'vitest'
import { alertOn, MINUTE_MS, resolved } from '../../alerting/testing/incidents.js'
import { setIncidentStage } from './incident-stage.js'

let stage: Awaited<ReturnType<typeof setIncidentStage>>

beforeAll(async () => {
  stage = await setIncidentStage()
})
afterAll(() => stage.close())

/** What was sent by people's own channels, with minutes counted from the incident's first. */
async function called(incidentId: string): Promise<string[]> {
  const all = (await stage.sent(incidentId)).map((text) => text.split(' '))
  const zero = Number(all[0][0])
  return all
    .filter(([, , channel]) => channel.startsWith('sms:'))
    .map(([minute, action, channel]) => `${Number(minute) - zero} ${action} ${channel}`)
}

const timeline = async (incidentId: string) => (await stage.desk.get(incidentId)).timeline.map(({ kind }) => kind)

test('nobody answers: on-call at once, the lead after 10 minutes, the VP after 30, and all over again', async () => {
  const id = await stage.open('unanswered')
  await stage.deliver()
  await stage.pass(95)
  expect(await called(id)).toEqual([
    '0 trigger sms:ada',
    '10 trigger sms:lea',
    '30 trigger sms:vic',
    '60 trigger sms:ada',
    '70 trigger sms:lea',
    '90 trigger sms:vic',
  ])
  expect(await timeline(id)).toEqual(['opened', 'told', ...Array<string>(5).fill('escalated')])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
  await stage.workflow(id).result()
})

test('who acknowledges ends the calls, and is reminded every 4 hours until it is resolved', async () => {
  const id = await stage.open('acknowledged')
  await stage.deliver()
  await stage.pass(5)
  await stage.act(id, { kind: 'acknowledge' })
  await stage.deliver()
  await stage.pass(500)
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
  await stage.workflow(id).result()
  const texts = await stage.sent(id)
  const zero = Number(texts[0].split(' ')[0])
  const slack = texts.filter((text) => text.endsWith('slack:#alerts')).map((text) => text.split(' '))
  expect(slack.map(([minute, action]) => `${Number(minute) - zero} ${action}`)).toEqual([
    '0 trigger',
    '5 acknowledge',
    '245 remind',
    '485 remind',
    '505 resolve',
  ])
  expect(await called(id)).not.toContain('10 trigger sms:lea')
})

test('Temporal was away for long: the first message is not sent twice, and no step that was missed is left out', async () => {
  const id = await stage.open('late')
  await stage.pass(12)
  expect(await called(id)).toEqual(['0 trigger sms:ada'])
  await stage.deliver()
  await stage.pass(19)
  expect(await called(id)).toEqual(['0 trigger sms:ada', '12 trigger sms:lea', '30 trigger sms:vic'])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
})

test('an acknowledgement that Temporal has not heard of yet stops the calls all the same', async () => {
  const id = await stage.open('unheard')
  await stage.deliver()
  await stage.pass(5)
  await stage.act(id, { kind: 'acknowledge' })
  await stage.pass(30)
  expect(await called(id)).toEqual(['0 trigger sms:ada', '5 acknowledge sms:ada'])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
})

test('snoozed for an hour, it goes on with the next step when the hour is over', async () => {
  const id = await stage.open('snoozed')
  await stage.deliver()
  await stage.pass(4)
  const untilMs = (await stage.nowMs()) + 60 * MINUTE_MS
  await stage.act(id, { kind: 'snooze', untilMs })
  await stage.deliver()
  await stage.pass(67)
  expect(await called(id)).toEqual(['0 trigger sms:ada', '70 trigger sms:lea'])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
})

test('reassigned, it calls the new one, and the lead 10 minutes later if nobody answers', async () => {
  const id = await stage.open('reassigned')
  await stage.deliver()
  await stage.pass(5)
  await stage.act(id, { kind: 'reassign', to: 'vp' })
  await stage.deliver()
  await stage.pass(11)
  expect(await called(id)).toEqual(['0 trigger sms:ada', '5 trigger sms:vic', '15 trigger sms:lea'])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
})

test('what flaps goes on where it was: nobody is called when it is back, the lead is if it stays', async () => {
  const id = await stage.open('flapping')
  await stage.deliver()
  await stage.pass(3)
  await stage.flush('flapping', [resolved(alertOn('web-1'))], 'resolved')
  await stage.deliver()
  await stage.pass(1)
  const startsMs = await stage.nowMs()
  const labels = { ...alertOn('web-1').labels, severity: 'P1' }
  expect(await stage.flush('flapping', [alertOn('web-1', { startsMs, labels })], 'changed')).toBe(id)
  await stage.deliver()
  await stage.pass(11)
  expect(await called(id)).toEqual(['0 trigger sms:ada', '14 trigger sms:lea'])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
})

test('a signal that is delivered twice is done once, also one that comes straight from Temporal', async () => {
  const id = await stage.open('twice')
  await stage.deliver()
  const told = {
    id: 'by-hand',
    incidentId: id,
    by: 'tess',
    atMs: 0,
    action: { kind: 'comment', text: 'hello' },
  } as const
  for (let i = 0; i < 3; i++) await stage.client.signalEscalation(id, { id: 'by-hand', kind: 'comment', told })
  await stage.pass(1)
  expect((await stage.desk.get(id)).timeline.filter(({ kind }) => kind === 'commented')).toMatchObject([
    { by: 'tess', text: 'hello' },
  ])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
  await stage.workflow(id).result()
})

test('a workflow that is lost is started again, and goes on with the next step', async () => {
  const id = await stage.open('lost')
  await stage.deliver()
  await stage.pass(5)
  await stage.workflow(id).terminate('lost')
  await stage.pass(8)
  await stage.deliver()
  await stage.pass(1)
  expect(await called(id)).toEqual(['0 trigger sms:ada', '13 trigger sms:lea'])
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
})

test('after hundreds of signals it goes on in a new run, and forgets none', async () => {
  const id = await stage.open('long')
  await stage.deliver()
  const { runId } = await stage.workflow(id).describe()
  for (let i = 0; i < 150; i++) await stage.act(id, { kind: 'comment', text: `comment ${i}` })
  await stage.deliver()
  await stage.pass(35)
  expect((await stage.workflow(id).describe()).runId).not.toBe(runId)
  expect(await called(id)).toEqual(['0 trigger sms:ada', '10 trigger sms:lea', '30 trigger sms:vic'])
  expect((await timeline(id)).filter((kind) => kind === 'commented')).toHaveLength(150)
  await stage.act(id, { kind: 'resolve' })
  await stage.deliver()
  await stage.workflow(id).result()
})
