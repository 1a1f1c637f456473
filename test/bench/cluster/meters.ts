import { cpuSecondsOf } from '../process-cpu.js'
import { pause } from '../server.js'

/** How long anything may take before it counts as stuck, ms. */
const PATIENCE_MS = 300_000
const POLL_MS = 50

/** Starts to measure processes. @returns what each has spent since, seconds */
export function cpuMeter(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const before = Object.entries(pids).map(([name, pid]) => [name, pid, cpuSecondsOf(pid)] as const)
  return () => Object.fromEntries(before.map(([name, pid, spent]) => [name, cpuSecondsOf(pid) - spent]))
}

/** CPU seconds as seconds per million points. */
export function perMillion(spent: Readonly<Record<string, number>>, points: number): Record<string, number> {
  return Object.fromEntries(Object.entries(spent).map(([name, seconds]) => [name, (seconds / points) * 1e6]))
}

/** Waits for something. @throws with what it was if it does not come */
export async function until(what: string, isThere: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(POLL_MS)) {
    if (await isThere()) return
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`)
}
