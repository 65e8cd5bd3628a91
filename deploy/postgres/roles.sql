-- Run once by the database container, in the database of the service, when its volume is new.
--
-- Five accounts, so that no one of them can do everything: `postgres` (nobody uses it day to day), `sluis_owner` (owns
-- the tables, runs migrations), `sluis_service` (what the service is allowed, table by table, in rights.sql),
-- `sluis_sequencer` (gives events their place in the log) and `sluis_retention` (erases what was kept long enough).

\set ON_ERROR_STOP on
\set owner_password `cat "${SLUIS_SECRETS:-/run/secrets}/owner_password"`
\set service_password `cat "${SLUIS_SECRETS:-/run/secrets}/service_password"`
\set sequencer_password `cat "${SLUIS_SECRETS:-/run/secrets}/sequencer_password"`
\set retention_password `cat "${SLUIS_SECRETS:-/run/secrets}/retention_password"`

SELECT set_config(
    'sluis.shortest_password',
    least(
        length(:'owner_password'),
        length(:'service_password'),
        length(:'sequencer_password'),
        length(:'retention_password')
    )::text,
    false
)
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
CREATE ROLE sluis_sequencer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'sequencer_password';
CREATE ROLE sluis_retention LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'retention_password';

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO sluis_owner, sluis_service, sluis_sequencer, sluis_retention;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO sluis_owner;
GRANT USAGE ON SCHEMA public TO sluis_service, sluis_sequencer, sluis_retention;
