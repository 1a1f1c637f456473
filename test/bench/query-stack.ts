import { mkdirSync } from 'node:fs'
import pino from 'pino'
import type { BatchContext } from '../../roles/batch.js'
import { CloseStack } from '../../roles/close-stack.js'
import { Stores } from '../../roles/stores.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { TidemarkError } from '../../schemas/errors.js'
import type { Clock } from '../../schemas/time.js'

/** The stores of a server, without what feeds them. */
export interface QueryStack extends BatchContext {
  close(): Promise<void>
}

/** Six times the default: a block costs some time whatever is in it, and days are loaded. */
const BLOCK = '1h'

/** Opens a data folder as a server does, with the default configuration but for the length of blocks. */
export async function openQueryStack(folder: string, clock: Clock): Promise<QueryStack> {
  mkdirSync(folder, { recursive: true })
  const defaults = loadConfig({ env: {} })
  const config = { ...defaults, data: { dir: folder }, blocks: { ...defaults.blocks, length: BLOCK } }
  const closing = new CloseStack()
  const onError = (error: TidemarkError) => console.error(error.message)
  const stores = new Stores({ config, clock, logger: pino({ level: 'silent' }), closing, onError })
  return { config, clock, stores, onError, close: () => closing.close() }
}
