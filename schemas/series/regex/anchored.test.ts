import { spawnSync } from 'node:child_process'
import { buildSync } from 'esbuild'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anchoredRegex } from './anchored.js'
import { RegexAutomaton } from './automaton.js'
import { RegexMachine } from './machine.js'
import { parseRegex } from './parse.js'
import { compileProgram } from './program.js'

/** Each takes a time exponential in the text, or a high power of it, where an engine tries one way after another. */
const PATHOLOGICAL = [
  '(a+)+b',
  '(.*)*x',
  '(a|aa)+b',
  '((((a+)+)+)+)+b',
  '(a{1,20})+b',
  '.*.*.*.*.*x',
  'a{0,500}a{0,500}a{0,500}b',
  '(?:a?){30}a{30}',
  '(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa).*b',
  '\\b.*.*.*\\Bb',
  '(?i)(a|A)*b',
]

test('no expression can hold the process up, whatever the value', () => {
  const entry = new URL('./anchored.ts', import.meta.url).pathname
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  })
  const attack = `
    for (const regex of ${JSON.stringify(PATHOLOGICAL)}) {
      const compiled = module.exports.anchoredRegex(regex)
      const value = 'a'.repeat(4000) + '!'
      if (compiled.test(value) || compiled.match(value)) throw new Error(regex)
    }
    process.stdout.write('done')`
  const child = spawnSync(process.execPath, ['-'], {
    input: `${outputFiles[0].text}\n${attack}`,
    timeout: 60_000,
    encoding: 'utf8',
  })
  expect(child.stdout, child.stderr).toBe('done')
}, 65_000)

describe('groups', () => {
  test.each<[regex: string, value: string, groups: (string | undefined)[]]>([
    ['(a)(b)?', 'a', ['a', 'a', undefined]],
    ['(.*)-(.*)', 'a-b-c', ['a-b-c', 'a-b', 'c']],
    ['(.*?)-(.*)', 'a-b-c', ['a-b-c', 'a', 'b-c']],
    ['((a|ab)(c|bcd)*)+', 'abcd', ['abcd', 'abcd', 'a', 'bcd']],
    ['(?:(a)|(b))+', 'ab', ['ab', 'a', 'b']],
    ['(?U)(a+)(a*)', 'aaa', ['aaa', 'a', 'aa']],
  ])('%s on %s', (regex, value, groups) => {
    expect([...anchoredRegex(regex).match(value)!]).toEqual(groups)
  })

  test('are named by number', () => {
    expect(anchoredRegex('(?P<verb>a)(b)(?<path>c)').names).toEqual(['', 'verb', '', 'path'])
  })
})

test('counts that come to more than 1000 together are refused, as in RE2', () => {
  expect(() => anchoredRegex('(a{100}){11}')).toThrow(expect.objectContaining({ code: 'TM_QUERY_REGEX' }))
  expect(anchoredRegex('(a{100}){10}').test('a'.repeat(1000))).toBe(true)
})

test('an automaton of many states forgets and goes on', () => {
  const regex = anchoredRegex('(?:a|b)*a(?:a|b){200}(?:c|d)*')
  let seed = 1
  const value = (length: number) =>
    Array.from({ length }, () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % 2 === 0 ? 'a' : 'b'
    }).join('')
  for (let i = 0; i < 20; i++) {
    const tail = value(200)
    expect(regex.test(`${value(500)}a${tail}cd`)).toBe(true)
    expect(regex.test(`${value(500)}b${tail}cd`)).toBe(false)
  }
})

const pattern = fc.letrec<{ any: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'b', '.', '[^a]', '\\b', '^', '$', '(?i:A)'),
    fc
      .tuple(tie('any'), fc.constantFrom('', '*', '+', '?', '*?', '{2}', '{1,3}'))
      .map(([inner, count]) => `(${inner})${count}`),
  ),
  any: fc.oneof(
    { maxDepth: 3 },
    fc.array(tie('piece'), { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')),
    fc.tuple(tie('any'), tie('any')).map((options) => options.join('|')),
  ),
})).any

test('law: machine and automaton match what JavaScript matches', () => {
  fc.assert(
    fc.property(
      pattern,
      fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', '-'), maxLength: 6 }),
      (regex, value) => {
        const { root, names } = parseRegex(regex)
        const ofMachine = new RegexMachine(compileProgram(root, true), names.length).run(value) !== undefined
        const flat = regex.replaceAll('(?i:A)', '[aA]')
        expect(ofMachine).toBe(new RegExp(`^(?:${flat})$`, 'us').test(value))
        expect(anchoredRegex(regex).test(value)).toBe(ofMachine)
        const plain = compileProgram(root, false)
        if (!plain.some(({ type }) => type === 'check')) expect(new RegexAutomaton(plain).test(value)).toBe(ofMachine)
      },
    ),
    { numRuns: 2000 },
  )
})
