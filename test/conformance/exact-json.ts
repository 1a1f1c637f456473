/**
 * JSON whose integers keep all their digits: each comes out as a string (`42` as `'42'`). JSON.parse would round those
 * beyond 2^53. Numbers with a point or an exponent stay numbers.
 */
export function parseExactJson(text: string): unknown {
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
  return JSON.parse(text.replaceAll(tokens, (token) => (/^-?\d+$/.test(token) ? `"${token}"` : token)))
}
