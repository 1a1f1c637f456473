import type { Topic } from '../../schemas/ports/log.js'

/** Every topic; the index is its number in keys, so new ones go to the end. */
export const TOPICS: readonly Topic[] = ['tidemark.points', 'tidemark.windows', 'tidemark.deadletter']

/** A partition of a topic. */
export interface Lane {
  topic: Topic
  partition: number
}

/** A record's key: topic (1 byte), partition (4), offset (8), time of append in ms (6), big-endian, so that they sort. */
const KEY_BYTES = 19
const OFFSET_AT = 5
const TIME_AT = 13

/** Key of a record; with time 0 the lower bound of its offset. */
export function recordKey({ topic, partition }: Lane, offset: number, appendedMs: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES)
  key[0] = TOPICS.indexOf(topic)
  key.writeUInt32BE(partition, 1)
  key.writeUInt32BE(Math.floor(offset / 2 ** 32), OFFSET_AT)
  key.writeUInt32BE(offset % 2 ** 32, OFFSET_AT + 4)
  key.writeUIntBE(appendedMs, TIME_AT, 6)
  return key
}

/** Offset in a record's key. */
export function keyOffset(key: Buffer): number {
  return key.readUInt32BE(OFFSET_AT) * 2 ** 32 + key.readUInt32BE(OFFSET_AT + 4)
}

/** Time of append in a record's key, ms. */
export function keyTime(key: Buffer): number {
  return key.readUIntBE(TIME_AT, 6)
}

/** Key of a group's commit, or of a lane's first offset when `group` is left out. */
export function laneKey({ topic, partition }: Lane, group = ''): Buffer {
  return Buffer.from(`${topic}\0${partition}\0${group}`)
}
