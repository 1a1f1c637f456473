import { expect, test } from 'vitest'
import { processEnvironment } from '../../schemas/config/load.js'
import { runStep } from './step.js'

const shell = (script: string, log: (line: string) => void) =>
  runStep({ title: 'making it', file: 'sh', args: ['-c', script], env: processEnvironment(), log })

test('a step says that it begins and that it is done', async () => {
  const lines: string[] = []
  await shell('echo quiet', (line) => lines.push(line))
  expect(lines[0]).toBe('making it')
  expect(lines.at(-1)).toMatch(/^making it: done in \d+ s$/)
})

test('a long step says what the program is at', async () => {
  const lines: string[] = []
  await shell('echo compiling the 7th; sleep 2.5', (line) => lines.push(line))
  expect(lines).toContainEqual(expect.stringMatching(/^making it: \d+ s, compiling the 7th$/))
})

test('a step that fails says what the program said last', async () => {
  await expect(shell('echo started; echo no space left >&2; exit 3', () => undefined)).rejects.toThrow(
    /^sh ended with 3: .*no space left/,
  )
})

test('a program that is not there is an error', async () => {
  const step = { title: 'x', file: '/no/such/program', args: [], env: {}, log: () => undefined }
  await expect(runStep(step)).rejects.toThrow('ENOENT')
})
