/** The three streams. */
export type Topic = 'tidemark.points' | 'tidemark.windows' | 'tidemark.deadletter'

/** A record to append. */
export interface LogAppend {
  partition: number
  value: Uint8Array
}

/** A record as it is read. */
export interface LogEntry {
  offset: number
  /** When it was appended, ms since the epoch. */
  appendedMs: number
  value: Uint8Array
}

/** A group's stored position in a partition. */
export interface LogCommit {
  /** The offset to read next. */
  offset: number
  /** Whatever the group keeps with it, e.g. its watermark; at most 4 kB. */
  metadata: string
}

/**
 * What reads one topic for a group. Calls for one partition never overlap; partitions go on side by side. A partition may
 * be taken away and given again at any time, in this process or another: what was read since the position stored last is
 * then read again.
 */
export interface LogReader {
  /**
   * A partition was given to this reader, with the group's stored position.
   * @returns the offset to read from; undefined for the stored one, or the earliest there is
   */
  assign(partition: number, committed: LogCommit | undefined): Promise<number | undefined>
  /** Entries in order. No more are read until the promise resolves: that is the backpressure. A rejection ends the subscription. */
  read(partition: number, entries: LogEntry[]): Promise<void>
  /** The partition was taken away, or the subscription closes: forget its state. */
  revoke(partition: number): Promise<void>
}

export interface LogSubscription {
  /**
   * Stores the group's position in a partition that was assigned. Resolves once it is durable; without effect if the
   * partition was taken away meanwhile, as its position is another's to move. Throws TM_LOG_UNAVAILABLE (retriable).
   */
  commit(partition: number, commit: LogCommit): Promise<void>
  /** Stops reading, revokes every partition and resolves once the reader is at rest. */
  close(): Promise<void>
  /** Rejects when reading ends by an error; resolves on close. */
  readonly ended: Promise<void>
}

/** First offset held and the offset that the next record will get. */
export interface LogBounds {
  partition: number
  start: number
  end: number
}

/**
 * An ordered, replayable, partitioned stream of records. Kafka, or lmdb when embedded.
 * Offsets grow by one a record in each partition (Kafka may leave gaps); records are kept for the topic's retention.
 */
export interface Log {
  /** How many partitions a topic has now; they may become more. */
  partitions(topic: Topic): Promise<number>
  /** Resolves once the records survive the loss of this process and of power. Throws TM_LOG_UNAVAILABLE (retriable). */
  append(topic: Topic, records: readonly LogAppend[]): Promise<void>
  /** Gives `reader` each record at least once, in order within a partition. */
  consume(topic: Topic, group: string, reader: LogReader): Promise<LogSubscription>
  /** The offsets held at a moment after the call, in order of partitions. */
  bounds(topic: Topic): Promise<LogBounds[]>
  close(): Promise<void>
}
