/** One thing that is measured: makes its own input, loads it, and says what came out. */
export interface Bench {
  name: string
  /** What it measures, one line for --help. */
  about: string
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
  /** Folder for CPU profiles of the measured processes, if wanted. */
  profileFolder?: string
  /** Says what goes on right now. */
  progress(text: string): void
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
