import type { WorkflowHandle } from '@temporalio/client'
import { alertOn, MINUTE_MS, resolved } from '../../alerting/testing/incidents.js'
import { setIncidentStage } from '../temporal/incident-stage.js'

/** Plays the escalation of two incidents on a clock that skips time. @param save writes down the history of a workflow */
export async function recordEscalations(
  save: (name: string, handle: Pick<WorkflowHandle, 'fetchHistory'>) => Promise<void>,
): Promise<void> {
  const stage = await setIncidentStage()
  try {
    const unanswered = await stage.open('unanswered')
    await stage.deliver()
    await stage.pass(95)
    await stage.act(unanswered, { kind: 'acknowledge' })
    await stage.deliver()
    await stage.pass(500)
    await stage.act(unanswered, { kind: 'resolve' })
    await stage.deliver()
    await stage.workflow(unanswered).result()
    await save('escalate-unanswered-then-reminded', stage.workflow(unanswered))

    const steered = await stage.open('steered')
    await stage.deliver()
    await stage.pass(5)
    await stage.act(steered, { kind: 'comment', text: 'looking' })
    await stage.act(steered, { kind: 'snooze', untilMs: (await stage.nowMs()) + 60 * MINUTE_MS })
    await stage.deliver()
    await stage.pass(30)
    await stage.act(steered, { kind: 'reassign', to: 'vp' })
    await stage.deliver()
    await stage.pass(45)
    await stage.flush('steered', [resolved(alertOn('web-1'))], 'resolved')
    await stage.deliver()
    await stage.workflow(steered).result()
    await save('escalate-snoozed-reassigned-cleared', stage.workflow(steered))

    const long = await stage.open('long')
    await stage.deliver()
    const { runId } = await stage.workflow(long).describe()
    for (let i = 0; i < 60; i++) await stage.act(long, { kind: 'comment', text: `comment ${i}` })
    await stage.deliver()
    await stage.pass(11)
    await stage.act(long, { kind: 'resolve' })
    await stage.deliver()
    await stage.workflow(long).result()
    const { client } = stage.env
    await save('escalate-continued-in-a-second-run', client.workflow.getHandle(stage.workflow(long).workflowId, runId))
  } finally {
    await stage.close()
  }
}
