import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, test } from 'vitest'
import { TestServer } from '../../e2e/server.js'
import { scratchFolder, untilNone } from './program.js'

const run = promisify(execFile)
const folder = scratchFolder()
let server: TestServer

beforeAll(async () => {
  server = await TestServer.start({
    dataDir: folder.path,
    settings: {
      TIDEMARK_COLLECTOR_ENABLED: 'false',
      TIDEMARK_SELF_COLLECT: 'false',
      TIDEMARK_TEMPORAL_ENABLED: 'false',
    },
  })
})
afterAll(async () => {
  await server.stop()
  folder.remove()
})

interface Vector {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] }
}

/** Waits until a query has this one answer. */
const answers = (query: string, value: string, labels: Record<string, string> = {}) =>
  untilNone(async () => {
    const { data } = await server.json<Vector>(`/api/v1/query?query=${encodeURIComponent(query)}`)
    const { __name__, ...found } = data.result[0]?.metric ?? {}
    const isRight = data.result.length === 1 && data.result[0].value[1] === value
    return isRight && JSON.stringify(found) === JSON.stringify(labels) ? undefined : JSON.stringify(data.result)
  }, 20_000)

test.each(['udp', 'tcp'])('the shell sends StatsD lines through /dev/%s', async (protocol) => {
  const target = `/dev/${protocol}/127.0.0.1/${server.statsdPort}`
  await run('bash', ['-c', `printf 'shell.${protocol}.level:%s|g|#from:bash' 42.5 > ${target}`])
  await run('bash', ['-c', `for i in 1 2 3; do echo "shell.${protocol}.jobs:2|c" ; done > ${target}`])
  await answers(`shell_${protocol}_level`, '42.5', { from: 'bash' })
  await answers(`shell_${protocol}_jobs`, '6')
})

test('curl sends line protocol and text exposition', async () => {
  const curl = (...args: string[]) => run('curl', ['-sS', '--fail-with-body', ...args])
  await curl('-d', 'room,name=attic temperature=17.25', `${server.url}/write`)
  await curl('--data-binary', '# TYPE doors gauge\ndoors{open="no"} 3\n', `${server.url}/api/v1/import/prometheus`)
  await answers('room_temperature', '17.25', { name: 'attic' })
  await answers('doors', '3', { open: 'no' })
})
