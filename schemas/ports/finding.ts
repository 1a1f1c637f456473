/** One thing that a check of an outside system looked at. */
export interface Finding {
  what: string
  ok: boolean
  detail: string
  /** What the operator can do about it. */
  fix?: string
}
