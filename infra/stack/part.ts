import type { AccountCommand } from '../../adapters/embedded/postgres-account.js'
import type { Config } from '../../schemas/config/schema.js'

export const PART_NAMES = ['kafka', 'redis', 'victoriametrics', 'postgres', 's3', 'temporal'] as const
export type PartName = (typeof PART_NAMES)[number]

/** The settings that point Tidemark at parts; with the others at their defaults it is a whole configuration. */
export type StackConfig = {
  [group in 'kafka' | 'redis' | 'victoriametrics' | 's3' | 'catalog' | 'temporal']?: Partial<Config[group]>
}

/** Where a part runs. */
export interface Place {
  /** Its own folder, absolute; all its files are there. */
  folder: string
  /** Port that clients connect to, on 127.0.0.1. */
  port: number
  /** For one that needs a second port. */
  innerPort: number
}

/** How a part is installed, started and asked; no state. */
export interface PartDefinition {
  /** Version that is started, where it is pinned; what is on PATH otherwise. */
  version: string
  /** Ends it cleanly. */
  stopSignal: NodeJS.Signals
  /** Installs what is missing. Throws TM_STACK_INSTALL. */
  install(log: (line: string) => void): Promise<void>
  /** Makes the files that a start needs; the same again changes nothing. */
  prepare(place: Place): Promise<void>
  command(place: Place): AccountCommand & { env?: NodeJS.ProcessEnv }
  /** True once it serves requests; false or a rejection until then. */
  serves(place: Place): Promise<boolean>
  config(place: Place): StackConfig
}
