/** What one corpus gave. A case that is not supported is a failure with that reason, never skipped. */
export interface CorpusReport {
  corpus: string
  passed: number
  /** `case name: reason`, one a failed case. */
  failures: string[]
}

/** Runs one corpus. @param folder the corpus's own folder, e.g. `<corpus dir>/statsd` */
export type CorpusRunner = (folder: string) => Promise<CorpusReport>
