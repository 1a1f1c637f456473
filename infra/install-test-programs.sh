#!/bin/sh
# Installs the programs that test/clients/programs runs, each only if it is missing.
#
#   curl, prometheus, prometheus-node-exporter   Debian packages
#   vmalert                                      of the Debian package victoria-metrics
#   telegraf                                     a Go module, built with the few plugins that the tests use
#
# Needs Debian and root. With systemd the packages also start services; the tests use none of those.
# Telegraf needs Go, and without it is left out; its tests then say so and are skipped.
# TIDEMARK_PROGRAMS names the folder for what is built, /usr/local/bin unless set.
set -eu

TELEGRAF_VERSION=v1.33.3
TELEGRAF_PLUGINS=custom,inputs.cpu,inputs.mem,outputs.influxdb,outputs.influxdb_v2,outputs.http,outputs.file
TELEGRAF_FORMATS=serializers.json,serializers.influx,serializers.prometheusremotewrite

has() {
  command -v "$1" >/dev/null 2>&1
}

missing=
for program in curl prometheus prometheus-node-exporter; do
  has "$program" || missing="$missing $program"
done
has vmalert || missing="$missing victoria-metrics"
if [ -n "$missing" ]; then
  echo "installing$missing"
  apt-get update -q
  # shellcheck disable=SC2086 # one word a package
  DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $missing
fi

if ! has telegraf; then
  if has go; then
    echo "building telegraf $TELEGRAF_VERSION (a few minutes)"
    GOBIN=${TIDEMARK_PROGRAMS:-/usr/local/bin} go install -ldflags '-s -w' \
      -tags "$TELEGRAF_PLUGINS,$TELEGRAF_FORMATS" "github.com/influxdata/telegraf/cmd/telegraf@$TELEGRAF_VERSION"
  else
    echo 'telegraf is left out: there is no Go to build it with'
  fi
fi
