import type { Label, Labels } from '../../schemas/series/series.js'

/** Labels that every series of a body gets besides its own, and who wins where both have one of a name. */
export interface TargetLabels {
  labels: Labels
  /** True: the series' own label stays. False: it is renamed to `exported_<name>`, as Prometheus does. */
  honorLabels: boolean
}

/** The labels of a scraped series with those of its target. Follows Prometheus's `honor_labels`. */
export function attachTargetLabels(own: readonly Label[], target: TargetLabels): Label[] {
  const merged = new Map(own)
  if (target.honorLabels) {
    for (const [name, value] of Object.entries(target.labels)) if (!merged.has(name)) merged.set(name, value)
    return [...merged]
  }
  const displaced: Label[] = []
  for (const [name, value] of Object.entries(target.labels)) {
    const exposed = merged.get(name)
    if (exposed) displaced.push([name, exposed])
    merged.set(name, value)
  }
  for (const [name, value] of displaced) merged.set(freeName(name, merged), value)
  return [...merged]
}

function freeName(name: string, taken: ReadonlyMap<string, string>): string {
  let free = `exported_${name}`
  while (taken.has(free)) free = `exported_${free}`
  return free
}
