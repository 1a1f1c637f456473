import type { RangeFunction } from './function.js'
import { windowWeight } from './weights.js'

/** How many points there are. */
export const countOverTime: RangeFunction = {
  of({ floats: { windows } }) {
    return (view, out) => {
      const floats = windows ? windowWeight(windows, view.from, view.to) : view.to - view.from
      out.setFloat(view.step, floats + view.histogramTo - view.histogramFrom)
    }
  },
}

/** 1 where there is any point. */
export const presentOverTime: RangeFunction = {
  of: () => (view, out) => out.setFloat(view.step, 1),
}
