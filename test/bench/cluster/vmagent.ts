import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { programPath } from '../../../infra/stack/programs.js'
import { startStack } from '../../../infra/stack/start.js'
import { sendBodies } from '../send-bodies.js'
import { freePort, pause } from '../server.js'
import type { Body } from '../shapes.js'
import type { Job, JobRun } from './job.js'
import { cpuMeter, perMillion, until } from './meters.js'

/** It aggregates by time of arrival: one window's bodies are sent a second, which is its window. */
const INTERVAL_MS = 1000
const OUTPUTS = ['count_samples', 'sum_samples', 'min', 'max', 'last', 'quantiles(0.5, 0.95, 0.99)']

/** vmagent's stream aggregation into VictoriaMetrics, paced: a window's points each second. */
export async function runVmagent({ warmUp, measured, points, perWindow }: Job, folder: string): Promise<JobRun> {
  mkdirSync(folder, { recursive: true })
  const stack = await startStack({ dir: join(folder, 'stack'), parts: ['victoriametrics'], log: () => undefined })
  const rules = join(folder, 'aggregate.yaml')
  writeFileSync(rules, stringify([{ interval: `${INTERVAL_MS / 1000}s`, outputs: OUTPUTS }]))
  const port = await freePort()
  const agent = spawn(
    programPath('vmagent'),
    [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-remoteWrite.url=${stack.config.victoriametrics?.url}/api/v1/write`,
      `-remoteWrite.streamAggr.config=${rules}`,
      `-remoteWrite.tmpDataPath=${join(folder, 'queue')}`,
      '-loggerLevel=ERROR',
    ],
    { stdio: 'ignore' },
  )
  try {
    await until(
      'vmagent',
      async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.ok ?? false,
    )
    await paced(port, warmUp, perWindow)
    const spent = cpuMeter({ vmagent: agent.pid ?? 0, victoriametrics: stack.part('victoriametrics').pid() ?? 0 })
    await paced(port, measured, perWindow)
    // The last window goes out at the end of its second.
    await pause(2 * INTERVAL_MS)
    const cpu = perMillion(spent(), points)
    return {
      name: 'vmagent',
      cpu,
      own: ['vmagent'],
      notes: 'paced; windows by time of arrival; its quantiles cannot be merged; a crash loses its state',
    }
  } finally {
    const ended = once(agent, 'exit')
    agent.kill('SIGTERM')
    await ended
    await stack.stop()
  }
}

/** Sends a window's bodies each interval. */
async function paced(port: number, bodies: readonly Body[], perWindow: number): Promise<void> {
  for (let at = 0; at < bodies.length; at += perWindow) {
    const begun = performance.now()
    await sendBodies(port, bodies.slice(at, at + perWindow).values())
    await pause(Math.max(0, INTERVAL_MS - (performance.now() - begun)))
  }
}
