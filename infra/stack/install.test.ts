import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundledStack } from '../../test/stack/bundled-stack.js'
import { goTool, mavenVersion } from './pins.js'

const run = promisify(execFile)

let home: string
let bin: string
let script: string

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ts-'))
  bin = mkdtempSync(join(tmpdir(), 'ts-'))
  script = await bundledStack()
  // Under another user than root, packages come by sudo.
  program('sudo', 'shift; exec "$@"')
})

afterEach(() => {
  for (const folder of [home, bin]) rmSync(folder, { recursive: true, force: true })
})

/** A program of this name on the PATH of the installation. It may call those of the system by /bin. */
function program(name: string, body: string): void {
  const path = join(bin, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
}

async function install(parts: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: bin, HOME: home, XDG_CACHE_HOME: join(home, 'cache') }
  const done = run(process.execPath, [script, '--install', '--only', parts], { env })
  return done.then(
    (said) => ({ code: 0, ...said }),
    (failed) => failed,
  )
}

function calls(): string[] {
  const path = join(home, 'calls')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

test('a program on PATH that is new enough is taken as it is', async () => {
  program('redis-server', 'echo "Redis server v=7.2.4 sha=00000000:0"')
  program('apt-get', 'exit 1')
  expect(await install('redis')).toMatchObject({ code: 0, stdout: 'installed: redis\n' })
})

test('what is missing comes as a Debian package', async () => {
  const redis = `printf '#!/bin/sh\\necho v=7.0.15\\n' > ${bin}/redis-server; /bin/chmod +x ${bin}/redis-server`
  program('apt-get', `echo "$*" >> $HOME/calls; case "$*" in install*) ${redis};; esac`)
  expect(await install('redis')).toMatchObject({ code: 0, stdout: expect.stringContaining('installing redis-server') })
  expect(calls()).toEqual(['update -q', 'install -yq --no-install-recommends redis-server'])
})

test('a package that is too old is told with the version that is wanted', async () => {
  program('redis-server', 'echo v=6.0.16')
  program('apt-get', 'exit 0')
  const { code, stderr } = await install('redis')
  expect(code).toBe(1)
  expect(stderr).toContain('TM_STACK_INSTALL: redis-server cannot be had: Debian')
  expect(stderr).toContain('install redis-server 7 or newer by hand and put it on PATH')
})

test('a package that cannot be installed is told with the command', async () => {
  program('apt-get', 'echo "E: no network" >&2; exit 100')
  const { code, stderr } = await install('redis')
  expect(code).toBe(1)
  expect(stderr).toContain('E: no network')
  expect(stderr).toContain('run `sudo apt-get install redis-server`')
})

test('Go builds each program once, by the version that is pinned', async () => {
  program(
    'go',
    `case "$1" in version) echo go version go1.25.5 linux/amd64;; build) echo "$*" >> $HOME/calls
    while [ "$1" != -o ]; do shift; done; echo made > "$2";; esac`,
  )
  expect((await install('s3')).code).toBe(0)
  expect((await install('s3')).code).toBe(0)
  expect(calls()).toEqual([expect.stringMatching(/-mod=readonly .* github.com\/versity\/versitygw\/cmd\/versitygw$/)])
  const folder = join(home, 'cache/tidemark-stack')
  expect(readdirSync(folder)).toEqual([`versitygw-${goTool('versitygw').version}`])
})

test('a build that fails leaves nothing behind', async () => {
  program(
    'go',
    'case "$1" in version) echo go version go1.25.5 linux/amd64;; build) echo no space left >&2; exit 1;; esac',
  )
  expect(await install('s3')).toMatchObject({ code: 1, stderr: expect.stringContaining('no space left') })
  expect(readdirSync(join(home, 'cache/tidemark-stack'))).toEqual([])
})

test('Kafka comes by Maven, from the pins', async () => {
  program('java', `echo 'openjdk version "21" 2023-09-19' >&2`)
  program('mvn', `case "$1" in --version) echo Apache Maven 3.8.7;; *) echo "$*" >> $HOME/calls;; esac`)
  expect((await install('kafka')).code).toBe(0)
  expect(calls()).toEqual([expect.stringMatching(/pom\.xml .*:copy-dependencies -DoutputDirectory=\S+staging-/)])
  expect(readdirSync(join(home, 'cache/tidemark-stack'))).toEqual([`kafka-${mavenVersion('kafka_2.13')}`])
})

test('Temporal on PATH is taken if its server is not older than the one that is pinned', async () => {
  program('temporal', 'echo "temporal version 1.6.0 (Server 1.30.0, UI 2.44.0)"')
  expect((await install('temporal')).stdout).toBe('installed: temporal\n')
  program('temporal', 'echo "temporal version 1.1.0 (Server 1.25.0, UI 2.30.0)"')
  program('go', 'case "$1" in version) echo go version go1.25.5 linux/amd64;; *) exit 7;; esac')
  expect((await install('temporal')).stderr).toContain('ended with 7')
})
