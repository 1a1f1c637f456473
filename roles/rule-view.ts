import { EmbeddedCache } from '../adapters/embedded/cache.js'
import { SeriesIndex } from '../batch/catalog/series.js'
import { batchSettings } from '../batch/settings.js'
import { createBatchView } from '../batch/view/view.js'
import { createSeriesSource, type MergedView } from '../serving/source.js'
import type { Views } from '../serving/views.js'
import type { RoleContext } from './context.js'
import { viewsOver } from './serving-views.js'

/**
 * The merged view for rules, in a process that has the stores open. They get by without the live view: the hot store has
 * every window that they judge.
 */
export async function openRuleView({ config, clock, stores }: RoleContext): Promise<MergedView> {
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
    versions: (range) => live.versions(range),
  }
  const cache = new EmbeddedCache(config.cache.bytes, clock)
  return createSeriesSource(viewsOver({ batch, hot: await stores.hot(), live: readable, cache }, config, clock))
}
