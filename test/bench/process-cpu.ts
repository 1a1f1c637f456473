import { readFileSync } from 'node:fs'

/** CPU times in /proc are counted in these. */
const TICKS_PER_SECOND = 100

/** User and system time of a process, its threads included, seconds. Fields 14 and 15 of stat, counted behind the name. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
