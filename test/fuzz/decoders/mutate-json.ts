import type { Random } from '../../random.js'

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  'NaN',
  '-Infinity',
  '18446744073709551616',
  '-9223372036854775808',
  '1767225600000000000',
  'AAECAw==',
  '\ud800',
  '\u0000',
  '__name__',
  'le',
  'x'.repeat(500),
  [],
  {},
  [[[[[[[[[[[[]]]]]]]]]]]],
  [1, 2, 3],
  { arrayValue: { values: [{ stringValue: 'x' }] } },
  Array.from({ length: 300 }, (_, i) => i),
]
const MAX_EDITS = 4

/** A JSON document in which some members were exchanged, removed, doubled or moved: still JSON. */
export function mutatedJson(sample: Uint8Array, random: Random): Uint8Array {
  const document: unknown = JSON.parse(Buffer.from(sample).toString())
  for (let edits = 1 + below(random, MAX_EDITS); edits > 0; edits--) edit(document, random)
  return Buffer.from(JSON.stringify(document))
}

function edit(document: unknown, random: Random): void {
  const holders = holdersIn(document)
  const holder = holders[below(random, holders.length)]
  const keys = Object.keys(holder)
  const key = keys[below(random, keys.length)]
  if (key === undefined) return
  const kind = random()
  if (kind < 0.6) holder[key] = structuredClone(VALUES[below(random, VALUES.length)])
  else if (kind < 0.7) delete holder[key]
  else if (kind < 0.85 && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]))
  else holder[key] = structuredClone(holders[below(random, holders.length)])
}

/** Every object and list of a document, itself first. */
function holdersIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(holdersIn)]
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}
