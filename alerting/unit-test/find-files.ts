import { lstat, readdir } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'

const PATTERN = /[*?[\\]/

/** Files that a pattern names (`*`, `?`, `[a-z]` within a part of the path, as Go's filepath.Glob), sorted. */
export async function findFiles(pattern: string, folder: string): Promise<string[]> {
  return expand(isAbsolute(pattern) ? pattern : join(folder, pattern))
}

async function expand(pattern: string): Promise<string[]> {
  if (!PATTERN.test(pattern)) return (await exists(pattern)) ? [pattern] : []
  const parent = dirname(pattern)
  const folders = parent === pattern || !PATTERN.test(parent) ? [parent] : await expand(parent)
  const matches = segmentPattern(pattern.slice(parent === '/' ? 1 : parent.length + 1))
  const found: string[] = []
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => [])
    found.push(
      ...names
        .filter((name) => matches.test(name))
        .sort()
        .map((name) => join(folder, name)),
    )
  }
  return found
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function segmentPattern(segment: string): RegExp {
  const source = segment.replace(/\[\^?[^\]]+\]|\\?[\s\S]/g, (part) => {
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[') && part.length > 1) return part
    return escaped(part.at(-1) ?? '')
  })
  return new RegExp(`^${source}$`, 's')
}

function escaped(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&')
}
