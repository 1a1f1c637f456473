import { type BatchRecord, type CompressRecords, encodeBatch } from './record-batch.js'

/** What a produce request is made of, as the client puts it. */
interface ProduceParts {
  transactionalId?: string
  acks: number
  timeout: number
  compression: number
  producerId: string | number
  producerEpoch: number
  topicData: readonly {
    topic: string
    partitions: readonly { partition: number; firstSequence: number; messages: readonly BatchRecord[] }[]
  }[]
}

/** What the client sends: `encode` gives an encoder of its own, of which it reads two fields. */
interface ClientRequest {
  apiVersion: number
  encode(): Promise<{ buf: Buffer; buffer: Buffer }>
}

/** The client's broker, as far as producing goes. */
export interface ProducingBroker {
  /** The newest version of a request that both sides know. */
  lookupRequest(apiKey: number, versions: unknown): (parts: ProduceParts) => { request: ClientRequest }
  produce(parts: ProduceParts): Promise<unknown>
}

/** From this version on requests hold batches of records as they are encoded here. */
const FIRST_VERSION = 3

/**
 * Has brokers send produce requests as {@link encodeProduceRequest} writes them; everything else about them, tries and
 * sequence numbers too, stays the client's.
 * @param broker prototype of the client's brokers
 * @param compressorOf by number of the codec
 */
export function encodeProduceRequests(broker: ProducingBroker, compressorOf: (codec: number) => CompressRecords): void {
  const { produce } = broker
  broker.produce = function (this: ProducingBroker, parts) {
    const lookupRequest: ProducingBroker['lookupRequest'] = (apiKey, versions) => (given) => {
      const { request, ...rest } = this.lookupRequest(apiKey, versions)(given)
      if (request.apiVersion < FIRST_VERSION) return { request, ...rest }
      const encode = async () => {
        const body = await encodeProduceRequest(given, compressorOf(given.compression))
        return { buf: body, buffer: body }
      }
      return { request: { ...request, encode }, ...rest }
    }
    return produce.call(Object.create(this, { lookupRequest: { value: lookupRequest } }), parts)
  }
}

/**
 * The body of a produce request, versions 3 to 8. The client's own encoder copies what is to be compressed five times into
 * buffers of up to twice its length, which under load was half of all that a process allocated.
 */
async function encodeProduceRequest(parts: ProduceParts, compress: CompressRecords): Promise<Buffer> {
  const { transactionalId, acks, timeout, compression: codec, producerId, producerEpoch, topicData } = parts
  const pieces = [text(transactionalId), int16(acks), int32(timeout), int32(topicData.length)]
  for (const { topic, partitions } of topicData) {
    pieces.push(text(topic), int32(partitions.length))
    for (const { partition, firstSequence, messages } of partitions) {
      const batch = await encodeBatch(messages, { codec, producerId, producerEpoch, firstSequence }, compress)
      pieces.push(int32(partition), int32(batch.length), batch)
    }
  }
  return Buffer.concat(pieces)
}

function text(value: string | undefined): Buffer {
  if (value === undefined) return int16(-1)
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}
