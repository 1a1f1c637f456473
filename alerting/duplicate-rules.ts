import { isRecording, type Rule, type RuleGroup } from './rule-file.js'

/** Rules of the same name with the same labels: which of them a series comes from cannot be told. */
export interface DuplicateRules {
  name: string
  labels: Readonly<Record<string, string>>
  /** The groups they stand in, one for each. */
  groups: readonly string[]
}

/** The duplicates among the rules of a file. */
export function duplicateRules(groups: readonly RuleGroup[]): DuplicateRules[] {
  const found = new Map<string, { name: string; labels: Record<string, string>; groups: string[] }>()
  for (const group of groups) {
    for (const rule of group.rules) {
      const [name, labels] = [nameOf(rule), labelsOf(rule)]
      const key = JSON.stringify([isRecording(rule), name, labels])
      const same = found.get(key)
      if (same) same.groups.push(group.name)
      else found.set(key, { name, labels: Object.fromEntries(labels), groups: [group.name] })
    }
  }
  return [...found.values()].filter(({ groups }) => groups.length > 1)
}

function nameOf(rule: Rule): string {
  return isRecording(rule) ? rule.record : rule.alert
}

function labelsOf({ labels }: Rule): [string, string][] {
  return labels.map(({ name, text }): [string, string] => [name, text]).sort(([a], [b]) => (a < b ? -1 : 1))
}
