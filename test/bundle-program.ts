import { build } from 'esbuild'

/** Makes a TypeScript file a program of one file that Node runs; packages stay outside. */
export async function bundleProgram(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  })
}
