import { MemorySource } from '../../promql/script/memory-source.js'
import { parseSeriesLine } from '../../promql/script/series-line.js'

/** Series as test scripts of PromQL write them (`up{job="a"} 1+0x10`), one point a step from time 0 on. */
export function seriesOf(lines: readonly string[], stepMs: number): MemorySource {
  const source = new MemorySource()
  for (const line of lines) {
    const { labels, items } = parseSeriesLine(line)
    items.forEach((item, i) => {
      if (item && 'value' in item) source.append(labels, i * stepMs, item.stale ? 'stale' : item.value)
    })
  }
  return source
}
