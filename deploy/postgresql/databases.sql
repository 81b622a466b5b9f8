-- For each service a database, a role that owns its tables (NAME_owner), and a role for the service
-- (NAME), which reads and writes rows and cannot change a table. Temporal has a role and two databases,
-- in which it makes its tables itself: its image makes no database that is called as its role, and with
-- SKIP_DB_CREATE none. Nobody reads another's tables.
--
-- Run by psql 15 or later as a superuser, with the passwords in the environment: OWNER_PASSWORD for
-- the owners, NAME_PASSWORD for each service, TEMPORAL_PASSWORD. It may be run again: passwords are
-- set anew, and tables that a service owned before there were owners pass to its owner. On a server
-- with services of a release before that, stop them first.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv registry_password REGISTRY_PASSWORD
\getenv grading_password GRADING_PASSWORD
\getenv objection_password OBJECTION_PASSWORD
\getenv alerts_password ALERTS_PASSWORD
\getenv portal_password PORTAL_PASSWORD
\getenv temporal_password TEMPORAL_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', wanted)
FROM unnest(ARRAY['registry', 'registry_owner',
  'grading', 'grading_owner',
  'objection', 'objection_owner',
  'alerts', 'alerts_owner',
  'portal', 'portal_owner',
  'temporal']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
\gexec

ALTER ROLE registry_owner PASSWORD :'owner_password';
ALTER ROLE registry PASSWORD :'registry_password';
ALTER ROLE grading_owner PASSWORD :'owner_password';
ALTER ROLE grading PASSWORD :'grading_password';
ALTER ROLE objection_owner PASSWORD :'owner_password';
ALTER ROLE objection PASSWORD :'objection_password';
ALTER ROLE alerts_owner PASSWORD :'owner_password';
ALTER ROLE alerts PASSWORD :'alerts_password';
ALTER ROLE portal_owner PASSWORD :'owner_password';
ALTER ROLE portal PASSWORD :'portal_password';
ALTER ROLE temporal NOCREATEDB PASSWORD :'temporal_password';

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', wanted, wanted || '_owner')
FROM unnest(ARRAY['registry', 'grading', 'objection', 'alerts', 'portal']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted)
\gexec

SELECT format('CREATE DATABASE %I OWNER temporal ENCODING ''UTF8'' TEMPLATE template0', wanted)
FROM unnest(ARRAY['temporal', 'temporal_visibility']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted)
\gexec

REVOKE CONNECT, TEMPORARY ON DATABASE temporal, temporal_visibility FROM PUBLIC;

\connect registry
ALTER DATABASE registry OWNER TO registry_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE registry FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE registry TO registry;
REASSIGN OWNED BY registry TO registry_owner;
ALTER SCHEMA public OWNER TO registry_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM registry;
GRANT USAGE ON SCHEMA public TO registry;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO registry;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO registry;
ALTER DEFAULT PRIVILEGES FOR ROLE registry_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO registry;
ALTER DEFAULT PRIVILEGES FOR ROLE registry_owner IN SCHEMA public
  GRANT SELECT, USAGE ON SEQUENCES TO registry;

\connect grading
ALTER DATABASE grading OWNER TO grading_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE grading FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE grading TO grading;
REASSIGN OWNED BY grading TO grading_owner;
ALTER SCHEMA public OWNER TO grading_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM grading;
GRANT USAGE ON SCHEMA public TO grading;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO grading;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO grading;
ALTER DEFAULT PRIVILEGES FOR ROLE grading_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO grading;
ALTER DEFAULT PRIVILEGES FOR ROLE grading_owner IN SCHEMA public
  GRANT SELECT, USAGE ON SEQUENCES TO grading;

\connect objection
ALTER DATABASE objection OWNER TO objection_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE objection FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE objection TO objection;
REASSIGN OWNED BY objection TO objection_owner;
ALTER SCHEMA public OWNER TO objection_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM objection;
GRANT USAGE ON SCHEMA public TO objection;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO objection;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO objection;
ALTER DEFAULT PRIVILEGES FOR ROLE objection_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO objection;
ALTER DEFAULT PRIVILEGES FOR ROLE objection_owner IN SCHEMA public
  GRANT SELECT, USAGE ON SEQUENCES TO objection;

\connect alerts
ALTER DATABASE alerts OWNER TO alerts_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE alerts FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE alerts TO alerts;
REASSIGN OWNED BY alerts TO alerts_owner;
ALTER SCHEMA public OWNER TO alerts_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM alerts;
GRANT USAGE ON SCHEMA public TO alerts;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO alerts;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO alerts;
ALTER DEFAULT PRIVILEGES FOR ROLE alerts_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO alerts;
ALTER DEFAULT PRIVILEGES FOR ROLE alerts_owner IN SCHEMA public
  GRANT SELECT, USAGE ON SEQUENCES TO alerts;

\connect portal
ALTER DATABASE portal OWNER TO portal_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE portal FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE portal TO portal;
REASSIGN OWNED BY portal TO portal_owner;
ALTER SCHEMA public OWNER TO portal_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM portal;
GRANT USAGE ON SCHEMA public TO portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO portal;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
  GRANT SELECT, USAGE ON SEQUENCES TO portal;
