-- Run once by the database container, in the database of the service, when its volume is new.
--
-- Three accounts, so that no one of them can do everything: `postgres` (nobody uses it day to day), `sluis_owner` (owns
-- the tables, runs migrations) and `sluis_service` (what the service is allowed, table by table, in rights.sql).

\set ON_ERROR_STOP on
\set owner_password `cat "${SLUIS_SECRETS:-/run/secrets}/owner_password"`
\set service_password `cat "${SLUIS_SECRETS:-/run/secrets}/service_password"`

SELECT set_config('sluis.shortest_password', least(length(:'owner_password'), length(:'service_password'))::text, false)
\g /dev/null

DO $$
BEGIN
    IF current_setting('sluis.shortest_password')::integer < 32 THEN
        RAISE EXCEPTION 'a password file is missing or holds fewer than 32 characters';
    END IF;
END $$;

SELECT current_database() AS database
\gset
CREATE ROLE sluis_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE sluis_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'service_password';

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO sluis_owner, sluis_service;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO sluis_owner;
GRANT USAGE ON SCHEMA public TO sluis_service;
