import { TidemarkError } from '../schemas/errors.js'

/** Throws TM_OBJECT_KEY unless the key is a relative path that means the same in a folder and in a bucket. */
export function checkObjectKey(key: string): void {
  const reason = wrongWith(key)
  if (reason !== undefined) throw new TidemarkError('TM_OBJECT_KEY', { key, reason })
}

/** True if the key is one that {@link checkObjectKey} lets pass. */
export function isObjectKey(key: string): boolean {
  return wrongWith(key) === undefined
}

function wrongWith(key: string): string | undefined {
  if (key.includes('\0') || key.includes('\\')) return 'it holds a zero byte or a backslash'
  const isOpen = key.split('/').some((part) => part === '' || part === '.' || part === '..')
  return isOpen ? 'it is absolute, or a part of it is empty, "." or ".."' : undefined
}
