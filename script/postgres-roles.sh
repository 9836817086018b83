#!/usr/bin/env bash
# Runs once inside a new PostgreSQL container: the owner of the tables, the role of the application, and their database.
set -euo pipefail
psql --username postgres --dbname postgres --set ON_ERROR_STOP=1 \
  --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE portal_owner LOGIN NOSUPERUSER NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE portal_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'app_password';
-- The application takes one of these on: which rows it sees goes by them.
CREATE ROLE portal_system NOLOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS;
CREATE ROLE portal_buyer NOLOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS;
CREATE ROLE portal_supplier NOLOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS;
CREATE ROLE portal_cases NOLOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS;
GRANT portal_system, portal_buyer, portal_supplier, portal_cases TO portal_app WITH INHERIT FALSE, SET TRUE;
CREATE DATABASE portal OWNER portal_owner ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
SQL
