#!/bin/sh
# In temporalio/admin-tools, with TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE: the namespace and the search attributes of lastmile's workflows.
# Repeating it changes nothing. Ended workflows are kept for 30 days.
set -eu
# try COMMAND…: for a minute; a server that has just started, and a namespace that has just been made, need a moment.
try() {
  left=30
  until "$@"; do
    left=$((left - 1))
    if [ "$left" = 0 ]; then return 1; fi
    sleep 2
  done
}
try temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1 || temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
attribute() {
  temporal operator search-attribute list | grep -qw "$1" || temporal operator search-attribute create --name "$1" --type Keyword
}
for name in Deployment Tenant Model Stage Verdict; do try attribute "$name"; done
echo "Namespace $TEMPORAL_NAMESPACE is ready."
