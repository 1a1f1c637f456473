import type { AnomalyRule } from '../schemas/config/anomaly.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config, Rollup } from '../schemas/config/schema.js'
import type { Tier } from '../schemas/time.js'

/** What the batch layer takes from the config, durations in ms. */
export interface BatchSettings {
  blockMs: number
  latenessMs: number
  slackMs: number
  debounceMs: number
  deadlineMs: number
  oldGenerationsMs: number
  /** The same as the user wrote it, for messages. */
  oldGenerations: string
  rollups: readonly Rollup[]
  /** Series that are scored, and how much of their history is trained on. */
  anomaly: { rules: readonly AnomalyRule[]; historyMs: number }
  hotMs: number
  /** 0: forever. */
  rawMs: number
  /** By tier; 0: forever. */
  tierMs: Readonly<Record<Tier, number>>
}

/** Reads the batch layer's settings. */
export function batchSettings(config: Config): BatchSettings {
  const { retention } = config
  return {
    blockMs: parseDuration(config.blocks.length),
    latenessMs: parseDuration(config.speed.lateness),
    slackMs: parseDuration(config.blocks.slack),
    debounceMs: parseDuration(config.batch.dirty_debounce),
    deadlineMs: parseDuration(config.batch.dirty_deadline),
    oldGenerationsMs: parseDuration(config.batch.old_generations),
    oldGenerations: config.batch.old_generations,
    rollups: config.rollups,
    anomaly: { rules: config.anomaly.rules, historyMs: parseDuration(config.anomaly.training.history) },
    hotMs: parseDuration(retention.hot),
    rawMs: parseDuration(retention.raw),
    tierMs: {
      '10s': parseDuration(retention['10s']),
      '1m': parseDuration(retention['1m']),
      '5m': parseDuration(retention['5m']),
      '1h': parseDuration(retention['1h']),
      '1d': parseDuration(retention['1d']),
    },
  }
}
