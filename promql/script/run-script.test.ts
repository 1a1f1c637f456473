import { expect, test } from 'vitest'
import { runScript, type ScriptCase } from './run-script.js'

async function run(text: string): Promise<ScriptCase[]> {
  const cases: ScriptCase[] = []
  for await (const one of runScript(text)) cases.push(one)
  return cases
}

const failures = async (text: string) =>
  (await run(text)).map(({ line, query, failure }) => `${line}: ${query}: ${failure ?? 'passed'}`)

const LOAD = `load 1m
  up{job="a"} 1+1x10
  up{job="b"} 10 20 stale
  latency {{schema:0 count:3 sum:6 buckets:[1 2]}}x10

`

test('what a script expects holds', async () => {
  const cases = await run(`${LOAD}
eval instant at 1m up
  up{job="a"} 2
  up{job="b"} 20

eval range from 0 to 2m step 1m sum(up)
  {} 11 22 3

eval instant at 1m latency
  latency {{schema:0 count:3 sum:6 buckets:[1 2]}}

eval instant at 1m up{job="b"}[2m]
  expect range vector from 0 to 1m step 1m
  up{job="b"} 10 20

eval instant at 0 2 * 3
  6

eval instant at 0 "a"
  expect string "a"

eval instant at 0 absent_metric
`)
  expect(cases.filter(({ failure }) => failure !== undefined)).toEqual([])
  expect(cases.map(({ feature }) => feature)).toEqual(['core', 'core', 'native', 'core', 'core', 'core', 'core'])
})

test('each difference is told', async () => {
  const told = await failures(`${LOAD}
eval instant at 1m up{job="a"}
  up{job="a"} 3

eval instant at 1m up{job="a"}
  up{job="c"} 2

eval instant at 3m up
  up{job="a"} 4
  up{job="b"} 1

eval range from 0 to 2m step 1m up{job="a"}
  up{job="a"} 1 2

eval instant at 1m latency
  latency {{schema:0 count:3 sum:6 buckets:[2 1]}}

eval instant at 0 sum(up) + on(job) up
  expect fail

eval instant at 1m up
  expect fail

eval instant at 1m sort(up)
  expect ordered
  up{job="b"} 20
  up{job="a"} 2

eval instant at 1m up{job="a"}
  expect warn
  up{job="a"} 2

eval instant at 1m up{job=
`)
  expect(told).toEqual([
    expect.stringMatching(/^7: up\{job="a"\}: expected \{.*\} 3, got 2$/),
    expect.stringMatching(/^10: .*: expected no series \{.*job="a"\}, got it with 2$/),
    expect.stringMatching(/^13: .*: expected \{.*job="b"\} 1, got no such series$/),
    expect.stringMatching(/^17: .*: expected \{.*\} to end after 2 points, got 3 more$/),
    expect.stringMatching(/^20: .*: expected \{.*\} \{\{.*buckets:\[2 1\].*\}\}, got \{\{.*buckets:\[1 2\].*\}\}$/),
    expect.stringMatching(/^23: .*: expected a failure, got an answer$/),
    expect.stringMatching(/^26: .*: expected a failure, got an answer$/),
    expect.stringMatching(/^29: .*: expected \{.*\} in place 2, got it in place 1$/),
    expect.stringMatching(/^34: .*: expected a warning, got no warning$/),
    expect.stringMatching(/^38: .*: expected an answer, got the failure ".*"$/),
  ])
})

test('a load that goes back in time, and a line that is no command, are failures of their own', async () => {
  expect(await failures('load 1m\n a 1 2\n\nload 1m\n a 3\n\nunload\n')).toEqual([
    expect.stringMatching(/^4: load: a series cannot be loaded: .*does not lie behind/),
    expect.stringMatching(/^7: the script: "unload" is no command/),
  ])
})

test('load_with_nhcb adds native histograms beside the classic ones', async () => {
  const script = `load_with_nhcb 1m
  h_bucket{le="1"} 1
  h_bucket{le="+Inf"} 3
  h_sum 5

eval instant at 0 {__name__=~"h|h_sum"}
  h {{schema:-53 count:3 sum:5 custom_values:[1] buckets:[1 2]}}
  h_sum 5
`
  expect(await failures(script)).toEqual([expect.stringMatching(/passed$/)])
})
