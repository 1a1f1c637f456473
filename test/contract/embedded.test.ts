import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedCache } from '../../adapters/embedded/cache.js'
import { EmbeddedHotStore } from '../../adapters/embedded/hot-store.js'
import { EmbeddedLiveView } from '../../adapters/embedded/live-view.js'
import { EmbeddedLog } from '../../adapters/embedded/log.js'
import { ObjectFolder } from '../../adapters/embedded/object-folder.js'
import { RemoteHotStore, RemoteLiveView, remoteWindowChanges } from '../../adapters/embedded/speed-views-client.js'
import { serveSpeedViews } from '../../adapters/embedded/speed-views-server.js'
import type { HotStore, LiveView } from '../../schemas/ports/window-store.js'
import { cacheContract } from './cache.contract.js'
import { hotStoreContract } from './hot-store.contract.js'
import { liveViewContract, PARTITIONS } from './live-view.contract.js'
import { logContract } from './log.contract.js'
import { objectStoreContract } from './object-store.contract.js'
import { scratchFolder } from './scratch-folder.js'
import { windowChangesContract } from './window-changes.contract.js'

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

hotStoreContract('embedded, read from another process', async () => {
  const folder = await scratchFolder()
  const open = async () => {
    const hot = new EmbeddedHotStore(join(folder, 'hot'))
    const live = new EmbeddedLiveView(1)
    const server = await serveSpeedViews(join(folder, 's'), { live, hot })
    const remote = new RemoteHotStore(join(folder, 'hot'), join(folder, 's'))
    const store: HotStore = {
      visibleAfterMs: hot.visibleAfterMs,
      write: (batches) => hot.write(batches),
      trim: (beforeMs) => hot.trim(beforeMs),
      read: (selection) => remote.read(selection),
      series: (selection) => remote.series(selection),
      close: async () => {
        await remote.close()
        await server.close()
        await hot.close()
      },
    }
    return store
  }
  let store = await open()
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await open()
      return store
    },
    close: async () => {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
})

liveViewContract('embedded', async () => {
  const view = new EmbeddedLiveView(PARTITIONS)
  return { view, close: () => view.close() }
})

liveViewContract('embedded, read from another process', async () => {
  const folder = await scratchFolder()
  const socket = join(folder, 's')
  const live = new EmbeddedLiveView(PARTITIONS)
  const hot = new EmbeddedHotStore(join(folder, 'hot'))
  const server = await serveSpeedViews(socket, { live, hot })
  const remote = new RemoteLiveView(socket)
  const view: LiveView = {
    follow: (...partition) => live.follow(...partition),
    trim: (beforeMs) => live.trim(beforeMs),
    read: (selection) => remote.read(selection),
    series: (selection) => remote.series(selection),
    coveredFromMs: () => remote.coveredFromMs(),
    versions: (range) => live.versions(range),
    close: () => live.close(),
  }
  return {
    view,
    close: async () => {
      await server.close()
      await hot.close()
      await live.close()
      await rm(folder, { recursive: true })
    },
  }
})

windowChangesContract('embedded', false, async () => {
  const view = new EmbeddedLiveView(1)
  return { view, changes: view, close: () => view.close() }
})

windowChangesContract('embedded, told to another process', true, async () => {
  const folder = await scratchFolder()
  const socket = join(folder, 's')
  const view = new EmbeddedLiveView(1)
  const hot = new EmbeddedHotStore(join(folder, 'hot'))
  let server = await serveSpeedViews(socket, { live: view, hot })
  const changes = remoteWindowChanges(socket)
  return {
    view,
    changes,
    interrupt: async () => {
      await server.close()
      server = await serveSpeedViews(socket, { live: view, hot })
    },
    close: async () => {
      await changes.close()
      await server.close()
      await hot.close()
      await rm(folder, { recursive: true })
    },
  }
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
