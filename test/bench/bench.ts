import type { DetectorName } from '../../schemas/config/anomaly.js'
import type { QueryScale } from './query-data.js'

/** One thing that is measured: makes its own input, loads it, and says what came out. */
export interface Bench {
  name: string
  /** What it measures, one line for --help. */
  about: string
  /** Not a part of a run of everything: it takes long. */
  onlyByName?: boolean
  /** How often each figure is measured, if not three times. */
  runs?: number
  /** @throws if the result is wrong; never because it is slow */
  run(context: BenchContext): Promise<Figure[]>
}

/** What a bench is given. */
export interface BenchContext {
  /** How often each figure is measured. */
  runs: number
  /** How long the server of `memory` idles, seconds. */
  idleSeconds: number
  /** A folder of this bench's own, empty; removed afterwards. */
  folder: string
  /** The folder given by the user, for what is loaded once and used again. */
  keptFolder?: string
  /** What `nab` replays, and who scores it. */
  nab: NabInput
  /** How much `query` asks about. */
  scale: QueryScale
  /** Folder for CPU profiles of the measured processes, if wanted. */
  profileFolder?: string
  /** Says what goes on right now. */
  progress(text: string): void
  /** Prints a table of its own above that of the figures. */
  print(text: string): void
}

/** What `nab` is given. */
export interface NabInput {
  /** The folder of the corpora, or of this one. */
  corpus?: string
  /** The scorer's program, if it is not beside the corpora. */
  scorer?: string
  detector: DetectorName
}

/** One line of the table. */
export interface Figure {
  /** Names its target and its peer: see targets.ts. */
  key: string
  unit: string
  /** One value a run. */
  values: number[]
  /** User and system CPU of our processes per million points, seconds; one a run. */
  cpuSecondsPerMillion?: number[]
}

/** A bench that cannot run here, and why: shown in the table's place, the others go on. */
export class CannotRun extends Error {}
