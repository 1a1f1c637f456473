/** Parts of the client that it has no types for. */
declare module 'kafkajs/src/broker/index.js' {
  const Broker: { prototype: import('./produce-request.js').ProducingBroker }
  export default Broker
}
declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  /** The CRC-32C of bytes: what Kafka checks batches of records by. */
  export default function crc32c(bytes: Uint8Array): number
}
