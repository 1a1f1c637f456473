/** One server-sent event (WHATWG HTML, 9.2). @param data one line */
export function formatEvent(event: string, data: string, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`
}

/** A comment, which shows both sides that the other is still there. */
export const HEARTBEAT = ': still here\n\n'
