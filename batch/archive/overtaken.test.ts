import { afterEach, expect, test } from 'vitest'
import { at, BLOCK } from '../../test/law/batch-points.js'
import { type BatchStage, openStage, recordOf } from '../../test/law/batch-stage.js'
import { archivePositions } from '../catalog/progress.js'

let stage: BatchStage
afterEach(() => stage.close())

test('an archive that another one overtook in a partition reads it anew, and no point is archived twice', async () => {
  stage = await openStage()
  await stage.send([at(0, BLOCK + 1000, 1)])
  const slow = stage.archive
  // The other one takes over while this one still holds points that it has not flushed.
  await stage.log.append('tidemark.points', [{ partition: 0, value: recordOf([at(0, BLOCK + 2000, 2)], stage.now) }])
  await stage.log.feed()
  await stage.restartArchive()
  await stage.log.feed()
  await stage.archive.stop()
  await slow.flush()
  await expect.poll(() => stage.errors.map(({ code }) => code)).toEqual(['TM_ARCHIVE_OVERTAKEN'])
  stage.archive = slow
  await stage.log.append('tidemark.points', [{ partition: 0, value: recordOf([at(0, BLOCK + 3000, 3)], stage.now) }])
  await expect
    .poll(async () => {
      await stage.log.feed()
      await stage.archive.flush()
      return archivePositions(stage.catalog.db)
    })
    .toMatchObject([{ partition: 0, nextOffset: 3 }])
  const { points } = await stage.catalog.db
    .selectFrom('raw_files')
    .select((eb) => eb.fn.sum<string>('points').as('points'))
    .executeTakeFirstOrThrow()
  expect(Number(points)).toBe(3)
})
