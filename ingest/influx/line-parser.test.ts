import { expect, test } from 'vitest'
import { KEY_ESCAPES, MEASUREMENT_ESCAPES, STRING_ESCAPES, unescapeText } from './escape.js'
import { LineParser } from './line-parser.js'
import { FieldKind } from './slots.js'

interface Read {
  number: number
  name: string
  tags: Record<string, string>
  fields: Record<string, string | number>
  timeMs: number
}

/** Every line: what it says, or why it was refused, as `number: fault`. */
function read(text: string | Uint8Array): (Read | string)[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const line = new LineParser()
  const lines: (Read | string)[] = []
  line.open(bytes, 'ms')
  while (line.next()) {
    line.findKey()
    if (!line.readKey() || !line.readFields()) {
      lines.push(`${line.number}: ${line.fault}`)
      continue
    }
    const { tags, fields } = line
    const found: Read = { number: line.number, name: '', tags: {}, fields: {}, timeMs: line.time.ms }
    found.name = unescapeText(bytes, line.start, line.measurementEnd, MEASUREMENT_ESCAPES)
    for (let i = 0; i < tags.count; i++) {
      const key = unescapeText(bytes, tags.keyStart[i], tags.keyEnd[i], KEY_ESCAPES)
      found.tags[key] = unescapeText(bytes, tags.valueStart[i], tags.valueEnd[i], KEY_ESCAPES)
    }
    for (let i = 0; i < fields.count; i++) {
      const key = unescapeText(bytes, fields.keyStart[i], fields.keyEnd[i], KEY_ESCAPES)
      const isString = fields.kind[i] === FieldKind.String
      found.fields[key] = isString
        ? unescapeText(bytes, fields.valueStart[i], fields.valueEnd[i], STRING_ESCAPES)
        : fields.value[i]
    }
    lines.push(found)
  }
  return lines
}

const line = (number: number, name: string, tags: Read['tags'], fields: Read['fields'], timeMs = NaN): Read => ({
  number,
  name,
  tags,
  fields,
  timeMs,
})

test('a line has a measurement, tags, fields and a time', () => {
  expect(read('cpu,host=a,zone=b user=1.5,up=t,n=-3i,m=3u,s="x" 1600000000000')).toEqual([
    line(1, 'cpu', { host: 'a', zone: 'b' }, { user: 1.5, up: 1, n: -3, m: 3, s: 'x' }, 1_600_000_000_000),
  ])
})

test('tags and time may be missing, blanks may stand around the fields', () => {
  expect(read('  cpu   user=1   \ncpu user=2   5   ')).toEqual([
    line(1, 'cpu', {}, { user: 1 }),
    line(2, 'cpu', {}, { user: 2 }, 5),
  ])
})

test('blank lines and comments are counted as lines and nothing else', () => {
  expect(read('\n# a comment, with = and "\r\n  \n   # another\r\n\r\ncpu user=1\r\n\r')).toEqual([
    line(6, 'cpu', {}, { user: 1 }),
  ])
  expect(read('')).toEqual([])
  expect(read('#')).toEqual([])
})

test('a backslash escapes what separates, and is itself everywhere else', () => {
  expect(read(String.raw`c\ p\,u\=,ho\=st\,\ x=a\ b,t=\w us\ er=1`)).toEqual([
    line(1, String.raw`c p,u\=`, { 'ho=st, x': 'a b', t: String.raw`\w` }, { 'us er': 1 }),
  ])
  expect(read(String.raw`m,a=\,\=\ \\x f=1`)).toEqual([line(1, 'm', { a: String.raw`,= \\x` }, { f: 1 })])
})

test('a backslash before a separator always escapes it, even behind another backslash', () => {
  expect(read(String.raw`m,a=x\\ y f=1`)).toEqual([line(1, 'm', { a: String.raw`x\ y` }, { f: 1 })])
})

test('a string holds anything: newlines, separators, escaped quotes, control characters', () => {
  expect(read('m s="a\nb, c=d \\" \\\\ \\n\\t\\x",f=1\nm f=2')).toEqual([
    line(1, 'm', {}, { s: 'a\nb, c=d " \\ \n\t\\x', f: 1 }),
    line(3, 'm', {}, { f: 2 }),
  ])
})

test('names may be any text that can be printed', () => {
  expect(read('température,lieu=Zürich "value"=1,µ=2')).toEqual([
    line(1, 'température', { lieu: 'Zürich' }, { '"value"': 1, µ: 2 }),
  ])
})

test.each([
  ['cpu', 'column 4: expected a space and a field'],
  ['cpu ', 'column 5: expected a field key, found the end of the input'],
  [',host=a f=1', 'column 1: expected a measurement, found ","'],
  ['\tcpu f=1', 'column 1: expected a measurement, found "\\t"'],
  ['cpu, f=1', 'column 5: expected a tag key after the comma, found " "'],
  ['cpu,host f=1', 'column 9: expected "=" after the tag key, found " "'],
  ['cpu,host= f=1', 'column 10: expected a tag value, found " "'],
  ['cpu,host=a=b f=1', 'column 11: expected a comma or a space, found "="'],
  ['cpu,a=1,b=2,a=3 f=1', 'column 13: this tag key stands twice in the line'],
  ['cpu f', 'column 6: expected "=" after the field key, found the end of the input'],
  ['cpu f=', 'column 7: expected a number, a boolean or a string in quotes, found the end of the input'],
  ['cpu f=1,', 'column 9: expected a field key, found the end of the input'],
  ['cpu f=NaN', 'column 7: expected a number, a boolean or a string in quotes, found "N"'],
  ['cpu f=+1', 'column 7: expected a number, a boolean or a string in quotes, found "+"'],
  ['cpu f=1e999', 'column 7: expected a number that fits 64 bits'],
  ['cpu f=-inf', 'column 7: expected a number that fits 64 bits'],
  ['cpu f=1.5i', 'column 7: expected a 64-bit integer before "i"'],
  ['cpu f=9223372036854775808i', 'column 7: expected a 64-bit integer before "i"'],
  ['cpu f=-1u', 'column 7: expected an unsigned 64-bit integer before "u"'],
  ['cpu f=tRUE', 'column 7: expected t, T, true, True, TRUE, f, F, false, False or FALSE'],
  ['cpu f="a"b', 'column 10: expected a comma or a space after the string, found "b"'],
  ['cpu f="a', 'column 7: the string that starts here has no closing quote'],
  ['cpu f=1 x', 'column 9: expected a timestamp or the end of the line, found "x"'],
  ['cpu f=1 5,g=2', 'column 10: expected a timestamp or the end of the line, found ","'],
  ['cpu f=1 5 6', 'column 11: expected the end of the line, found "6"'],
  ['cpu f=1 5-6', 'column 9: expected an integer whose nanoseconds fit 64 bits as the timestamp'],
  ['cpu f=1 9223372036855', 'column 9: expected an integer whose nanoseconds fit 64 bits as the timestamp'],
  ['cpu f=1\r ', 'column 8: expected a timestamp or the end of the line, found "\\r"'],
  ['# a\tb', 'column 1: a comment may hold no control characters'],
])('%j is refused: %s', (text, fault) => {
  expect(read(text)).toEqual([`1: ${fault}`])
})

test('bytes that are no UTF-8 are refused wherever they stand', () => {
  const broken = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace('?', 'ÿ'), 'latin1'))
  expect(read(broken('c? f=1'))).toEqual(['1: column 1: the measurement is not valid UTF-8'])
  expect(read(broken('c,a?=b f=1'))).toEqual(['1: column 3: the tag key is not valid UTF-8'])
  expect(read(broken('c,a=? f=1'))).toEqual(['1: column 5: the tag value is not valid UTF-8'])
  expect(read(broken('c f?=1'))).toEqual(['1: column 3: the field key is not valid UTF-8'])
  expect(read(broken('c f="?"'))).toEqual(['1: column 5: the string is not valid UTF-8'])
})

test('after a bad line reading goes on at the next newline', () => {
  expect(read('m f=1\nm f=\nm f=x,g=1\n\nm f=2')).toEqual([
    line(1, 'm', {}, { f: 1 }),
    expect.stringMatching(/^2: column 5/),
    expect.stringMatching(/^3: column 5/),
    line(5, 'm', {}, { f: 2 }),
  ])
})

test('what a string of a bad line holds is never read as a line', () => {
  expect(read('log msg="boot\nfake f=1\n",rate=NaN\nm f=2')).toEqual([
    expect.stringMatching(/^1: .* found "N"/),
    line(4, 'm', {}, { f: 2 }),
  ])
})

test('a quote that is never closed costs its own line only', () => {
  expect(read('log msg="boot\nm f=1\nm f=2')).toEqual([
    expect.stringMatching(/^1: column 9: .* no closing quote/),
    line(2, 'm', {}, { f: 1 }),
    line(3, 'm', {}, { f: 2 }),
  ])
  expect(read('log msg="boot\nm f=1\nlog msg="ok"\nm f=2')).toEqual([
    expect.stringMatching(/^1: /),
    line(2, 'm', {}, { f: 1 }),
    line(3, 'log', {}, { msg: 'ok' }),
    line(4, 'm', {}, { f: 2 }),
  ])
})

test('a line may have many tags and fields, but not without bound', () => {
  const many = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=1`).join()
  const [good] = read(`m,${many(300)} ${many(300)}`) as Read[]
  expect([Object.keys(good.tags).length, Object.keys(good.fields).length]).toEqual([300, 300])
  expect(read(`m,${many(5000)} f=1\nm f=1`)).toEqual([
    expect.stringContaining('may have 4096 tags'),
    line(2, 'm', {}, { f: 1 }),
  ])
  expect(read(`m ${many(70_000)}\nm f=1`)).toEqual([
    expect.stringContaining('may have 65536 fields'),
    line(2, 'm', {}, { f: 1 }),
  ])
})
