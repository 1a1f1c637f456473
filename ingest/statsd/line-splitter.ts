const NEWLINE = 0x0a

/** Hears the lines of a stream. */
export interface LineListener {
  /** Whole lines, each with its newline but perhaps the stream's last; the first of them has this number. */
  lines(bytes: Uint8Array, firstLine: number): void
  /** A line had more bytes than allowed and is left out. */
  tooLong(line: number): void
}

/** Cuts a stream of bytes into runs of whole lines; after a line that is too long it goes on at the next newline. */
export class LineSplitter {
  readonly #maxBytes: number
  readonly #listener: LineListener
  #line = 1
  #rest: Uint8Array[] = []
  #restBytes = 0
  #isSkipping = false

  /** @param maxBytes of a line, its newline not counted */
  constructor(maxBytes: number, listener: LineListener) {
    this.#maxBytes = maxBytes
    this.#listener = listener
  }

  /** Takes the next bytes, which are not kept. */
  push(chunk: Uint8Array): void {
    let start = 0
    if (this.#isSkipping) {
      start = chunk.indexOf(NEWLINE) + 1
      if (start === 0) return
      this.#isSkipping = false
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end > start) {
      this.#tell(this.#join(chunk.subarray(start, end)))
      start = end
    }
    this.#keep(chunk.slice(start))
  }

  /** Tells of the last line if it had no newline. */
  end(): void {
    if (this.#restBytes > 0) this.#tell(this.#join(new Uint8Array()))
  }

  /** Bytes of the line that has not ended. */
  get pendingBytes(): number {
    return this.#restBytes
  }

  /** The number of the line that has not ended. */
  get line(): number {
    return this.#line
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#rest.push(bytes)
    this.#restBytes += bytes.length
    if (this.#restBytes <= this.#maxBytes) return
    this.#listener.tooLong(this.#line++)
    this.#isSkipping = true
    this.#rest = []
    this.#restBytes = 0
  }

  #join(bytes: Uint8Array): Uint8Array {
    if (this.#restBytes === 0) return bytes
    const joined = Buffer.concat([...this.#rest, bytes])
    this.#rest = []
    this.#restBytes = 0
    return joined
  }

  /** Tells of whole lines, in one run wherever none of them is too long. */
  #tell(bytes: Uint8Array): void {
    let runStart = 0
    let runLine = this.#line
    for (let at = 0; at < bytes.length; this.#line++) {
      const newline = bytes.indexOf(NEWLINE, at)
      const end = newline === -1 ? bytes.length : newline
      if (end - at > this.#maxBytes) {
        if (at > runStart) this.#listener.lines(bytes.subarray(runStart, at), runLine)
        this.#listener.tooLong(this.#line)
        runStart = end + 1
        runLine = this.#line + 1
      }
      at = end + 1
    }
    if (runStart < bytes.length) this.#listener.lines(bytes.subarray(runStart), runLine)
  }
}
