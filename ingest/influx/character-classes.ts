/** The bytes that mean something in line protocol, and what ends each of its tokens. */

export const NEWLINE = 0x0a
export const RETURN = 0x0d
export const SPACE = 0x20
export const QUOTE = 0x22
export const HASH = 0x23
export const COMMA = 0x2c
export const MINUS = 0x2d
export const POINT = 0x2e
export const ZERO = 0x30
export const NINE = 0x39
export const EQUALS = 0x3d
export const BACKSLASH = 0x5c
const DELETE = 0x7f

/** Bit of {@link classOf}: ends a tag key, a tag value or a field key, unless escaped. */
export const ENDS_KEY = 1
/** Bit of {@link classOf}: ends a measurement, unless escaped. */
export const ENDS_MEASUREMENT = 2
/** Bit of {@link classOf}: ends a field value that is no string. */
export const ENDS_VALUE = 4
/** Bit of {@link classOf}: cannot be printed, so it stands in strings only. */
export const IS_CONTROL = 8

/** The bits above for each byte. */
export const classOf: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const control = byte < SPACE || byte === DELETE
  const blank = byte === SPACE || byte === NEWLINE || byte === RETURN
  const endsMeasurement = control || byte === SPACE || byte === COMMA
  return (
    (endsMeasurement || byte === EQUALS ? ENDS_KEY : 0) |
    (endsMeasurement ? ENDS_MEASUREMENT : 0) |
    (blank || byte === COMMA ? ENDS_VALUE : 0) |
    (control ? IS_CONTROL : 0)
  )
})
