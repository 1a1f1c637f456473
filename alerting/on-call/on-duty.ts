import type { OnCallConfig } from '../../schemas/config/on-call.js'
import { onCallAt } from './on-call.js'

/**
 * Who does a duty such as `on-call` for what the labels are of: by the schedule `on-call:<team>`, else that of the
 * service, else by `on-call` for all. Undefined: there is no such schedule.
 * @param atMs ms since epoch
 */
export function onDuty(
  schedules: Readonly<Record<string, OnCallConfig>>,
  duty: string,
  labels: Readonly<Record<string, string>>,
  atMs: number,
): string | undefined {
  const { team, service } = labels
  const names = [...[team, service].flatMap((of) => (of ? [`${duty}:${of}`] : [])), duty]
  const name = names.find((one) => Object.hasOwn(schedules, one))
  return name === undefined ? undefined : onCallAt(schedules[name], atMs)
}
