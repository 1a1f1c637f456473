import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedCache } from '../../adapters/embedded/cache.js'
import { EmbeddedHotStore } from '../../adapters/embedded/hot-store.js'
import { EmbeddedLiveView } from '../../adapters/embedded/live-view.js'
import { EmbeddedLog } from '../../adapters/embedded/log.js'
import { ObjectFolder } from '../../adapters/embedded/object-folder.js'
import { cacheContract } from './cache.contract.js'
import { hotStoreContract } from './hot-store.contract.js'
import { liveViewContract } from './live-view.contract.js'
import { logContract } from './log.contract.js'
import { objectStoreContract } from './object-store.contract.js'
import { scratchFolder } from './scratch-folder.js'

const DAY_MS = 86_400_000

logContract('embedded', async () => {
  const folder = await scratchFolder()
  const retentionMs = { 'tidemark.points': DAY_MS, 'tidemark.windows': DAY_MS, 'tidemark.deadletter': DAY_MS }
  let log = new EmbeddedLog({ folder, partitions: 3, retentionMs, clock: Date.now })
  return {
    log,
    reopen: async () => {
      await log.close()
      log = new EmbeddedLog({ folder, partitions: 3, retentionMs, clock: Date.now })
      return log
    },
    close: async () => {
      await log.close()
      await rm(folder, { recursive: true })
    },
  }
})

hotStoreContract('embedded', async () => {
  const folder = await scratchFolder()
  let store = new EmbeddedHotStore(folder)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = new EmbeddedHotStore(folder)
      return store
    },
    close: async () => {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
})

liveViewContract('embedded', async (sinceMs) => {
  const view = new EmbeddedLiveView(sinceMs)
  return { view, close: () => view.close() }
})

cacheContract('embedded', async () => {
  let nowMs = 0
  const cache = new EmbeddedCache(100_000, () => nowMs)
  return {
    cache,
    pass: async (ms) => {
      nowMs += ms
    },
    close: async () => {},
  }
})

objectStoreContract('embedded', async () => {
  const root = await scratchFolder()
  const folder = await mkdtemp(join(root, 'files-'))
  const objects = join(root, 'objects')
  await mkdir(objects)
  return {
    store: await ObjectFolder.open(objects),
    folder,
    reopen: () => ObjectFolder.open(objects),
    close: () => rm(root, { recursive: true }),
  }
})
