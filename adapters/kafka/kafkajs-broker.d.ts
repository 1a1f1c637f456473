/** A part of the client that it has no types for. */
declare module 'kafkajs/src/broker/index.js' {
  const Broker: { prototype: import('./produce-request.js').ProducingBroker }
  export default Broker
}
