/** What counts where no file is named: a group for each rule, service and region, told at once. */
export const DEFAULT_DISPATCH_YAML = `route:
  receiver: default
  group_by: [alertname, service, region]
  group_wait: 0s
  group_interval: 10s
  repeat_interval: 4h
receivers:
  - name: default
inhibit_rules:
  - name: a P1 of a region mutes P3 of the same region
    source_matchers: ['severity="P1"', 'region!=""']
    target_matchers: ['severity="P3"', 'region!=""']
    equal: [region]
`
