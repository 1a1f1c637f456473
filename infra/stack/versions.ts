/** True if a version such as 17.0.2 is not older than one such as 17 or 17.0. */
export function isAtLeast(version: string, oldest: string): boolean {
  const parts = version.split('.').map(Number)
  for (const [place, wanted] of oldest.split('.').map(Number).entries()) {
    const given = parts[place] ?? 0
    if (given !== wanted) return given > wanted
  }
  return true
}
