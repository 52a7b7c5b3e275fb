#!/bin/sh
# In temporalio/admin-tools: makes or upgrades Temporal's two databases in PostgreSQL. Repeating it changes nothing.
set -eu
SQL_PASSWORD=$(cat /run/secrets/postgres_password)
export SQL_PASSWORD
for database in temporal:temporal temporal_visibility:visibility; do
  tool() { temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "${database%%:*}" "$@"; }
  tool create
  tool setup-schema -v 0.0
  tool update-schema -d "/etc/temporal/schema/postgresql/v12/${database##*:}/versioned"
done
