/** What a member of a group says when it joins. */
export interface MemberClaim {
  memberId: string
  /** The generation that gave it what it holds; 0 if it holds nothing. */
  generation: number
  partitions: readonly number[]
}

/**
 * Shares partitions out: each to one member, no member more than one ahead of another, and within that each stays with
 * the member that held it last, since a partition that moves is read again from its committed position.
 * @returns partitions of every member, in ascending order
 */
export function assignPartitions(
  partitions: readonly number[],
  members: readonly MemberClaim[],
): Map<string, number[]> {
  const shares = new Map<string, number[]>([...members].sort(byId).map(({ memberId }) => [memberId, []]))
  const holders = holdersOf(partitions, members)
  // Members that hold the most may keep the one more that not all can have.
  const byHoldings = [...shares.keys()].sort((a, b) => countOf(holders, b) - countOf(holders, a))
  const least = Math.floor(partitions.length / shares.size)
  const withOneMore = partitions.length % shares.size
  const quota = new Map(byHoldings.map((memberId, rank) => [memberId, least + (rank < withOneMore ? 1 : 0)]))

  const free: number[] = []
  for (const partition of partitions) {
    const holder = holders.get(partition)
    const share = holder === undefined ? undefined : shares.get(holder)
    if (share && share.length < quota.get(holder!)!) share.push(partition)
    else free.push(partition)
  }
  for (const [memberId, share] of shares) {
    share.push(...free.splice(0, quota.get(memberId)! - share.length))
    share.sort((a, b) => a - b)
  }
  return shares
}

/** Who holds each partition: of two that claim it, the one of the later generation. */
function holdersOf(partitions: readonly number[], members: readonly MemberClaim[]): Map<number, string> {
  const known = new Set(partitions)
  const holders = new Map<number, string>()
  for (const claim of [...members].sort((a, b) => a.generation - b.generation || byId(b, a))) {
    for (const partition of claim.partitions) if (known.has(partition)) holders.set(partition, claim.memberId)
  }
  return holders
}

function countOf(holders: ReadonlyMap<number, string>, memberId: string): number {
  let count = 0
  for (const holder of holders.values()) if (holder === memberId) count++
  return count
}

function byId(a: MemberClaim, b: MemberClaim): number {
  return a.memberId < b.memberId ? -1 : Number(a.memberId > b.memberId)
}

/** A claim as bytes that travel with the request to join. */
export function encodeClaim({ generation, partitions }: Omit<MemberClaim, 'memberId'>): Buffer {
  return Buffer.from(JSON.stringify({ generation, partitions }))
}

/** The claim of a member; one that cannot be read claims nothing. */
export function decodeClaim(memberId: string, bytes: Uint8Array | undefined | null): MemberClaim {
  try {
    const { generation, partitions } = JSON.parse(Buffer.from(bytes!).toString()) as MemberClaim
    if (Number.isInteger(generation) && partitions.every(Number.isInteger)) return { memberId, generation, partitions }
  } catch {
    // A member of another make: it is given its share and keeps nothing.
  }
  return { memberId, generation: 0, partitions: [] }
}
