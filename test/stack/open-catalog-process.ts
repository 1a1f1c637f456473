import { openPostgres } from '../../adapters/postgres.js'
import { openCatalog } from '../../batch/catalog/catalog.js'
import type { CatalogTables } from '../../batch/catalog/tables.js'

/** Opens the catalog of a database, as each of several processes does that start at once, and prints its origin. */
const [url] = process.argv.slice(2)
const db = openPostgres<CatalogTables>(url)
const { originMs } = await openCatalog({ db, blockMs: 600_000, clock: Date.now })
process.stdout.write(`${originMs}\n`)
await db.destroy()
