import type { Matcher } from '../../schemas/series/matcher.js'
import { type LabelPredicate, type Labels, labelPredicate } from './match/label-matchers.js'
import { type Silence, silenceState } from './silence.js'
import { containsTime, type TimeInterval } from './time-interval.js'

/** Matched alerts are not told of while one of the intervals holds. */
export interface MaintenanceWindow {
  name: string
  matchers: readonly Matcher[]
  intervals: readonly TimeInterval[]
}

interface Mute {
  id: string
  matches: LabelPredicate
  isOn: (nowMs: number) => boolean
}

/** Silences and maintenance windows, as they stand now: all that people asked to be muted. */
export class Mutes {
  #silences: readonly Mute[] = []
  #windows: readonly Mute[] = []
  /** What they were made of: matchers are compiled only when something changed. */
  #madeOf = { silences: '', windows: '' }

  setSilences(silences: readonly Silence[]): void {
    const text = JSON.stringify(silences)
    if (text === this.#madeOf.silences) return
    this.#madeOf.silences = text
    this.#silences = silences.map((silence) => ({
      id: silence.id,
      matches: labelPredicate(silence.matchers),
      isOn: (nowMs) => silenceState(silence, nowMs) === 'active',
    }))
  }

  setWindows(windows: readonly MaintenanceWindow[]): void {
    const text = JSON.stringify(windows)
    if (text === this.#madeOf.windows) return
    this.#madeOf.windows = text
    this.#windows = windows.map(({ name, matchers, intervals }) => ({
      id: name,
      matches: labelPredicate(matchers),
      isOn: (nowMs) => intervals.some((interval) => containsTime(interval, nowMs)),
    }))
  }

  /** Ids of the silences, and names of the maintenance windows, that mute an alert of these labels. */
  mutedBy(labels: Labels, nowMs: number): string[] {
    const muting = [...this.#silences, ...this.#windows].filter(({ matches, isOn }) => matches(labels) && isOn(nowMs))
    return muting.map(({ id }) => id)
  }
}
