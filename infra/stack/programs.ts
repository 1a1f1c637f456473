import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { processEnvironment, searchPath } from '../../schemas/config/load.js'
import { TidemarkError } from '../../schemas/errors.js'
import { goTool, mavenVersion, PINS_FOLDER, REDIS } from './pins.js'
import { runStep } from './step.js'
import { isAtLeast } from './versions.js'

/** What the parts and tests run. Kafka and Temporal's test server are folders of jars, the others are executables. */
type Program =
  | 'kafka'
  | 'temporal-test-server'
  | 'redis-server'
  | 'victoria-metrics'
  | 'vmagent'
  | 'versitygw'
  | 'temporal'
  | 'java'
  | 'mvn'
  | 'go'

/** How a program is had: found, or brought into a folder of the cache. */
interface Source {
  /** Its path, if it is there. */
  find(): string | undefined
  install(log: Log): Promise<void>
}

type Log = (line: string) => void

/** A program that may be on PATH already, and how it says its version. */
interface Wanted {
  name: string
  /** The argument that makes it say its version. */
  ask: string
  says: RegExp
  oldest: string
}

const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
/** The first Go that fetches the newer one that go.mod asks for. */
const GO_OLDEST = '1.21'

const sources: Record<Program, Source> = {
  kafka: jars('Kafka', 'kafka_2.13', { folder: 'kafka', pom: 'pom.xml' }),
  'temporal-test-server': jars('the Temporal test server', 'temporal-test-server', {
    folder: 'temporal-test-server',
    pom: 'temporal-test-server.pom.xml',
  }),
  java: debian('default-jre-headless', { name: 'java', ask: '-version', says: /version "([\d.]+)/, oldest: '17' }),
  mvn: debian('maven', { name: 'mvn', ask: '--version', says: /Maven ([\d.]+)/, oldest: '3' }),
  go: debian('golang-go', { name: 'go', ask: 'version', says: /go version go([\d.]+)/, oldest: GO_OLDEST }),
  'redis-server': debian('redis-server', {
    name: 'redis-server',
    ask: '--version',
    says: /v=([\d.]+)/,
    oldest: REDIS.oldest,
  }),
  'victoria-metrics': builtByGo('victoria-metrics'),
  vmagent: builtByGo('vmagent'),
  versitygw: builtByGo('versitygw'),
  temporal: firstOf(
    onPath({ name: 'temporal', ask: '--version', says: /Server ([\d.]+)/, oldest: '1.29' }),
    builtByGo('temporal'),
  ),
}

/**
 * Path of a program, which is installed first if it is missing.
 * @throws TM_STACK_INSTALL with the command that does it by hand
 */
export async function obtain(program: Program, log: Log): Promise<string> {
  const { find, install } = sources[program]
  const found = find()
  if (found) return found
  try {
    await install(log)
  } catch (thrown) {
    if (thrown instanceof TidemarkError) throw thrown
    const { message } = thrown as Error
    throw new TidemarkError('TM_STACK_INSTALL', { program, reason: message, fix: 'mend that and start again' }, thrown)
  }
  return programPath(program)
}

/** Path of a program that `obtain` has brought. */
export function programPath(program: Program): string {
  const path = sources[program].find()
  if (path) return path
  throw new TidemarkError('TM_STACK_INSTALL', {
    program,
    reason: 'it is missing',
    fix: 'run `npm run stack -- --install`',
  })
}

/** `$XDG_CACHE_HOME/tidemark-stack`: what was built, by version. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME } = processEnvironment()
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tidemark-stack')
}

function builtByGo(name: 'victoria-metrics' | 'vmagent' | 'versitygw' | 'temporal'): Source {
  const { package: main, version } = goTool(name)
  const target = join(cacheFolder(), `${name}-${version}`)
  const install = async (log: Log) => {
    const go = await obtain('go', log)
    await staged(target, (staging) =>
      runStep({
        title: `building ${name} ${version}`,
        file: go,
        args: [
          'build',
          '-v',
          '-mod=readonly',
          '-buildvcs=false',
          '-trimpath',
          '-ldflags=-s -w',
          '-o',
          `${staging}/${name}`,
          main,
        ],
        cwd: PINS_FOLDER,
        env: processEnvironment(),
        log,
      }),
    )
  }
  return { find: () => existing(join(target, name)), install }
}

/** A Maven artifact with all that it needs, in a folder. @param pom names the artifact and its version */
function jars(title: string, artifact: string, { folder, pom }: { folder: string; pom: string }): Source {
  const version = mavenVersion(artifact, pom)
  const target = join(cacheFolder(), `${folder}-${version}`)
  const install = async (log: Log) => {
    const mvn = await obtain('mvn', log)
    await staged(target, (staging) =>
      runStep({
        title: `fetching ${title} ${version}`,
        file: mvn,
        args: ['-B', '-ntp', '-f', `${PINS_FOLDER}/${pom}`, MAVEN_COPY, `-DoutputDirectory=${staging}`],
        env: processEnvironment(),
        log,
      }),
    )
  }
  return { find: () => existing(target), install }
}

/** Fills a folder beside the target and moves it there when it is whole; whoever comes second finds it done. */
async function staged(target: string, fill: (staging: string) => Promise<void>): Promise<void> {
  mkdirSync(cacheFolder(), { recursive: true })
  const staging = mkdtempSync(join(cacheFolder(), 'staging-'))
  try {
    await fill(staging)
    if (!existsSync(target)) renameSync(staging, target)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/** A program of a Debian package. */
function debian(debianPackage: string, wanted: Wanted): Source {
  const find = onPath(wanted)
  const install = async (log: Log) => {
    await aptInstall(debianPackage, log)
    if (find()) return
    const reason = `Debian's package ${debianPackage} has an older one than ${wanted.oldest}`
    const fix = `install ${wanted.name} ${wanted.oldest} or newer by hand and put it on PATH`
    throw new TidemarkError('TM_STACK_INSTALL', { program: wanted.name, reason, fix })
  }
  return { find, install }
}

function firstOf(find: () => string | undefined, source: Source): Source {
  return { ...source, find: () => find() ?? source.find() }
}

async function aptInstall(name: string, log: Log): Promise<void> {
  const [file, ...before] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get']
  const env = { ...processEnvironment(), DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await runStep({ title: 'updating the list of packages', file, args: [...before, 'update', '-q'], env, log })
    const args = [...before, 'install', '-yq', '--no-install-recommends', name]
    await runStep({ title: `installing ${name}`, file, args, env, log })
  } catch (thrown) {
    const reason = (thrown as Error).message
    const fix = `run \`sudo apt-get install ${name}\``
    throw new TidemarkError('TM_STACK_INSTALL', { program: name, reason, fix }, thrown)
  }
}

/** Finds the program on PATH, if the version that it states is new enough; asks it once. */
function onPath({ name, ask, says, oldest }: Wanted): () => string | undefined {
  let found: string | undefined
  return () => {
    const path = found ?? findOnPath(name)
    if (found || !path) return path
    const { stdout, stderr } = spawnSync(path, [ask], { encoding: 'utf8' })
    const version = says.exec(stdout + stderr)?.[1]
    if (version && isAtLeast(version, oldest)) found = path
    return found
  }
}

function findOnPath(name: string): string | undefined {
  return searchPath()
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined
}
