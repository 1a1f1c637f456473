import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignPartitions, decodeClaim, encodeClaim, type MemberClaim } from './assign-partitions.js'

const claim = (memberId: string, partitions: number[] = [], generation = 1): MemberClaim => ({
  memberId,
  generation,
  partitions,
})
const range = (count: number) => [...Array(count).keys()]

const anyMembers = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 9 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc.record({
          memberId: fc.constant(id),
          generation: fc.nat(3),
          partitions: fc.uniqueArray(fc.nat(20), { maxLength: 12 }),
        }),
      ),
    ),
  )

describe('partitions are shared out', () => {
  test('each goes to one member, and no member has two more than another', () => {
    fc.assert(
      fc.property(fc.nat(20), anyMembers, (count, members) => {
        const shares = assignPartitions(range(count), members)
        expect([...shares.keys()].sort()).toEqual(members.map(({ memberId }) => memberId).sort())
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(range(count))
        const sizes = [...shares.values()].map((share) => share.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('sharing out again moves nothing', () => {
    fc.assert(
      fc.property(fc.nat(20), anyMembers, (count, members) => {
        const shares = assignPartitions(range(count), members)
        const again = [...shares].map(([memberId, partitions]) => claim(memberId, partitions, 4))
        expect(assignPartitions(range(count), again.reverse())).toEqual(shares)
      }),
    )
  })

  test('a member that joins takes only what the others have too many of', () => {
    const shares = assignPartitions(range(6), [claim('a', [0, 2, 4]), claim('b', [1, 3, 5]), claim('c')])
    expect(shares.get('a')).toHaveLength(2)
    expect(shares.get('b')).toHaveLength(2)
    for (const partition of shares.get('a')!) expect([0, 2, 4]).toContain(partition)
    for (const partition of shares.get('b')!) expect([1, 3, 5]).toContain(partition)
  })

  test('what a member leaves behind goes to the others, who keep what they have', () => {
    const shares = assignPartitions(range(6), [claim('a', [0, 1]), claim('b', [2, 3])])
    expect(shares.get('a')).toEqual(expect.arrayContaining([0, 1]))
    expect(shares.get('b')).toEqual(expect.arrayContaining([2, 3]))
  })

  test('of two that claim a partition the one of the later generation keeps it', () => {
    const shares = assignPartitions([0, 1], [claim('a', [0, 1], 3), claim('b', [0], 5)])
    expect(shares).toEqual(
      new Map([
        ['a', [1]],
        ['b', [0]],
      ]),
    )
  })
})

test('a claim comes back from its bytes, and bytes of another make claim nothing', () => {
  const bytes = encodeClaim({ generation: 7, partitions: [3, 1] })
  expect(decodeClaim('a', bytes)).toEqual({ memberId: 'a', generation: 7, partitions: [3, 1] })
  for (const foreign of [undefined, null, Buffer.alloc(0), Buffer.from('{"generation":"x"}'), Buffer.of(0, 1)]) {
    expect(decodeClaim('a', foreign)).toEqual({ memberId: 'a', generation: 0, partitions: [] })
  }
})
