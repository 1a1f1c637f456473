import { createHash } from 'node:crypto'
import { escapeHtml } from '../email.js'

const STYLE =
  'body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1.6rem}p{overflow-wrap:anywhere}'
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Nothing is loaded, nothing runs, and the form goes to where the page came from. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
} as const

/** A page with a title, some sentences and at most one button, which posts to the page's own address. */
export function linkPage(page: { title: string; lines: readonly string[]; button?: string }): string {
  const { title, lines, button } = page
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...lines.map((line) => `<p>${escapeHtml(line)}</p>`),
    button === undefined ? '' : `<form method="post"><button>${escapeHtml(button)}</button></form>`,
    '</body></html>',
  ].join('\n')
}
