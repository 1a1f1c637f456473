import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { processEnvironment, searchPath } from '../../schemas/config/load.js'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import { goTool, mavenVersion, PINS_FOLDER } from './pins.js'
import { runStep } from './step.js'

/** What the parts run. Kafka is a folder of jars, the others are executables. */
export type Program = 'kafka' | 'redis-server' | 'victoria-metrics' | 'vmagent' | 'versitygw' | 'temporal' | 'java'

/** How a program is had: found, or brought into a folder of the cache. */
interface Source {
  /** Its path, if it is there. */
  find(): string | undefined
  install(log: Log): Promise<void>
}

type Log = (line: string) => void

const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const JAVA_OLDEST = 17
export const REDIS_OLDEST = 7

const sources: Record<Program, Source> = {
  kafka: { find: () => existing(kafkaFolder()), install: installKafka },
  java: {
    find: () => onPath('java', ['-version'], JAVA_OLDEST),
    install: (log) => aptInstall('default-jre-headless', log),
  },
  'redis-server': {
    find: () => onPath('redis-server', ['--version'], REDIS_OLDEST),
    install: (log) => aptInstall('redis-server', log),
  },
  'victoria-metrics': builtByGo('victoria-metrics'),
  vmagent: builtByGo('vmagent'),
  versitygw: builtByGo('versitygw'),
  temporal: builtByGo('temporal'),
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
    const { message } = asTidemarkError(thrown)
    throw new TidemarkError('TM_STACK_INSTALL', { program, reason: message, fix: 'mend that and start again' }, thrown)
  }
  const path = find()
  if (path) return path
  throw new TidemarkError('TM_STACK_INSTALL', {
    program,
    reason: 'what was installed is not a version that fits',
    fix: `install a newer ${program} and put it on PATH`,
  })
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
    const go = findOnPath('go')
    if (!go) throw needs(name, 'Go', 'golang')
    await staged(target, (staging) =>
      runStep({
        title: `building ${name} ${version}`,
        file: go,
        args: ['build', '-v', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', `${staging}/${name}`, main],
        cwd: PINS_FOLDER,
        env: processEnvironment(),
        log,
      }),
    )
  }
  return { find: () => existing(join(target, name)), install }
}

function kafkaFolder(): string {
  return join(cacheFolder(), `kafka-${mavenVersion('kafka_2.13')}`)
}

async function installKafka(log: Log): Promise<void> {
  if (!findOnPath('mvn')) await aptInstall('maven', log)
  await staged(kafkaFolder(), (staging) =>
    runStep({
      title: `fetching Kafka ${mavenVersion('kafka_2.13')}`,
      file: 'mvn',
      args: ['-B', '-ntp', '-f', `${PINS_FOLDER}/pom.xml`, MAVEN_COPY, `-DoutputDirectory=${staging}`],
      env: processEnvironment(),
      log,
    }),
  )
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

async function aptInstall(name: string, log: Log): Promise<void> {
  const [file, ...before] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get']
  const env = { ...processEnvironment(), DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await runStep({ title: 'updating the list of packages', file, args: [...before, 'update', '-q'], env, log })
    const args = [...before, 'install', '-yq', '--no-install-recommends', name]
    await runStep({ title: `installing ${name}`, file, args, env, log })
  } catch (thrown) {
    const reason = asTidemarkError(thrown).message
    const fix = `run \`sudo apt-get install ${name}\``
    throw new TidemarkError('TM_STACK_INSTALL', { program: name, reason, fix }, thrown)
  }
}

function needs(program: string, what: string, debianPackage: string): TidemarkError {
  const fix = `install ${what} and put it on PATH (Debian: \`sudo apt-get install ${debianPackage}\`)`
  return new TidemarkError('TM_STACK_INSTALL', { program, reason: `it is built by ${what}, which is missing`, fix })
}

/** The program on PATH, if the version it states is new enough. */
function onPath(name: string, versionArgs: string[], oldest: number): string | undefined {
  const path = findOnPath(name)
  if (!path) return undefined
  const said = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', path, ...versionArgs], { encoding: 'utf8' })
  return Number(/\d+/.exec(said)?.[0]) >= oldest ? path : undefined
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
