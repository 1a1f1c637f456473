import { randomUUID } from 'node:crypto'
import { createKafkaLog } from '../../adapters/kafka/log.js'
import { logContract } from '../contract/log.contract.js'
import { kafkaConfig, makeTopics, removeTopics, silent } from './kafka-topics.js'

logContract('Kafka', async () => {
  const config = kafkaConfig(`t-${randomUUID()}.`)
  await makeTopics(config)
  const options = { clock: Date.now, logger: silent, onError: (error: Error) => console.log(error.message) }
  let log = await createKafkaLog(config, options)
  return {
    log,
    reopen: async () => {
      await log.close()
      log = await createKafkaLog(config, options)
      return log
    },
    close: async () => {
      await log.close()
      await removeTopics(config)
    },
  }
})
