import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { runTestFile } from './unit-test/run-file.js'
test('all', async () => {
  const root = '/work/shared/testdata/rules/'
  const list = JSON.parse(readFileSync(root + 'manifest.json', 'utf8'))
  const items = Array.isArray(list) ? list : list.cases
  let ok = 0
  const slow: [number, string][] = []
  for (const { dir, test } of items) {
    const t = performance.now()
    const r = await runTestFile(root + dir + '/' + test)
    slow.push([performance.now() - t, dir])
    if (r.failures.length === 0 && r.tests > 0) ok++
    else console.log(dir, test, r.tests, r.failures.length, r.failures.slice(0, 2).join('\n').slice(0, 1500), r.unmatched)
  }
  console.log(ok, items.length, slow.sort((a, b) => b[0] - a[0]).slice(0, 12), slow.reduce((a, b) => a + b[0], 0))
}, 500000)
