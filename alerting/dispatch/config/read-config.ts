import { Value } from '@sinclair/typebox/value'
import { parse as parseYaml } from 'yaml'
import { parseDuration } from '../../../schemas/config/duration.js'
import { TidemarkError } from '../../../schemas/errors.js'
import { allRoutes } from '../route.js'
import type { TimeInterval } from '../time-interval.js'
import type { DispatchConfig, InhibitRule } from './dispatch-config.js'
import { Fault } from './fault.js'
import { readTimeInterval } from './read-interval.js'
import { predicateOf } from './read-matchers.js'
import { readRoute } from './read-route.js'
import { OWN_WORDS } from './receivers/channel-text.js'
import { readReceivers } from './receivers/read-receivers.js'
import type { Surroundings } from './receivers/section.js'
import { DispatchFileSchema, type DispatchFileText, type InhibitText } from './schema.js'

const RESOLVE_TIMEOUT_MS = 300_000

/**
 * Reads a configuration in Alertmanager's format; its receivers may name channels, too.
 * @param file its name, for messages
 * @param readFile text of a file that it names; left out: there are none
 * @throws TM_DISPATCH_FILE that says where and what to write instead
 */
export function readDispatchConfig(
  yaml: string,
  file: string,
  readFile: Surroundings['readFile'] = () => {
    throw new Error('files cannot be named here')
  },
): DispatchConfig {
  try {
    return configOf(parseFile(yaml), yaml, readFile)
  } catch (cause) {
    const { message, where = 'the whole file', fix = 'correct it' } = cause as Partial<Fault> & Error
    throw new TidemarkError('TM_DISPATCH_FILE', { file, where, reason: message, fix }, cause)
  }
}

function parseFile(yaml: string): DispatchFileText {
  // Every scalar is a text, as Alertmanager takes labels and durations.
  const content: unknown = parseYaml(yaml, { schema: 'failsafe' })
  const wrong = Value.Errors(DispatchFileSchema, content).First()
  if (!wrong) return content as DispatchFileText
  const where = wrong.path.slice(1).replaceAll('/', '.') || 'the whole file'
  throw new Fault(where, wrong.message, "write it as Alertmanager's documentation says")
}

function configOf(file: DispatchFileText, text: string, readFile: Surroundings['readFile']): DispatchConfig {
  const warnings = new Set<string>()
  const around: Surroundings = { readFile, warn: (told) => void warnings.add(told) }
  const { receivers, channels } = readReceivers(uniquely('receivers', file.receivers), file.global, around)
  if (file.templates?.length) around.warn(`templates has no meaning here: ${OWN_WORDS}`)
  const intervals = uniquely('time_intervals', [...(file.mute_time_intervals ?? []), ...(file.time_intervals ?? [])])
  const timeIntervals = new Map(
    intervals.map(({ name, time_intervals }) => [name, readIntervals(name, time_intervals)]),
  )
  const route = at('route', () => readRoute(file.route))
  for (const { receiver, muteTimes, activeTimes, key } of allRoutes(route)) {
    if (!receivers.some(({ name }) => name === receiver)) {
      throw new Fault(`route ${key}`, `there is no receiver "${receiver}"`, 'add it to receivers')
    }
    const missing = [...muteTimes, ...activeTimes].find((name) => !timeIntervals.has(name))
    if (missing === undefined) continue
    throw new Fault(`route ${key}`, `there is no time interval "${missing}"`, 'add it to time_intervals')
  }
  return {
    resolveTimeoutMs: at('global.resolve_timeout', () => durationOf(file.global?.resolve_timeout, RESOLVE_TIMEOUT_MS)),
    route,
    receivers,
    inhibitRules: (file.inhibit_rules ?? []).map((rule, i) => at(`inhibit_rules.${i}`, () => readInhibit(rule))),
    timeIntervals,
    channels,
    warnings: [...warnings],
    text,
  }
}

function readIntervals(
  name: string,
  texts: NonNullable<DispatchFileText['time_intervals']>[number]['time_intervals'],
): TimeInterval[] {
  return texts.map((text) => at(`time_intervals.${name}`, () => readTimeInterval(text)))
}

function readInhibit(rule: InhibitText | '' | 'null'): InhibitRule {
  const text: InhibitText = typeof rule === 'string' ? {} : rule
  return {
    name: text.name ?? '',
    isSource: predicateOf({ equal: text.source_match, regex: text.source_match_re, texts: text.source_matchers }),
    isTarget: predicateOf({ equal: text.target_match, regex: text.target_match_re, texts: text.target_matchers }),
    equal: text.equal ?? [],
  }
}

function uniquely<T extends { name: string }>(where: string, all: readonly T[]): readonly T[] {
  const twice = all.find(({ name }, i) => all.findIndex((one) => one.name === name) < i)
  if (!twice) return all
  throw new Fault(where, `there are two of the name "${twice.name}"`, 'rename one of them')
}

function durationOf(text: string | undefined, value: number): number {
  return text === undefined ? value : parseDuration(text)
}

function at<T>(where: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault(where, (cause as Error).message, 'correct it')
  }
}
