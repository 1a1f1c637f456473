/** Sum of a metric over its label sets, on the metrics page of a server; 0 if there is none. */
export async function metricSum(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const values = text.split('\n').filter((line) => line.startsWith(name) && /[ {]/.test(line[name.length]))
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
