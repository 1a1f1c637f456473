/** What is told of changes. It must not take long: the next change waits for it. */
export interface ChangeListener {
  /** Windows of these metrics changed. @param metrics hashes of their names (see `metricHash`), ascending */
  changed(metrics: Uint32Array): void
  /** Changes may have been missed: windows of any metric may have changed. */
  missed(): void
}

/** Watching, until it is closed. */
export interface ChangeWatch {
  close(): Promise<void>
}

/**
 * Tells when windows of the live view change, closed and open ones, soon after they were put. A hint, not a log: what a
 * watcher missed, because the view could not be reached or the watcher was too slow, is gone, and it is told so.
 */
export interface WindowChanges {
  /** Tells the listener of every change from now on. */
  watch(listener: ChangeListener): Promise<ChangeWatch>
}
