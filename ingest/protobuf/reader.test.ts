import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesTag, fixed64Tag, ProtobufReader, varintTag, WireError } from './reader.js'
import { ProtobufWriter } from './writer.js'

fc.configureGlobal({ seed: 42 })

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

/** Reads the only field of a message that `write` wrote. */
function roundTrip<T>(write: (writer: ProtobufWriter) => void, read: (reader: ProtobufReader) => T): T {
  const writer = new ProtobufWriter()
  write(writer)
  const reader = new ProtobufReader(writer.finish())
  expect(reader.next()).toBe(true)
  const value = read(reader)
  expect(reader.next()).toBe(false)
  return value
}

describe('values', () => {
  test("the specification's example: field 1 holds 150", () => {
    const reader = new ProtobufReader(bytes('08 96 01'))
    expect(reader.next()).toBe(true)
    expect(reader.tag).toBe(varintTag(1))
    expect(reader.uint64()).toBe(150)
    expect(reader.next()).toBe(false)
  })

  test('every kind of number comes back as it was written', () => {
    const safe = fc.maxSafeInteger()
    fc.assert(
      fc.property(safe, fc.double(), fc.integer({ min: 1, max: 2 ** 28 }), (whole, double, field) => {
        expect(
          roundTrip(
            (writer) => writer.int64(field, whole),
            (reader) => reader.int64(),
          ),
        ).toBe(whole + 0)
        expect(
          roundTrip(
            (writer) => writer.sint64(field, whole),
            (reader) => reader.sint64(),
          ),
        ).toBe(whole + 0)
        expect(
          roundTrip(
            (writer) => writer.uint64(field, Math.abs(whole)),
            (reader) => reader.uint64(),
          ),
        ).toBe(Math.abs(whole))
        expect(
          roundTrip(
            (writer) => writer.fixed64(field, BigInt(whole)),
            (reader) => reader.sfixed64(),
          ),
        ).toBe(whole + 0)
        expect(
          roundTrip(
            (writer) => writer.double(field, double),
            (reader) => reader.double(),
          ),
        ).toBe(double)
      }),
    )
  })

  test('a 64-bit integer keeps every digit as text', () => {
    const largest = 2n ** 63n - 1n
    expect(
      roundTrip(
        (writer) => writer.int64(1, largest),
        (reader) => reader.int64Text(),
      ),
    ).toBe('9223372036854775807')
    expect(
      roundTrip(
        (writer) => writer.int64(1, -largest),
        (reader) => reader.int64Text(),
      ),
    ).toBe('-9223372036854775807')
  })

  test('nanoseconds become whole milliseconds, rounded down exactly, to the end of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(-1n, 0n, 1n), (nanos, off) => {
        const near = (nanos / 1_000_000n) * 1_000_000n + off
        const exact = BigInt.asUintN(64, near)
        expect(
          roundTrip(
            (writer) => writer.fixed64(3, exact),
            (reader) => reader.nanosAsMs(),
          ),
        ).toBe(Number(exact / 1_000_000n))
      }),
    )
  })

  test('the bits of a NaN can be asked for', () => {
    const isStale = (reader: ProtobufReader) => Number.isNaN(reader.double()) && reader.doubleHadBits(0x7ff00000, 2)
    expect(roundTrip((writer) => writer.doubleBits(1, 0x7ff00000, 2), isStale)).toBe(true)
    expect(roundTrip((writer) => writer.double(1, Number.NaN), isStale)).toBe(false)
  })
})

describe('messages', () => {
  test('an inner message is entered and left', () => {
    const reader = new ProtobufReader(bytes('0a 02 08 07 10 09'))
    reader.next()
    const outer = reader.enter()
    expect([reader.next(), reader.uint64(), reader.next()]).toEqual([true, 7, false])
    reader.leave(outer)
    expect([reader.next(), reader.tag, reader.uint64()]).toEqual([true, varintTag(2), 9])
  })

  test('fields of every wire type are passed over, groups with what is in them too', () => {
    const reader = new ProtobufReader(
      bytes('08 01  11 0000000000000000  1a 01 ff  25 00000000  2b 33 08 05 34 2c  30 07'),
    )
    while (reader.next()) {
      if (reader.tag === varintTag(6)) expect(reader.uint64()).toBe(7)
      else reader.skip()
    }
    expect(reader.at).toBe(reader.end)
  })

  test('a known field of another wire type has another tag', () => {
    expect(new Set([varintTag(1), fixed64Tag(1), bytesTag(1)]).size).toBe(3)
  })
})

describe('damage is told with its place', () => {
  const damaged: [string, string, string][] = [
    ['a number that never ends', '08 ff ff ff ff ff ff ff ff ff ff 01', 'a number is longer than ten bytes at byte 1'],
    ['a number cut short', '08 ff', 'the message ends in the middle of a field at byte 2'],
    ['a length beyond the end', '0a 05 01', 'a field of 5 bytes does not fit into the 1 that are left at byte 1'],
    ['a double cut short', '11 00 00', 'the message ends in the middle of a field at byte 3'],
    ['field number 0', '00 01', 'a field has the number 0 at byte 0'],
    ['an unknown wire type', '0f', 'a field has the wire type 7, which does not belong here, at byte 1'],
    [
      'the end of a group that was not open',
      '0c',
      'a field has the wire type 4, which does not belong here, at byte 1',
    ],
    ['a group that stays open', '0b 10 01', 'the message ends in the middle of a field at byte 3'],
  ]
  test.each(damaged)('%s', (_, hex, message) => {
    const reader = new ProtobufReader(bytes(hex))
    const readAll = () => {
      while (reader.next()) reader.skip()
    }
    expect(readAll).toThrow(new WireError(message.replace(/ at byte \d+$/, ''), Number(/\d+$/.exec(message)?.[0])))
  })

  test('groups a million deep are refused, not followed', () => {
    const reader = new ProtobufReader(new Uint8Array(1_000_000).fill(0x0b))
    reader.next()
    expect(() => reader.skip()).toThrow('groups are nested too deep')
  })

  test('an inner message cannot read beyond its own end', () => {
    const reader = new ProtobufReader(bytes('0a 01 08 07'))
    reader.next()
    reader.enter()
    reader.next()
    expect(() => reader.uint64()).toThrow(WireError)
  })
})
