/** The landing page. Style and script are files of their own, so that no inline code needs to be allowed. */
export const HOME_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tidemark</title>
<link rel="stylesheet" href="/home.css">
<script src="/home.js" defer></script>
</head>
<body>
<header>
  <h1>Tidemark</h1>
  <p>Batch before the tide line, speed after it: one answer per question.</p>
</header>
<main>
  <section id="token-section" aria-labelledby="token-title" hidden>
    <h2 id="token-title">Token</h2>
    <form id="token-form">
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="off" spellcheck="false" placeholder="tm_…" required>
      <button type="submit">Use it in this tab</button>
    </form>
    <p id="token-note" role="status"></p>
  </section>
  <section aria-labelledby="query-title">
    <h2 id="query-title">Query</h2>
    <form id="query-form">
      <label for="query">PromQL</label>
      <input id="query" name="query" list="metrics" autocomplete="off" spellcheck="false" placeholder="sum by (host) (rate(metric[5m]))" required>
      <datalist id="metrics"></datalist>
      <button type="submit">Show the last 15 minutes</button>
    </form>
    <p id="query-note" role="status">Choose a metric.</p>
    <svg id="chart" viewBox="0 0 800 260" role="img" aria-label="Chart of the query" hidden></svg>
    <ul id="legend"></ul>
  </section>
  <section aria-labelledby="status-title">
    <h2 id="status-title">Pipeline</h2>
    <p id="status-note" role="status">Loading…</p>
    <dl id="status"></dl>
    <h3>Partitions</h3>
    <div class="scroll">
      <table>
        <thead><tr><th>partition</th><th>watermark</th><th>records behind</th><th>open windows</th><th>late points</th></tr></thead>
        <tbody id="partitions"></tbody>
      </table>
    </div>
  </section>
  <section aria-labelledby="api-title">
    <h2 id="api-title">API</h2>
    <p>Point a Prometheus data source of Grafana at this address.</p>
    <ul>
      <li><a href="/api/v1/label/__name__/values">/api/v1/label/__name__/values</a>: names of the metrics</li>
      <li><a href="/api/v1/labels">/api/v1/labels</a>: names of the labels</li>
      <li><a href="/api/v1/query?query=up&amp;explain=1">/api/v1/query?query=up&amp;explain=1</a>: an answer with its plan</li>
      <li><a href="/api/v1/status/pipeline">/api/v1/status/pipeline</a>: this page's figures as JSON</li>
      <li><a href="/-/ready">/-/ready</a>, <a href="/-/healthy">/-/healthy</a>: for whoever watches over this process</li>
    </ul>
  </section>
</main>
</body>
</html>
`
