import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PartName } from './part.js'
import type { ProcessMark } from './processes.js'

/** The file of the notes in the folder of a stack. */
export const NOTES_FILE = 'stack.json'

/** What the folder of a stack remembers from run to run. */
export interface Notes {
  /** The process that runs the stack. */
  owner?: ProcessMark
  parts: { [part in PartName]?: { port: number; innerPort: number; process?: ProcessMark } }
}

/** The notes of a folder; empty ones where there are none, or where a crash left half of them. */
export function readNotes(dir: string): Notes {
  const path = pathIn(dir)
  if (!existsSync(path)) return { parts: {} }
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Notes
  } catch {
    return { parts: {} }
  }
}

export function writeNotes(dir: string, notes: Notes): void {
  const next = `${pathIn(dir)}.next`
  writeFileSync(next, JSON.stringify(notes, undefined, 2))
  renameSync(next, pathIn(dir))
}

function pathIn(dir: string): string {
  return join(dir, NOTES_FILE)
}
