/** How often other work of the process has its turn while this work runs. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let isRunning = true
  const other = () => {
    turns++
    if (isRunning) setImmediate(other)
  }
  setImmediate(other)
  await work()
  isRunning = false
  return turns
}
