-- What each account may do, table by table. Run by `sluis_owner` after every migration; again changes nothing.
--
-- A table that is not named here can be read and not written: forgetting one is noticed at once, and never gives more
-- than was meant. Audit events (NEN 7513) and drawn noise can be added and read only; of a release only its withdrawal can
-- be written.

\set ON_ERROR_STOP on
BEGIN;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM sluis_service, sluis_sequencer, sluis_retention;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO sluis_service;

GRANT INSERT ON
    agreement_parties, agreements, audit_terms, certificates, client_keys, contacts, drawings, evidence, evidence_inputs, evidence_left_out, expected_suppliers,
    invitations, objections, organisations, public_figures, purpose_verdicts, purposes, release_inputs, release_left_out, release_recipients, releases,
    reminder_mails, reminders, requests, reviews, rounds, saved_queries,
    sealing_keys, submission_persons, submissions, upload_parts, used_tokens
TO sluis_service;

-- The place of an event in the log is the sequencer's to give: whoever adds one leaves it open.
GRANT INSERT (id, salt, payload, recorded, user_id, organisation, code, action, outcome, object_type, object_id, purpose)
ON audit_events TO sluis_service, sluis_retention;

-- To lock a row is to be able to change it.
GRANT UPDATE ON client_keys, invitations, organisations, requests, rounds, submissions, used_tokens TO sluis_service;
GRANT UPDATE (withdrawn_at, withdrawal_reason) ON releases TO sluis_service;
-- What an objection is against is kept; it is withdrawn, and whose it was is erased after retention.
GRANT UPDATE (pseudonym, person, withdrawn_at, withdrawn_by) ON objections TO sluis_service;
-- What a purpose or an agreement says is kept; how it stands changes.
GRANT UPDATE (state, reviewer, approvers, suspended_by) ON purposes TO sluis_service;
GRANT UPDATE (state, confirmer, withdrawn_at, withdrawal_reason) ON agreements TO sluis_service;
GRANT UPDATE (left_at, reason) ON agreement_parties TO sluis_service;
GRANT UPDATE (next_try, tries, ended_at) ON reminder_mails TO sluis_service;
-- A key to seal to ends, and its private half is destroyed.
GRANT UPDATE (wrapped_key, expires_at) ON sealing_keys TO sluis_service;

GRANT DELETE ON contacts, expected_suppliers, saved_queries, upload_parts, used_tokens TO sluis_service;

-- The sequencer reads what it hashes, and writes nothing of an event but its place. The tree is its own: the service
-- reads it and cannot write it. Triggers hold that places are given once and that the tree only grows.
GRANT SELECT (id, log_index, salt, payload, recorded), UPDATE (log_index) ON audit_events TO sluis_sequencer;
GRANT SELECT, INSERT ON log_checkpoints, log_keys, log_tiles TO sluis_sequencer;
GRANT UPDATE (hashes) ON log_tiles TO sluis_sequencer;

-- Retention erases whole events, salt and all; a trigger keeps those that are younger than five years or in no
-- checkpoint. What it did is an event as well. The words of an event go with it: the database itself sees to that.
GRANT SELECT (log_index, recorded, code), DELETE ON audit_events TO sluis_retention;
GRANT SELECT ON log_checkpoints TO sluis_retention;
GRANT INSERT ON audit_terms TO sluis_retention;

GRANT SELECT ON alembic_version TO sluis_sequencer, sluis_retention;

COMMIT;
