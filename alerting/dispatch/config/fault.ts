/** What is wrong with a part of the file. */
export class Fault extends Error {
  readonly where: string
  readonly fix: string

  constructor(where: string, reason: string, fix: string) {
    super(reason)
    this.where = where
    this.fix = fix
  }
}
