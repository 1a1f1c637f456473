import type { LogBounds, LogCommit, LogEntry } from '../../schemas/ports/log.js'
import type { QueuedRecord } from './send-queue.js'

/** Sends batches, one call at a time: the client counts a batch's place in its sequence by calls that follow each other. */
export interface BatchProducer {
  /**
   * Sends records of one topic; resolves once every replica in sync has them.
   * @returns partitions whose records are stored: those that the client knows no leader of it leaves out silently
   */
  send(topic: string, records: readonly QueuedRecord[], nowMs: number): Promise<Set<number>>
  close(): Promise<void>
}

/** A member's name in its group and the generation of the group: what a commit is checked against. */
export interface Membership {
  memberId: string
  generation: number
}

/** What a consumer tells, synchronously, in the order it happens. */
export interface GroupListener {
  /** What this member holds, to be kept if possible. */
  claim(): { generation: number; partitions: readonly number[] }
  /** The share it had is in question. */
  rebalancing(): void
  /** Its share from now on; nothing of it has been fetched yet. */
  shared(memberId: string, partitions: readonly number[]): void
  /** The group answered a heartbeat. */
  confirmed(member: Membership): void
  /** Its loop of fetches turned. */
  turned(): void
  /** Entries of one partition, in order. */
  fetched(partition: number, entries: LogEntry[]): void
  /** It will do nothing more. */
  crashed(cause: unknown): void
}

/** A member of a group that reads one topic. */
export interface GroupConsumer {
  /** Connects and joins; what goes wrong is told to the listener. */
  start(): void
  pause(partitions: readonly number[]): void
  resume(partitions: readonly number[]): void
  /** Where the next fetch of a partition begins. */
  seek(partition: number, offset: number): void
  /** The group's stored position in a partition. */
  committed(partition: number): Promise<LogCommit | undefined>
  /** Stores a position in the name of a member of a generation: refused by the group if it has moved on. */
  commit(member: Membership, partition: number, commit: LogCommit): Promise<void>
  /** Leaves the group and disconnects. */
  close(): Promise<void>
}

/** What topics hold now. */
export interface TopicView {
  partitions(topic: string): Promise<number>
  bounds(topic: string): Promise<LogBounds[]>
  close(): Promise<void>
}

/** A topic as it is. */
export interface TopicState {
  name: string
  partitions: number
  /** Copies of its records: the fewest of any partition. */
  replication: number
  /** Every setting, by name; undefined if we may not see them. */
  settings?: ReadonlyMap<string, string>
  /** Names of the settings that stand at the topic itself. */
  ownSettings: readonly string[]
}

/** A topic as it is to be made. */
export interface TopicPlan {
  name: string
  partitions: number
  replication: number
  settings: Readonly<Record<string, string>>
}

/** Looks after topics. */
export interface TopicAdmin {
  /** Brokers of the cluster, and the Kafka release that they speak at least. */
  cluster(): Promise<{ brokers: number; release: string }>
  /** Those of the topics that exist. */
  topics(names: readonly string[]): Promise<TopicState[]>
  create(plan: TopicPlan): Promise<void>
  addPartitions(name: string, partitions: number): Promise<void>
  /** Replaces all settings that stand at the topic. */
  setSettings(name: string, settings: Readonly<Record<string, string>>): Promise<void>
  close(): Promise<void>
}
