import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { searchPath } from '../../../schemas/config/load.js'
import { freePorts, TestServer } from '../../e2e/server.js'
import { Program, scratchFolder, untilNone } from './program.js'

/*
 * One run for all tests: Prometheus and vmalert each judge a rule every second and send its alert here. It fires for a
 * while; meanwhile our server is killed and comes back. Then the alert is resolved.
 */
const FIRES_S = 40
const WITHIN_MS = 30_000

const ROUTES = `
route: { receiver: team, group_by: [alertname, sender], group_wait: 0s, group_interval: 1s }
receivers: [{ name: team }]
`

/** An alert as Alertmanager's API shows it. */
interface ShownAlert {
  labels: Record<string, string>
  annotations: Record<string, string>
  generatorURL: string
}

const isInstalled = ['prometheus', 'vmalert'].every((program) =>
  searchPath().some((folder) => existsSync(join(folder, program))),
)
if (!isInstalled) console.warn('prometheus or vmalert is not on the PATH, the tests of alerts are skipped')

describe.skipIf(!isInstalled)('Prometheus and vmalert send their alerts here', () => {
  const folder = scratchFolder()
  const programs: Program[] = []
  /** What was told of whom, through every start of the server. */
  const told: string[] = []
  let server: TestServer
  let startServer: () => Promise<TestServer>

  beforeAll(async () => {
    const [httpPort, prometheusPort, vmalertPort] = await freePorts(3)
    const routes = write('routes.yaml', ROUTES)
    startServer = () =>
      TestServer.start({
        dataDir: join(folder.path, 'data'),
        httpPort,
        settings: {
          TIDEMARK_ALERTING_DISPATCH_FILE: routes,
          TIDEMARK_ALERTING_OWN_RULES: 'false',
          TIDEMARK_COLLECTOR_ENABLED: 'false',
          TIDEMARK_SELF_COLLECT: 'false',
          TIDEMARK_TEMPORAL_ENABLED: 'false',
        },
      })
    server = await startServer()
    const endS = Math.ceil(Date.now() / 1000) + FIRES_S
    const rules = write('rules.yaml', rulesUntil(endS))
    programs.push(
      await startPrometheus(prometheusPort, server.url, rules),
      await startVmalert(vmalertPort, server.url, rules),
    )
  })

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop()))
    await server?.stop()
    folder.remove()
  })

  const shown = () => server.json<ShownAlert[]>('/api/v2/alerts')
  const senders = async () => (await shown()).map(({ labels }) => labels.sender).sort()
  const toldSoFar = () => [...told, ...toldIn(server)]
  const until = (what: string, holds: () => Promise<boolean> | boolean, withinMs = WITHIN_MS) =>
    untilNone(async () => ((await holds()) ? undefined : `${what}; told: ${toldSoFar().join(', ')}`), withinMs)

  test('and are shown with labels, annotations and where they come from', async () => {
    await until('both are shown', async () => (await senders()).join() === 'prometheus,vmalert')
    for (const { labels, annotations, generatorURL } of await shown()) {
      expect(labels).toMatchObject({ alertname: 'Late', severity: 'P2' })
      expect(annotations).toEqual({ summary: 'it is 1' })
      expect(generatorURL).toMatch(/^http/)
    }
    await until('both are told', () => toldSoFar().length >= 2)
    expect(toldSoFar().sort()).toEqual(['first prometheus', 'first vmalert'])
  })

  test('a server that was killed knows them, and tells nothing twice', async () => {
    await server.kill()
    told.push(...toldIn(server))
    server = await startServer()
    expect(await senders()).toEqual(['prometheus', 'vmalert'])
  })

  test('and are told to be resolved when they say so', async () => {
    const areResolved = () => toldSoFar().filter((line) => line.startsWith('resolved')).length === 2
    // They may have just begun to fire.
    await until('both are resolved', areResolved, FIRES_S * 1000 + WITHIN_MS)
    expect(toldSoFar().sort()).toEqual(['first prometheus', 'first vmalert', 'resolved prometheus', 'resolved vmalert'])
    expect(await shown()).toEqual([])
  }, 120_000)

  function write(name: string, text: string): string {
    const path = join(folder.path, name)
    writeFileSync(path, text)
    return path
  }

  function startPrometheus(port: number, serverUrl: string, rules: string): Promise<Program> {
    const config = write(
      'prometheus.yaml',
      JSON.stringify({
        global: { evaluation_interval: '1s', external_labels: { sender: 'prometheus' } },
        rule_files: [rules],
        alerting: { alertmanagers: [{ api_version: 'v2', static_configs: [{ targets: [new URL(serverUrl).host] }] }] },
      }),
    )
    const address = `127.0.0.1:${port}`
    const flags = [`--config.file=${config}`, `--web.listen-address=${address}`, '--rules.alert.resend-delay=5s']
    return new Program('prometheus', [...flags, `--storage.tsdb.path=${join(folder.path, 'prometheus')}`]).answers(
      `http://${address}/-/ready`,
    )
  }

  function startVmalert(port: number, serverUrl: string, rules: string): Promise<Program> {
    const address = `127.0.0.1:${port}`
    const flags = [`-rule=${rules}`, `-datasource.url=${serverUrl}`, `-notifier.url=${serverUrl}`]
    const times = ['-evaluationInterval=1s', '-rule.resendDelay=5s', `-httpListenAddr=${address}`]
    return new Program('vmalert', [...flags, ...times, '-external.label=sender=vmalert']).answers(
      `http://${address}/health`,
    )
  }
})

/** A rule whose alert fires until a time, Unix seconds. */
function rulesUntil(endS: number): string {
  const rule = {
    alert: 'Late',
    expr: `vector(1) and (vector(time()) < ${endS})`,
    labels: { severity: 'P2' },
    annotations: { summary: 'it is {{ $value }}' },
  }
  return JSON.stringify({ groups: [{ name: 'g', rules: [rule] }] })
}

/** What the server wrote of groups that it told: `first prometheus`. */
function toldIn({ output }: TestServer): string[] {
  const lines = output.join('').split('\n')
  return lines
    .filter((line) => line.includes('a group of alerts is told'))
    .map((line) => JSON.parse(line) as { reason: string; group: { sender: string } })
    .map(({ reason, group }) => `${reason} ${group.sender}`)
}
