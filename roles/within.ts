/**
 * What comes of `work`, unless it takes longer: then it is not waited for any more.
 * @throws Error that says how long was waited, and whatever `work` rejects with
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const impatience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  return Promise.race([work, impatience]).finally(() => clearTimeout(timer))
}
