import { EmbeddedCache } from '../adapters/embedded/cache.js'
import { SeriesIndex } from '../batch/catalog/series.js'
import { batchSettings } from '../batch/settings.js'
import { createBatchView } from '../batch/view/view.js'
import type { Views } from '../serving/views.js'
import type { RoleContext } from './context.js'
import { viewsOver } from './serving-views.js'

/**
 * The views that queries read, for a process that has the stores open. Rules get by without the live view: the hot store
 * has every window that they judge.
 */
export async function openRuleViews({ config, clock, stores }: RoleContext): Promise<Views> {
  const { catalog } = await stores.catalog()
  const batch = createBatchView({
    catalog,
    objects: await stores.objects(),
    engine: await stores.duck(),
    series: new SeriesIndex(catalog.db),
    clock,
    settings: batchSettings(config),
  })
  const live = await stores.live()
  const coveredFromMs = () => live.coveredFromMs().catch(() => undefined)
  const readable: Views['live'] = {
    read: (selection) => live.read(selection),
    series: (selection) => live.series(selection),
    coveredFromMs,
  }
  const cache = new EmbeddedCache(config.cache.bytes, clock)
  return viewsOver({ batch, hot: await stores.hot(), live: readable, cache }, config, clock)
}
