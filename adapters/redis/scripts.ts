import { createHash } from 'node:crypto'
import { WINDOW_MS } from '../../schemas/time.js'
import type { RedisConnection } from './connection.js'

/** A script that changes the keys of one partition together. */
class Script {
  readonly #lua: string
  readonly #sha: string

  constructor(lua: string) {
    this.#lua = lua
    this.#sha = createHash('sha1').update(lua).digest('hex')
  }

  /** @throws ioredis' errors */
  run(
    connection: RedisConnection,
    keys: readonly string[],
    args: readonly (string | Buffer | number)[],
  ): Promise<unknown> {
    const given = [keys.length, ...keys, ...args]
    return connection.ask(async (redis) => {
      try {
        // As one list: there may be more arguments than a call can have.
        return await redis.call('evalsha', [this.#sha, ...given])
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
        return redis.call('eval', [this.#lua, ...given])
      }
    })
  }
}

/**
 * Each begins with a write that Redis refuses when its memory is full, so that it is refused as a whole: later writes of
 * a script are not looked at any more. Times come and go as whole numbers in decimal, which Lua holds exactly.
 *
 * KEYS: index, alive
 * ARGV: feed, closed through, least start that is taken, partitions, expiry of the index and of alive (ms)
 */
export const FOLLOW = new Script(`
local index, alive = KEYS[1], KEYS[2]
local feed, through, floor, partitions, expiry, patience = unpack(ARGV)
redis.call('SET', alive, feed, 'PX', patience)
local held = redis.call('HMGET', index, 'through', 'from')
local from = through
if held[1] and held[2] and tonumber(held[1]) >= tonumber(through) then from = held[2] end
if tonumber(from) < tonumber(floor) then from = floor end
redis.call('HSET', index, 'feed', feed, 'through', through, 'from', from, 'partitions', partitions)
redis.call('PEXPIRE', index, expiry)
return 1
`)

/**
 * Puts windows, if the index still says what the feed knows of it: that it feeds the partition, and how far. Where it
 * says something else another feed has taken over, or Redis has lost what it had acknowledged.
 *
 * KEYS: index, alive, metrics and pages of the feed, then one for each start
 * ARGV: feed, closed through as known and from now on, series as stored and from now on, least start that is taken,
 * expiry of windows and of alive (ms), channel, message; then counted lists: metrics with their pages, pages with their
 * series, and for each start the start, its tag, and its pages with their chunks
 * @returns 1, or 0 where the feed is of no use any more
 */
export const PUT = new Script(`
local index, alive, metrics, pages = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local feed, known, through, stored, series, floor, expiry, patience, channel, message = unpack(ARGV, 1, 10)
local at = 10
local function take()
  at = at + 1
  return ARGV[at]
end
local function takePairs(key)
  for _ = 1, tonumber(take()) do redis.call('HSET', key, take(), take()) end
end
local held = redis.call('HMGET', index, 'feed', 'through', 'from')
if held[1] ~= feed or held[2] ~= known then return 0 end
if stored ~= '0' and (redis.call('HGET', metrics, '') ~= stored or redis.call('EXISTS', pages) == 0) then return 0 end
redis.call('SET', alive, feed, 'PX', patience)
takePairs(metrics)
takePairs(pages)
if series ~= '0' then redis.call('HSET', metrics, '', series) end
local from = math.max(tonumber(held[3]), tonumber(floor))
for i = 5, #KEYS do
  local key, start, tag = KEYS[i], take(), take()
  local before = redis.call('HGET', index, start)
  local wasClosed = before and string.sub(before, 1, 1) == 'c'
  if wasClosed and string.sub(tag, 1, 1) == 'o' then
    at = at + 1 + 2 * tonumber(ARGV[at + 1])
  else
    -- A reader may have found the start empty: what was lost once is not covered any more.
    if wasClosed and redis.call('EXISTS', key) == 0 then from = math.max(from, tonumber(start) + ${WINDOW_MS}) end
    redis.call('UNLINK', key)
    redis.call('HSET', key, '', tag)
    takePairs(key)
    redis.call('PEXPIRE', key, expiry)
    redis.call('HSET', index, start, tag)
  end
end
redis.call('HSET', index, 'through', through, 'from', string.format('%.0f', from))
redis.call('PEXPIRE', index, expiry)
redis.call('PEXPIRE', metrics, expiry)
redis.call('PEXPIRE', pages, expiry)
if message ~= '' then redis.call('PUBLISH', channel, message) end
return 1
`)

/**
 * Says that a feed did not get its windows in, unless another has taken over. Needs no memory.
 *
 * KEYS: alive
 * ARGV: feed
 */
export const LEAVE = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
return 1
`)

/**
 * Drops starts. Nothing in it needs memory, so that it makes room where there is none.
 *
 * KEYS: index, then the windows to drop and the series that none names any more
 * ARGV: least start that is kept, then the starts to drop
 */
export const TRIM = new Script(`
local index = KEYS[1]
for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
for i = 2, #ARGV do redis.call('HDEL', index, ARGV[i]) end
local from = redis.call('HGET', index, 'from')
if from and tonumber(from) < tonumber(ARGV[1]) then redis.call('HSET', index, 'from', ARGV[1]) end
return 1
`)
