import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFiles } from './find-files.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-find-'))
  mkdirSync(join(folder, 'rules'))
  for (const name of ['a.yml', 'b.yml', 'b+c.yml', 'a.yaml']) writeFileSync(join(folder, 'rules', name), '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['rules/a.yml', ['rules/a.yml']],
  ['rules/*.yml', ['rules/a.yml', 'rules/b+c.yml', 'rules/b.yml']],
  ['r*/?.yml', ['rules/a.yml', 'rules/b.yml']],
  ['rules/[ab].y*', ['rules/a.yaml', 'rules/a.yml', 'rules/b.yml']],
  ['rules/[^b]*.yml', ['rules/a.yml']],
  ['../*/rules/b+c.yml', ['rules/b+c.yml']],
  ['rules/*.json', []],
  ['rules/c.yml', []],
])('%s names %j', async (pattern, files) => {
  const found = await findFiles(pattern, folder)
  expect(found.map((path) => relative(folder, path))).toEqual(files)
})
