import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process, told from a later one of the same number by when it began. */
export interface ProcessMark {
  pid: number
  /** Clock ticks from the boot of the machine to the begin of the process (proc(5), stat, field 22). */
  startedTicks: number
}

const POLL_MS = 20

/** The mark of a process; undefined if there is none. */
export function markOf(pid: number): ProcessMark | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, which may hold blanks, ends with the last parenthesis.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : { pid, startedTicks: Number(fields[18]) }
  } catch {
    return undefined
  }
}

/** True while that very process is there. */
export function isAlive({ pid, startedTicks }: ProcessMark): boolean {
  return markOf(pid)?.startedTicks === startedTicks
}

/** Ends the process by SIGKILL, which also reaches one that is paused, and waits until it is gone. */
export async function killAndWait(mark: ProcessMark): Promise<void> {
  if (isAlive(mark)) process.kill(mark.pid, 'SIGKILL')
  while (isAlive(mark)) await sleep(POLL_MS)
}

/** Waits until no process of that program works in the folder any more: helpers of a killed server end a little after it. */
export async function untilGoneFrom(folder: string, program: string): Promise<void> {
  while (readdirSync('/proc').some((pid) => worksIn(pid, folder, program))) await sleep(POLL_MS)
}

/** True if it is a process of the program with the folder as its working directory; one that has ended has none. */
function worksIn(pid: string, folder: string, program: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program
  } catch {
    return false
  }
}
