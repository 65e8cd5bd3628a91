-- What the service may do, table by table. Run by `sluis_owner` after every migration; again changes nothing.
--
-- A table that is not named here can be read and not written: forgetting one is noticed at once, and never gives more
-- than was meant. Audit events (NEN 7513) and drawn noise can be added and read only; of a release only its withdrawal can
-- be written.

\set ON_ERROR_STOP on
BEGIN;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM sluis_service;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO sluis_service;

GRANT INSERT ON
    audit_events, audit_terms, client_keys, drawings, evidence, evidence_inputs, expected_suppliers, invitations,
    organisations, release_inputs, release_recipients, releases, requests, reviews, rounds, saved_queries,
    submission_persons, submissions, upload_parts, used_tokens
TO sluis_service;

-- To lock a row is to be able to change it.
GRANT UPDATE ON client_keys, invitations, organisations, requests, rounds, submissions, used_tokens TO sluis_service;
GRANT UPDATE (withdrawn_at, withdrawal_reason) ON releases TO sluis_service;

GRANT DELETE ON expected_suppliers, saved_queries, upload_parts, used_tokens TO sluis_service;

COMMIT;
