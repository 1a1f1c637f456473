import type { PartDefinition, PartName } from './part.js'
import { kafka } from './parts/kafka.js'
import { postgres } from './parts/postgres.js'
import { redis } from './parts/redis.js'
import { s3 } from './parts/s3.js'
import { temporal } from './parts/temporal.js'
import { victoriametrics } from './parts/victoriametrics.js'

/** How each part is installed and started. */
export const definitions: Record<PartName, PartDefinition> = { kafka, redis, victoriametrics, postgres, s3, temporal }
