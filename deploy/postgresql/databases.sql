-- One database and one role for each service, and a role for Temporal, which makes its own two.
-- Run once by psql on an empty server; nobody reads another's tables.
\getenv password DATABASE_PASSWORD

CREATE ROLE registry LOGIN PASSWORD :'password';
CREATE DATABASE registry OWNER registry ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE registry FROM PUBLIC;

CREATE ROLE grading LOGIN PASSWORD :'password';
CREATE DATABASE grading OWNER grading ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE grading FROM PUBLIC;

CREATE ROLE objection LOGIN PASSWORD :'password';
CREATE DATABASE objection OWNER objection ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE objection FROM PUBLIC;

CREATE ROLE alerts LOGIN PASSWORD :'password';
CREATE DATABASE alerts OWNER alerts ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE alerts FROM PUBLIC;

CREATE ROLE portal LOGIN PASSWORD :'password';
CREATE DATABASE portal OWNER portal ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE portal FROM PUBLIC;

CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'password';
